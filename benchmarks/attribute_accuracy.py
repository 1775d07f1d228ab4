"""How right the attribute sources are: on real faces, on real COCO people, on built-in people; with intervals.

Needs a folder of real data (`--data`: fairface216/ and coco_kp/), and takes a trained classifier (`--classifier`) with
a labelled built-in sample that it has not seen (`--sample`).
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from scipy.special import softmax

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from hpefair.attributes.measured.picture import Picture
from hpefair.attributes.sources import classifier
from hpefair.attributes.sources.body_build import BuildSource
from hpefair.attributes.sources.face import FaceSource, age_bands
from hpefair.attributes.sources.person_views import portrait
from hpefair.commands.labels.train_classifier import read
from hpefair.core.labels import calibration
from hpefair.core.shares.representation import share_interval
from hpefair.data import images
from hpefair.schema import ATTRIBUTES
from hpefair.settings.params import Classifier

# FairFace's ages; 10-19 straddles three of hpefair's bands and has none.
AGES = {
    "0-2": "child", "3-9": "child", "10-19": "", "20-29": "adult", "30-39": "adult", "40-49": "middle",
    "50-59": "middle", "60-69": "older", "70+": "older",
}  # fmt: skip
CONSOLE = Console(width=120)


def share(right: list[bool]) -> str:
    """A share with its Wilson interval."""
    if not right:
        return "-"
    low, high = share_interval(sum(right), len(right), 1.0, 0.95)
    return f"{np.mean(right):.2f} [{low:.2f}, {high:.2f}] of {len(right)}"


def faces(data: Path, source: FaceSource) -> None:
    """The source `face` on FairFace, by age."""
    rows = json.loads((data / "fairface216/ground_truth.json").read_text())
    said = [source.portrait(images.read_rgb(data / "fairface216" / row["filename"])) for row in rows]
    table = Table(title=f"FairFace, {source.model_id}: right of those whose face is found")
    for column in ("age", "found", "gender presentation", "age band (argmax)", "confidence in it"):
        table.add_column(column)
    for age in (*AGES, "all"):
        pairs = [(row, one) for row, one in zip(rows, said, strict=True) if age in (row["age"], "all")]
        told = [(row, one) for row, one in pairs if one["age_band"].probabilities]
        gender = [
            (one["gender_presentation"].probabilities[0] > 0.5) == (row["gender"] == "Female") for row, one in told
        ]
        aged = [(row, np.array(one["age_band"].probabilities)) for row, one in told if AGES[row["age"]]]
        band = [ATTRIBUTES["age_band"][p.argmax()] == AGES[row["age"]] for row, p in aged]
        sure = f"{np.mean([p.max() for _, p in aged]):.2f}" if aged else "-"
        table.add_row(age, f"{len(told)} of {len(pairs)}", share(gender), share(band), sure)
    CONSOLE.print(table)


def coco(data: Path, sources: dict) -> None:
    """Every source on real COCO people: whom it can tell, why not, and agreement with captions."""
    tree = json.loads((data / "coco_kp/person_keypoints_pixels168.json").read_text())
    listed = {image["id"]: image for image in tree["images"]}
    people = pd.DataFrame(tree["annotations"])
    people = people.assign(
        person_id=people["id"].astype(str),
        iscrowd=people["iscrowd"].astype(bool),
        segmentation=people["segmentation"].map(json.dumps),
    )
    alone = people.groupby("image_id")["id"].transform("size") == 1
    caption = people["image_id"].map(lambda number: listed[number].get("caption_gender")).where(alone)
    caption = dict(zip(people["person_id"], caption, strict=True))
    evaluable = set(people.loc[~people["iscrowd"] & (people["num_keypoints"] > 0), "person_id"])
    said: dict[str, dict] = {name: {} for name in sources}
    for number, rows in people.groupby("image_id"):
        names, sights = Picture.read(str(data / "coco_kp/images" / listed[number]["file_name"]), rows).sights()
        for name, source in sources.items():
            said[name] |= dict(zip(names, source.judge(sights), strict=True))
    for name, source in sources.items():
        for attribute in source.attributes:
            own = {p: one[attribute] for p, one in said[name].items() if p in evaluable}
            told = {p: one for p, one in own.items() if one.probabilities}
            why = Counter(one.reason for one in own.values() if one.reason).most_common(4)
            CONSOLE.print(
                f"COCO, {name}, {attribute}: tells {share([p in told for p in own])}; unknown: {why}", highlight=False
            )
            if attribute == "gender_presentation":
                pairs = [
                    (told[p].probabilities[0] > 0.5, word == "woman")
                    for p, word in caption.items()
                    if isinstance(word, str) and p in told
                ]
                CONSOLE.print(
                    f"  agrees with the caption of people alone: {share([a == b for a, b in pairs])}", highlight=False
                )


def held_out(network, card: dict, sample: Path) -> None:
    """The classifier on built-in people it has not seen."""
    people = read(sample)
    found = classifier.probabilities(network, card, people.views)
    for name, chances in found.items():
        truth = people.codes[name]
        recall = [(chances[truth == k].argmax(axis=1) == k).mean() for k in range(chances.shape[1])]
        error = calibration.calibration_error(chances, truth)
        raw = softmax(classifier.logits(network, people.views)[name], axis=1)
        before = calibration.calibration_error(raw, truth)
        CONSOLE.print(
            f"built-in, {name}: right {share(list(chances.argmax(axis=1) == truth))}, "
            f"mean recall {np.mean(recall):.2f}, calibration error {before:.3f} unscaled, {error:.3f} scaled",
            highlight=False,
        )


def classifier_on_faces(network, card: dict, data: Path) -> None:
    """The classifier on FairFace: only a head is there."""
    rows = json.loads((data / "fairface216/ground_truth.json").read_text())
    found = [
        classifier.probabilities(network, card, portrait(images.read_rgb(data / "fairface216" / row["filename"])))
        for row in rows
    ]
    gender = [
        (one["gender_presentation"][0, 0] > 0.5) == (r["gender"] == "Female")
        for one, r in zip(found, rows, strict=True)
    ]
    band = [
        ATTRIBUTES["age_band"][one["age_band"][0].argmax()] == AGES[r["age"]]
        for one, r in zip(found, rows, strict=True) if AGES[r["age"]]
    ]  # fmt: skip
    CONSOLE.print(f"FairFace, classifier: gender presentation {share(gender)}, age band {share(band)}", highlight=False)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--classifier", type=Path)
    parser.add_argument("--sample", type=Path)
    given = parser.parse_args()
    assert age_bands(np.eye(81)[30]).argmax() == ATTRIBUTES["age_band"].index("adult")
    sources = {"face": FaceSource(20.0), "build": BuildSource()}
    faces(given.data, sources["face"])
    if given.classifier:
        network, card = classifier.load(given.classifier)
        if given.sample:
            held_out(network, card, given.sample)
        classifier_on_faces(network, card, given.data)
        sources["classifier"] = classifier.ClassifierSource(Classifier(weights=str(given.classifier)))
    coco(given.data, sources)


if __name__ == "__main__":
    main()
