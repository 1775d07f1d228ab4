"""Given labels: values that came with the data, at person or image level."""

import pandas as pd

from hpefair.schema import PERCEIVED, UNKNOWN


def person_values(people: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Given value of every perceived attribute for every person.

    An image-level label says whom the image shows, so it applies only where the image holds exactly one annotated
    person, crowds and people without keypoints counted.

    Args:
        people: All people of the dataset, with person_id and image_id.
        labels: Long table person_id (empty for image-level rows), image_id, attribute, group, source.

    Returns:
        One row per person: person_id, and for each perceived attribute its group and `<attribute>_source`.
    """
    alone = people.groupby("image_id")["person_id"].transform("size") == 1
    out = people[["person_id"]].copy()
    for attribute in PERCEIVED:
        rows = labels[labels["attribute"] == attribute]
        by_person = rows[rows["person_id"] != ""].drop_duplicates("person_id").set_index("person_id")
        by_image = rows[rows["person_id"] == ""].drop_duplicates("image_id").set_index("image_id")
        for column, missing in (("group", UNKNOWN), ("source", "")):
            own = people["person_id"].map(by_person[column])
            shared = people["image_id"].map(by_image[column]).where(alone)
            name = attribute if column == "group" else f"{attribute}_source"
            out[name] = own.fillna(shared).fillna(missing).astype(str).to_numpy()
    return out
