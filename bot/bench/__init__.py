"""`resupply bench`: how quick the desk is, measured from outside."""
