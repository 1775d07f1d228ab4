"""DVC: its command, its graph and lock file, and how a stage runs below it."""
