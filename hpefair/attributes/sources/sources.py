"""The attribute sources that params.yaml names, built when they are needed."""

from collections.abc import Mapping, Sequence

import pandas as pd

from hpefair.attributes.sources.source import GIVEN, Judgements, Sight, Source
from hpefair.errors import SettingsError
from hpefair.settings.params import Attribute

COLUMNS = ("person_id", "attribute", "source", "model_id", "probabilities", "reason")


def chosen(settings: Attribute) -> dict[str, Source]:
    """Every model that some attribute is to be told by, by its name in params.yaml.

    Raises:
        SettingsError: If a source is asked for an attribute that its model does not know.
        HpefairError: If weights or packages are missing.
    """
    wanted = {name: [a for a, names in settings.sources.items() if name in names] for name in _names(settings)}
    built = {name: _build(name, settings) for name in wanted}
    for name, source in built.items():
        strange = [attribute for attribute in wanted[name] if attribute not in source.attributes]
        if strange:
            raise SettingsError(
                f"attribute.sources.{strange[0]}: the source {name} ({source.model_id}) cannot tell it, only "
                f"{', '.join(source.attributes)}; take {name} out"
            )
    return built


def judge(
    sources: Mapping[str, Source], settings: Attribute, names: Sequence[str], people: Sequence[Sight]
) -> pd.DataFrame:
    """What every source says about the attributes that it is asked for.

    Args:
        sources: From `chosen`.
        settings: The attribute section of params.yaml.
        names: Person ids.
        people: The same people as they are seen.

    Returns:
        Long table person_id, attribute, source, model_id, probabilities (list, empty where it cannot tell), reason.
    """
    rows = []
    for name, source in sources.items():
        asked = [attribute for attribute, wanted in settings.sources.items() if name in wanted]
        judgements: list[Judgements] = source.judge(people) if people else []
        for person_id, said in zip(names, judgements, strict=True):
            for attribute in asked:
                one = said[attribute]
                rows.append((person_id, attribute, name, source.model_id, list(one.probabilities), one.reason))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _names(settings: Attribute) -> list[str]:
    return [name for name in dict.fromkeys(n for names in settings.sources.values() for n in names) if name != GIVEN]


def _build(name: str, settings: Attribute) -> Source:
    if name == "face":
        from hpefair.attributes.sources.face import FaceSource

        return FaceSource(settings.face.min_face_px)
    if name == "build":
        from hpefair.attributes.sources.body_build import BuildSource

        return BuildSource()
    if name == "zero_shot":
        from hpefair.attributes.sources.zero_shot import ZeroShotSource

        return ZeroShotSource(settings.zero_shot)
    from hpefair.attributes.sources.classifier import ClassifierSource

    return ClassifierSource(settings.classifier)
