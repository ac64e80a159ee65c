"""What the reader of files and the reader of orders agree on."""

# Begins a row of a sheet in which the reader of the file says what it left out ("… the pages after page 30").
LEFT_OUT = "…"
