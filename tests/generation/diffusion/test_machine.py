"""Where diffusion runs, from the environment alone."""

import pytest
import torch

from hpefair.errors import SettingsError
from hpefair.generation.diffusion.machine import Machine, from_environment, settle


def test_a_cpu_computes_in_full_precision_one_person_at_a_time():
    assert from_environment({"HPEFAIR_DEVICE": "cpu"}) == Machine("cpu", torch.float32, "none", False, 1)


def test_the_environment_decides():
    given = {"HPEFAIR_DEVICE": "cpu", "HPEFAIR_DTYPE": "bfloat16", "HPEFAIR_BATCH": "6", "HPEFAIR_SLICING": "1"}
    assert from_environment(given) == Machine("cpu", torch.bfloat16, "none", True, 6)


def test_a_gpu_is_taken_where_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    assert from_environment({}) == Machine("cuda", torch.float16, "none", False, 4)
    assert from_environment({"HPEFAIR_OFFLOAD": "sequential"}).offload == "sequential"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEVICE", "toaster"),
        ("DTYPE", "int3"),
        ("BATCH", "0"),
        ("BATCH", "many"),
        ("OFFLOAD", "model"),
        ("SLICING", "y"),
    ],
)
def test_anything_else_is_refused_by_name(name, value):
    with pytest.raises(SettingsError, match=f"HPEFAIR_{name}"):
        from_environment({"HPEFAIR_DEVICE": "cpu", f"HPEFAIR_{name}": value})


@pytest.mark.skipif(torch.cuda.is_available(), reason="has a GPU")
def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(SettingsError, match="is not available on this machine"):
        from_environment({"HPEFAIR_DEVICE": "cuda"})


class Recorder:
    """A pipeline that remembers what was asked of it."""

    def __init__(self):
        self.asked = []

    def __getattr__(self, name):
        return lambda *args, **kwargs: self.asked.append((name, args or kwargs))


@pytest.mark.parametrize(
    ("machine", "asked"),
    [
        (Machine("cuda", torch.float16, "none", False, 1), [("to", ("cuda",))]),
        (
            Machine("cuda", torch.float16, "model", True, 1),
            [("enable_attention_slicing", {}), ("enable_model_cpu_offload", {"device": "cuda"})],
        ),
        (
            Machine("cuda:1", torch.float16, "sequential", False, 1),
            [("enable_sequential_cpu_offload", {"device": "cuda:1"})],
        ),
    ],
)
def test_offloaded_pipelines_are_not_moved_as_well(machine, asked):
    pipeline = Recorder()
    settle(pipeline, machine)
    assert pipeline.asked == asked
