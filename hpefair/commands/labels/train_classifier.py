"""Train the attribute source `classifier` on a labelled dataset, and say how good it is on people it did not see."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.table import Table
from scipy.special import softmax

from hpefair import workspace
from hpefair.attributes import given
from hpefair.attributes.measured.picture import Picture
from hpefair.attributes.sources import classifier
from hpefair.attributes.sources.classifier_training import UNKNOWN_CODE, Recipe, fit
from hpefair.attributes.sources.person_views import Views, see, shape_vector, stack
from hpefair.core.labels import calibration
from hpefair.core.pose.skeletons import COCO_17
from hpefair.core.splits import unit_hash
from hpefair.core.uncertainty.clusters import image_clusters
from hpefair.core.uncertainty.intervals import percentile_interval, ratio, resample, resampled_sums
from hpefair.data import images, label_files
from hpefair.data.coco import records, text
from hpefair.data.coco.columns import read_people
from hpefair.data.coco.folder import find_annotations, find_images
from hpefair.data.coco.people import people_table
from hpefair.data.coco.tables import attribute_rows, label_rows
from hpefair.errors import InputError
from hpefair.machine import own_outputs, progress
from hpefair.schema import ATTRIBUTES, NEVER_INFERRED, PERCEIVED

LEARNT: Final = tuple(name for name in PERCEIVED if name != NEVER_INFERRED)
HELD_OUT: Final = 0.2  # of the images, for the temperature and the numbers in the card
FEWEST: Final = 100  # people with a known group, below which an attribute is not learnt
NOISE: Final = (0.0, 0.5, 1.0)  # of COCO's annotators, for the shapes that are learnt from


@dataclass(frozen=True)
class Labelled:
    """People to learn from: views, more shapes of them (V, N, S), codes (N,) by attribute, image (N,), strata."""

    views: Views
    shapes: NDArray[np.float32]
    codes: dict[str, NDArray[np.int64]]
    image: NDArray[np.str_]
    strata: pd.DataFrame

    def rows(self, which: NDArray[np.int64]) -> "Labelled":
        """Some of the people."""
        codes = {name: values[which] for name, values in self.codes.items()}
        strata = self.strata.iloc[which].reset_index(drop=True)
        return Labelled(self.views.rows(which), self.shapes[:, which], codes, self.image[which], strata)


def train(folder: Path, labels: Path | None, out: Path, recipe: Recipe) -> pd.DataFrame:
    """Train on four fifths of the images, calibrate and judge on the rest, write weights and card.

    Args:
        folder: COCO folder; groups from `attributes` in its annotations, or from a label file.
        labels: Label file, which comes first.
        out: Folder to write.
        recipe: How long to train.

    Returns:
        How good it is on the held-out fifth: attribute, by, group, n, accuracy, low, high, confidence, error.

    Raises:
        InputError: If nobody is labelled, or too few people are.
    """
    own_outputs.check_folder(out, classifier.CARD, frozenset({classifier.CARD, classifier.WEIGHTS, "README.md"}))
    people = read(folder, labels)
    part = np.array([unit_hash("attributes train", name) < HELD_OUT for name in people.image])
    learn, held = people.rows(np.flatnonzero(~part)), people.rows(np.flatnonzero(part))
    bar = iter(progress.track(range(recipe.steps), "training the classifier"))

    def advance(step: int, loss: float) -> None:
        next(bar, None)

    network = fit(learn.views, learn.shapes, learn.codes, recipe, advance)
    raw = {name: softmax(values, axis=1) for name, values in classifier.logits(network, held.views).items()}
    scalings = {}
    for name, values in raw.items():
        known = held.codes[name] != UNKNOWN_CODE
        scalings[name] = calibration.temperature(values[known], held.codes[name][known])
    report = pd.concat([_judged(name, raw[name], held) for name in raw], ignore_index=True)
    card: dict[str, Any] = {
        "attributes": list(raw),
        "slopes": {name: scaling.slope for name, scaling in scalings.items()},
        "trained_on": folder.resolve().name,
        "people": len(learn.views),
        "held_out": len(held.views),
        "steps": recipe.steps,
        "seed": recipe.seed,
        "accuracy": {row.attribute: row.accuracy for row in report[report["by"] == "all"].itertuples()},
    }
    classifier.save(out, network, card)
    return report


def read(folder: Path, labels: Path | None = None) -> Labelled:
    """Everybody of a COCO folder whose group of some attribute is known.

    Raises:
        InputError: If too few people are labelled.
    """
    annotations = find_annotations(folder)
    tree, checked = text.load_dataset(annotations), records.Checked()
    records.check_categories(tree, COCO_17, annotations)
    records.check_images(tree["images"], checked)
    people = read_people(tree["annotations"], records.Scope.of(tree, checked, COCO_17), checked)
    table: pd.DataFrame = people_table(people, "d", COCO_17).to_pandas()
    rows = [label_rows(label_files.load(labels), table, "d", labels.name, checked)] if labels else []
    every = pd.concat([*rows, attribute_rows(people, "d", checked)], ignore_index=True)
    table = table.merge(given.person_values(table, every), on="person_id", validate="1:1")
    names = [name for name in LEARNT if (table[name] != "unknown").sum() >= FEWEST]
    if not names:
        raise InputError(f"{folder} has no attribute with at least {FEWEST} labelled people to learn from")
    known = (table[names] != "unknown").any(axis=1) & workspace.evaluable(table)
    return _seen(
        table[known],
        {image["id"]: image["file_name"] for image in checked.images},
        find_images(folder, annotations),
        names,
    )


def _seen(people: pd.DataFrame, files: dict[int, str], root: Path, names: list[str]) -> Labelled:
    rng = np.random.default_rng(0)
    views, shapes, order, left_out = [], [], [], 0
    for image, rows in progress.track(list(people.groupby("image_id", sort=False)), "cutting out people"):
        path = records.inside(root, files[int(str(image).partition("/")[2])])
        if path is None or not images.readable(path):
            left_out += len(rows)
            continue
        picture = Picture.read(str(path), rows)
        names_here, sights = picture.sights()
        by_name = rows.reset_index().set_index("person_id")
        for name, sight in zip(names_here, sights, strict=True):
            area = by_name.loc[name, "area"]
            order.append(by_name.loc[name, "index"])
            views.append(see(sight.pixels, sight.keypoints, sight.bbox, sight.mask))
            moved = [_moved(sight.keypoints, float(area), strength, rng) for strength in NOISE]
            shapes.append(np.stack([shape_vector(points, sight.bbox, sight.mask) for points in moved]))
    if not order:
        raise InputError(f"no picture of the {len(people)} labelled people can be read below {root}")
    if left_out:
        print(f"left out: {left_out} people whose pictures cannot be read", file=sys.stderr)
    table = people.loc[order]
    codes = {
        name: np.asarray(pd.Categorical(table[name], categories=list(ATTRIBUTES[name])).codes, dtype=np.int64)
        for name in names
    }
    strata = pd.DataFrame(
        {
            "joints": np.where(table["num_keypoints"] >= 12, "12 or more joints", "fewer joints"),
            "box": np.where(np.stack(table["bbox"].to_list())[:, 3] >= 80, "80 px or more", "smaller"),
        }
    )
    return Labelled(stack(views), np.stack(shapes, axis=1), codes, table["image_id"].to_numpy(dtype=str), strata)


def _moved(
    keypoints: NDArray[np.float64], area: float, strength: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Keypoints (17, 3) moved as annotators disagree."""
    moved = keypoints.copy()
    moved[:, :2] += strength * rng.normal(size=(17, 2)) * (np.array(COCO_17.sigmas) * np.sqrt(area / 2))[:, None]
    return moved


def _judged(attribute: str, raw: NDArray[np.float64], held: Labelled) -> pd.DataFrame:
    """Accuracy with intervals, confidence and calibration error, of everybody, of every true group and stratum."""
    known = np.flatnonzero(held.codes[attribute] != UNKNOWN_CODE)
    truth, image = held.codes[attribute][known], pd.factorize(held.image[known])[0].astype(np.int64)
    scaled = calibration.cross_fitted(raw[known], truth, image, "temperature")
    right = (scaled.argmax(axis=1) == truth).astype(np.float64)
    groups = {("all", "everybody"): np.ones(len(known), dtype=bool)}
    groups |= {("true group", group): truth == k for k, group in enumerate(ATTRIBUTES[attribute])}
    for name in held.strata:
        values = held.strata[name].to_numpy()[known]
        groups |= {(str(name), str(value)): values == value for value in np.unique(values)}
    member = np.stack(list(groups.values()), axis=1)
    counts = resample(image_clusters(int(image.max()) + 1), 500, 0)
    drawn = ratio(*resampled_sums(right[:, None], member, image, counts))[:, :, 0]
    low, high = percentile_interval(drawn, 0.95)
    rows = [
        {
            "attribute": attribute, "by": by, "group": group, "n": int(inside.sum()),
            "accuracy": right[inside].mean() if inside.any() else np.nan, "low": low[k], "high": high[k],
            "confidence": scaled[inside].max(axis=1).mean() if inside.any() else np.nan,
            "error": calibration.calibration_error(scaled[inside], truth[inside]),
        }
        for k, ((by, group), inside) in enumerate(groups.items())
    ]  # fmt: skip
    return pd.DataFrame(rows)


def table(report: pd.DataFrame) -> Table:
    """The report for the terminal."""
    out = Table(title="On held-out people (temperature fitted across folds)", title_justify="left", show_edge=False)
    for column in ("attribute", "of", ""):
        out.add_column(column)
    for column in ("people", "accuracy \\[interval]", "confidence", "calibration error"):
        out.add_column(column, justify="right")
    for row in report.itertuples():
        accuracy = "-" if pd.isna(row.accuracy) else f"{row.accuracy:.2f} [{row.low:.2f}, {row.high:.2f}]"
        shown = ["-" if pd.isna(value) else f"{value:.2f}" for value in (row.confidence, row.error)]
        first = row.by == "all"
        out.add_row(row.attribute if first else "", row.by, row.group, str(row.n), accuracy, *shown, end_section=False)
    return out
