"""Workspaces of runs: clones, git and DVC commands, and publishing."""
