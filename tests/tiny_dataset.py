"""A drawn COCO keypoints dataset: clothed stick people with exact joints, masks and known clothing colours."""

import json
from pathlib import Path

import cv2
import numpy as np

from hpefair.core.pose.skeletons import COCO_17

WIDTH, HEIGHT = 176, 208
SKIN = (205, 160, 130)

# Joint positions relative to (centre x, top y), for a person 100 units tall.
STANDING = {
    "nose": (0, 9), "left_eye": (2, 7), "right_eye": (-2, 7), "left_ear": (5, 8), "right_ear": (-5, 8),
    "left_shoulder": (11, 20), "right_shoulder": (-11, 20), "left_elbow": (15, 34), "right_elbow": (-15, 34),
    "left_wrist": (17, 47), "right_wrist": (-17, 47), "left_hip": (7, 50), "right_hip": (-7, 50),
    "left_knee": (8, 73), "right_knee": (-8, 73), "left_ankle": (9, 95), "right_ankle": (-9, 95),
}  # fmt: skip


def write(folder: Path, n_images: int = 40, seed: int = 0, width: int = WIDTH, height: int = HEIGHT) -> Path:
    """Write images/, person_keypoints.json, labels.csv and predictions/tinynet.json; return the folder."""
    rng = np.random.default_rng(seed)
    (folder / "images").mkdir(parents=True)
    images, annotations, labels, results = [], [], ["person_id,gender,age"], []
    for image_id in range(1, n_images + 1):
        pixels, people = _scene(rng, width, height, 1 + (image_id % 3 == 0))
        name = f"{image_id:06d}.jpg"
        cv2.imwrite(str(folder / "images" / name), pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
        images.append({"id": image_id, "file_name": name, "width": width, "height": height, "license": 1})
        for joints, mask in people:
            annotation_id = len(annotations) + 1
            annotations.append(_annotation(annotation_id, image_id, joints, mask))
            labels.append(
                f"{annotation_id},{('woman', 'man', '')[annotation_id % 3]},{(8, 30, 70, '')[annotation_id % 4]}"
            )
            results.append(_result(rng, image_id, joints))
    tree = {
        "images": images,
        "annotations": annotations,
        "licenses": [{"id": 1, "name": "drawn for tests"}],
        "categories": [{"id": 1, "name": "person", "keypoints": list(COCO_17.joints), "skeleton": []}],
    }
    (folder / "person_keypoints.json").write_text(json.dumps(tree))
    (folder / "labels.csv").write_text("\n".join(labels) + "\n")
    (folder / "predictions").mkdir()
    (folder / "predictions" / "tinynet.json").write_text(json.dumps(results))
    return folder


def draw_person(pixels: np.ndarray, joints: np.ndarray, cloth: tuple[int, ...], unit: float) -> np.ndarray:
    """Draw a person and return its mask."""
    mask = np.zeros(pixels.shape[:2], np.uint8)

    def limb(one: str, other: str, thickness: float, colour: tuple[int, ...]) -> None:
        ends = [tuple(round(v) for v in joints[COCO_17.index(name), :2]) for name in (one, other)]
        for canvas, value in ((pixels, colour), (mask, 1)):
            cv2.line(canvas, ends[0], ends[1], value, max(int(thickness * unit), 2))

    head = tuple(round(v) for v in joints[0, :2])
    for canvas, value in ((pixels, SKIN), (mask, 1)):
        cv2.circle(canvas, head, int(7 * unit), value, -1)
    for side in ("left", "right"):
        limb(f"{side}_hip", f"{side}_knee", 9, cloth)
        limb(f"{side}_knee", f"{side}_ankle", 7, SKIN)
        limb(f"{side}_shoulder", f"{side}_elbow", 7, cloth)
        limb(f"{side}_elbow", f"{side}_wrist", 5, SKIN)
        limb(f"{side}_shoulder", f"{side}_hip", 12, cloth)
    limb("left_shoulder", "right_shoulder", 8, cloth)
    limb("left_hip", "right_hip", 10, cloth)
    torso = [joints[COCO_17.index(n), :2] for n in ("left_shoulder", "right_shoulder", "right_hip", "left_hip")]
    for canvas, value in ((pixels, cloth), (mask, 1)):
        cv2.fillConvexPoly(canvas, np.rint(torso).astype(np.int32), value)
    return mask.astype(bool)


def place(centre_x: float, top: float, unit: float, rng: np.random.Generator | None = None) -> np.ndarray:
    """Joints (17, 3) of a standing person; with randomness, its arms and legs move."""
    joints = np.array([[*STANDING[name], 2.0] for name in COCO_17.joints])
    if rng is not None:
        joints[7:11, :2] += rng.normal(0, 3, (4, 2))
        joints[13:, 0] += rng.normal(0, 3, 4)
    joints[:, 0] = joints[:, 0] * unit + centre_x
    joints[:, 1] = joints[:, 1] * unit + top
    return np.round(joints)


def _scene(rng: np.random.Generator, width: int, height: int, n: int) -> tuple[np.ndarray, list]:
    background = rng.integers(40, 200, 3)
    pixels = np.clip(background + rng.normal(0, 3, (height, width, 3)), 0, 255).astype(np.uint8)
    people = []
    for number in range(n):
        unit = float(rng.uniform(1.15, 1.5))
        centre = width * (number + 1) / (n + 1) + float(rng.uniform(-6, 6))
        joints = place(centre, height - 100 * unit - 20, unit, rng)
        # Most clothing is close to the background: the tiny set is short of high contrast, on purpose.
        strength = (6, 6, 22, 22, 90)[int(rng.integers(5))]
        cloth = tuple(int(v) for v in np.clip(background + rng.choice([-1, 1]) * strength, 0, 255))
        people.append((joints, draw_person(pixels, joints, cloth, unit)))
    return pixels, people


def _annotation(annotation_id: int, image_id: int, joints: np.ndarray, mask: np.ndarray) -> dict:
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    polygons = [contour.ravel().astype(float).tolist() for contour in contours if len(contour) >= 3]
    rows, columns = np.nonzero(mask)
    box = [columns.min(), rows.min(), columns.max() - columns.min() + 1, rows.max() - rows.min() + 1]
    return {
        "id": annotation_id,
        "image_id": image_id,
        "category_id": 1,
        "keypoints": joints.ravel().astype(int).tolist(),
        "num_keypoints": 17,
        "bbox": [float(v) for v in box],
        "area": float(mask.sum()),
        "iscrowd": 0,
        "segmentation": polygons,
    }


def _result(rng: np.random.Generator, image_id: int, joints: np.ndarray) -> dict:
    noisy = joints.copy()
    noisy[:, :2] += rng.normal(0, 4, (17, 2))
    return {
        "image_id": image_id,
        "category_id": 1,
        "keypoints": noisy.ravel().round(2).tolist(),
        "score": round(float(rng.uniform(0.2, 1)), 3),
    }
