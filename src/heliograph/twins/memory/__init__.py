"""What a twin keeps of what it received: requests, people, keys."""
