"""Generated people, let in or not, as rows of a FiftyOne dataset: what somebody looks at before they are assembled."""

from typing import Any, Final

import pandas as pd

from hpefair.core.pose.skeletons import COCO_17
from hpefair.schema import PERCEIVED
from hpefair.tools.fiftyone import dataset as fiftyone_dataset

SHOWN: Final = [
    "person_id",
    "image_id",
    "keypoints",
    "bbox",
    "screened",
    "fault",
    "backend",
    "cell",
    "parent_person",
    "decision",
]


def make(name: str, accepted: pd.DataFrame, rejected: pd.DataFrame, about: dict[str, Any]) -> Any:
    """Build the dataset, with a view of those whom the screen let in, and one of the others.

    Args:
        name: Dataset name; one of the same name is replaced.
        accepted: accepted.parquet of the stage `screen`.
        rejected: rejected.parquet of it; attempts that gave no picture are left out.
        about: Which data they belong to.

    Returns:
        The FiftyOne dataset.
    """
    import fiftyone as fo

    everybody = pd.concat([accepted.assign(screened="accepted"), rejected.assign(screened="rejected")])
    everybody = everybody[everybody["made"]].reset_index(drop=True)
    everybody["person_id"] = "generated/" + everybody["item_id"].astype(str)
    everybody["image_id"] = everybody["person_id"]
    pictures = everybody[["image_id", "path", "width", "height"]].assign(split=everybody["screened"], synthetic=True)
    everybody["decision"] = ""
    hidden = ("cell",) if about["public"] else ()  # a cell may name what people are perceived as
    shown = [name for name in SHOWN if name not in hidden] + ([] if about["public"] else [*PERCEIVED])
    people = everybody[shown].fillna(dict.fromkeys(("fault", "parent_person", *PERCEIVED), ""))
    dataset = fiftyone_dataset.make(name, pictures, people, {}, COCO_17)
    dataset.info = {**about, "models": [], "rows": [], "history": [], "attributes": []}
    dataset.save()
    for verdict in ("accepted", "rejected"):
        dataset.save_view(verdict, dataset.match(fo.ViewField("split") == verdict))
    return dataset
