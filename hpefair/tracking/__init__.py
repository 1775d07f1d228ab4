"""Tracking: what a run is, the names of its numbers, and the tracker that keeps them."""
