"""The console that commands print to."""

import sys
from typing import Final

from rich.console import Console

VERDICT_STYLES: Final = {"PASS": "bold green", "FAIL": "bold red", "INCONCLUSIVE": "bold yellow"}

# Piped output is not 80 columns wide: tables stay tables in a log file.
console = Console(width=None if sys.stdout.isatty() else 140)
