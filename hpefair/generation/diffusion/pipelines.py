"""Diffusion pipelines from a folder or a pinned revision: any class of diffusers, safetensors only."""

import hashlib
import importlib
from pathlib import Path
from typing import Any, Final

from hpefair.errors import MissingArtifactError, SettingsError
from hpefair.generation.diffusion import machine as diffusion_machine
from hpefair.generation.diffusion.machine import Machine
from hpefair.settings.diffusion import DiffusionPipeline, Weights

WHERE: Final = "generate.diffusion.pipelines"
BLOCK: Final = 2**22
PATHS: Final = ("models", "data", ".", "..", "~")  # what looks like a folder is never looked up on the hub


def model_id(settings: DiffusionPipeline) -> str:
    """Id of a pipeline's weights and of its ControlNets: `name@revision`, joined by plus signs.

    Raises:
        SettingsError: If a hub id comes without a revision.
        MissingArtifactError: If a folder is not there.
    """
    return " + ".join(identify(part) for part in (settings, *settings.controlnets))


def identify(part: Weights) -> str:
    """`folder@digest of its files`, or `hub id@commit`.

    Raises:
        SettingsError: If a hub id comes without a revision.
        MissingArtifactError: If a folder is not there.
    """
    folder = Path(part.weights)
    if folder.is_dir():
        return f"{folder.name}@{digest(folder)}"
    if folder.is_absolute() or folder.parts[0] in PATHS or part.weights.count("/") != 1:
        raise MissingArtifactError(_absent(part))
    if not part.revision:
        raise SettingsError(
            f"{WHERE}: {part.weights} is not a folder, and a hub id needs a revision: pin the "
            "commit that you have checked"
        )
    return f"{part.weights}@{part.revision}"


def digest(folder: Path) -> str:
    """Short hash of all files of a folder, their names included."""
    hasher = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        hasher.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                hasher.update(block)
    return hasher.hexdigest()[:12]


def load(settings: DiffusionPipeline, machine: Machine) -> Any:
    """The pipeline with its ControlNets, on its device; a safety checker that the weights bring stays on.

    Raises:
        SettingsError: If the class does not exist, is no pipeline, or does not fit the weights.
        MissingArtifactError: If the weights are not there, or are no safetensors.
    """
    import transformers

    # Before diffusers is imported, which makes transformers complain about packages that are not needed.
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    import diffusers

    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    kind = find_class(settings.class_)
    if not issubclass(kind, diffusers.DiffusionPipeline):
        raise SettingsError(
            f"{WHERE}: {settings.class_} is not a pipeline class; name one such as StableDiffusionPipeline"
        )
    nets = [_read(find_class(net.class_), net, machine) for net in settings.controlnets]
    pipeline = _read(kind, settings, machine, **({"controlnet": _together(nets)} if nets else {}))
    pipeline.set_progress_bar_config(disable=True)
    diffusion_machine.settle(pipeline, machine)
    return pipeline


def find_class(name: str) -> Any:
    """A class of diffusers by its name, or any other by its dotted path.

    Raises:
        SettingsError: If there is none.
    """
    module, _, word = name.rpartition(".")
    try:
        candidate = getattr(importlib.import_module(module or "diffusers"), word, None)
    except ImportError:
        candidate = None
    if not isinstance(candidate, type) or not hasattr(candidate, "from_pretrained"):
        raise SettingsError(f"{WHERE}: class {name} not found; name a class of diffusers, or a dotted path")
    return candidate


def _read(kind: Any, part: Weights, machine: Machine, **given: Any) -> Any:
    folder = Path(part.weights)
    where = {"local_files_only": True} if folder.is_dir() else {"revision": part.revision}
    identify(part)
    try:
        return kind.from_pretrained(
            str(folder) if folder.is_dir() else part.weights,
            dtype=machine.dtype,
            use_safetensors=True,
            **where,
            **given,
        )
    except OSError as error:
        raise MissingArtifactError(f"{_absent(part)} ({_first_words(error)})") from error
    except (ValueError, TypeError, KeyError, RuntimeError, AttributeError) as error:
        raise SettingsError(
            f"{WHERE}: {part.weights} does not load as {kind.__name__}: name the class of its model_index.json, and "
            f"the ControlNets that it lacks ({_first_words(error)})"
        ) from error


def _together(nets: list[Any]) -> Any:
    """One ControlNet as it is; several as the model that adds them up, which a saved pipeline takes in place of one."""
    from diffusers import ControlNetModel, MultiControlNetModel

    if len(nets) == 1:
        return nets[0]
    return MultiControlNetModel(nets) if all(isinstance(net, ControlNetModel) for net in nets) else nets


def _first_words(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _absent(part: Weights) -> str:
    return (
        f"{WHERE}: {part.weights} holds no weights that can be loaded: put a diffusers folder there (model_index.json "
        "and safetensors), name a hub id with its revision, or take `diffusion` out of plan.backends"
    )
