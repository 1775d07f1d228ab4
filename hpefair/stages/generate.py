"""Annotated people for the cells that are short; resumable, and the same for the same item whoever makes it."""

import json
from pathlib import Path

import pandas as pd

from hpefair import artifacts, params
from hpefair.adapters import coco_masks, dvc_stage, images, progress, tables
from hpefair.core.balance.cells import cell_name
from hpefair.generation.photos import photographs
from hpefair.generation.protocol import AnnotatedPerson, Backend, Item, Made
from hpefair.generation.recompose import Recompose
from hpefair.generation.render import Render
from hpefair.schema import PERCEIVED

COLUMNS = (
    "item_id", "cell", "made", "reason", "parent_person", "parent_image", "sources", "operation", "license", "model",
    "prompt", "seed", "path", "width", "height", "keypoints", "bbox", "area", "segmentation", "garments", "others",
    *PERCEIVED,
)  # fmt: skip


def build(out: Path, work: Path, item: str) -> None:
    """Write one PNG per generated person, and a table of all attempts with their provenance."""
    everything = params.load()
    attributes = everything.plan.attributes
    wanted = tables.read(artifacts.PLAN / "items.parquet")
    # Counted over all shards, so that two of them do not begin with the same parent.
    wanted["number"] = wanted.groupby([f"wanted_{name}" for name in attributes]).cumcount()
    wanted = wanted[wanted["shard"] == item].reset_index(drop=True)
    backend = _backend(everything)
    items = [
        Item(row["item_id"], {name: row[f"wanted_{name}"] for name in attributes}, row["seed"], row["number"])
        for row in tables.records(wanted)
    ]
    rows = [_row(backend, one, out, work, item) for one in progress.track(items, f"generate {item}")]
    table = pd.DataFrame(rows, columns=[*COLUMNS, *(f"wanted_{name}" for name in attributes)])
    tables.write(out / "generated.parquet", table)
    print(f"generate {item}: {int(table['made'].sum())} of {len(table)} attempts made")


def _backend(everything: params.Params) -> Backend:
    if everything.plan.backend == "render":
        generate = everything.generate
        return Render(everything.attribute, generate.size, generate.tries, everything.screen.min_keypoints)
    raw = tables.read(artifacts.INGEST / "images.parquet")
    split = tables.read(artifacts.SPLIT / "images.parquet")
    train = raw.merge(split[split["split"] == "train"], on="image_id", validate="1:1")
    people = tables.read(artifacts.INGEST / "people.parquet")
    attributes = tables.read(artifacts.CALIBRATE / "attributes.parquet")
    people = people.merge(train[["image_id", "path", "width", "height", "license"]], on="image_id", validate="m:1")
    people = people.merge(attributes, on="person_id", validate="1:1")
    photos = photographs(everything.generate.photos)
    return Recompose(people, train, everything.attribute.contrast, everything.generate, photos)


def _row(backend: Backend, item: Item, out: Path, work: Path, shard: str) -> dict[str, object]:
    """One attempt; read back from disk if an earlier, interrupted run has finished it."""
    done = work / f"{item.item_id}.json"
    if done.exists():
        row: dict[str, object] = tables.read_json(done)
        return row
    made = backend.make([item])[0]
    wanted = {f"wanted_{name}": group for name, group in item.wanted.items()}
    row = {"item_id": item.item_id, "cell": cell_name([*item.wanted.values()]), "seed": item.seed, **wanted}
    row["made"] = not isinstance(made, str)
    if isinstance(made, str):
        row["reason"] = made
    else:
        images.write_png(out / "images" / f"{item.item_id}.png", made.pixels)
        row |= _annotation(made, artifacts.GENERATE / shard / "images" / f"{item.item_id}.png")
    tables.write_json_atomically(done, row)
    return row


def _annotation(made: Made, path: Path) -> dict[str, object]:
    return {
        "reason": "",
        "parent_image": made.parent_image,
        "sources": list(made.sources),
        "operation": made.operation,
        "license": made.license,
        "model": made.model,
        "prompt": made.prompt,
        "path": path.as_posix(),
        "width": made.pixels.shape[1],
        "height": made.pixels.shape[0],
        **_person(made.person),
        **made.person.labels,
        "others": json.dumps([_person(person) for person in made.others]),
    }


def _person(person: AnnotatedPerson) -> dict[str, object]:
    garments = person.garments
    return {
        "parent_person": person.parent_person,
        "keypoints": person.keypoints.ravel().tolist(),
        "bbox": person.bbox.tolist(),
        "area": coco_masks.area(person.mask),
        "segmentation": coco_masks.encode(person.mask),
        "garments": "" if garments is None else json.dumps({"worn": json.loads(coco_masks.encode(garments))}),
    }


if __name__ == "__main__":
    dvc_stage.main("generate", build, resumable=True)
