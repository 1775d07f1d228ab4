"""Names of attributes, groups and models as people say them."""

from typing import Final

from hpefair.schema import NEVER_INFERRED

METRIC_WORDS: Final = {"ar": "AR", "oks": "mean OKS", "ap": "AP"}  # in tables
METRIC_NAMES: Final = METRIC_WORDS | {"ar": "average recall (AR)"}  # in sentences


def attribute_words(name: str) -> str:
    """`age_band` as `age band`; of a cell, both names."""
    return name.replace(".", " and ").replace("_", " ")


def group_words(group: str, attribute: str = "") -> str:
    """A group as people say it: tones by their number on the Monk scale, cells joined by a comma.

    Args:
        group: Group, or groups of a cell joined by dots; perhaps `<attribute>/<group>` or `<attribute> <group>`.
        attribute: Its attribute, where the group alone would not be understood.
    """
    words = (
        group.replace(".", ", ")
        .replace(f"{NEVER_INFERRED}/", "")
        .replace("monk_", "Monk tone ")
        .replace("tone 0", "tone ")
    )
    named = f"{attribute_words(attribute)} {words}" if attribute and "Monk" not in words else words
    return named.replace("/", " ").replace("_", " ")
