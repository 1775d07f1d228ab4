"""Pose estimators: one system per file, imported by name."""
