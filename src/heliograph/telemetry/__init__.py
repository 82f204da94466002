"""How the processes speak to operators: structured logs and metrics."""
