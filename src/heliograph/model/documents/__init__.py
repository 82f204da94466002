"""What people configure: documents and their files, and everything that can be wrong with them."""
