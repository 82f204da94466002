"""What plans of every vendor are made of: addresses, bodies, names, times, and what had to be left out."""
