"""docs/reference/mapper.md: the page is `document`, the others are its parts."""
