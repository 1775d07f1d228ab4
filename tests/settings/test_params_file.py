"""params.yaml: unknown keys are refused, edits keep comments."""

import shutil

import pytest
import yaml

from hpefair.errors import MissingArtifactError, SettingsError
from hpefair.settings import params
from hpefair.settings.params_file import register_results
from hpefair.settings.refusals import RENAMED


def test_the_shipped_settings_are_valid(project):
    """Every section."""
    assert params.load(project / "params.yaml").plan.attributes == ("contrast",)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("plan", "tolerence"), 1, "unknown key plan.tolerence"),
        (("extra",), 1, "unknown key extra"),
        (("audit", "attributes"), ["heigth"], "heigth"),
        (("audit", "reference"), {"contrast": {"low": 1.0}}, "exactly low, mid, high"),
        (("split", "fractions"), {"train": 0.5, "val": 0.1, "test": 0.1, "sealed": 0.1}, "add up to 1"),
        (("attribute", "shards"), ["a-b"], "pattern"),
        (("train", "engine"), {}, "missing key train.engine"),
        (("evaluate", "resamples"), 0, "greater than 0"),
        (("plan", "attributes"), ["scale"], "which backends can be asked for"),
        (("plan", "attributes"), ["contrast", "contrast"], "each once"),
        (("plan", "attributes"), [], "at least 1"),
        (("attribute", "contrast"), {"low_below": 30, "high_from": 20}, "low_below <= high_from"),
        (("attribute", "shards"), ["s0", "s0"], "every shard once"),
        (("compare", "candidates"), [], "at least 1"),
        (("compare", "candidates"), ["nosuch"], "nosuch"),
    ],
)
def test_bad_settings_are_named_with_their_path(project, path, value, message):
    """The key, and what was expected."""
    tree = yaml.safe_load((project / "params.yaml").read_text())
    place = tree
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(SettingsError, match=message):
        params.parse(tree)


@pytest.mark.parametrize("old", RENAMED)
def test_an_old_key_is_answered_with_its_new_name(project, old):
    """And the new key, which is then missing, is not complained about."""
    tree = yaml.safe_load((project / "params.yaml").read_text())
    place = tree
    for part in old.split(".")[:-1]:
        place = place[part]
    place[old.rpartition(".")[2]] = place.pop(RENAMED[old])
    with pytest.raises(SettingsError, match=f"^params.yaml: {old} is called {RENAMED[old]} now: rename the key$"):
        params.parse(tree)


def test_files_that_are_not_there_or_not_yaml(tmp_path):
    """One clear line each."""
    with pytest.raises(MissingArtifactError, match="clone"):
        params.load(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("a: [")
    with pytest.raises(SettingsError, match="not valid YAML"):
        params.load(tmp_path / "params.yaml")


def test_registering_results_keeps_comments_and_is_idempotent(project, tmp_path):
    """A model is added once; everything else stays as it was."""
    path = tmp_path / "params.yaml"
    shutil.copyfile(project / "params.yaml", path)
    assert len(register_results("set", ["netone"], path)) == 1
    assert register_results("set", ["netone"], path) == []
    lines = set((project / "params.yaml").read_text().splitlines())
    assert set(path.read_text().splitlines()) - lines == {
        "    netone: {from: data/raw/set/results/netone.json, boxes: data/ingest}"
    }
    assert params.load(path).predict.models["netone"].from_ == "data/raw/set/results/netone.json"


def test_names_of_two_datasets_do_not_collide_and_gone_results_leave(project, tmp_path, monkeypatch):
    """A second dataset's model of the same name is qualified; a replaced dataset takes its old entries along."""
    path = tmp_path / "params.yaml"
    shutil.copyfile(project / "params.yaml", path)
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        (tmp_path / "data/raw" / name).mkdir(parents=True)
    register_results("one", ["net", "old", "balanced"], path)
    register_results("two", ["net"], path)
    assert len(register_results("one", ["net", "balanced"], path)) == 1
    models = params.load(path).predict.models
    assert models["net"].from_ == "data/raw/one/results/net.json"
    assert models["net_two"].from_ == "data/raw/two/results/net.json"
    assert "old" not in models
    assert models["balanced"].from_ == "data/train/balanced", "a trained model keeps its name"
    assert models["balanced_one"].from_ == "data/raw/one/results/balanced.json"
    (tmp_path / "data/raw/two").rmdir()
    register_results("one", ["net", "balanced"], path)
    assert "net_two" not in params.load(path).predict.models
