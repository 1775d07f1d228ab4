"""What a model of ours was trained on, written alongside its weights, so that generation can refuse it later."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from hpefair.data import tables
from hpefair.errors import SettingsError

NAME: Final = "training.json"


def record(image_ids: Iterable[str], builtin: bool) -> dict[str, Any]:
    """The images of a training, as hashes: a folder of weights should not name them.

    Args:
        image_ids: Ids `<dataset>/<COCO id>` of the images.
        builtin: Whether they show built-in people, who need no protection.

    Returns:
        `split`, `builtin`, `images` (their number), `digest` (of all ids) and `hashes` (of each).
    """
    names = sorted(set(image_ids))
    return {
        "split": "train",
        "builtin": builtin,
        "images": len(names),
        "digest": hashlib.sha256("\n".join(names).encode()).hexdigest()[:16],
        "hashes": sorted(hashed(name) for name in names),
    }


def check(weights: str, training_images: Sequence[str]) -> None:
    """Refuse weights that were trained on an image that is not, or no longer, in the training split.

    Args:
        weights: Folder of the weights; anything else has no record.
        training_images: Ids of all images of the training split.

    Raises:
        SettingsError: If there is such an image.
    """
    path = Path(weights) / NAME
    if not path.exists():
        return
    known = tables.read_json(path)
    gone = set(known["hashes"]) - {hashed(name) for name in training_images}
    if gone and not known["builtin"]:
        raise SettingsError(
            f"{weights} was trained on {len(gone)} of {known['images']} images that are not in the training split: "
            "train it again with `hpefair generation train-tiny`"
        )


def hashed(image_id: str) -> str:
    """Short hash of an image id."""
    return hashlib.sha256(image_id.encode()).hexdigest()[:16]
