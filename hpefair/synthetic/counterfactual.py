"""Counterfactual pairs: the same scene with exactly one factor of one person changed."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from hpefair.schema import ATTRIBUTES
from hpefair.synthetic.body import growth
from hpefair.synthetic.person import Person
from hpefair.synthetic.picture.scene import Scene


def _age(person: Person, band: str) -> Person:
    return replace(person, age_years=sum(growth.AGE_RANGES[band]) / 2)


def _build(person: Person, build: str) -> Person:
    return replace(person, relative_bmi=sum(growth.BUILD_RANGES[build]) / 2)


def _skin(person: Person, tone: str) -> Person:
    return replace(person, skin_tone=ATTRIBUTES["skin_tone"].index(tone) + 1)


def _gender(person: Person, gender: str) -> Person:
    """The other body; hair and clothes, which are worn by choice, stay."""
    other = gender != person.gender_presentation
    lean = 1 - person.frame.gender if other else person.frame.gender
    return replace(person, gender_presentation=gender, frame=replace(person.frame, gender=lean))


FACTORS: Final[Mapping[str, Callable[[Person, str], Person]]] = MappingProxyType(
    {"age_band": _age, "build": _build, "skin_tone": _skin, "gender_presentation": _gender}
)


def change(scene: Scene, factor: str, group: str, index: int = 0) -> Scene:
    """The scene with one factor of one person changed: camera, light, things, pose, clothes and everybody else stay.

    Stature follows age and gender presentation at the same distance from the median, weight follows stature and build;
    a change of contrast exchanges the colours of the clothes.

    Args:
        scene: A scene as a photograph returns it: with the colours of all clothes.
        factor: age_band, build, skin_tone, gender_presentation or contrast.
        group: The wanted group of that attribute.
        index: The person.

    Raises:
        ValueError: If the factor or the group does not exist, or the scene has no colours yet.
    """
    if factor not in (*FACTORS, "contrast"):
        raise ValueError(f"Expected a factor among {', '.join(FACTORS)}, contrast but got {factor!r}")
    if group not in ATTRIBUTES[factor]:
        raise ValueError(f"Expected a group of {factor} among {', '.join(ATTRIBUTES[factor])} but got {group!r}")
    person = scene.people[index]
    if person.palette is None:
        raise ValueError(
            "Expected a scene whose clothes have colours, as photograph() returns it, but got an undressed one"
        )
    if factor == "contrast":
        contrasts: list[Any] = [*scene.contrasts]
        contrasts[index] = group
        return replace(scene.with_person(index, replace(person, palette=None)), contrasts=tuple(contrasts))
    return scene.with_person(index, FACTORS[factor](person, group))
