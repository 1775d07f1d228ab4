"""Judges by name: load one that was fetched."""

from pathlib import Path

from hpefair.errors import MissingArtifactError, SettingsError
from hpefair.judges.catalogue import FOLDER, Published, published
from hpefair.judges.fetching import is_here
from hpefair.judges.protocol import Counter, Judge


def open_judge(name: str, folder: Path = FOLDER) -> Judge:
    """Load a fetched judge.

    Args:
        name: Its name in the catalogue.
        folder: Folder with one folder per judge.

    Raises:
        SettingsError: If there is no such judge.
        MissingArtifactError: If it was not fetched, or its files are not the pinned ones.
        ToolError: If it cannot be loaded.
    """
    one = _checked(name, "judge", folder)
    model = folder / name / one.model
    if name == "blazepose":
        from hpefair.judges.blazepose import BlazePose

        return BlazePose(model, one.model_id)
    if name == "posenet":
        from hpefair.judges.posenet import PoseNet

        return PoseNet(model, one.model_id)
    from hpefair.judges.movenet import MoveNet, MoveNetCrowd

    return (MoveNet if name == "movenet" else MoveNetCrowd)(model, one.model_id)


def open_counter(name: str = "movenet_multipose", folder: Path = FOLDER) -> Counter:
    """Load a fetched counter; arguments and errors as of `open_judge`."""
    from hpefair.judges.movenet import MoveNetCrowd

    one = _checked(name, "counter", folder)
    return MoveNetCrowd(folder / name / one.model, one.model_id)


def _checked(name: str, kind: str, folder: Path) -> Published:
    one = published(name)
    if kind not in one.kinds:
        raise SettingsError(f"{name} is not a {kind} but a {' and '.join(one.kinds)}")
    if not is_here(one, folder):
        raise MissingArtifactError(
            f"{folder / name} does not hold the judge: run `hpefair judges fetch {name}`, or `hpefair judges fetch` "
            "for all of them"
        )
    return one
