"""Great Expectations: suites, expectations of our own, checks and data docs."""
