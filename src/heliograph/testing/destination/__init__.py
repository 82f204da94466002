"""What every destination must keep, as tests; `suite.DestinationConformance` is all of it."""
