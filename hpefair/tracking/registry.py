"""Who is champion, and making somebody champion who can be downloaded and loaded."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hpefair.data import content
from hpefair.errors import ToolError
from hpefair.tracking.tracker import Tracker, Version

ALIAS: Final = "champion"
BEFORE: Final = "previous"
CHALLENGER: Final = "challenger"
MODEL: Final = "hpefair.model"
WEIGHTS: Final = "hpefair.weights"
PROMOTION: Final = "hpefair.promotion"
ADVICE: Final = "log the model again with `hpefair log`, and compare again"


@dataclass(frozen=True)
class Champion:
    """The version that the alias stands for.

    Attributes:
        version: Number of the version.
        model: Name of the model in params.yaml when it was trained.
        run_id: Run that logged it.
        digest: Digest of its weights.
    """

    version: str
    model: str
    run_id: str
    digest: str


def champion(tracker: Tracker) -> Champion | None:
    """The champion, or None."""
    version = tracker.holder(ALIAS)
    if version is None:
        return None
    return Champion(version.number, version.tags.get(MODEL, ""), version.run_id, version.tags.get(WEIGHTS, ""))


def weights_of(tracker: Tracker, who: Champion, folder: Path) -> Path:
    """Download a champion's weights into a folder; where they are.

    Raises:
        ToolError: If its run holds none.
    """
    try:
        return tracker.download_weights(who.run_id, folder)
    except ToolError as error:
        raise ToolError(f"{error}: {ADVICE}") from error


def check_loadable(tracker: Tracker, version: Version) -> None:
    """Download a version's weights and load its network, as whoever deploys it will.

    Raises:
        ToolError: If its weights are absent or not those that were compared, or its network cannot be loaded.
    """
    with tempfile.TemporaryDirectory() as scratch:
        try:
            weights = tracker.download_weights(version.run_id, Path(scratch))
        except ToolError as error:
            raise ToolError(f"version {version.number}: {error}: {ADVICE}") from error
        if content.digest(weights) != version.tags.get(WEIGHTS):
            raise ToolError(
                f"the logged weights of version {version.number} are not those that were compared; nothing was "
                "promoted: run `hpefair log`, then `hpefair promote compare`"
            )
    tracker.load(version)


def crowned(tracker: Tracker, key: str) -> str:
    """`<name>/<version>` of an earlier attempt at the same promotion, or an empty string; completes it."""
    known = [one for one in tracker.versions() if one.tags.get(PROMOTION) == key]
    if not known:
        return ""
    check_loadable(tracker, known[0])
    _seat(tracker, known[0])
    return f"{known[0].tags[MODEL]}/{known[0].number}"


def challenge(tracker: Tracker, run_id: str, model: str, digest: str) -> str:
    """Register a logged model, if it is not, and make it the challenger.

    Args:
        tracker: Where it was logged.
        run_id: Run that logged it.
        model: Its name.
        digest: Digest of its weights.

    Returns:
        The number of its version.

    Raises:
        ToolError: If it cannot be downloaded and loaded.
    """
    version = registered(tracker, run_id, model, digest)
    check_loadable(tracker, version)
    tracker.seat(CHALLENGER, version)
    return version.number


def crown(tracker: Tracker, run_id: str, model: str, digest: str, tags: Mapping[str, str]) -> str:
    """Make a logged model the champion, registered as a version if it is not yet.

    Args:
        tracker: Where it was logged.
        run_id: Run that logged it.
        model: Its name.
        digest: Digest of its weights.
        tags: Tags of the version: why it was promoted, and `PROMOTION`, by which `crowned` finds it again.

    Returns:
        The number of its version.

    Raises:
        ToolError: If it cannot be downloaded and loaded; nobody is crowned then.
    """
    version = registered(tracker, run_id, model, digest)
    check_loadable(tracker, version)
    # The one by which an attempt that ends here is found by the next goes last.
    for key, value in sorted(tags.items(), key=lambda tag: tag[0] == PROMOTION):
        tracker.tag(version, key, value)
    _seat(tracker, version)
    return version.number


def registered(tracker: Tracker, run_id: str, model: str, digest: str) -> Version:
    """The version of these weights that still has them, or a new one."""
    for one in tracker.versions():
        same = (one.tags.get(MODEL), one.tags.get(WEIGHTS)) == (model, digest)
        if same and tracker.holds_weights(one.run_id):
            return one
    return tracker.register(run_id, model, {MODEL: model, WEIGHTS: digest})


def _seat(tracker: Tracker, version: Version) -> None:
    before = tracker.holder(ALIAS)
    if before and before.number != version.number:
        tracker.seat(BEFORE, before)
    tracker.seat(ALIAS, version)
    challenger = tracker.holder(CHALLENGER)
    if challenger and challenger.number == version.number:
        tracker.seat(CHALLENGER, None)
