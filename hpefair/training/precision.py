"""The number format of training: float32, or bfloat16 where somebody chose it."""

from pathlib import Path
from typing import Final, Literal

import torch

from hpefair.errors import SettingsError

Precision = Literal["fp32", "bf16"]

UNITS: Final = ("avx512_bf16", "amx_bf16")  # flags of x86 processors that multiply bfloat16


def fastest(cuda: bool | None = None) -> Precision:
    """The format that this machine trains fastest in: bf16 where the device has units for it.

    The answer depends on the machine, and so would whatever is trained with it: the pipeline never asks.

    Args:
        cuda: Whether a GPU is used; asked of torch by default.
    """
    cuda = torch.cuda.is_available() if cuda is None else cuda
    # Without such units bfloat16 was measured to be nine times slower, not faster.
    has = torch.cuda.is_bf16_supported(including_emulation=False) if cuda else bool(set(UNITS) & processor_flags())
    return "bf16" if has else "fp32"


def check(wanted: Precision, cuda: bool) -> None:
    """Refuse a format that the device does not compute in.

    Args:
        wanted: The recorded choice.
        cuda: Whether a GPU is used.

    Raises:
        SettingsError: If bf16 is wanted of a GPU that has none.
    """
    if cuda and wanted == "bf16" and not torch.cuda.is_bf16_supported(including_emulation=False):
        raise SettingsError("train.engine.precision: this GPU has no bf16; set fp32")


def processor_flags() -> set[str]:
    """Instruction sets of this machine's processor; empty where they are not told."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    return next((set(line.partition(":")[2].split()) for line in lines if line.startswith("flags")), set())
