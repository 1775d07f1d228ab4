"""Locks between tasks: leases, process groups, and DVC's own lock file."""
