"""From a dataset to a small model to pictures, all through the code that a person's own weights go through."""

import json
import shutil

import pytest
import torch
from typer.testing import CliRunner

from hpefair.cli.main import app
from hpefair.commands.models import train_diffusion
from hpefair.data import tables
from hpefair.errors import InputError, SettingsError
from hpefair.generation.diffusion.diffusion import Diffusion
from hpefair.generation.diffusion.machine import from_environment
from hpefair.generation.diffusion.tiny_training import Recipe
from hpefair.generation.protocol import Item, Made
from tests.generation.diffusion.diffusion_settings import GENERATE, NOBODY, diffusion

RECIPE = Recipe(steps=2, batch=4)


def quiet(*_):
    """Nobody watches."""


@pytest.fixture(scope="module")
def trained(tiny_coco, tmp_path_factory):
    """Source and folder of a model that has seen two batches."""
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("models") / "tiny"
    source = train_diffusion.from_folder(tiny_coco)
    said = train_diffusion.train(source, out, 32, RECIPE, "cpu", quiet)
    assert "2 steps" in said[0]
    return source, out


def backend(out, training_images):
    named = {"class": train_diffusion.DOTTED, "weights": str(out), "license": "ours"}
    part = diffusion({"control": {**named, "conditions": ["skeleton", "parts"]}}, size=32)
    settings = GENERATE.model_copy(update={"diffusion": part})
    return Diffusion(settings, NOBODY, training_images, 5, from_environment({"HPEFAIR_DEVICE": "cpu"}))


def test_a_trained_model_generates_through_the_backend(trained):
    """Same seed, same picture; no prompt is said to have been read."""
    source, out = trained
    chosen = backend(out, sorted(source.people["image_id"]))
    one, again, other = (chosen.make([Item("x", {"build": "slim"}, seed)])[0] for seed in (1, 1, 2))
    assert isinstance(one, Made)
    assert one.pixels.shape == (32, 32, 3)
    assert (one.pixels == again.pixels).all()
    assert (one.pixels != other.pixels).any()
    assert one.prompt == ""
    assert one.model.startswith("tiny@")


def test_a_model_is_refused_when_an_image_left_the_training_split(trained):
    source, out = trained
    images = sorted(set(source.people.loc[source.people["wanted"], "image_id"]))
    with pytest.raises(SettingsError, match=r"1 of .* not in the training split"):
        backend(out, images[1:])


def test_the_folder_is_complete_or_absent(trained):
    source, out = trained
    assert sorted(path.name for path in out.parent.iterdir()) == ["tiny"]
    record = tables.read_json(out / "training.json")
    assert (record["split"], record["steps"], record["builtin"]) == ("train", 2, False)
    assert record["images"] == source.people.loc[source.people["wanted"], "image_id"].nunique()
    assert not list(out.rglob("*.bin"))


def test_known_minors_are_not_learnt(tiny_coco, tmp_path):
    """Nor whoever is in a picture with them, for crops overlap; by `attributes` in the annotations."""
    folder = tmp_path / "d"
    shutil.copytree(tiny_coco, folder)
    tree = json.loads((folder / "person_keypoints.json").read_text())
    for number, person in enumerate(tree["annotations"]):
        person["attributes"] = {"age_band": ("child", "adult", "teen")[number % 3]}
    (folder / "person_keypoints.json").write_text(json.dumps(tree))
    people = train_diffusion.from_folder(folder).people
    assert people["wanted"].any()
    with_minors = people.loc[people["age_band"].isin(["child", "teen"]), "image_id"]
    assert set(people.loc[~people["wanted"], "image_id"]) == set(with_minors)


def test_an_older_checkpoint_of_other_people_is_thrown_away(trained, tmp_path):
    """It would put people into the weights whom the record does not list."""
    source, _ = trained
    work = tmp_path / "m.training"
    work.mkdir()
    (work / "checkpoint.pt").write_text("not a checkpoint")
    tables.write_json_atomically(work / "claim.json", {"digest": "other"})
    train_diffusion.train(source, tmp_path / "m", 32, RECIPE, "cpu", quiet)
    assert (tmp_path / "m" / "model_index.json").exists()


def test_what_cannot_be_trained_is_said(trained, tmp_path):
    source, _ = trained
    with pytest.raises(InputError, match="multiple of 16"):
        train_diffusion.train(source, tmp_path / "m", 40, RECIPE, "cpu", quiet)
    nobody = train_diffusion.Source(source.people.assign(wanted=False), False)
    with pytest.raises(InputError, match="0 people are permitted and large enough"):
        train_diffusion.train(nobody, tmp_path / "m", 32, RECIPE, "cpu", quiet)
    result = CliRunner().invoke(app, ["generation", "train-tiny", "--steps", "0"])
    assert isinstance(result.exception, InputError)


def test_the_command_line_trains(tiny_coco, tmp_path):
    out = tmp_path / "model"
    given = ["generation", "train-tiny", "--data", str(tiny_coco), "--out", str(out), "--side", "16", "--steps", "1"]
    result = CliRunner().invoke(app, [*given, "--device", "cpu"], catch_exceptions=False)
    assert result.exit_code == 0
    assert "PoseDiffusionPipeline" in result.output
    assert (out / "unet").is_dir()
