"""What is configured: folders of documents, process settings, and the documents in force."""
