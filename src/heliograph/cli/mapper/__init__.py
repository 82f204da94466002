"""`heliograph mapper`: everything about mappers that needs no running hub."""
