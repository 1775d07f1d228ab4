"""Who is champion, with a tracker of thirty lines in place of MLflow: the rules are about no tracker in particular."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hpefair.data import content
from hpefair.errors import ToolError
from hpefair.tracking import registry
from hpefair.tracking.tracker import Version


@dataclass
class Memory:
    """What a tracker has to keep: weights of runs, versions, and who an alias stands for."""

    weights: dict[str, str] = field(default_factory=dict)
    known: list[Version] = field(default_factory=list)
    aliases: dict[str, Version] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)

    def holds_weights(self, run_id: str) -> bool:
        return run_id in self.weights

    def download_weights(self, run_id: str, folder: Path) -> Path:
        if run_id not in self.weights:
            raise ToolError(f"run {run_id} holds no weights")
        (folder / "weights").write_text(self.weights[run_id])
        return folder

    def load(self, version: Version) -> None:
        if version.number in self.broken:
            raise ToolError("it cannot be loaded")

    def versions(self) -> list[Version]:
        return self.known

    def register(self, run_id: str, model: str, tags: Mapping[str, str]) -> Version:
        self.known.append(Version(str(len(self.known) + 1), run_id, dict(tags)))
        return self.known[-1]

    def tag(self, version: Version, key: str, value: str) -> None:
        dict.__setitem__(self.known[int(version.number) - 1].tags, key, value)

    def holder(self, alias: str) -> Version | None:
        return self.aliases.get(alias)

    def seat(self, alias: str, version: Version | None) -> None:
        if version is None:
            del self.aliases[alias]
        else:
            self.aliases[alias] = version


@pytest.fixture
def tracker() -> Memory:
    """Two runs that hold weights."""
    return Memory(weights={"one": "first", "two": "second"})


@pytest.fixture
def digest(tmp_path):
    """Digest of the weights of a run."""

    def of(text: str) -> str:
        folder = tmp_path / text
        folder.mkdir(exist_ok=True)
        (folder / "weights").write_text(text)
        return content.digest(folder)

    return of


def seats(tracker: Memory) -> dict[str, str]:
    """Alias to the number of the version it stands for."""
    return {alias: version.number for alias, version in tracker.aliases.items()}


def test_the_crown_passes_on(tracker, digest):
    """The earlier champion stays at hand, a challenger that won is none any more, and tags say why."""
    assert registry.champion(tracker) is None
    assert registry.crown(tracker, "one", "a", digest("first"), {registry.PROMOTION: "k1", "reason": "first"}) == "1"
    assert registry.challenge(tracker, "two", "b", digest("second")) == "2"
    assert seats(tracker) == {"champion": "1", "challenger": "2"}
    assert registry.crown(tracker, "two", "b", digest("second"), {registry.PROMOTION: "k2"}) == "2"
    assert seats(tracker) == {"champion": "2", "previous": "1"}
    assert registry.champion(tracker) == registry.Champion("2", "b", "two", digest("second"))
    assert registry.crowned(tracker, "k2") == "b/2"
    assert registry.crowned(tracker, "k3") == ""


def test_nobody_is_crowned_who_cannot_be_deployed(tracker, digest):
    """Weights that are gone, others than those that were compared, a network that does not load."""
    with pytest.raises(ToolError, match="not those that were compared"):
        registry.crown(tracker, "one", "a", digest("second"), {})
    with pytest.raises(ToolError, match="run three holds no weights: log the model again"):
        registry.crown(tracker, "three", "a", digest("first"), {})
    tracker.broken = {"3"}
    with pytest.raises(ToolError, match="cannot be loaded"):
        registry.crown(tracker, "one", "a", digest("first"), {})
    assert seats(tracker) == {}


def test_the_same_weights_are_one_version_while_they_last(tracker, digest):
    """Registered again only where the run that had them has lost them."""
    first = registry.registered(tracker, "one", "a", digest("first"))
    assert registry.registered(tracker, "two", "a", digest("first")) == first
    tracker.weights.pop("one")
    assert registry.registered(tracker, "two", "a", digest("first")).number == "2"
