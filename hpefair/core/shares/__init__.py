"""Shares: who is in the data, and what is missing to a reference population."""
