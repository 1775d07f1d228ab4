"""Mutants: small faults put into the code one at a time, to see which of them no test notices (`make mutants`).

cosmic-ray makes them; which are tried, and by which tests, is decided here.
"""
