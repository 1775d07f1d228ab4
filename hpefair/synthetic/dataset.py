"""A dataset of built-in people on disk: images, exact COCO annotations, labels; resumable, in parallel."""

import csv
import io
import json
import os
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from hpefair.data import images, tables
from hpefair.errors import InputError
from hpefair.machine import worker_pool
from hpefair.schema import PERCEIVED
from hpefair.synthetic.annotation import CATEGORY, LICENCE, annotate
from hpefair.synthetic.picture.photograph import photograph
from hpefair.synthetic.picture.staging import CROWD_SHARES, Setting, stage
from hpefair.synthetic.population import Population
from hpefair.synthetic.streams import Streams

Record = dict[str, Any]

VERSION: Final = "people:1"  # raised whenever the same seed gives other pictures
PLANTED_BIAS: Final = Path(__file__).with_name("planted_bias.yaml")


@dataclass(frozen=True)
class Request:
    """What to make.

    Attributes:
        number: Number of images.
        seed: Seed of the set.
        size: Pixels a side.
        samples: Samples per pixel side.
        shares: Shares of the groups by attribute.
        photos: Background photographs.
        crowds: Shares of pictures with one, two, … people.
        depth: Whether to write depth pictures as well.
    """

    number: int
    seed: int
    size: int = 256
    samples: int = 2
    shares: dict[str, dict[str, float]] = field(default_factory=dict)
    photos: tuple[str, ...] = ()
    crowds: tuple[float, ...] = CROWD_SHARES
    depth: bool = False

    def setting(self) -> Setting:
        """The same as the staging takes it."""
        return Setting(Population(self.shares), self.size, self.crowds, tuple(Path(photo) for photo in self.photos))


@dataclass(frozen=True)
class _Draw:
    """Draws one image of a request; picklable."""

    request: Request
    folder: Path

    def __call__(self, number: int) -> int:
        scene = stage(Streams(self.request.seed, f"image {number}"), self.request.setting())
        picture = photograph(scene, self.request.samples)
        name = f"{number:06d}.jpg"
        images.write_jpeg(self.folder / "images" / name, picture.pixels, scene.lens.jpeg_quality)
        if self.request.depth:
            images.write_depth(self.folder / "depth" / f"{number:06d}.png", picture.depth)
        height, width = picture.pixels.shape[:2]
        image = {"id": number, "file_name": name, "width": width, "height": height, "license": 1}
        tables.write_json_atomically(
            _part(self.folder, number), {"image": image, "people": annotate(picture, number)}, indent=None
        )
        return number


def make_dataset(out: Path, request: Request, workers: int = 0) -> list[str]:
    """Make the dataset, or finish one that was interrupted.

    Args:
        out: Folder; made if absent.
        request: What to make.
        workers: Processes; as many as cores by default. The files do not depend on it.

    Returns:
        What was made, one sentence each.

    Raises:
        InputError: If the folder holds something else, or the request makes no sense.
    """
    if request.number < 1 or request.size < 32:
        raise InputError(f"--images must be at least 1 and --size at least 32, not {request.number} and {request.size}")
    if workers < 0:
        raise InputError(f"--workers must not be negative, not {workers}")
    photos = {Path(photo).name: images.digest(Path(photo)) for photo in request.photos}
    settings = {"version": VERSION, **asdict(request), "photos": photos, "crowds": list(request.crowds)}
    done = out / "annotations.json"
    _claim(out, settings)
    if done.exists():
        shutil.rmtree(out / "parts", ignore_errors=True)
        return [f"{out} is complete already"]
    missing = [number for number in range(1, request.number + 1) if not _part(out, number).exists()]
    for _ in worker_pool.run(_Draw(request, out), missing, workers or os.cpu_count() or 1, "drawing people"):
        pass
    records = [tables.read_json(_part(out, number)) for number in range(1, request.number + 1)]
    people = [person for record in records for person in record["people"]]
    tables.write_text_atomically(out / "labels.csv", _labels(people))
    tables.write_json_atomically(done, _dataset(records, settings), indent=None)
    shutil.rmtree(out / "parts")
    return [f"{out}: {len(records)} images, {len(people)} people, labels in labels.csv"]


def _claim(out: Path, settings: Record) -> None:
    """Mark the folder as this request's, before anything else is in it."""
    claim = out / "sample.json"
    try:
        if claim.exists():
            if json.loads(claim.read_text(encoding="utf-8")) != settings:
                raise InputError(f"{out} holds a sample with other settings (see {claim}); choose another --out")
        elif out.exists() and any(path.name != f"{claim.name}.part" for path in out.iterdir()):
            raise InputError(f"{out} is not empty; choose another --out")
        else:
            tables.write_json_atomically(claim, settings)
        for name in ("images", "parts"):
            (out / name).mkdir(exist_ok=True)
    except ValueError as error:
        raise InputError(f"{claim} cannot be read as JSON; choose another --out") from error
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}") from error


def _part(folder: Path, number: int) -> Path:
    return folder / "parts" / f"{number:06d}.json"


def _dataset(records: list[Record], settings: Record) -> Record:
    return {
        "info": {"description": "hpefair built-in people", "version": VERSION, "settings": json.dumps(settings)},
        "licenses": [LICENCE],
        "categories": [CATEGORY],
        "images": [record["image"] for record in records],
        "annotations": [person for record in records for person in record["people"]],
    }


def _labels(people: list[Record]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["person_id", *PERCEIVED])
    for person in people:
        writer.writerow([person["id"], *(person["attributes"][name] for name in PERCEIVED)])
    return text.getvalue()
