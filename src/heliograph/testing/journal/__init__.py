"""What every journal must keep, as tests; `suite.JournalConformance` is all of it."""
