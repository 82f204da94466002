"""What a hub has recorded, one module per noun: requests, events, profiles, deliveries, a whole trace."""
