"""What was received and what it became, for good: the journal, its archive of requests, the way into both."""
