"""Make a dataset of built-in people from what a person types."""

from pathlib import Path
from typing import Final

from hpefair.data import images
from hpefair.data.population_file import read_population
from hpefair.errors import InputError
from hpefair.synthetic.dataset import Request, make_dataset
from hpefair.synthetic.population import Population

PHOTO_SUFFIXES: Final = (".jpg", ".jpeg", ".png")


def sample(out: Path, request: Request, workers: int) -> list[str]:
    """Make the dataset, or finish one that was interrupted; what was made, one sentence each."""
    return make_dataset(out, request, workers)


def read_request(
    number: int, seed: int, size: int, bias: Path | None, photos: Path | None, depth: bool = False
) -> Request:
    """A request from what a person types.

    Raises:
        InputError: If a file or folder cannot be used.
    """
    shares = read_population(bias) if bias else {}
    try:
        Population(shares)
    except ValueError as error:
        raise InputError(f"{bias}: {error}") from error
    files: tuple[str, ...] = ()
    if photos:
        if not photos.is_dir():
            raise InputError(f"{photos} is not a folder")
        files = tuple(str(path.resolve()) for path in sorted(photos.glob("*")) if path.suffix.lower() in PHOTO_SUFFIXES)
        if not files:
            raise InputError(f"{photos} holds no photograph ({', '.join(PHOTO_SUFFIXES)})")
        _check_photos(files)
    return Request(number, seed, size, shares=shares, photos=files, depth=depth)


def _check_photos(files: tuple[str, ...]) -> None:
    """Open every photograph before the first picture is drawn."""
    for file in files:
        if not images.readable(Path(file)):
            raise InputError(f"{file} cannot be decoded as a picture; take it out of the folder")
