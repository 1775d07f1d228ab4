"""Loading people into FiftyOne: hpefair's bulk load alongside FiftyOne's own `add_samples`, same people, same process.

The database works in a process of its own; wall time counts it, CPU time does not. Both are given.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from rows import arguments, report, row

from hpefair.core.pose.skeletons import COCO_17
from hpefair.tools.fiftyone import server

IMAGES, PER_IMAGE, WIDTH, HEIGHT = 3000, 2, 640, 480
FEWER = 600  # images for the peer, which is slower by far
ATTRIBUTES = ("gender_presentation", "age_band", "contrast")


def main() -> None:
    """Load the same people both ways."""
    given = arguments("Loading people into FiftyOne")
    with tempfile.TemporaryDirectory() as folder, server.database(Path(folder) / "db"):
        from hpefair.tools.fiftyone import dataset as fiftyone_dataset

        images, people, predictions = tables(IMAGES)
        fiftyone_dataset.make("warm", *tables(20), COCO_17)
        ours, our_cpu = timed(lambda: fiftyone_dataset.make("ours", images, people, predictions, COCO_17))
        theirs, their_cpu = timed(lambda: add_samples("theirs", *tables(FEWER)))
        rows = []
        for name, count, peer in (("images", IMAGES, FEWER), ("people", IMAGES * PER_IMAGE, FEWER * PER_IMAGE)):
            rows.append(row(f"{name} a second, wall", count / ours, "1/s"))
            rows.append(row(f"{name} a second of this core", count / our_cpu, "1/s"))
            rows.append(row(f"{name} a second, wall, add_samples", peer / theirs, "1/s"))
            rows.append(row(f"{name} a second of this core, add_samples", peer / their_cpu, "1/s"))
        rows.append(row("seconds an image", ours / IMAGES, "s", "add_samples", theirs / FEWER))
        report("Loading people, with predictions, into FiftyOne", rows, given.json)


def tables(number: int) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, pd.DataFrame]]:
    """Images, people with attributes, and a model's predictions."""
    rng = np.random.default_rng(0)
    images = pd.DataFrame({"image_id": [f"d/{n}" for n in range(number)], "split": "train", "synthetic": False})
    images = images.assign(path=[f"/nowhere/{n}.jpg" for n in range(number)], width=WIDTH, height=HEIGHT)
    everybody = number * PER_IMAGE
    joints = rng.uniform(0, HEIGHT, (everybody, COCO_17.size, 3))
    joints[..., 2] = rng.integers(0, 3, joints.shape[:2])
    people = pd.DataFrame(
        {
            "person_id": [f"d/{n}" for n in range(everybody)],
            "image_id": images["image_id"].repeat(PER_IMAGE).to_numpy(),
            "keypoints": list(joints.reshape(everybody, -1)),
            "bbox": [[10.0, 10.0, 100.0, 200.0]] * everybody,
            "oks_model": rng.random(everybody),
        }
    ).assign(**dict.fromkeys(ATTRIBUTES, "unknown"))
    predictions = people[["image_id", "keypoints"]].assign(score=rng.random(everybody))
    return images, people, {"model": predictions}


def add_samples(name: str, images: pd.DataFrame, people: pd.DataFrame, predictions: dict[str, pd.DataFrame]) -> None:
    """As FiftyOne's documentation loads labels: an object per label, then all samples at once."""
    import fiftyone as fo

    mine, found = (dict(tuple(table.groupby("image_id"))) for table in (people, predictions["model"]))
    samples = []
    for image in images.itertuples():
        metadata = fo.ImageMetadata(width=image.width, height=image.height)
        sample = fo.Sample(filepath=image.path, metadata=metadata, image_id=image.image_id, split=image.split)
        rows = mine[image.image_id].to_dict("records")
        values = [{key: one[key] for key in ("person_id", "oks_model", *ATTRIBUTES)} for one in rows]
        boxes = [np.array(one["bbox"]) / [WIDTH, HEIGHT, WIDTH, HEIGHT] for one in rows]
        sample["people"] = fo.Keypoints(
            keypoints=[
                fo.Keypoint(points=points(one), label="person", **v) for one, v in zip(rows, values, strict=True)
            ]
        )
        sample["boxes"] = fo.Detections(
            detections=[
                fo.Detection(bounding_box=box.tolist(), label="person", **v)
                for box, v in zip(boxes, values, strict=True)
            ]
        )
        sample["limbs"] = fo.Polylines(polylines=[fo.Polyline(points=limbs(one), label="limbs") for one in rows])
        sample["model"] = fo.Keypoints(
            keypoints=[
                fo.Keypoint(points=points(one), label="pose", score=one["score"])
                for one in found[image.image_id].to_dict("records")
            ]
        )
        samples.append(sample)
    dataset = fo.Dataset(name, overwrite=True)
    dataset.add_samples(samples, progress=False)


def points(person: dict) -> list[list[float]]:
    """Points relative to the image."""
    return (person["keypoints"].reshape(-1, 3)[:, :2] / [WIDTH, HEIGHT]).tolist()


def limbs(person: dict) -> list[list[list[float]]]:
    """Limbs relative to the image."""
    placed = points(person)
    return [[placed[a], placed[b]] for a, b in COCO_17.limbs]


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds of this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


if __name__ == "__main__":
    main()
