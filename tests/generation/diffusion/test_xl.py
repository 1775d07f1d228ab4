"""SDXL through the same loader: another class, other arguments, one ControlNet or two."""

import pytest

from hpefair.generation.diffusion.diffusion import Diffusion
from hpefair.generation.diffusion.machine import from_environment
from hpefair.generation.protocol import Item
from tests.generation.diffusion import tiny_pipelines
from tests.generation.diffusion.diffusion_settings import GENERATE, NOBODY, diffusion, pipeline

MACHINE = from_environment({"HPEFAIR_DEVICE": "cpu", "HPEFAIR_BATCH": "2"})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("xl")
    tiny_pipelines.build_xl(made)
    return made


def make(folder, conditions):
    nets = [{"weights": str(folder / f"net{k}"), "license": "any"} for k in range(len(conditions))]
    named = {"class": "StableDiffusionXLControlNetPipeline", "controlnets": nets, "conditions": conditions}
    part = diffusion({"control": {**pipeline(folder, "control"), **named}})
    settings = GENERATE.model_copy(update={"diffusion": part})
    return Diffusion(settings, NOBODY, [], 5, MACHINE).make([Item("x", {}, 1), Item("y", {}, 2)])


def test_another_condition_gives_another_picture(folder):
    found = [make(folder, conditions) for conditions in (["skeleton"], ["parts"], ["skeleton", "depth"])]
    for pictures in found:
        assert [one.pixels.shape for one in pictures] == [(64, 64, 3)] * 2
    assert (found[0][0].pixels != found[1][0].pixels).any()
    assert (found[0][0].pixels != found[2][0].pixels).any()
