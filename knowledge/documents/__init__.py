"""Documents: md, txt, html, pdf, docx and FAQ tables in csv and xlsx into blocks under their headings."""
