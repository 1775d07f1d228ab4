"""Fairness: who is in the data, how well each group is served, and what may be concluded."""
