"""Painting: a diffusion pipeline called with whatever its class takes."""

import inspect
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import torch
from PIL import Image

from hpefair.arrays import Pixels
from hpefair.generation.diffusion.starts import Start
from hpefair.settings.diffusion import Diffusion

FLAGGED = "the model's own safety checker flagged the picture"


def paint(pipeline: Any, starts: Sequence[Start], prompts: Sequence[str], settings: Diffusion) -> list[Pixels | str]:
    """Squares (size, size, 3) for starts of one operation, or why there is none.

    Every picture has its own generator on the CPU, seeded by its item: it is the same alone and in a batch, up to
    rounding, and on every device.

    Args:
        pipeline: The pipeline.
        starts: What it is given.
        prompts: One per start.
        settings: The diffusion part of params.yaml.
    """
    accepted = inspect.signature(pipeline.__call__).parameters
    wanted = {
        **_common(settings),
        **_pictures(starts, settings, "control_image" in accepted),
        "prompt": list(prompts),
        "negative_prompt": [settings.negative] * len(prompts),
        "generator": [torch.Generator("cpu").manual_seed(start.item.seed % 2**63) for start in starts],
    }
    result = pipeline(**{name: value for name, value in wanted.items() if name in accepted})
    flags = getattr(result, "nsfw_content_detected", None) or [False] * len(starts)
    return [
        FLAGGED if flag else _pixels(image, settings.size) for image, flag in zip(result.images, flags, strict=True)
    ]


def at_once(conditions: Sequence[str], batch: int) -> int:
    """People that one call may make: pipelines of several ControlNets take one person at a time."""
    return batch if len(conditions) <= 1 else 1


def takes_prompt(pipeline: Any) -> bool:
    """Whether a pipeline reads prompts."""
    return "prompt" in inspect.signature(pipeline.__call__).parameters


def _common(settings: Diffusion) -> dict[str, Any]:
    return {
        "num_inference_steps": settings.steps,
        "guidance_scale": settings.guidance,
        "height": settings.size,
        "width": settings.size,
        "output_type": "np",
    }


def _pictures(starts: Sequence[Start], settings: Diffusion, apart: bool) -> dict[str, Any]:
    """Pictures by the name of their argument; `apart` where conditions have one of their own."""
    operation = starts[0].operation
    conditions = _conditions(starts, settings.pipelines[operation].conditions)
    if operation == "control":
        return {"control_image" if apart else "image": conditions}
    pictures: dict[str, Any] = {"image": [_image(start.pixels) for start in starts]}
    if conditions:
        pictures["control_image"] = conditions
    if operation == "refine":
        return pictures | {"strength": settings.strength}
    masks = [start.inpaint.letterbox.square_mask(start.inpaint.mask) for start in starts if start.inpaint]
    return pictures | {"mask_image": [_image(255 * mask.astype(np.uint8)) for mask in masks]}


def _conditions(starts: Sequence[Start], names: Sequence[str]) -> list[Image.Image]:
    """One condition of many people, or many conditions of one."""
    return [_image(start.conditions[name]) for start in starts for name in names]


def _image(pixels: Pixels) -> Image.Image:
    return Image.fromarray(pixels)


def _pixels(image: Any, size: int) -> Pixels:
    """Floats (H, W, 3) from 0 to 1 as pixels."""
    pixels = np.clip(np.rint(np.asarray(image, dtype=np.float64) * 255), 0, 255).astype(np.uint8)
    if pixels.shape[:2] != (size, size):
        pixels = np.asarray(cv2.resize(pixels, (size, size), interpolation=cv2.INTER_CUBIC), np.uint8)
    return pixels
