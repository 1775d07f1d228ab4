"""What lies where in a COCO folder: the annotation file, and the folder of its images."""

from pathlib import Path

from hpefair.data.coco import records
from hpefair.errors import InputError


def find_annotations(folder: Path) -> Path:
    """The one COCO dataset among the JSON files of a folder and its `annotations` folder.

    Raises:
        InputError: If the folder is missing, or holds none or several.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder")
    files = sorted([*folder.glob("*.json"), *folder.glob("annotations/*.json")])
    datasets, problems = [], []
    for path in files:
        try:
            records.load_dataset(path)
            datasets.append(path)
        except InputError as error:
            problems.append(str(error))
    if len(datasets) == 1:
        return datasets[0]
    if datasets:
        raise InputError(f"{folder} has several COCO files: {', '.join(p.name for p in datasets)}; pass --annotations")
    raise InputError(f"{folder} has no COCO keypoints file" + (f" ({problems[0]})" if problems else " (no JSON file)"))


def find_images(folder: Path, annotations: Path) -> Path:
    """Folder that the `file_name`s of an annotation file are relative to.

    Raises:
        InputError: If no candidate folder holds any of the images.
    """
    names = [
        image.get("file_name") for image in records.load_dataset(annotations)["images"] if isinstance(image, dict)
    ]
    candidates = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
    hits = {path: sum(readable(path, name) for name in names[:200]) for path in candidates}
    best = max(candidates, key=lambda path: hits[path])
    if not hits[best]:
        raise InputError(f"no image that {annotations} names is in {folder}; pass --images")
    return best


def readable(folder: Path, name: object) -> bool:
    """Whether an image of this name lies inside a folder."""
    path = records.inside(folder, name) if isinstance(name, str) and name else None
    return path is not None and path.is_file()
