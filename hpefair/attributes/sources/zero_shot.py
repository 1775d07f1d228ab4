"""Attributes by CLIP or SigLIP: a picture is compared with sentences that params.yaml writes out."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from hpefair.arrays import Array, Pixels
from hpefair.attributes.sources.source import Judgements, Sight, cannot_tell, told
from hpefair.errors import MissingArtifactError, SettingsError
from hpefair.schema import ATTRIBUTES
from hpefair.settings.params import ZeroShot

FEWEST_PX2: Final = 1000.0  # the smallest box that REVISE judges (2004.07999)


class ZeroShotSource:
    """The source `zero_shot`.

    Attributes:
        model_id: Folder name with a hash of its weights, or hub id with its revision.
        attributes: Attributes that have prompts.
    """

    def __init__(self, settings: ZeroShot) -> None:
        """Load model, tokenizer and image processor, and embed the prompts.

        Args:
            settings: The zero_shot part of the attribute section of params.yaml.

        Raises:
            SettingsError: If a hub id comes without a revision.
            MissingArtifactError: If the weights are not there and cannot be had.
        """
        self.attributes: tuple[str, ...] = tuple(settings.prompts)
        self.model_id = _model_id(settings)
        self._model, tokenizer, self._processor = _load(settings)
        self._sentences = {
            attribute: np.stack([self._embed(tokenizer, settings, phrases[group]) for group in ATTRIBUTES[attribute]])
            for attribute, phrases in settings.prompts.items()
        }

    def judge(self, people: Sequence[Sight]) -> list[Judgements]:
        """Every attribute that has prompts, of people whose box is large enough to show anything."""
        large = [bool(person.bbox[2] * person.bbox[3] >= FEWEST_PX2) for person in people]
        crops = [boxed(person) for person, enough in zip(people, large, strict=True) if enough]
        features = iter(self._look(crops) if crops else ())
        return [
            self._told(next(features))
            if enough
            else cannot_tell(self.attributes, f"the box is smaller than {FEWEST_PX2:.0f} square pixels")
            for enough in large
        ]

    def _told(self, picture: Array) -> Judgements:
        scale = float(self._model.logit_scale.detach().exp())
        said = {}
        for attribute, sentences in self._sentences.items():
            logits = scale * sentences @ picture
            odds = np.exp(logits - logits.max())
            said[attribute] = told(attribute, odds / odds.sum())
        return said

    def _look(self, crops: list[Pixels]) -> Array:
        import torch

        with torch.inference_mode():
            return _unit(self._model.get_image_features(**self._processor(images=crops, return_tensors="pt")))

    def _embed(self, tokenizer: Any, settings: ZeroShot, phrases: Sequence[str]) -> Array:
        """Mean direction (D,) of a group's sentences: a prompt ensemble (Radford et al. 2021, 2103.00020, 3.1.4)."""
        import torch

        sentences = [settings.template.format(phrase) for phrase in phrases]
        # SigLIP was trained on sentences padded to full length.
        padding = "max_length" if self._model.config.model_type.startswith("siglip") else True
        tokens = tokenizer(sentences, padding=padding, truncation=True, return_tensors="pt")
        with torch.inference_mode():
            mean = _unit(self._model.get_text_features(**tokens)).mean(axis=0)
        return np.asarray(mean / np.linalg.norm(mean))


def boxed(person: Sight) -> Pixels:
    """The pixels (h, w, 3) inside a person's box."""
    x, y, width, height = person.bbox
    rows = slice(max(int(y), 0), max(int(np.ceil(y + height)), int(y) + 1))
    return np.ascontiguousarray(person.pixels[rows, max(int(x), 0) : max(int(np.ceil(x + width)), int(x) + 1)])


def _load(settings: ZeroShot) -> tuple[Any, Any, Any]:
    import torch
    import transformers

    torch.set_num_threads(1)  # sums in one order: same input, same bytes
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    where = {"revision": settings.revision} if settings.revision else {"local_files_only": True}
    try:
        # Weights that would have to be unpickled may run code: they are refused.
        model = transformers.AutoModel.from_pretrained(settings.model, use_safetensors=True, **where)
        tokenizer = transformers.AutoTokenizer.from_pretrained(settings.model, **where)
        processor = transformers.AutoImageProcessor.from_pretrained(settings.model, **where)
    except (OSError, ValueError) as error:
        raise MissingArtifactError(
            f"attribute.zero_shot.model {settings.model} cannot be loaded: put a CLIP or SigLIP folder there, with "
            f"safetensors, or name a hub id with its revision ({str(error).splitlines()[0]})"
        ) from error
    return model.eval(), tokenizer, processor


def _model_id(settings: ZeroShot) -> str:
    folder = Path(settings.model)
    if folder.is_dir():
        digest = hashlib.sha256()
        for path in sorted(folder.glob("*.safetensors")):
            digest.update(path.read_bytes())
        return f"{folder.name} {digest.hexdigest()[:12]}"
    if not settings.revision and folder.parts[0] != "models":
        raise SettingsError(
            f"attribute.zero_shot.model {settings.model} is not a folder, and a hub id needs a revision: pin a commit"
        )
    return f"{settings.model}@{settings.revision}"


def _unit(features: Any) -> Array:
    """Directions (N, D); transformers 5 wraps them in an output object."""
    values = np.asarray(getattr(features, "pooler_output", features), dtype=np.float64)
    return np.asarray(values / np.linalg.norm(values, axis=1, keepdims=True))
