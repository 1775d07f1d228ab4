"""What every estimator promises, checked for each: per-person losses, flips, finite poses, options that are known."""

import numpy as np
import pytest
import torch

from hpefair.core.pose.geometry import mirror
from hpefair.core.pose.skeletons import COCO_17, LSP_14
from hpefair.errors import SettingsError
from hpefair.estimators.protocol import Sample, make

SIZE = (64, 96)
KINDS = [
    ("heatmap", {}),
    ("heatmap", {"loss": "mse", "encoding": "biased", "decoding": "quarter"}),
    ("deeppose", {"stages": 2}),
    ("yolo_pose", {"side": 96}),
    ("yolo_pose", {"side": 96, "joint_loss": "l1"}),
]


@pytest.fixture(params=KINDS, ids=lambda kind: "-".join([kind[0], *map(str, kind[1].values())]))
def model(request):
    """An untrained estimator."""
    torch.manual_seed(0)
    return make(request.param[0], SIZE, COCO_17, request.param[1])


def sample(model, people=1, seed=0):
    """People somewhere in the input."""
    rng = np.random.default_rng(seed)
    people = 1 if model.scope == "crop" else people
    keypoints = np.concatenate([rng.uniform(12, 52, (people, 17, 2)), np.full((people, 17, 1), 2.0)], axis=2)
    low = keypoints[..., :2].min(axis=1)
    boxes = np.concatenate([low, keypoints[..., :2].max(axis=1) - low], axis=1)
    return Sample(keypoints, boxes, boxes[:, 2] * boxes[:, 3] * 0.53, np.zeros((0, 4)))


def targets(model, *samples):
    """Stacked targets."""
    parts = [model.encode(one, np.random.default_rng(k)) for k, one in enumerate(samples)]
    return {name: torch.from_numpy(np.stack([part[name] for part in parts])) for name in parts[0]}


def test_losses_are_per_person_and_touch_nobody_else(model):
    """One number a person; another input changes nothing, another truth changes its own alone."""
    model.eval()
    pixels = torch.randn(2, 3, model.size[1], model.size[0])
    both = targets(model, sample(model, 2), sample(model, 2, seed=1))
    other = targets(model, sample(model, 2), sample(model, 2, seed=2))
    outputs = model(pixels)
    ours, theirs = model.losses(outputs, both), model.losses(outputs, other)
    assert ours.person.shape == (2, 1 if model.scope == "crop" else 2)
    assert torch.isfinite(ours.person).all()
    assert torch.equal(ours.person[0], theirs.person[0])
    assert not torch.equal(ours.person[1], theirs.person[1])


def test_unlabelled_joints_teach_nothing(model):
    """A joint with v = 0 may be anywhere."""
    model.eval()
    hidden = sample(model)
    hidden.keypoints[0, 3, 2] = 0
    moved = Sample(hidden.keypoints.copy(), hidden.bbox, hidden.area, hidden.ignored)
    moved.keypoints[0, 3, :2] = 40
    outputs = model(torch.randn(1, 3, model.size[1], model.size[0]))
    with_it, without = (model.losses(outputs, targets(model, one)) for one in (sample(model), hidden))
    assert torch.equal(without.person, model.losses(outputs, targets(model, moved)).person)
    assert not torch.equal(with_it.person, without.person)


def test_of_whom_nothing_is_seen_nothing_is_said(model):
    """No labelled joint in a crop, or nobody in a picture: no loss, rather than a perfect one."""
    nobody = sample(model)
    nobody.keypoints[..., 2] = 0
    if model.scope == "image":
        nobody = Sample(nobody.keypoints, np.zeros((1, 4)), nobody.area, nobody.ignored)
    found = model.losses(model(torch.randn(2, 3, model.size[1], model.size[0])), targets(model, nobody, sample(model)))
    assert torch.isnan(found.person[0]).all()
    assert torch.isfinite(found.person[1]).all()
    found.person[1].sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)


def test_a_mirrored_output_is_the_output_of_a_mirrored_person(model):
    """Unflipping twice is nothing, and decoding an unflipped output mirrors the decoded poses, sides swapped."""
    model.eval()
    with torch.no_grad():
        outputs = model(torch.randn(2, 3, model.size[1], model.size[0]))
    twice = model.unflip(model.unflip(outputs))
    for name, value in outputs.items():
        torch.testing.assert_close(twice[name], value)
    plain, flipped = (model.decode(one).keypoints.double().numpy() for one in (outputs, model.unflip(outputs)))
    expected = mirror(plain, model.size[0], COCO_17.flip_order())
    if model.scope == "image":
        flipped = flipped[:, model.flip_cells.numpy()]
    np.testing.assert_allclose(flipped, expected, atol=0.02)  # float32, and a Taylor step divides


def test_poses_are_finite_and_confidences_lie_between_0_and_1(model):
    """Even of noise, and of an untrained network."""
    model.eval()
    with torch.no_grad():
        found = model.decode(model(torch.randn(1, 3, model.size[1], model.size[0]) * 50))
    assert all(torch.isfinite(part).all() for part in found)
    assert 0 <= found.confidence.min() <= found.confidence.max() <= 1
    assert 0 <= found.score.min() <= found.score.max() <= 1
    assert found.keypoints.shape[2:] == (17, 2)


def test_another_skeleton_is_only_another_skeleton():
    """Estimators know joints by the skeleton they are given."""
    for name, options in KINDS:
        model = make(name, SIZE, LSP_14, options).eval()
        assert model.decode(model(torch.zeros(1, 3, model.size[1], model.size[0]))).keypoints.shape[2] == 14


@pytest.mark.parametrize(
    ("name", "size", "options", "said"),
    [
        ("nosuch", SIZE, {}, "does not exist"),
        ("protocol", SIZE, {}, "does not exist"),
        ("heatmap", (50, 96), {}, "multiples of 16"),
        ("heatmap", (48, 96), {"net": "resnet50"}, "multiples of 32"),
        ("heatmap", SIZE, {"decoding": "best"}, "decoding"),
        ("yolo_pose", SIZE, {"sides": 3}, "sides"),
        ("deeppose", SIZE, {"stages": 0}, "stages"),
    ],
)
def test_what_cannot_be_built_is_said(name, size, options, said):
    """In one line that names the option."""
    with pytest.raises(SettingsError, match=said):
        make(name, size, COCO_17, options)


def test_a_cascade_starts_from_errors_and_looks_where_it_is(tmp_path):
    """Later stages begin at displaced truth of the fitted distribution, and undo what they are trained to undo."""
    torch.manual_seed(0)
    model = make("deeppose", SIZE, COCO_17, {"stages": 2})
    rng = np.random.default_rng(0)
    errors = rng.normal([0.3, -0.1], [0.05, 0.02], (500, 17, 2))
    model.begin(1, errors)
    one = sample(model)
    given = targets(model, *[one] * 200)
    for k in range(200):
        given["noise"][k] = torch.from_numpy(rng.standard_normal((17, 2)))
    model.train()
    outputs = model(torch.zeros(200, 3, 96, 64), given)
    torso = np.linalg.norm(one.keypoints[0, 5, :2] - one.keypoints[0, 12, :2])
    shift = (outputs["start"].detach().numpy() - one.keypoints[0, :, :2]) / max(torso, 0.15 * 96)
    np.testing.assert_allclose(shift.mean(axis=(0, 1)), [0.3, -0.1], atol=0.02)
    np.testing.assert_allclose(shift.std(axis=(0, 1)), [0.05, 0.02], atol=0.02)
    # A window around a bright spot is bright in its middle.
    pixels = torch.zeros(1, 3, 96, 64)
    pixels[..., 40, 30] = 1
    windows = model._look(pixels, torch.tensor([[[30.0, 40.0]]]).expand(1, 17, 2), torch.tensor([24.0]))
    middle = windows[0, 0, 0, 11:13, 11:13].sum()
    assert middle == windows[0, 0, 0].sum() > 0.9
