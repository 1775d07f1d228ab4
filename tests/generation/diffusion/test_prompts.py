"""Prompts: filled from the template; what nothing is known for is left out."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from hpefair.generation.diffusion.prompts import prompt
from hpefair.schema import ATTRIBUTES
from tests.generation.diffusion.diffusion_settings import GENERATE, diffusion, pipeline

CONTROL = {"control": pipeline(Path("models"), "control")}


def rng():
    return np.random.default_rng(0)


def test_a_template_is_filled_with_the_words_of_the_groups():
    settings = diffusion(CONTROL, prompt="a {gender_presentation} person, {build}, {pose}")
    known = {"gender_presentation": "masculine", "build": "large", "pose": "sit"}
    assert prompt(settings, known, rng()) == "a masculine person, of large build, sitting"
    assert prompt(settings, {"gender_presentation": "unknown", "pose": "cartwheel"}, rng()) == "a person"


def test_surroundings_are_asked_for_without_words_about_people():
    settings = GENERATE.diffusion
    known = {"gender_presentation": "masculine", "build": "large", "pose": "sit", "contrast": "low"}
    places = {f"an empty place, {scene}, nobody around" for scene in settings.choices["scene"]}
    clothes = {f"{colour} clothes, in the colours of the background" for colour in settings.choices["colour"]}
    assert prompt(settings, known, rng(), "background") in places
    assert prompt(settings, known, rng(), "clothing") in clothes


def test_every_group_of_every_attribute_changes_the_default_prompt():
    settings = GENERATE.diffusion
    for name in ("gender_presentation", "age_band", "build"):
        found = {prompt(settings, {name: group}, rng()) for group in (*ATTRIBUTES[name], "unknown")}
        assert len(found) == len(ATTRIBUTES[name]) + 1
        assert not any("{" in one or ",," in one or "  " in one for one in found)


def test_drawn_words_depend_on_the_seed_alone():
    settings = GENERATE.diffusion
    scenes = {prompt(settings, {}, np.random.default_rng(seed)) for seed in range(30)}
    assert len(scenes) > 15
    assert prompt(settings, {}, rng()) == prompt(settings, {}, rng())


@pytest.mark.parametrize(
    "template", ["a {hat} person", "a {build.__class__} person", "a {build!r}", "a {build:>9}", "a {} person", "a {"]
)
def test_placeholders_that_nothing_fills_are_refused(template):
    with pytest.raises(ValidationError, match=r"Expected|expected|Single"):
        diffusion(CONTROL, prompt=template)
    with pytest.raises(ValidationError, match=r"Expected|expected|Single"):
        diffusion(CONTROL, prompt_background=template)


def test_words_must_cover_every_group():
    with pytest.raises(ValidationError, match="of build"):
        diffusion(CONTROL, words={"build": {"slim": "slim"}}, prompt="a person")
    with pytest.raises(ValidationError, match="words of"):
        diffusion(CONTROL, words={"weather": {"unknown": ""}}, prompt="a person")
