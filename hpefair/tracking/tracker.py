"""What hpefair asks of a tracker of numbers and models. Another one is another module, named in `connected`."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from hpefair.tracking.run import Run

Note = Callable[[int, Mapping[str, float]], None]  # takes a step and its numbers


@dataclass(frozen=True)
class Logged:
    """A finished run that the tracker knows.

    Attributes:
        run_id: The tracker's own name of it.
        metrics: Metric key to value.
        tags: Tags.
    """

    run_id: str
    metrics: Mapping[str, float]
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Version:
    """A registered version of a model.

    Attributes:
        number: The tracker's number of it.
        run_id: Run that logged it.
        tags: Tags.
    """

    number: str
    run_id: str
    tags: Mapping[str, str]


class Tracker(Protocol):
    """An open connection to one experiment."""

    def log(self, run: Run) -> str:
        """Write a run; logging twice changes nothing but what is decided. One sentence about it."""

    def find(self, key: str) -> Logged | None:
        """The finished run with this key."""

    def gaps(self) -> list[dict[str, Any]]:
        """Gaps of every logged evaluation, oldest first: run, when (ISO 8601), commit, metric, attribute, gap."""

    def holds_weights(self, run_id: str) -> bool:
        """Whether a run's weights are where it keeps its artifacts."""

    def download_weights(self, run_id: str, folder: Path) -> Path:
        """Copy a run's weights into a folder; where they are. Raises ToolError where there are none."""

    def load(self, version: Version) -> None:
        """Load a version's network as whoever deploys it will. Raises ToolError where that fails."""

    def versions(self) -> Sequence[Version]:
        """Every registered version."""

    def register(self, run_id: str, model: str, tags: Mapping[str, str]) -> Version:
        """Register the network that a run logged."""

    def tag(self, version: Version, key: str, value: str) -> None:
        """Set a tag of a version."""

    def holder(self, alias: str) -> Version | None:
        """The version that an alias stands for."""

    def seat(self, alias: str, version: Version | None) -> None:
        """Let an alias stand for a version, or for nobody."""


def connected(uri: str, experiment: str) -> AbstractContextManager[Tracker]:
    """Talk to a tracking server or database about one experiment, made if absent.

    Args:
        uri: Tracking URI.
        experiment: Experiment.

    Raises:
        ToolError: If it cannot be reached, or refuses.
    """
    from hpefair.tracking import mlflow

    return mlflow.connected(uri, experiment)


def curves(uri: str, name: str, experiment: str = "hpefair") -> AbstractContextManager[Note]:
    """Open a run of a training, and yield a function that takes a step and its numbers.

    Args:
        uri: Tracking URI.
        name: Name of the run.
        experiment: Experiment.

    Raises:
        ToolError: If the store cannot be reached at the start; one that goes away later ends no training.
    """
    from hpefair.tracking import mlflow

    return mlflow.curves(uri, name, experiment)
