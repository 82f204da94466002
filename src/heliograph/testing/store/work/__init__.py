"""What a store must keep of the work there is to do."""
