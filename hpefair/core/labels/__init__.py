"""Labels: how far they can be trusted, and what a review of a sample says."""
