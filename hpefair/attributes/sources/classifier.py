"""Attributes by a classifier that `hpefair attributes train` trained on labelled people."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_model, save_model
from scipy.special import softmax

from hpefair.arrays import Array
from hpefair.attributes.sources.person_network import PersonNetwork, to_batch
from hpefair.attributes.sources.person_views import Views, mirrored_shape, see, stack
from hpefair.attributes.sources.source import Judgement, Judgements, Sight, told
from hpefair.core.labels.calibration import Scaling
from hpefair.data import tables
from hpefair.errors import InputError, MissingArtifactError
from hpefair.machine.replacement import replacing
from hpefair.settings.params import Classifier

WEIGHTS, CARD = "weights.safetensors", "model.json"
VERSION: Final = "person classifier 1"
FEWEST_JOINTS: Final = 7  # below, built-in people are told with far more confidence than is due
SMALLEST_BUILD_PX: Final = 80.0  # height of a box whose outline tells a build


class ClassifierSource:
    """The source `classifier`.

    Attributes:
        model_id: Version of the architecture and hash of the weights.
        attributes: Attributes that it was trained on.
    """

    def __init__(self, settings: Classifier) -> None:
        """Load weights and their card.

        Raises:
            MissingArtifactError: If there is no trained classifier.
            InputError: If the weights do not fit.
        """
        folder = Path(settings.weights)
        if not (folder / CARD).exists():
            raise MissingArtifactError(
                f"attribute.classifier.weights {folder} holds no classifier: train one with `hpefair attributes train`"
            )
        torch.set_num_threads(1)  # sums in one order: same input, same bytes
        self.network, self.card = load(folder)
        self.attributes: tuple[str, ...] = tuple(self.card["attributes"])
        digest = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()[:12]
        self.model_id = f"{VERSION} {digest}"

    def judge(self, people: Sequence[Sight]) -> list[Judgements]:
        """Probabilities of people with enough joints in sight; of build, also with a mask and a large enough box."""
        if not people:
            return []
        views = stack([see(person.pixels, person.keypoints, person.bbox, person.mask) for person in people])
        predictions = probabilities(self.network, self.card, views)
        return [
            {name: self._judge(name, person, predictions[name][row]) for name in self.attributes}
            for row, person in enumerate(people)
        ]

    def _judge(self, attribute: str, person: Sight, chances: Array) -> Judgement:
        if (person.keypoints[:, 2] > 0).sum() < FEWEST_JOINTS:
            return Judgement((), f"fewer than {FEWEST_JOINTS} joints are labelled")
        if attribute == "build" and person.mask is None:
            return Judgement((), "no segmentation")
        if attribute == "build" and person.bbox[3] < SMALLEST_BUILD_PX:
            return Judgement((), f"the box is lower than {SMALLEST_BUILD_PX:.0f} pixels")
        return told(attribute, chances)


def logits(network: PersonNetwork, views: Views, batch: int = 256) -> dict[str, Array]:
    """Logits (N, groups) by attribute, the mean over each person and their mirror image."""
    batches: list[dict[str, Array]] = []
    with torch.inference_mode():
        for start in range(0, len(views), batch):
            part = views.rows(np.arange(start, min(start + batch, len(views))))
            other = Views(
                part.body[:, :, ::-1].copy(), part.head[:, :, ::-1].copy(), mirrored_shape(part.shape), part.present
            )
            both = [network(to_batch(one)) for one in (part, other)]
            batches.append({name: ((both[0][name] + both[1][name]) / 2).double().numpy() for name in both[0]})
    return {name: np.concatenate([part[name] for part in batches]) for name in batches[0]}


def probabilities(network: PersonNetwork, card: dict[str, Any], views: Views) -> dict[str, Array]:
    """Probabilities (N, groups) by attribute, scaled as the card says."""
    return {
        name: Scaling(card["slopes"][name], (0.0,) * values.shape[1])(softmax(values, axis=1))
        for name, values in logits(network, views).items()
    }


def save(folder: Path, network: PersonNetwork, card: dict[str, Any]) -> None:
    """Write weights, then the card that says they are complete."""
    with replacing(folder / WEIGHTS) as part:
        save_model(network, str(part))
    tables.write_json_atomically(folder / CARD, card)


def load(folder: Path) -> tuple[PersonNetwork, dict[str, Any]]:
    """Network and card of a folder.

    Raises:
        InputError: If the weights do not fit the card.
    """
    card: dict[str, Any] = tables.read_json(folder / CARD)
    network = PersonNetwork(card["attributes"])
    try:
        load_model(network, str(folder / WEIGHTS))
    except (RuntimeError, OSError, SafetensorError) as error:
        raise InputError(f"{folder / WEIGHTS} does not fit {folder / CARD}: train it again") from error
    return network.eval(), card
