"""One package per tool: DVC, Great Expectations, FiftyOne."""
