"""One module per command that does more than run DVC; `hpefair.cli.main` parses and calls them."""
