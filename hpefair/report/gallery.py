"""Pictures of generated people on the page, as they are and with their annotation."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import pandas as pd

from hpefair import artifacts
from hpefair.core.splits import unit_hash
from hpefair.data import images, tables
from hpefair.data.person_drawing import draw_person
from hpefair.report.repair import MADE_WORDS
from hpefair.settings.params import Params
from hpefair.words import group_words

HEIGHT: Final = 200
MARGIN: Final = 0.15  # of the larger side of the box
QUALITY: Final = 72
PUBLIC_DOMAIN: Final = "CC0"


def gallery_values(settings: Params) -> dict[str, Any]:
    """`gallery`: picture (data address), words for it, per person; `gallery_left_out`: how many may not be shown."""
    accepted = tables.read(artifacts.SCREEN / "accepted.parquet")
    added = tables.read(artifacts.ASSEMBLE / "provenance.parquet")["person_id"]
    accepted = accepted[("generated/" + accepted["item_id"].astype(str)).isin(added)]
    allowed = accepted if settings.report.gallery.photographs else accepted[_may_be_shown(accepted)]
    chosen = _spread(allowed, settings.report.gallery.pictures)
    return {
        "gallery": [_tile(row, settings.plan.attributes) for row in chosen.to_dict(orient="records")],
        "gallery_left_out": len(accepted) - len(allowed),
        "generated": len(accepted),
    }


def _may_be_shown(accepted: pd.DataFrame) -> pd.Series:
    """Drawn people, and those whose photographs are all in the public domain."""
    free = accepted["license"].str.contains(PUBLIC_DOMAIN, regex=False)
    return (accepted["backend"] == "render") | (free & ~accepted["license"].str.contains(";|,", regex=True))


def _spread(accepted: pd.DataFrame, number: int) -> pd.DataFrame:
    """As many of each cell and backend as of any other, drawn by a hash."""
    order = accepted["item_id"].map(lambda name: unit_hash("gallery", str(name)))
    drawn = accepted.assign(order=order).sort_values("order")
    drawn["turn"] = drawn.groupby(["cell", "backend"]).cumcount()
    return (
        drawn.sort_values(["turn", "cell", "backend", "order"]).head(number).sort_values(["cell", "backend", "order"])
    )


def _tile(row: dict[str, Any], attributes: Sequence[str]) -> dict[str, str]:
    pixels = images.read_rgb(Path(row["path"]))
    x, y, width, height = (float(value) for value in row["bbox"])
    margin = MARGIN * max(width, height)
    top, left = max(int(y - margin), 0), max(int(x - margin), 0)
    part = pixels[top : int(y + height + margin) + 1, left : int(x + width + margin) + 1]
    scale = HEIGHT / part.shape[0]
    small = cv2.resize(part, (max(round(part.shape[1] * scale), 1), HEIGHT), interpolation=cv2.INTER_AREA)
    drawn = small.copy()
    joints = np.array(row["keypoints"], dtype=float).reshape(-1, 3) - [left, top, 0]
    draw_person(drawn, {"keypoints": joints.ravel().tolist(), "bbox": [x - left, y - top, width, height]}, scale)
    both = np.concatenate([small, drawn], axis=1)
    made = MADE_WORDS.get(row["backend"], row["backend"])
    groups = zip(str(row["cell"]).split("."), attributes, strict=True)
    named = ", ".join(group_words(group, attribute) for group, attribute in groups)
    return {"address": f"data:image/jpeg;base64,{_jpeg(both)}", "words": f"{named}, {made}"}


def _jpeg(pixels: np.ndarray) -> str:
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return base64.b64encode(encoded.tobytes()).decode()
