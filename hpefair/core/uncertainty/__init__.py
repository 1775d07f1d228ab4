"""Uncertainty: resamples, intervals, permutation, multiplicity and power."""
