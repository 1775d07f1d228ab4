"""Commands on results: gates, gaps, plan, report, review in FiftyOne."""
