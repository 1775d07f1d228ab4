"""One module per command that does more than run DVC; `hpefair.cli` parses and calls them."""
