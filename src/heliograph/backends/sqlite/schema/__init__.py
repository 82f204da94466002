"""What is on disk: the tables of both files, and the migrations that build them."""
