"""Names of runs as folders and branches."""


def safe(name: str) -> str:
    """A name that git, DVC and every file system take; run ids hold colons and pluses."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in name)
