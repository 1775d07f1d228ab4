"""The console that commands print to."""

import sys

from rich.console import Console

# Piped output is not 80 columns wide: tables stay tables in a log file.
console = Console(width=None if sys.stdout.isatty() else 140)
