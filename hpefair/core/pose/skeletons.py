"""The skeletons hpefair knows: COCO, MPII, LSP, FLIC, CrowdPose and BlazePose."""

from typing import Final

from hpefair.core.pose.skeleton import Skeleton

Links = tuple[tuple[str, str], ...]


def _sides(*pairs: tuple[str, str]) -> Links:
    """The same limbs on the left and on the right."""
    return tuple((f"{side}_{a}", f"{side}_{b}") for a, b in pairs for side in ("left", "right"))


ARMS: Final = _sides(("shoulder", "elbow"), ("elbow", "wrist"))
LEGS: Final = _sides(("hip", "knee"), ("knee", "ankle"))
ACROSS: Final[Links] = (("left_hip", "right_hip"), ("left_shoulder", "right_shoulder"))

# Names, limbs: COCO person_keypoints category; sigmas: cocoeval.py Params.setKpParams.
COCO_17: Final = Skeleton(
    name="coco_17",
    joints=(
        "nose",
        "left_eye",
        "right_eye",
        "left_ear",
        "right_ear",
        "left_shoulder",
        "right_shoulder",
        "left_elbow",
        "right_elbow",
        "left_wrist",
        "right_wrist",
        "left_hip",
        "right_hip",
        "left_knee",
        "right_knee",
        "left_ankle",
        "right_ankle",
    ),
    links=(
        ("left_ankle", "left_knee"),
        ("left_knee", "left_hip"),
        ("right_ankle", "right_knee"),
        ("right_knee", "right_hip"),
        ("left_hip", "right_hip"),
        ("left_shoulder", "left_hip"),
        ("right_shoulder", "right_hip"),
        ("left_shoulder", "right_shoulder"),
        ("left_shoulder", "left_elbow"),
        ("right_shoulder", "right_elbow"),
        ("left_elbow", "left_wrist"),
        ("right_elbow", "right_wrist"),
        ("left_eye", "right_eye"),
        ("nose", "left_eye"),
        ("nose", "right_eye"),
        ("left_eye", "left_ear"),
        ("right_eye", "right_ear"),
        ("left_ear", "left_shoulder"),
        ("right_ear", "right_shoulder"),
    ),
    sigmas=tuple(
        s / 10
        for s in (0.26, 0.25, 0.25, 0.35, 0.35, 0.79, 0.79, 0.72, 0.72, 0.62, 0.62, 1.07, 1.07, 0.87, 0.87, 0.89, 0.89)
    ),
    sigma_source="COCO: pycocotools cocoeval.py",
)

# Order: the dataset's own. Its neck is the upper neck, its thorax the point between the shoulders.
MPII_16: Final = Skeleton(
    name="mpii_16",
    joints=(
        *("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "pelvis", "thorax"),
        *("neck", "head_top", "right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow"),
        "left_wrist",
    ),
    links=(
        *LEGS,
        *ARMS,
        ("left_hip", "pelvis"),
        ("right_hip", "pelvis"),
        ("pelvis", "thorax"),
        ("thorax", "neck"),
        ("neck", "head_top"),
        ("left_shoulder", "thorax"),
        ("right_shoulder", "thorax"),
    ),
    sigmas=(
        *(0.089, 0.083, 0.107, 0.107, 0.083, 0.089, 0.026, 0.026, 0.026, 0.026),
        *(0.062, 0.072, 0.179, 0.179, 0.072, 0.062),
    ),
    sigma_source="MMPose datasets/mpii.py, 'adapted from COCO' (its shoulders .179 against COCO's .079); MPII has none",
)

# Order: joints.mat of LSP and LSPET, left and right as the person's.
LSP_14: Final = Skeleton(
    name="lsp_14",
    joints=(
        *("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "right_wrist"),
        *("right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist", "neck", "head_top"),
    ),
    links=(*LEGS, *ARMS, *ACROSS, *_sides(("shoulder", "hip")), ("neck", "head_top")),
    sigmas=(
        *(0.089, 0.087, 0.107, 0.107, 0.087, 0.089, 0.062),
        *(0.072, 0.079, 0.079, 0.072, 0.062, 0.079, 0.079),
    ),
    sigma_source="COCO's by name; neck and head top as in CrowdPose. LSP itself has none",
)

# The eleven joints that FLIC annotates, of the 29 columns of its examples.mat: 0-6, 9, 12, 13, 16.
FLIC_11: Final = Skeleton(
    name="flic_11",
    joints=(
        *("left_shoulder", "left_elbow", "left_wrist", "right_shoulder", "right_elbow", "right_wrist"),
        *("left_hip", "right_hip", "left_eye", "right_eye", "nose"),
    ),
    links=(*ARMS, *ACROSS, *_sides(("shoulder", "hip")), ("nose", "left_eye"), ("nose", "right_eye")),
    sigmas=(0.079, 0.072, 0.062, 0.079, 0.072, 0.062, 0.107, 0.107, 0.025, 0.025, 0.026),
    sigma_source="COCO's by name. FLIC itself has none",
)

# Order and sigmas: crowdpose-api, cocoeval.py. Its "head" is the top of the head.
CROWDPOSE_14: Final = Skeleton(
    name="crowdpose_14",
    joints=(
        *("left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip"),
        *("right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "head_top", "neck"),
    ),
    links=(*LEGS, *ARMS, *ACROSS, *_sides(("shoulder", "hip")), ("neck", "head_top")),
    sigmas=(
        *(0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107),
        *(0.107, 0.087, 0.087, 0.089, 0.089, 0.079, 0.079),
    ),
    sigma_source="CrowdPose: crowdpose-api cocoeval.py",
)

# Order: MediaPipe's pose landmarks.
BLAZEPOSE_33: Final = Skeleton(
    name="blazepose_33",
    joints=(
        *("nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye", "right_eye_outer"),
        *("left_ear", "right_ear", "left_mouth", "right_mouth", "left_shoulder", "right_shoulder", "left_elbow"),
        *("right_elbow", "left_wrist", "right_wrist", "left_pinky", "right_pinky", "left_index", "right_index"),
        *("left_thumb", "right_thumb", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle"),
        *("right_ankle", "left_heel", "right_heel", "left_foot_index", "right_foot_index"),
    ),
    links=(
        *LEGS,
        *ARMS,
        *ACROSS,
        *_sides(("shoulder", "hip"), ("wrist", "pinky"), ("wrist", "index"), ("wrist", "thumb"), ("pinky", "index")),
        *_sides(("ankle", "heel"), ("ankle", "foot_index"), ("heel", "foot_index")),
        *_sides(("eye_inner", "eye"), ("eye", "eye_outer"), ("eye_outer", "ear")),
        ("nose", "left_eye_inner"),
        ("nose", "right_eye_inner"),
        ("left_mouth", "right_mouth"),
    ),
    sigmas=(
        *(0.026, 0.013, 0.025, 0.012, 0.011, 0.025, 0.017, 0.035, 0.035, 0.010, 0.008, 0.079, 0.079, 0.072),
        *(0.072, 0.062, 0.062, 0.020, 0.020, 0.026, 0.026, 0.035, 0.035, 0.107, 0.107, 0.087, 0.087, 0.089),
        *(0.089, 0.066, 0.094, 0.068, 0.092),
    ),
    sigma_source="COCO's by name; the others those of the nearest COCO-WholeBody keypoints. BlazePose itself has none",
)

SKELETONS: Final = {one.name: one for one in (COCO_17, MPII_16, LSP_14, FLIC_11, CROWDPOSE_14, BLAZEPOSE_33)}


def skeleton(name: str) -> Skeleton:
    """Look a skeleton up by name.

    Raises:
        ValueError: If it does not exist.
    """
    if name not in SKELETONS:
        raise ValueError(f"Expected a skeleton among {', '.join(SKELETONS)} but got {name!r}")
    return SKELETONS[name]
