"""The backend `diffusion`, end to end through the real loader, with random weights."""

import numpy as np
import pytest

from hpefair.errors import MissingArtifactError, SettingsError
from hpefair.generation.diffusion.diffusion import OPTED_IN, REFUSED, Diffusion
from hpefair.generation.diffusion.machine import from_environment
from hpefair.generation.diffusion.starts import GROWN
from hpefair.generation.protocol import Item, Made
from tests.generation.diffusion.diffusion_settings import GENERATE, NOBODY, generate, pipeline
from tests.generation.diffusion.diffusion_settings import diffusion as part


def backend(settings, batch="1"):
    return Diffusion(settings, NOBODY, [], 5, from_environment({"HPEFAIR_DEVICE": "cpu", "HPEFAIR_BATCH": batch}))


@pytest.mark.parametrize("operation", ["control", "refine"])
def test_same_seed_same_picture_and_exact_annotation(pipelines, operation):
    """The picture follows from the seed alone; the annotation is that of the person it starts from."""
    one, again, other = (
        backend(generate(pipelines, operation)).make([Item("x", {"build": "slim"}, seed)])[0] for seed in (5, 5, 6)
    )
    np.testing.assert_array_equal(one.pixels, again.pixels)
    assert (one.pixels != other.pixels).mean() > 0.3
    assert one.pixels.shape == (64, 64, 3)
    assert one.person.labels["build"] == "slim"
    inside = one.person.keypoints[one.person.keypoints[:, 2] == 2, :2]
    assert ((inside >= 0) & (inside < 64)).all()
    assert one.operation.startswith(operation)
    assert "of slim build" in one.prompt
    assert one.model.startswith(f"{operation}@")
    assert "test licence" in one.license
    assert one.sources == ()


def test_a_batch_gives_what_single_items_give(pipelines):
    """Up to rounding, whatever operation each item gets."""
    items = [Item(str(seed), {"contrast": "low"}, seed) for seed in range(5)]
    settings = generate(pipelines, "control", "refine")
    together, alone = backend(settings, "4").make(items), [backend(settings).make([item])[0] for item in items]
    assert {made.operation.split()[0] for made in together} == {"control", "refine"}
    for first, second in zip(together, alone, strict=True):
        assert np.abs(first.pixels.astype(int) - second.pixels.astype(int)).max() <= 2
        assert first.prompt == second.prompt


def test_the_condition_reaches_the_picture(pipelines):
    """Two ControlNets at once; another skeleton gives another picture from the same noise."""
    nets = [{"weights": str(pipelines / "net"), "license": "net licence"}] * 2
    settings = GENERATE.model_copy(
        update={
            "diffusion": part(
                {"control": pipeline(pipelines, "control", controlnets=nets, conditions=["depth", "parts"])}
            )
        }
    )
    one, other = (
        backend(settings).make([Item("x", {"pose": pose, "build": "slim"}, 3)])[0] for pose in ("stand", "lie")
    )
    assert (one.pixels != other.pixels).any()
    assert one.model.count("@") == 3
    assert "net licence" in one.license


def test_minors_are_refused_without_opt_in_and_marked_with_it(pipelines, capsys):
    children = [Item(group, {"age_band": group}, 1) for group in ("child", "teen")]
    assert backend(generate(pipelines, "control")).make(children) == [REFUSED, REFUSED]
    assert OPTED_IN not in capsys.readouterr().out
    made = backend(generate(pipelines, "control", minors=True)).make(children)
    assert all(one.operation.endswith(OPTED_IN) for one in made)
    assert OPTED_IN in capsys.readouterr().out


@pytest.mark.parametrize("minors", [False, True])
def test_nobody_is_drawn_as_a_minor(pipelines, minors):
    """Where the plan does not ask for an age, grown-ups are drawn."""
    chosen = backend(generate(pipelines, "control", minors=minors))
    ages = {chosen._start(Item(str(seed), {}, seed)).person.labels["age_band"] for seed in range(12)}
    assert ages <= set(GROWN)
    assert len(ages) > 1


def test_absent_weights_are_named_before_anything_runs(tmp_path):
    with pytest.raises(MissingArtifactError, match=r"put a diffusers folder there .* or take `diffusion` out"):
        backend(generate(tmp_path, "control"))
    (tmp_path / "control").mkdir()
    (tmp_path / "control" / "notes.txt").write_text("nothing")
    with pytest.raises(MissingArtifactError, match="holds no weights"):
        backend(generate(tmp_path, "control")).make([Item("x", {}, 1)])


def test_settings_that_cannot_work_are_refused(pipelines):
    with pytest.raises(SettingsError, match=r"needs generate\.diffusion"):
        backend(GENERATE.model_copy(update={"diffusion": None}))
    deep = part({"inpaint": pipeline(pipelines, "inpaint", conditions=["depth"])})
    with pytest.raises(SettingsError, match="names depth, which a photograph does not have: take depth out"):
        backend(GENERATE.model_copy(update={"diffusion": deep}))


def test_without_training_people_inpaint_is_left_to_the_other_operations(pipelines):
    made = backend(generate(pipelines, "control", "inpaint")).make([Item(str(seed), {}, seed) for seed in range(4)])
    assert all(isinstance(one, Made) and one.operation.startswith("control") for one in made)
    assert "no training person" in backend(generate(pipelines, "inpaint")).make([Item("x", {}, 1)])[0]


def test_refining_may_be_steered_by_depth(pipelines):
    """The depth of the very picture that is refined."""
    net = {"weights": str(pipelines / "net"), "license": "any"}
    steered = pipeline(
        pipelines,
        "refine",
        controlnets=[net],
        conditions=["depth"],
        **{"class": "StableDiffusionControlNetImg2ImgPipeline"},
    )
    settings = GENERATE.model_copy(update={"diffusion": part({"refine": steered})})
    made = backend(settings, "2").make([Item("x", {}, 1), Item("y", {}, 2)])
    assert [one.operation.split()[0] for one in made] == ["refine", "refine"]
