"""The annotation file of a folder, whatever dataset it is of, as a COCO file with the wanted joints."""

from pathlib import Path

from hpefair.data.coco import folder as coco_folder, records
from hpefair.data.other_formats import lsp_mpii_flic
from hpefair.data import tables
from hpefair.data.other_formats.named_joints import in_skeleton
from hpefair.core.pose.skeleton import Skeleton
from hpefair.errors import InputError


def find(folder: Path) -> Path:
    """The one COCO file of a folder or, where there is none, its one file of LSP, MPII or FLIC.

    Raises:
        InputError: If there is none, or several.
    """
    try:
        return coco_folder.find_annotations(folder)
    except InputError as error:
        if "several" in str(error):
            raise
        others = [*folder.glob("*.mat"), *folder.glob("annotations/*.mat"), *folder.glob("*.json")]
        datasets = [path for path in sorted(others) if folder.is_dir() and _is_pose_dataset(path, folder)]
        if len(datasets) > 1:
            names = ", ".join(path.name for path in datasets)
            raise InputError(f"{folder} has several annotation files: {names}; pass --annotations") from None
        if datasets:
            return datasets[0]
        if matlab := [path.name for path in others if path.suffix == ".mat"]:
            raise InputError(
                f"{folder}: {', '.join(matlab[:3])} holds neither joints (LSP), nor examples (FLIC), nor RELEASE (MPII)"
            ) from None
        raise


def as_coco(path: Path, folder: Path, joints: Skeleton, target: Path) -> tuple[Path, list[str]]:
    """An annotation file as a COCO file with the wanted joints.

    Args:
        path: COCO file with the joints of a known skeleton, or a file of LSP, LSP-Extended, MPII or FLIC.
        folder: Folder of the dataset.
        joints: Wanted skeleton.
        target: File to write where something has to be done.

    Returns:
        The file itself where nothing has to be done, else the target; and what was done, in sentences.

    Raises:
        InputError: If it cannot be read.
    """
    parsed = None if _is_dataset(path) else lsp_mpii_flic.read(path, folder)
    tree, notes = parsed or (records.load_dataset(path), [])
    converted, said = in_skeleton(tree, joints)
    if parsed is None and not said:
        return path, []
    target.parent.mkdir(parents=True, exist_ok=True)
    tables.write_json_atomically(target, converted, indent=None)
    return target, [f"{path.name}: {said or 'read'}", *notes]


def _is_dataset(path: Path) -> bool:
    return path.suffix != ".mat" and isinstance(records.load(path), dict)


def _is_pose_dataset(path: Path, folder: Path) -> bool:
    try:
        return lsp_mpii_flic.read(path, folder) is not None
    except InputError:
        return path.suffix == ".mat"  # it says what is wrong when it is opened
