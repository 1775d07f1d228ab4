"""The number format of training: bfloat16 where the device multiplies it faster than float32."""

from pathlib import Path

import torch

from hpefair.errors import SettingsError

UNITS = ("avx512_bf16", "amx_bf16")  # flags of x86 processors that multiply bfloat16


def precision(wanted: str, cuda: bool | None = None) -> str:
    """What Accelerate calls the format: `bf16` or `no`, full precision.

    Args:
        wanted: `auto`, `fp32` or `bf16`.
        cuda: Whether a GPU is used; asked of torch by default.

    Raises:
        SettingsError: If bf16 is wanted of a GPU that has none.
    """
    cuda = torch.cuda.is_available() if cuda is None else cuda
    if cuda and wanted == "bf16" and not torch.cuda.is_bf16_supported(including_emulation=False):
        raise SettingsError("train.engine.precision: this GPU has no bf16; set auto or fp32")
    if wanted == "auto":
        # Without such units bfloat16 was measured to be nine times slower, not faster.
        has = torch.cuda.is_bf16_supported(including_emulation=False) if cuda else bool(set(UNITS) & processor_flags())
        wanted = "bf16" if has else "fp32"
    return "bf16" if wanted == "bf16" else "no"


def processor_flags() -> set[str]:
    """Instruction sets of this machine's processor; empty where they are not told."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    return next((set(line.partition(":")[2].split()) for line in lines if line.startswith("flags")), set())
