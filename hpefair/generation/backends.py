"""Backends by name, ready to make people."""

from pathlib import Path
from typing import Final

from hpefair.errors import SettingsError
from hpefair.generation.planning import training_people
from hpefair.generation.protocol import Backend
from hpefair.generation.recompose.recompose import Recompose
from hpefair.generation.render import Render
from hpefair.settings.params import BackendName, Params

SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".webp")  # of background photographs


def open_backend(name: BackendName, settings: Params) -> Backend:
    """Open a backend on the training people of this workspace.

    Args:
        name: The backend.
        settings: All settings.

    Raises:
        SettingsError: If its settings do not do.
        MissingArtifactError: If it needs weights that are not here.
    """
    generate = settings.generate
    if name == "render":
        return Render(settings.attribute, generate.size, generate.max_tries, settings.screen.min_keypoints)
    people, pictures = training_people()
    if name == "recompose":
        return Recompose(people, pictures, settings.attribute.contrast, generate, photographs(generate.photos))
    from hpefair.generation.diffusion.diffusion import Diffusion

    return Diffusion(generate, people, list(pictures["image_id"]), settings.screen.min_keypoints)


def photographs(folder: str) -> tuple[Path, ...]:
    """Files of a folder of photographs, by name; none without a folder.

    Raises:
        SettingsError: If the folder does not exist or holds no photograph.
    """
    if not folder:
        return ()
    files = tuple(path for path in sorted(Path(folder).glob("*")) if path.suffix.lower() in SUFFIXES)
    if not files:
        raise SettingsError(
            f"generate.photos: {folder} holds no photograph ({', '.join(SUFFIXES)}); add some, or set it to nothing"
        )
    return files
