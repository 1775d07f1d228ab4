"""Training: equal real exposures, resumable to the bit, able to learn, with any objective, stages and adversaries."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from hpefair.core.fairness.objectives import Choice
from hpefair.core.pose.similarity import keypoint_similarity
from hpefair.core.pose.skeletons import COCO_17
from hpefair.errors import InputError
from hpefair.estimators.heatmap import Heatmap, Options
from hpefair.estimators.protocol import Adversarial, Losses, make
from hpefair.prediction import weights
from hpefair.prediction.prediction import TestTime, detect, predict
from hpefair.training.batches import ahead, draw
from hpefair.training.engine import Recipe, fit
from hpefair.training.training_set import Membership, TrainingSet

SMALL = {"heatmap": {}, "deeppose": {"stages": 3}, "yolo_pose": {"side": 64}}


def groups(people):
    """Two groups by the parity of the annotation's id, and nobody unknown."""
    return Membership(("side/odd", "side/even", "side/unknown"), np.eye(3)[(people["id"] % 2).to_numpy()])


def with_validation(people):
    """Thirty people to learn from, the others to validate on."""
    learn, held = people.head(30), people.tail(len(people) - 30).reset_index(drop=True)
    return TrainingSet(learn, groups(learn), held, groups(held))


def train(name, data, recipe, work, stop_at=None):
    """Train and return the model and what happened; `stop_at` raises in the middle."""
    torch.manual_seed(0)
    model = make(name, (64, 96), COCO_17, SMALL[name])
    work.mkdir(exist_ok=True)

    def on_step(step, values):
        if step == stop_at:
            raise KeyboardInterrupt

    return model, fit(model, data, recipe, work, on_step)


@pytest.mark.parametrize("name", list(SMALL))
def test_an_interrupted_run_ends_like_an_uninterrupted_one(name, people, settings, tmp_path):
    """Same weights to the bit, same curves: with averaged weights, group weights, stages and validation."""
    recipe = Recipe(settings, 3, COCO_17, Choice("group_dro", step=0.1))
    data = with_validation(people)
    whole, curves = train(name, data, recipe, tmp_path / "a")
    with pytest.raises(KeyboardInterrupt):
        train(name, data, recipe, tmp_path / "b", stop_at=9)
    resumed, again = train(name, data, recipe, tmp_path / "b")
    for table, rows in curves.tables().items():
        pd.testing.assert_frame_equal(rows, again.tables()[table])
        assert len(rows)
    for key, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[key]), key


def test_threads_that_make_batches_change_nothing(people, settings, tmp_path, monkeypatch):
    """No loader, or three: the same weights; and batches come in order however long each takes."""
    ends = []
    for loaders in ("0", "3"):
        monkeypatch.setenv("HPEFAIR_LOADERS", loaders)
        model, _ = train("heatmap", TrainingSet.plain(people), Recipe(settings, 1, COCO_17), tmp_path / loaders)
        ends.append(model.state_dict())
    assert all(torch.equal(ends[0][key], ends[1][key]) for key in ends[0])
    assert list(ahead(lambda step: step * step, range(3, 40), 3)) == [step * step for step in range(3, 40)]


def test_variants_differ_in_who_is_shown_not_in_how_much():
    """The same real exposures a step, weighted; generated people come on top, in proportion."""
    real = view([1.0] * 30 + [3.0] * 10, [False] * 40)
    mixed = view([1.0] * 30 + [3.0] * 10 + [1.0] * 15, [False] * 40 + [True] * 15)
    shown = np.concatenate([draw(real, 8, 0, step) for step in range(500)])
    both = [draw(mixed, 8, 0, step) for step in range(500)]
    assert all((rows < 40).sum() == 8 and (rows >= 40).sum() == 2 for rows in both)
    assert len(shown) == 4000
    assert (shown >= 30).mean() == pytest.approx(0.5, abs=0.03)
    assert (draw(real, 8, 0, 7) == draw(real, 8, 0, 7)).all()


def test_planned_exposures_are_delivered_in_small_sets_too():
    """Four times the exposure is four times the showings, also where a batch is most of the set."""
    units = view([1.0] * 30 + [4.0] * 10, [False] * 40)
    shown = np.concatenate([draw(units, 32, 0, step) for step in range(400)])
    ratio = (shown >= 30).sum() / 10 / ((shown < 30).sum() / 30)
    assert ratio == pytest.approx(4, rel=0.1)


def view(exposure, synthetic):
    """What `draw` reads of a view."""
    return SimpleNamespace(exposure=np.array(exposure), synthetic=np.array(synthetic))


@pytest.mark.parametrize(("name", "steps", "least"), [("heatmap", 120, 0.85), ("deeppose", 300, 0.6)])
def test_it_learns(name, steps, least, people, settings, tmp_path):
    """A few steps on sixteen drawn people find most of their joints."""
    few = people.head(16)
    model, curves = train(name, TrainingSet.plain(few), plain_recipe(settings, steps), tmp_path)
    found, score = predict(model, few, TestTime())
    truth = np.stack([np.array(k, float).reshape(17, 3) for k in few["keypoints"]])
    curve = curves.tables()["curve"]
    assert curve["loss"].iloc[-1] < curve["loss"].iloc[0] / 1.5
    assert keypoint_similarity(truth, few["area"].to_numpy(float), found, COCO_17.variances).mean() > least
    assert score.shape == (16,)


def test_a_detector_learns_to_find_people(people, settings, tmp_path):
    """Twelve pictures: nearly everybody found once, with joints, and hardly anything else."""
    few = people[people["image_id"].isin([str(k) for k in range(1, 13)])].reset_index(drop=True)
    torch.manual_seed(0)
    model = make("yolo_pose", (64, 96), COCO_17, {"side": 96})
    fit(model, TrainingSet.plain(few), plain_recipe(settings, 200), tmp_path)
    pictures = few.drop_duplicates("image_id")
    found = detect(model, pictures, TestTime(score_threshold=0.3))
    best = []
    for person in few.itertuples():
        seen = found[found["image_id"] == person.image_id]
        truth, area = np.array(person.keypoints, float).reshape(1, 17, 3), np.array([float(person.area)])
        poses = [np.array(k).reshape(1, 17, 3) for k in seen["keypoints"]]
        best.append(max([keypoint_similarity(truth, area, pose, COCO_17.variances).mean() for pose in poses] or [0]))
    assert np.mean(best) > 0.6
    assert len(found) <= len(few) + 3
    twice = detect(model, pictures, TestTime(flip=False, scales=(0.67, 1.0), score_threshold=0.3))
    assert set(twice["image_id"]) == set(pictures["image_id"])


def plain_recipe(settings, steps):
    """No augmentation, more steps."""
    changed = {"steps": steps, "batch": 8, "rotation_degrees": 0, "scale_jitter": 0, "colour_jitter": 0, "half_body": 0}
    return Recipe(settings.model_copy(update=changed), 3, COCO_17)


@pytest.mark.parametrize("name", ["erm", "reweighting", "group_dro", "cvar", "variance", "balanced_sampling"])
def test_every_objective_trains(name, people, settings, tmp_path):
    """Otherwise than everybody alike, finite, and with a curve for every group."""
    data = with_validation(people)
    rare = replace(data.membership, values=np.eye(3)[(np.arange(30) < 26).astype(int)])
    data = replace(data, membership=rare)
    recipe = Recipe(settings, 3, COCO_17, Choice(name, step=1.0, penalty=1.0))
    model, curves = train("heatmap", data, recipe, tmp_path / "own")
    tables = curves.tables()
    assert np.isfinite(tables["curve"]["loss"]).all()
    if name != "erm":
        alike, _ = train("heatmap", data, Recipe(settings, 3, COCO_17), tmp_path / "erm")
        assert not torch.equal(model.head.weight, alike.head.weight)
    assert set(tables["curve_by_group"]["group"]) == set(rare.names)
    shown = tables["curve_by_group"].groupby("group")["people"].sum()
    if name == "balanced_sampling":
        assert 0.25 < shown["side/odd"] / shown.sum() < 0.75
    else:
        assert shown["side/odd"] / shown.sum() < 0.3


def test_the_weights_that_serve_the_worst_group_best_are_kept(people, settings, tmp_path):
    """Of the validated ones, by the curve's own numbers; groups below the support do not count."""
    changed = settings.model_copy(update={"steps": 60, "validate_every": 20})
    _, curves = train("heatmap", with_validation(people), Recipe(changed, 3, COCO_17), tmp_path)
    rows = curves.tables()["validation"]
    assert rows["step"].unique().tolist() == [20, 40, 60]
    known = rows[(rows["group"] != "all") & (rows["n"] >= 3)]
    worst = known.groupby("step")["ar"].min()
    kept = rows[rows["kept"]]["step"].max()
    assert worst[kept] == worst.max()


class Contested(Heatmap, Adversarial):
    """A heatmap net against a network that tells its maps from true ones: the shape of adversarial pose estimation."""

    def __init__(self):
        super().__init__((64, 96), COCO_17, Options())
        self.judge = nn.Sequential(nn.Flatten(1), nn.Linear(17 * 24 * 16, 1))

    def adversaries(self):
        """The judge."""
        return self.judge

    def losses(self, outputs, targets):
        """Own loss, and a little for what the judge makes of it."""
        own = super().losses(outputs, targets)
        return Losses(own.person + 0.1 * nn.functional.softplus(-self.judge(outputs["maps"])))

    def adversary_losses(self, outputs, targets):
        """Whether the judge tells true maps from found ones."""
        true, found = self.judge(targets["maps"] * 100), self.judge(outputs["maps"])
        return Losses(nn.functional.softplus(-true) + nn.functional.softplus(found))


def test_an_estimator_may_be_trained_against_others(people, settings, tmp_path):
    """The judge learns, from its own loss alone, and it is resumed with everything else."""
    ends = []
    for part, stop in (("a", None), ("b", 6)):
        work = tmp_path / part
        work.mkdir()
        for attempt in range(1 if stop is None else 2):
            torch.manual_seed(0)
            model = Contested()
            start = model.judge[1].weight.detach().clone()

            def stopping(step, values, stop=stop, attempt=attempt):
                if step == stop and attempt == 0:
                    raise KeyboardInterrupt

            try:
                fit(model, TrainingSet.plain(people), Recipe(settings, 3, COCO_17), work, stopping)
            except KeyboardInterrupt:
                continue
        ends.append(model.state_dict())
    assert not torch.equal(ends[0]["judge.1.weight"], start)
    assert all(torch.equal(ends[0][key], ends[1][key]) for key in ends[0])


def test_weights_round_trip_and_misfits_are_named(tmp_path):
    """Saved and loaded, the same output, a cascade as far as it was trained; another estimator's weights are no use."""
    model = make("deeppose", (64, 96), COCO_17, {"stages": 3})
    model.begin(1, None)
    nn.init.normal_(model.refiners[0].weight)
    card = {
        "estimator": "deeppose", "input_width": 64, "input_height": 96, "skeleton": "coco_17", "options": {"stages": 3},
    }  # fmt: skip
    weights.save(tmp_path, model.eval(), card)
    loaded, _ = weights.load(tmp_path)
    crops = torch.rand(2, 3, 96, 64)
    with torch.no_grad():
        assert torch.equal(model(crops)["pose"], loaded.eval()(crops)["pose"])
    (tmp_path / "weights.safetensors").write_bytes(b"not weights")
    with pytest.raises(InputError, match="train it again"):
        weights.load(tmp_path)


def test_nobody_to_train_on_is_said(people, settings, tmp_path):
    """Not a division by zero."""
    with pytest.raises(InputError, match="no training person left"):
        train("heatmap", TrainingSet.plain(people.assign(exposure=0.0)), Recipe(settings, 0, COCO_17), tmp_path)
