"""Screening: which generated people are let in, checked from their files by what did not make them."""
