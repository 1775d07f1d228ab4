"""Append-only files that people and runs write: decisions, labels, deletions, history."""
