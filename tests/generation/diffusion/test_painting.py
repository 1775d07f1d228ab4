"""Calling pipelines of any class: what they take is what they get; what their safety checker flags is no picture."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from hpefair.generation.diffusion import pipelines
from hpefair.generation.diffusion.machine import from_environment
from hpefair.generation.diffusion.painting import FLAGGED, at_once, paint
from hpefair.generation.diffusion.starts import Rendered
from hpefair.generation.protocol import Item
from hpefair.settings.diffusion import DiffusionPipeline
from tests.generation.diffusion import tiny_pipelines
from tests.generation.diffusion.diffusion_settings import diffusion, pipeline


class Told:
    """A pipeline that remembers what it was given."""

    def __init__(self, flags=None):
        self.flags, self.given = flags, {}


class TextToImage(Told):
    def __call__(self, prompt, image, generator, height):
        self.given = {"prompt": prompt, "image": image, "height": height, "generator": generator}
        return SimpleNamespace(images=np.full((len(prompt), 64, 64, 3), 0.5), nsfw_content_detected=self.flags)


class ImageToImage(Told):
    def __call__(self, image, control_image, strength, generator):
        self.given = {"image": image, "control_image": control_image, "strength": strength}
        return SimpleNamespace(images=np.full((len(image), 32, 32, 3), 2.0))


class UnionControl(Told):
    def __call__(self, prompt, image=None, control_image=None):
        self.given = {"image": image, "control_image": control_image}
        return SimpleNamespace(images=np.zeros((len(prompt), 64, 64, 3)))


@pytest.fixture(scope="module")
def starts():
    rendered = Rendered(64, 12, 5)
    return {name: [rendered.start(Item(str(k), {}, k), name) for k in range(2)] for name in ("control", "refine")}


def settings(tmp_path, operation, conditions):
    return diffusion({operation: pipeline(tmp_path, operation, conditions=conditions)})


def test_a_pipeline_gets_the_arguments_its_class_names(starts, tmp_path):
    both = ["a", "b"]
    plain, steered, union = TextToImage(), ImageToImage(), UnionControl()
    pixels = paint(plain, starts["control"], both, settings(tmp_path, "control", ["depth"]))
    assert [one.shape for one in pixels] == [(64, 64, 3)] * 2
    assert int(pixels[0][0, 0, 0]) == 128
    np.testing.assert_array_equal(np.asarray(plain.given["image"][1]), starts["control"][1].conditions["depth"])
    assert [one.initial_seed() for one in plain.given["generator"]] == [0, 1]
    pixels = paint(steered, starts["refine"], both, settings(tmp_path, "refine", ["parts"]))
    assert pixels[0].shape == (64, 64, 3)  # a pipeline that paints at another size is scaled
    assert pixels[0].min() == 255  # and clipped
    np.testing.assert_array_equal(np.asarray(steered.given["image"][0]), starts["refine"][0].pixels)
    np.testing.assert_array_equal(
        np.asarray(steered.given["control_image"][0]), starts["refine"][0].conditions["parts"]
    )
    paint(union, starts["control"], both, settings(tmp_path, "control", ["skeleton"]))
    assert union.given["image"] is None
    assert len(union.given["control_image"]) == 2


def test_flagged_pictures_become_reasons(starts, tmp_path):
    flagged = TextToImage(flags=[False, True])
    found = paint(flagged, starts["control"], ["a", "b"], settings(tmp_path, "control", ["depth"]))
    assert isinstance(found[0], np.ndarray)
    assert found[1] == FLAGGED


def test_several_conditions_are_painted_one_person_at_a_time():
    assert (at_once(["depth"], 4), at_once([], 4), at_once(["depth", "parts"], 4)) == (4, 4, 1)


def test_a_safety_checker_that_the_weights_bring_stays_on(starts, tmp_path):
    """One that flags everything, as the loader finds it on disk."""
    from diffusers import StableDiffusionImg2ImgPipeline
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPConfig, CLIPImageProcessorPil

    shape = {"hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 2, "num_hidden_layers": 1}
    config = CLIPConfig(
        text_config=shape, vision_config={**shape, "image_size": 30, "patch_size": 10}, projection_dim=16
    )
    checker = StableDiffusionSafetyChecker(config)
    torch.nn.init.constant_(checker.concept_embeds_weights, -2.0)
    whole = {
        **tiny_pipelines.parts(tmp_path),
        "safety_checker": checker,
        "feature_extractor": CLIPImageProcessorPil(size=30, crop_size=30),
        "requires_safety_checker": True,
    }
    StableDiffusionImg2ImgPipeline(**whole).save_pretrained(tmp_path / "refine")
    wanted = DiffusionPipeline.model_validate(pipeline(tmp_path, "refine"))
    loaded = pipelines.load(wanted, from_environment({"HPEFAIR_DEVICE": "cpu"}))
    assert paint(loaded, starts["refine"][:1], ["a"], settings(tmp_path, "refine", [])) == [FLAGGED]
