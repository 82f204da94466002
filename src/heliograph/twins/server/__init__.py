"""The HTTP server around a vendor, its `/_twin/` pages, and failing when told to."""
