"""What every store must keep, as tests; `suite.StoreConformance` is all of it."""
