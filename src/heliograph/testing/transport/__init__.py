"""What every way of sending must keep, as tests over real sockets, and the odd servers they need."""
