"""What every command stands on: options, printing, progress, moments, and how an error looks."""
