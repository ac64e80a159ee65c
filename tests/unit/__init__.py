"""Single parts, mirroring the packages."""
