"""Pure functions on arrays and tables: numpy, pandas, scipy and numba; no disk, no frameworks, no settings."""
