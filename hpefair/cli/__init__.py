"""The command line: what one types. Each module holds the commands of one subject."""
