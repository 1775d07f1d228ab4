"""Prompts: the template and the words of params.yaml, filled with what was asked for."""

from collections.abc import Mapping

import numpy as np

from hpefair.generation_sections import Diffusion
from hpefair.schema import UNKNOWN


def prompt(settings: Diffusion, known: Mapping[str, str], rng: np.random.Generator) -> str:
    """A prompt for one person.

    Args:
        settings: Template, words and choices.
        known: Group by attribute, and the kind of `pose`; what is absent or has no word counts as unknown.
        rng: Randomness of the words that are drawn: every choice is drawn, used or not, so that editing the template
            leaves the other words alone.

    Returns:
        The sentence, without the parts between commas that nothing is known for.
    """
    words = {name: table.get(known.get(name, UNKNOWN), table[UNKNOWN]) for name, table in settings.words.items()}
    drawn = {name: choices[int(rng.integers(len(choices)))] for name, choices in sorted(settings.choices.items())}
    pieces = settings.prompt.format_map({**words, **drawn}).split(",")
    tidy = [" ".join(piece.split()) for piece in pieces]
    return ", ".join(piece for piece in tidy if piece)
