"""Training: equal real exposures, resumable to the bit, able to learn."""

import numpy as np
import pandas as pd
import pytest
import torch

from hpefair.core.pose.similarity import keypoint_similarity
from hpefair.core.pose.skeletons import COCO_17
from hpefair.errors import InputError, SettingsError
from hpefair.estimators.protocol import build
from hpefair.params import TrainEngine
from hpefair.training import weights
from hpefair.training.engine import Recipe, draw, fit
from hpefair.training.export import Maps
from hpefair.training.prediction import predict

SETTINGS = TrainEngine(
    input_width=64, input_height=96, steps=12, batch=4, learning_rate=0.004, weight_decay=0.01, checkpoint_every=4,
    rotation_degrees=10, scale_jitter=0.1, colour_jitter=0.1,
)  # fmt: skip


@pytest.fixture
def people(tiny_coco):
    """Training rows of the drawn dataset."""
    import json

    tree = json.loads((tiny_coco / "person_keypoints.json").read_text())
    names = {image["id"]: image["file_name"] for image in tree["images"]}
    rows = pd.DataFrame(tree["annotations"])
    rows["path"] = [str(tiny_coco / "images" / names[i]) for i in rows["image_id"]]
    return rows.assign(exposure=1.0, synthetic=False)


def train(people, work, settings=SETTINGS, stop_at=None):
    """Train and return the model; `stop_at` raises in the middle."""
    torch.manual_seed(0)
    model = build("heatmap", (64, 96), COCO_17)

    def on_step(step, loss):
        if step == stop_at:
            raise KeyboardInterrupt

    curve = fit(model, people, Recipe(settings, 3, COCO_17), work, on_step)
    return model, curve


def test_an_interrupted_run_ends_like_an_uninterrupted_one(people, tmp_path):
    """Same weights to the bit, same curve."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    whole, curve = train(people, tmp_path / "a")
    with pytest.raises(KeyboardInterrupt):
        train(people, tmp_path / "b", stop_at=9)
    resumed, curve_resumed = train(people, tmp_path / "b")
    pd.testing.assert_frame_equal(curve, curve_resumed)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def test_variants_differ_in_who_is_shown_not_in_how_much():
    """The same real exposures a step, weighted; generated people come on top, in proportion."""
    real = pd.DataFrame({"exposure": [1.0] * 30 + [3.0] * 10, "synthetic": False})
    mixed = pd.concat([real, pd.DataFrame({"exposure": 1.0, "synthetic": [True] * 15})], ignore_index=True)
    shown = np.concatenate([draw(real, 8, 0, step) for step in range(500)])
    both = [draw(mixed, 8, 0, step) for step in range(500)]
    assert all((rows < 40).sum() == 8 and (rows >= 40).sum() == 2 for rows in both)
    assert len(shown) == 4000
    assert (shown >= 30).mean() == pytest.approx(0.5, abs=0.03)
    assert (draw(real, 8, 0, 7) == draw(real, 8, 0, 7)).all()


def test_it_learns(people, tmp_path):
    """A hundred and fifty steps on sixteen drawn people find most of their joints."""
    few = people.head(16)
    settings = SETTINGS.model_copy(
        update={"steps": 150, "batch": 8, "rotation_degrees": 0, "scale_jitter": 0, "colour_jitter": 0}
    )
    model, curve = train(few, tmp_path, settings)
    found, score = predict(model, few, True, [slice(0, 16)])
    truth = np.stack([np.array(k, float).reshape(17, 3) for k in few["keypoints"]])
    assert curve["loss"].iloc[-1] < curve["loss"].iloc[0] / 1.5
    assert keypoint_similarity(truth, few["area"].to_numpy(), found, COCO_17.variances).mean() > 0.8
    assert score.shape == (16,)


def test_weights_round_trip_and_misfits_are_named(people, tmp_path):
    """Saved and loaded, the same output; another estimator's weights are refused."""
    model = build("heatmap", (64, 96), COCO_17).eval()
    card = {"estimator": "heatmap", "input_width": 64, "input_height": 96, "skeleton": "coco_17"}
    weights.save(tmp_path, model, card)
    loaded, _ = weights.load(tmp_path)
    crops = torch.rand(2, 3, 96, 64)
    with torch.no_grad():
        assert torch.equal(Maps(model)(crops), Maps(loaded.eval())(crops))
    (tmp_path / "weights.safetensors").write_bytes(b"not weights")
    with pytest.raises(InputError, match="train it again"):
        weights.load(tmp_path)
    with pytest.raises(SettingsError, match="does not exist"):
        build("nosuch", (64, 96), COCO_17)


def test_flip_test_of_a_mirrored_crop_is_consistent():
    """Unflipping the output of a mirrored crop swaps sides and mirrors the maps."""
    model = build("heatmap", (64, 96), COCO_17).eval()
    logits = torch.rand(1, 17, 24, 16)
    back = model.unflip(model.unflip({"logits": logits}))["logits"]
    assert torch.equal(back, logits)
    left, right = COCO_17.index("left_wrist"), COCO_17.index("right_wrist")
    assert torch.equal(model.unflip({"logits": logits})["logits"][0, left], logits[0, right].flip(1))


def test_losses_are_per_person_and_ignore_unlabelled_joints():
    """One number a person; a joint with v = 0 changes nothing."""
    model = build("heatmap", (64, 96), COCO_17)
    joints = np.concatenate([np.random.default_rng(0).uniform(10, 50, (17, 2)), np.full((17, 1), 2.0)], axis=1)
    hidden = joints.copy()
    hidden[3, 2] = 0
    moved = hidden.copy()
    moved[3, :2] = 55
    outputs = {"logits": torch.rand(1, 17, 24, 16)}

    def loss(points):
        return model.losses(outputs, {k: torch.from_numpy(v)[None] for k, v in model.encode(points).items()})

    assert loss(joints).shape == (1,)
    assert torch.equal(loss(hidden), loss(moved))
    assert not torch.equal(loss(joints), loss(hidden))


def test_planned_exposures_are_delivered_in_small_sets_too():
    """Four times the exposure is four times the showings, also where a batch is most of the set."""
    people = pd.DataFrame({"exposure": [1.0] * 30 + [4.0] * 10, "synthetic": False})
    shown = np.concatenate([draw(people, 32, 0, step) for step in range(400)])
    ratio = (shown >= 30).sum() / 10 / ((shown < 30).sum() / 30)
    assert ratio == pytest.approx(4, rel=0.1)
