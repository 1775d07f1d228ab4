"""Backends by name, ready to make people."""

from hpefair.generation.photos import photographs
from hpefair.generation.planning import training_people
from hpefair.generation.protocol import Backend
from hpefair.generation.recompose.recompose import Recompose
from hpefair.generation.render import Render
from hpefair.settings.params import BackendName, Params


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
