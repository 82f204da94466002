"""One turn: what is to be sent for a delivery, the sending, and what the answer means for the row."""
