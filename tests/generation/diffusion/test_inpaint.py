"""Inpainting around and on a training person: what must not change does not change."""

import numpy as np
import pytest

from hpefair.generation.diffusion.diffusion import Diffusion
from hpefair.generation.diffusion.machine import from_environment
from hpefair.generation.diffusion.real_starts import Photographed, background, clothing
from hpefair.generation.protocol import Item
from hpefair.generation.shots import read_shot
from tests.generation.diffusion.diffusion_settings import GENERATE, diffusion, generate, pipeline

MACHINE = from_environment({"HPEFAIR_DEVICE": "cpu"})


@pytest.fixture
def grown(training):
    """The drawn people, all grown-ups."""
    people, _ = training
    return people.assign(age_band="adult")


def test_pixels_outside_the_mask_are_the_photographs_own(grown, pipelines):
    """To the bit, at the photograph's own resolution; inside it the picture is new; the annotation is the parent's."""
    people = grown
    settings = generate(pipelines, "inpaint")
    backend = Diffusion(settings, people, [], 5, MACHINE)
    starts = Photographed(people, settings, 64)
    for number in range(6):
        item = Item(str(number), {}, number, number)
        made, start = backend.make([item])[0], starts.start(item)
        source = people[people["person_id"] == made.person.parent_person].iloc[0]
        shot = read_shot(source, people[people["image_id"] == source["image_id"]], settings.context)
        mask = start.inpaint.mask
        np.testing.assert_array_equal(made.pixels[~mask], shot.pixels[~mask])
        assert (made.pixels[mask] != shot.pixels[mask]).mean() > 0.3
        np.testing.assert_array_equal(made.person.keypoints, shot.person.keypoints)
        np.testing.assert_array_equal(made.person.mask, shot.person.mask)
        assert [one.parent_person for one in made.others] == [one.parent_person for one in shot.others]
        for other in made.others:
            np.testing.assert_array_equal(made.pixels[other.mask], shot.pixels[other.mask])
        assert made.sources == (made.parent_image,) == (str(source["image_id"]),)
        assert made.license.startswith("derived from: free; weights under")
        assert made.operation == "inpaint of background"  # no clothes are parsed
        assert "person" not in made.prompt


def test_skin_is_never_painted(grown):
    """Neither mask touches a pixel of the person that is not clothing."""
    people = grown
    for _, person in people.iterrows():
        cutout = read_shot(person, people[people["image_id"] == person["image_id"]], 0.1).person
        garments = np.zeros_like(cutout.mask)
        rows = np.flatnonzero(cutout.mask.any(axis=1))
        garments[rows[len(rows) // 3] : rows[2 * len(rows) // 3]] = True
        dressed = type(cutout)(**{**vars(cutout), "garments": garments & cutout.mask})
        skin = cutout.mask & ~garments
        assert not (clothing(dressed) & skin).any()
        assert clothing(dressed).any()
        assert not (background(dressed, np.zeros_like(skin)) & cutout.mask).any()
        beside = np.roll(cutout.mask, 9, axis=1)
        assert not (background(dressed, beside) & beside).any()
        assert not clothing(cutout).any()  # nothing is parsed: clothing cannot be told from skin


@pytest.mark.parametrize(
    ("column", "value"), [("age_band", "child"), ("age_band", "teen"), ("license", "Attribution-NoDerivs License")]
)
def test_minors_and_noderivs_are_no_sources(grown, pipelines, column, value):
    """Not even with an opt-in, which is about people who never existed; without it, nobody whose age is not known."""
    people = grown
    settings = generate(pipelines, "inpaint", minors=True)
    assert len(Photographed(people, settings, 64).pool(Item("x", {}, 1)))
    assert Photographed(people.assign(**{column: value}), settings, 64).pool(Item("x", {}, 1)).empty
    unknown = people.assign(age_band="unknown")
    assert Photographed(unknown, generate(pipelines, "inpaint"), 64).pool(Item("x", {}, 1)).empty


def test_wanted_groups_are_those_of_the_parent(grown, pipelines):
    """Only clothes and surroundings change, so everything else that is wanted must be there already."""
    people = grown.assign(build=(["slim", "large"] * len(grown))[: len(grown)])
    starts = Photographed(people, generate(pipelines, "inpaint"), 64)
    chosen = [starts.start(Item(str(n), {"build": "large", "contrast": "low"}, n, n)) for n in range(4)]
    assert {one.person.labels["build"] for one in chosen} == {"large"}
    pool = starts.pool(Item("x", {"build": "large"}, 0))
    parents = {one.person.parent_person for one in chosen}
    assert len(parents) == min(4, len(pool))  # ranks spread over parents


def test_inpainting_may_be_steered_by_the_persons_own_skeleton(grown, pipelines):
    """Weights of one class, a ControlNet of its own, and the class that takes both."""
    people = grown
    net = {"weights": str(pipelines / "net"), "license": "any"}
    steered = pipeline(
        pipelines,
        "inpaint",
        controlnets=[net],
        conditions=["skeleton"],
        **{"class": "StableDiffusionControlNetInpaintPipeline"},
    )
    settings = GENERATE.model_copy(update={"diffusion": diffusion({"inpaint": steered}), "context": 0.1})
    made = Diffusion(settings, people, [], 5, MACHINE).make([Item("x", {}, 1)])[0]
    assert made.operation == "inpaint of background"
    assert made.model.count("@") == 2
