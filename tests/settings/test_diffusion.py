"""The diffusion part of params.yaml: what is refused, with which words."""

from pathlib import Path

import pytest
import yaml

from hpefair.errors import SettingsError
from hpefair.settings import params
from hpefair.settings.diffusion import placeholders

TREE = yaml.safe_load((Path(__file__).parents[2] / "params.yaml").read_text(encoding="utf-8"))


def with_diffusion(**changes):
    part = {**TREE["generate"]["diffusion"], **changes}
    return params.parse({**TREE, "generate": {**TREE["generate"], "diffusion": part}})


def control(**changes):
    return {"pipelines": {"control": {**TREE["generate"]["diffusion"]["pipelines"]["control"], **changes}}}


def test_the_default_is_complete_and_the_whole_part_can_be_left_out():
    assert with_diffusion().generate.diffusion.minors is False
    generate = {name: value for name, value in TREE["generate"].items() if name != "diffusion"}
    assert params.parse({**TREE, "generate": generate}).generate.diffusion is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (control(license=""), "the licence of models/diffusion/control"),
        (control(revision="main"), "40 hexadecimal digits"),
        (control(conditions=[]), "conditions of pipelines.control"),
        (control(controlnets=[{"weights": "a/b", "license": "x"}], conditions=["depth", "parts"]), "2 for 1"),
        (control(conditions=["edges"]), "edges"),
        (control(dtype="float16"), "unknown key .*dtype"),
        ({"pipelines": {}}, "at least 1"),
        ({"pipelines": {"upscale": TREE["generate"]["diffusion"]["pipelines"]["control"]}}, "upscale"),
        ({"size": 100}, "multiple of 8"),
        ({"strength": 0}, "greater than 0"),
        ({"prompt": "a {ghost}"}, "ghost"),
        ({"choices": {"colour": []}, "prompt": "a person"}, "choices of colour"),
    ],
)
def test_what_cannot_work_is_refused_with_its_reason(changes, message):
    with pytest.raises(SettingsError, match=message):
        with_diffusion(**changes)


def test_placeholders_are_plain_names():
    assert placeholders("a {b}, {c} and {{d}}") == ["b", "c"]
