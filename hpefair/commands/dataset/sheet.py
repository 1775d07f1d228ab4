"""Contact sheet: people of a COCO folder side by side, as they are and with skeleton, box and visibility drawn on."""

from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from hpefair.arrays import Pixels
from hpefair.core.pose.skeletons import COCO_17
from hpefair.data import images
from hpefair.data.coco import records
from hpefair.data.coco.folder import find_annotations, find_images
from hpefair.data.person_drawing import draw_person
from hpefair.errors import InputError
from hpefair.machine import own_outputs

Record = dict[str, Any]

SUFFIXES: Final = (".png", ".jpg", ".jpeg")
CAPTION: Final = 14
JPEG_QUALITY: Final = 85


def sheet(folder: Path, out: Path, number: int = 24, columns: int = 4, tile: int = 256) -> str:
    """Draw the first people of a COCO folder.

    Args:
        folder: COCO folder.
        out: PNG or JPEG to write.
        number: Number of images.
        columns: Pairs (as it is, with labels) per row.
        tile: Height and width of a picture on the sheet.

    Returns:
        What was drawn.

    Raises:
        InputError: If the folder holds no usable dataset.
    """
    if number < 1 or columns < 1 or tile < 32:
        raise InputError("a sheet needs at least one image, one column and 32 pixels a tile")
    if out.suffix.lower() not in SUFFIXES or out.is_dir() or not out.resolve().parent.is_dir():
        raise InputError(
            f"{out} cannot be written: name a file that ends in {', '.join(SUFFIXES)}, in a folder that exists"
        )
    own_outputs.check_file(out)
    chosen, people, left_out = _usable(folder, number)
    pairs = [_pair(images.read_rgb(path), people[image_id], tile) for image_id, path in chosen]
    rows = [pairs[start : start + columns] for start in range(0, len(pairs), columns)]
    if len(rows) > 1:
        rows[-1] += [np.zeros_like(pairs[0])] * (columns - len(rows[-1]))
    whole = np.concatenate([np.concatenate(row, axis=1) for row in rows], axis=0)
    try:
        if out.suffix.lower() == ".png":
            images.write_png(out, whole)
        else:
            images.write_jpeg(out, whole, JPEG_QUALITY)
        own_outputs.sign(out)
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}") from error
    return f"{out}: {len(chosen)} images{left_out}"


def _usable(folder: Path, number: int) -> tuple[list[tuple[int, Path]], dict[int, list[Record]], str]:
    """The first images with usable people, their people by image id, and how many records cannot be drawn."""
    annotations = find_annotations(folder)
    tree = records.load_dataset(annotations)
    records.check_categories(tree, COCO_17, annotations)
    checked = records.Checked()
    records.check_images(tree["images"], checked)
    records.check_people(tree["annotations"], tree, COCO_17, checked)
    root = find_images(folder, annotations)
    people: dict[int, list[Record]] = {}
    for person in checked.people:
        people.setdefault(person["image_id"], []).append(person)
    chosen: list[tuple[int, Path]] = []
    for image in checked.images:
        path = records.inside(root, image["file_name"])
        if len(chosen) < number and image["id"] in people and path is not None and images.readable(path):
            chosen.append((image["id"], path))
    if not chosen:
        reason = f" ({checked.rejects[0]['reason']})" if checked.rejects else ""
        raise InputError(f"{annotations} holds no person that can be drawn{reason}")
    left_out = (
        f", {len(checked.rejects)} records left out that `hpefair add` would quarantine" if checked.rejects else ""
    )
    return chosen, people, left_out


def _pair(pixels: Pixels, people: list[Record], tile: int) -> Pixels:
    scale = tile / max(pixels.shape[:2])
    size = (max(round(pixels.shape[1] * scale), 1), max(round(pixels.shape[0] * scale), 1))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    drawn = small.copy()
    for person in people:
        draw_person(drawn, person, scale)
    canvas = np.zeros((tile + CAPTION, 2 * tile, 3), np.uint8)
    canvas[: size[1], : size[0]] = small
    canvas[: size[1], tile : tile + size[0]] = drawn
    white = (235, 235, 235)
    cv2.putText(
        canvas, _caption(people[0]), (3, tile + CAPTION - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.34, white, 1, cv2.LINE_AA
    )
    return canvas


def _caption(person: Record) -> str:
    attributes = person.get("attributes")
    attributes = attributes if isinstance(attributes, dict) else {}
    words = ("gender_presentation", "age_years", "pose", "build", "skin_tone", "contrast_delta_e")
    return "  ".join(str(attributes[word]) for word in words if attributes.get(word) is not None)
