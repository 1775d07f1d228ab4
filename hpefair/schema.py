"""Tables and columns: the vocabulary that every stage, metric key and report shares.

Coordinates are pixels of the original image, x to the right and y down, in COCO's convention (the centre of the
top-left pixel is (0.5, 0.5) for boxes and masks; keypoints are written as annotated). Boxes are x, y, width, height.
Ids are strings `<dataset>/<COCO id>`, so that several datasets live in one table.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

UNKNOWN: Final = "unknown"

# Attribute -> its groups in display order. "unknown" is a value of every attribute and is always listed last.
ATTRIBUTES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "gender_presentation": ("feminine", "masculine"),
        "age_band": ("child", "teen", "adult", "middle", "older"),
        "build": ("slim", "average", "large"),
        "contrast": ("low", "mid", "high"),
        "skin_tone": tuple(f"monk_{tone:02d}" for tone in range(1, 11)),
        "scale": ("small", "medium", "large"),
        "visibility": ("few", "half", "most"),
        "crowding": ("alone", "touching", "crowded"),
        "brightness": ("dark", "mid", "bright"),
        "posture": ("upright", "leaning", "lying"),
        "truncation": ("whole", "head", "legs", "side"),
        "blur": ("sharp", "soft", "blurred"),
        "view": ("front", "side", "back"),
        "pose": ("extended", "bent", "reaching"),
    }
)

PERCEIVED: Final = ("gender_presentation", "age_band", "build", "skin_tone")  # given or inferred, never measured
NEVER_INFERRED: Final = "skin_tone"
MEASURED: Final = (
    "contrast", "scale", "visibility", "truncation", "crowding", "brightness", "blur", "posture", "view", "pose",
)  # fmt: skip

# Attribute sources that are models: what they say is a guess until an audit tells how often they err.
MODELS: Final = ("face", "zero_shot", "classifier", "build")
# Per-person metrics that are defined for everybody, so that gaps and verdicts may be about them.
DECIDING: Final = ("ar", "oks")
GENERATED: Final = "generated"  # source of the values of people who were made so

# Columns of the tables, in file order.
IMAGES: Final = ("image_id", "dataset", "coco_image_id", "path", "width", "height", "license", "subject_id", "content")
PEOPLE: Final = (
    "person_id",
    "image_id",
    "dataset",
    "coco_annotation_id",
    "skeleton",
    "keypoints",
    "num_keypoints",
    "bbox",
    "area",
    "segmentation",
    "garments",
    "iscrowd",
)
REJECTS: Final = ("dataset", "record", "source_id", "reason", "detail")
PREDICTIONS: Final = ("image_id", "person_id", "keypoints", "score", "area", "box_source")
SPLITS: Final = ("train", "val", "test", "sealed")


def groups_of(attribute: str) -> tuple[str, ...]:
    """Groups of an attribute, `unknown` last.

    Args:
        attribute: A key of `ATTRIBUTES`.

    Returns:
        The groups in display order.

    Raises:
        ValueError: If the attribute does not exist.
    """
    if attribute not in ATTRIBUTES:
        raise ValueError(f"Expected an attribute among {', '.join(ATTRIBUTES)} but got {attribute!r}")
    return (*ATTRIBUTES[attribute], UNKNOWN)
