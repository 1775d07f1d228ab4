"""Image files to arrays and back."""

import hashlib
import os
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from hpefair.machine.replacement import replacing
from hpefair.arrays import Pixels
from hpefair.machine import disk_faults
from hpefair.errors import InputError


AS_STORED: Final = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION

# Pillow refuses by itself only with a warning; hpefair checks the header against params first.
Image.MAX_IMAGE_PIXELS = None


def read_rgb(path: Path) -> Pixels:
    """Pixels (H, W, 3) in RGB, not rotated by EXIF: COCO annotates the stored raster.

    Raises:
        InputError: If the file cannot be decoded.
    """
    try:
        with disk_faults.naming(path):
            content = np.frombuffer(path.read_bytes(), np.uint8)
    except FileNotFoundError:
        content = np.zeros(0, np.uint8)
    pixels = cv2.imdecode(content, AS_STORED) if content.size else None  # OpenCV raises on an empty buffer
    if pixels is None:
        raise InputError(f"{path} cannot be decoded; run `dvc repro ingest` to quarantine broken images")
    return pixels.astype(np.uint8, copy=False)


def readable(path: Path) -> bool:
    """Whether a file decodes as a picture."""
    try:
        read_rgb(path)
    except InputError:
        return False
    return True


def write_png(path: Path, pixels: Pixels) -> None:
    """Write RGB pixels (H, W, 3) without loss, complete or not at all."""
    _write(path, ".png", pixels, [])


def write_depth(path: Path, metres: NDArray[np.float32]) -> None:
    """Write depth (H, W) in metres as a 16-bit PNG in millimetres; 0 where there is none, or beyond 65 m."""
    millimetres = np.where(np.isfinite(metres) & (metres < 65.5), np.rint(np.nan_to_num(metres, posinf=0) * 1000), 0)
    _encode(path, ".png", millimetres.astype(np.uint16), [])


def write_jpeg(path: Path, pixels: Pixels, quality: int) -> None:
    """Write RGB pixels (H, W, 3) as JPEG of a quality from 0 to 100, complete or not at all."""
    _write(path, ".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])


def _write(path: Path, suffix: str, pixels: Pixels, settings: list[int]) -> None:
    _encode(path, suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), settings)


def _encode(path: Path, suffix: str, values: NDArray[Any], settings: list[int]) -> None:
    ok, encoded = cv2.imencode(suffix, values, settings)
    if not ok:
        raise InputError(f"{path} cannot be encoded")
    with replacing(path) as part:
        part.write_bytes(encoded.tobytes())


def size(path: Path) -> tuple[int, int] | None:
    """Width and height that a picture's header states; None where it has none that can be read.

    Raises:
        OSError: If the machine could not read the file, which says nothing about the file.
    """
    try:
        with disk_faults.naming(path), Image.open(path) as image:
            return image.width, image.height
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        if disk_faults.of_the_machine(error):
            raise
        return None


def digest(path: Path) -> str:
    """Short hash of a file's bytes."""
    with disk_faults.naming(path):
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def fault(path: Path, width: int, height: int, max_pixels: int) -> str | None:
    """First reason not to use an image file, or None.

    Args:
        path: The file, already known to lie inside its dataset.
        width: Width that the annotation states.
        height: Height that the annotation states.
        max_pixels: Largest image that may be decoded.

    Returns:
        A reason. The pixels are decoded fully, so that a truncated file is found here, not in the middle of training.

    Raises:
        OSError: If the machine could not read the file, which says nothing about the file.
    """
    try:
        with disk_faults.naming(path), Image.open(path) as image:
            if image.width * image.height > max_pixels:
                return f"the header says {image.width} x {image.height} pixels, more than ingest.max_pixels allows"
            if (image.width, image.height) != (width, height):
                return f"the file has {image.width} x {image.height} pixels but the annotation says {width} x {height}"
            image.load()
    except FileNotFoundError:
        return "the image file is missing"
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        if disk_faults.of_the_machine(error):
            raise
        return f"the image cannot be decoded: {error}".replace(str(path), path.name)
    return None
