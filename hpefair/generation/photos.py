"""The user's own background photographs."""

from pathlib import Path
from typing import Final

from hpefair.errors import SettingsError

SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".webp")


def photographs(folder: str) -> tuple[Path, ...]:
    """Files of a folder of photographs, by name; none without a folder.

    Raises:
        SettingsError: If the folder does not exist or holds no photograph.
    """
    if not folder:
        return ()
    found = tuple(path for path in sorted(Path(folder).glob("*")) if path.suffix.lower() in SUFFIXES)
    if not found:
        raise SettingsError(
            f"generate.photos: {folder} holds no photograph ({', '.join(SUFFIXES)}); add some, or set it to nothing"
        )
    return found
