"""Where and how diffusion runs, from the environment alone: in params it would make the same plan look like another."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import torch

from hpefair.errors import SettingsError

DTYPES: Final = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
SWITCH: Final = {"0": False, "1": True}
OFFLOADS: Final = ("none", "model", "sequential")
GPU_BATCH: Final = 4


@dataclass(frozen=True)
class Machine:
    """The device and how its memory is spared.

    Attributes:
        device: `cpu`, `cuda`, `cuda:1`, `mps`.
        dtype: Precision of the weights.
        offload: `none`; `model` keeps the networks on the CPU until each is used, `sequential` even their layers.
        slicing: Attention in slices: less memory, slower.
        batch: People made together.
    """

    device: str
    dtype: torch.dtype
    offload: str
    slicing: bool
    batch: int


def from_environment(environment: Mapping[str, str] | None = None) -> Machine:
    """What HPEFAIR_DEVICE, _DTYPE, _OFFLOAD, _SLICING and _BATCH say; else a GPU if there is one.

    Raises:
        SettingsError: If a variable holds something else, or names a device that is not there.
    """
    given = os.environ if environment is None else environment
    device = given.get("HPEFAIR_DEVICE") or ("cuda" if torch.cuda.is_available() else "cpu")
    _check_device(device)
    cpu = device == "cpu"
    dtype = DTYPES[_one_of(given, "HPEFAIR_DTYPE", tuple(DTYPES), "float32" if cpu else _half(device))]
    offload = _one_of(given, "HPEFAIR_OFFLOAD", OFFLOADS, "none")
    slicing = SWITCH[_one_of(given, "HPEFAIR_SLICING", tuple(SWITCH), "0")]
    batch = given.get("HPEFAIR_BATCH") or str(1 if cpu else GPU_BATCH)
    if not batch.isdecimal() or int(batch) < 1:
        raise SettingsError(f"HPEFAIR_BATCH must be a number of people from 1, not {batch!r}")
    if cpu and offload != "none":
        raise SettingsError("HPEFAIR_OFFLOAD moves weights between CPU and GPU: unset it, or set HPEFAIR_DEVICE=cuda")
    return Machine(device, dtype, offload, slicing, int(batch))


def settle(pipeline: Any, machine: Machine) -> None:
    """Put a loaded pipeline where it will run."""
    if machine.device == "cpu":
        torch.set_num_threads(1)  # sums in one order: same seed, same picture
    if machine.slicing and hasattr(pipeline, "enable_attention_slicing"):
        pipeline.enable_attention_slicing()
    if machine.offload == "model":
        pipeline.enable_model_cpu_offload(device=machine.device)
    elif machine.offload == "sequential":
        pipeline.enable_sequential_cpu_offload(device=machine.device)
    else:
        pipeline.to(machine.device)


def _check_device(device: str) -> None:
    try:
        kind = torch.device(device).type
    except RuntimeError as error:
        raise SettingsError(f"HPEFAIR_DEVICE {device!r} is not a device; choose cpu, cuda, cuda:1 or mps") from error
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(kind, False):
        raise SettingsError(f"HPEFAIR_DEVICE {device!r} is not available on this machine; unset it to use what is")


def _half(device: str) -> str:
    """Half precision with the wider range where the device computes in it."""
    return "bfloat16" if device.startswith("cuda") and torch.cuda.is_bf16_supported() else "float16"


def _one_of(given: Mapping[str, str], name: str, choices: tuple[str, ...], default: str) -> str:
    value = given.get(name) or default
    if value not in choices:
        raise SettingsError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
    return value
