"""Reading pictures, measuring people and ingesting annotations: one core, against PIL and pycocotools in the same run.

Pictures are 640 x 480 with four built-in people each; the annotation file is of the size of COCO train2017 (118,287
images, 262,465 people) and made here. Ingest means: read, check every record, write Parquet. Reload means: from
Parquet to the arrays that evaluation computes on.
"""

import gc
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pandas as pd
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import workload
from benchmarks.rows import arguments, cpu_seconds, report, row
from hpefair.attributes.measured.measurement import measure
from hpefair.attributes.measured.picture import Picture
from hpefair.core.pose.geometry import crop_window
from hpefair.data import images
from hpefair.data.coco import masks
from hpefair.prediction.inputs import plain_crops
from hpefair.settings import params
from hpefair.synthetic.picture.photograph import photograph
from hpefair.synthetic.picture.staging import Setting, stage
from hpefair.synthetic.streams import Streams

PICTURES, ROUNDS, SIZE = 40, 5, (192, 256)
IMAGES, PEOPLE = 118_287, 262_465
CROWD = [*[900, 60] * 60, 480 * 640 - 60 * 960]  # run lengths of a picture
INGEST = """
import sys, time
from pathlib import Path
from hpefair.data.coco import records as coco_json
from hpefair.data.coco import text as coco_text
from hpefair.machine import memory
from hpefair.data import pose_arrays
from hpefair.data import tables
from hpefair.data.coco.columns import read_people
from hpefair.data.coco.people import people_table
from hpefair.data.coco.tables import image_rows
from hpefair.core.pose.skeletons import COCO_17
source, out = Path(sys.argv[1]), Path(sys.argv[2])
start, wall = time.process_time(), time.perf_counter()
with memory.no_collection():
    tree, checked = coco_text.load_dataset(source), coco_json.Checked()
    coco_json.check_images(tree["images"], checked)
    found = read_people(tree["annotations"], coco_json.Scope.of(tree, checked, COCO_17), checked)
    del tree["annotations"]
    tables.write_arrow(out / "people.parquet", people_table(found, "d", COCO_17))
    for record in checked.images:
        record["content"] = ""  # hashing pixels is not part of this
    tables.write(out / "images.parquet", image_rows(checked.images, tree, "d", Path("data/raw")))
assert len(found) == int(sys.argv[3]) and not checked.rejects
"""
RELOAD = """
import sys, time
from pathlib import Path
from hpefair.data import pose_arrays
from hpefair.data import tables
out = Path(sys.argv[2])
start, wall = time.process_time(), time.perf_counter()
names = tables.read_arrow(out / "images.parquet", ["image_id"]).to_pandas()["image_id"]
table, people = pose_arrays.stored_people(out / "people.parquet", names)
assert people.keypoints.shape == (int(sys.argv[3]), 17, 3)
"""
PYCOCOTOOLS = """
import sys, time
from pycocotools.coco import COCO
start, wall = time.process_time(), time.perf_counter()
COCO(sys.argv[1])
"""
TOLD = """
took = time.process_time() - start, time.perf_counter() - wall
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]
print(*took, int(peak) / 1024)
"""


def pictures(folder: Path) -> list[tuple[str, pd.DataFrame]]:
    """Pictures of four people each, and their people rows."""
    drawn, number = [], 0
    while len(drawn) < 4 * PICTURES:
        found = photograph(stage(Streams(5, f"image {number}"), Setting(size=320, crowds=(1.0,))))
        number += 1
        if found.people[0].mask.sum() > 1024:
            drawn.append(found)
    out = []
    for start in range(0, len(drawn), 4):
        pixels, rows = np.zeros((480, 640, 3), np.uint8), []
        for place, found in enumerate(drawn[start : start + 4]):
            x, y = 320 * (place % 2), 240 * (place // 2)
            person, mask = found.people[0], np.zeros((480, 640), bool)
            pixels[y : y + 240, x : x + 320] = found.pixels[80:]
            mask[y : y + 240, x : x + 320] = person.mask[80:]
            keypoints = person.keypoints + np.array([x, y - 80, 0])
            keypoints[keypoints[:, 1] < y] = 0
            rows.append((keypoints, mask))
        path = folder / f"{start:04d}.jpg"
        images.write_jpeg(path, pixels, 90)
        out.append((str(path), pd.DataFrame([person_row(n, *one) for n, one in enumerate(rows) if one[1].any()])))
    return out


def person_row(number: int, keypoints: np.ndarray, mask: np.ndarray) -> dict:
    """A people row."""
    return {
        "person_id": str(number), "image_id": "i", "keypoints": keypoints.ravel(), "iscrowd": False,
        "num_keypoints": int((keypoints[:, 2] > 0).sum()), "bbox": np.array(masks.box(mask)),
        "area": float(mask.sum()), "segmentation": masks.encode(mask),
    }  # fmt: skip


def crop_all(every: list[tuple[str, pd.DataFrame]]) -> None:
    """Decode and crop everybody."""
    out = np.empty((8, SIZE[1], SIZE[0], 3), np.uint8)
    for path, people in every:
        boxes = np.stack(people["bbox"].to_list())
        plain_crops(images.read_rgb(Path(path)), boxes, SIZE, out[: len(boxes)])


def crop_all_with_pil(every: list[tuple[str, pd.DataFrame]]) -> None:
    """The same with Pillow."""
    for path, people in every:
        with Image.open(path) as picture:
            pixels = picture.convert("RGB")
        for box in people["bbox"]:
            x, y, width, height = crop_window(np.asarray(box), SIZE[0] / SIZE[1])
            window = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
            np.asarray(pixels.transform(SIZE, Image.Transform.EXTENT, window, Image.Resampling.BILINEAR))


def annotations(path: Path) -> None:
    """A file of the size of train2017, written the way COCO writes."""
    rng = np.random.default_rng(0)
    parts = [workload.people(np.random.default_rng(k)) for k in range(24)]
    image = np.sort(rng.integers(1, IMAGES // 2, PEOPLE))
    records = []
    for number in range(PEOPLE):
        part, k = parts[number // workload.PEOPLE], number % workload.PEOPLE
        box, v = part["box"][k], np.where(part["v"][k], part["v"][k], 0)
        points = np.where(v[:, None] > 0, part["points"][k], 0).clip([0, 0], [640, 480])
        keypoints = np.concatenate([points, v[:, None]], axis=1).astype(int).ravel().tolist()
        outline = (box[:2] + rng.random((int(rng.integers(10, 30)), 2)) * box[2:]).round(2).ravel().tolist()
        records.append({
            "segmentation": [outline] if not part["crowd"][k] else {"counts": CROWD, "size": [480, 640]},
            "num_keypoints": int((v > 0).sum()), "area": float(part["area"][k]), "iscrowd": int(part["crowd"][k]),
            "keypoints": keypoints, "image_id": int(image[number]), "bbox": box.tolist(), "category_id": 1,
            "id": number + 1,
        })  # fmt: skip
    listed = [
        {"license": 3, "file_name": f"{n:012d}.jpg", "coco_url": f"http://host/{n:012d}.jpg", "height": 480,
         "width": 640, "date_captured": "2013-11-14 11:18:45", "flickr_url": f"http://host/{n}_z.jpg", "id": n}
        for n in range(1, IMAGES + 1)
    ]  # fmt: skip
    tree = {"info": {}, "licenses": [], "images": listed, "annotations": records, "categories": [
        {"supercategory": "person", "id": 1, "name": "person"}]}  # fmt: skip
    path.write_bytes(msgspec.json.encode(tree))


def process(script: str, *given: str, runs: int = 3) -> np.ndarray:
    """Least CPU s, wall s and peak memory in MB of a process of its own."""
    root = str(Path(__file__).resolve().parent.parent)
    command = [sys.executable, "-c", script + TOLD, *given]
    found = [
        subprocess.run(command, env={**os.environ, "PYTHONPATH": root}, capture_output=True, text=True, check=True)
        for _ in range(runs)
    ]
    return np.array([[float(value) for value in one.stdout.split()[-3:]] for one in found]).min(axis=0)


def main() -> None:
    """Run and report."""
    given = arguments(__doc__.splitlines()[0])
    cv2.setNumThreads(1)
    settings = params.load(Path(__file__).resolve().parent.parent / "params.yaml").attribute
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        every = pictures(Path(scratch))
        people = sum(len(table) for _, table in every)
        ours, theirs = (
            cpu_seconds(lambda: crop_all(every), ROUNDS),
            cpu_seconds(lambda: crop_all_with_pil(every), ROUNDS),
        )
        one = row("decode and crop", ours / len(every) * 1000, "ms per image", "Pillow", theirs / len(every) * 1000)
        rows += [one, row("decode and crop", len(every) / ours, "images per s and core")]
        took = cpu_seconds(lambda: [measure(Picture.read(*one), settings) for one in every], ROUNDS)
        rows.append(row("measured attributes", people / took, "people per s and core"))
        source = Path(scratch) / "train.json"
        annotations(source)
        gc.collect()
        print(f"annotation file: {source.stat().st_size / 1e6:.0f} MB", json.dumps({"people": PEOPLE}))
        ingest, reload, peer = (
            process(one, str(source), scratch, str(PEOPLE)) for one in (INGEST, RELOAD, PYCOCOTOOLS)
        )
        rows += [
            row("ingest", ingest[0], "CPU s", "pycocotools COCO()", peer[0]),
            row("ingest, wall", ingest[1], "s", "pycocotools COCO()", peer[1]),
            row("ingest, memory", ingest[2], "MB", "pycocotools COCO()", peer[2]),
            row("reload", reload[0], "CPU s", "pycocotools COCO()", peer[0]),
            row("reload, wall", reload[1], "s", "pycocotools COCO()", peer[1]),
        ]
    report("attributes", rows, given.json)


if __name__ == "__main__":
    main()
