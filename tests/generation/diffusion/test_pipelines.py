"""Which weights are taken, how they are named, and what is refused."""

import json

import pytest

from hpefair.errors import MissingArtifactError, SettingsError
from hpefair.generation.diffusion.machine import from_environment
from hpefair.generation.diffusion.pipelines import digest, find_class, identify, load, model_id
from hpefair.settings.diffusion import DiffusionPipeline, Weights

CPU = from_environment({"HPEFAIR_DEVICE": "cpu"})
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def named(weights, name="StableDiffusionPipeline", **more):
    return DiffusionPipeline.model_validate({"class": name, "weights": str(weights), "license": "any", **more})


def test_a_hub_id_needs_a_pinned_commit():
    with pytest.raises(SettingsError, match="needs a revision"):
        model_id(named("some/model"))
    net = {"weights": "some/net", "revision": COMMIT, "license": "any"}
    pinned = named("some/model", revision=COMMIT, controlnets=[net], conditions=["depth"])
    assert model_id(pinned) == f"some/model@{COMMIT} + some/net@{COMMIT}"
    with pytest.raises(ValueError, match="40 hexadecimal digits"):
        Weights(weights="some/model", revision="main", license="any")


@pytest.mark.parametrize("weights", ["models/diffusion/control", "/nowhere/at/all", "data/x", "justaword"])
def test_what_looks_like_a_folder_is_never_looked_up(weights):
    with pytest.raises(MissingArtifactError, match=f"{weights} holds no weights"):
        identify(Weights(weights=weights, license="any"))


def test_a_licence_is_needed():
    with pytest.raises(ValueError, match="the licence of some/model"):
        named("some/model", license=" ")


def test_a_folder_is_named_by_its_bytes(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "config.json").write_text("1")
    first = digest(tmp_path)
    assert identify(Weights(weights=str(tmp_path), license="any")) == f"{tmp_path.name}@{first}"
    (tmp_path / "a" / "config.json").write_text("2")
    second = digest(tmp_path)
    (tmp_path / "a" / "config.json").rename(tmp_path / "config.json")
    assert len({first, second, digest(tmp_path)}) == 3


def test_only_pipelines_are_taken(tmp_path):
    for name in ("NoSuchPipeline", "no.such.module.Pipeline", "os.path.join"):
        with pytest.raises(SettingsError, match=r"class .* not found"):
            find_class(name)
    with pytest.raises(SettingsError, match="is not a pipeline class"):
        load(named(tmp_path, "UNet2DModel"), CPU)


def test_pickled_weights_are_refused(tmp_path):
    """Weights in any other form than safetensors could run code when they are read."""
    from hpefair.generation.diffusion.pose_pipeline import untrained

    untrained(16, widths=(8, 8)).save_pretrained(tmp_path, safe_serialization=False)
    ours = named(tmp_path, "hpefair.generation.diffusion.pose_pipeline.PoseDiffusionPipeline")
    assert list(tmp_path.rglob("*.bin"))
    with pytest.raises(MissingArtifactError, match="safetensors"):
        load(ours, CPU)


def test_weights_of_another_class_are_refused(tmp_path):
    from hpefair.generation.diffusion.pose_pipeline import untrained

    untrained(16, widths=(8, 8)).save_pretrained(tmp_path)
    with pytest.raises(SettingsError, match="does not load as StableDiffusionPipeline"):
        load(named(tmp_path), CPU)
    index = json.loads((tmp_path / "model_index.json").read_text())
    (tmp_path / "model_index.json").write_text(json.dumps(index)[:20])
    with pytest.raises(MissingArtifactError):
        load(named(tmp_path), CPU)
