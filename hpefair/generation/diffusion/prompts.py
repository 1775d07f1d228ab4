"""Prompts: the template and the words of params.yaml, filled with what was asked for."""

from collections.abc import Mapping

import numpy as np

from hpefair.schema import UNKNOWN
from hpefair.settings.diffusion import Diffusion


def prompt(settings: Diffusion, known: Mapping[str, str], rng: np.random.Generator, painted: str = "person") -> str:
    """A prompt for one person.

    Args:
        settings: Templates, words and choices.
        known: Group by attribute, and the kind of `pose`; what is absent or has no word counts as unknown.
        rng: Randomness of the words that are drawn: every choice is drawn, used or not, so that editing the template
            leaves the other words alone.
        painted: What the model paints: `person`, `clothing` or `background`. Surroundings are not asked for with
            words about people, for an unlabelled person would be painted into them.

    Returns:
        The sentence, without the parts between commas that nothing is known for.
    """
    words = {name: table.get(known.get(name, UNKNOWN), table[UNKNOWN]) for name, table in settings.words.items()}
    drawn = {name: choices[int(rng.integers(len(choices)))] for name, choices in sorted(settings.choices.items())}
    templates = {"clothing": settings.prompt_clothing, "background": settings.prompt_background}
    pieces = templates.get(painted, settings.prompt).format_map({**words, **drawn}).split(",")
    tidy = [" ".join(piece.split()) for piece in pieces]
    return ", ".join(piece for piece in tidy if piece)
