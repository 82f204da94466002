"""Which deliveries an event becomes, and the compiled pipelines that say so."""
