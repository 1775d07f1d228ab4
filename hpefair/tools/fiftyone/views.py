"""Saved views of the curator's dataset: the people whom one ought to look at, in the order in which to look."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hpefair.schema import GENERATED, PERCEIVED, UNKNOWN
from hpefair.tools.fiftyone.dataset import BOXES, LIMBS, TRUTH

LOWEST: Final = 50  # people in a view of those whom a model finds worst


@dataclass(frozen=True)
class Looked:
    """What views are made for.

    Attributes:
        models: Evaluated models.
        groups: Pairs of attribute and group that models are compared by.
        worst: Triples of model, attribute and its worst group.
        unknown: Attributes of which people may be unknown.
        audit: People to label.
        public: Whether perceived attributes were left out.
    """

    models: Sequence[str]
    groups: Sequence[tuple[str, str]]
    worst: Sequence[tuple[str, str, str]]
    unknown: Sequence[str]
    audit: int
    public: bool


def save(dataset: Any, looked: Looked) -> list[str]:
    """Save the views of a dataset built from `review_people`.

    Args:
        dataset: From `dataset.make`.
        looked: What views are made for.

    Returns:
        Names of the saved views.
    """
    import fiftyone as fo

    for name, view in _views(dataset, looked, fo.ViewField):
        dataset.save_view(name, view)
    return list(dataset.list_saved_views())


def save_layout(dataset: Any) -> str:
    """Samples alongside the panel `hpefair`, as one of FiftyOne's workspaces.

    Args:
        dataset: A dataset.

    Returns:
        The workspace's name in addresses.
    """
    import fiftyone as fo

    samples, numbers = fo.Panel(type="Samples", pinned=True), fo.Panel(type="hpefair")
    # A pane without an active child stays blank.
    panes = [fo.Space(children=[pane], active_child=pane.component_id) for pane in (samples, numbers)]
    # The App looks for a workspace by its name in all datasets, so the dataset's own is part of it.
    name = f"fairness-{dataset.slug}"
    dataset.save_workspace(name, fo.Space(children=panes, orientation="horizontal", sizes=[0.5, 0.5]))
    return name


def members(dataset: Any, attribute: str, group: str, model: str = "") -> Any:
    """People of a group, measured with a model where one is named, and nobody else.

    Args:
        dataset: From `dataset.make`.
        attribute: Attribute; `all` for everybody. Attributes of a cell are joined by dots, and so are its groups.
        group: Group.
        model: Model.
    """
    return dataset.filter_labels(TRUTH, _belongs(attribute, group, model))


def _belongs(attribute: str, group: str, model: str, label: str = "") -> Any:
    """The condition of `members`, on a label itself or on a sample that has it."""
    from fiftyone import ViewField

    of = f"{label}." if label else ""
    wanted = ViewField(f"{of}person_id") != ""
    if attribute != "all":
        for one, value in zip(attribute.split("."), group.split("."), strict=True):
            wanted &= ViewField(f"{of}{one}") == value
    if model:
        wanted &= ViewField(f"{of}oks_{model}") >= 0
    return wanted


def _views(dataset: Any, looked: Looked, field: Any) -> Iterator[tuple[str, Any]]:
    for split in ("train", "val", "test"):  # nobody looks at the others before promotion
        yield split, dataset.match(field("split") == split)
    yield GENERATED, dataset.match(field("synthetic") & (field("screened") == "accepted"))
    yield "rejected", dataset.match(field("screened") == "rejected")
    yield "pairs", dataset.match(field("pair") != "").sort_by("pair")
    # One table for all views of single people: FiftyOne makes one for every call.
    people = dataset.to_patches(BOXES, other_fields=[LIMBS])
    yield from _turns(dataset, people, looked, field)
    hidden = PERCEIVED if looked.public else ()
    for model, attribute, group in looked.worst:
        if not set(attribute.split(".")) & set(hidden):
            yield f"worst_{attribute}_{group}_{model}", _hardest_first(dataset, attribute, group, model, field)
    for attribute, group in looked.groups:
        for model in () if set(attribute.split(".")) & set(hidden) else looked.models:
            patches = people.match(_belongs(attribute, group, model, BOXES))
            if len(patches):
                yield f"lowest_{attribute}_{group}_{model}", patches.sort_by(f"{BOXES}.oks_{model}").limit(LOWEST)


def _turns(dataset: Any, people: Any, looked: Looked, field: Any) -> Iterator[tuple[str, Any]]:
    """Those to look at in a given order, and those of whom something is not known."""
    place = f"{BOXES}.review_place"
    yield "review_sample", people.match(field(place) > 0).sort_by(place)
    if looked.public:
        return
    asked = dataset.filter_labels(BOXES, (field("audit_place") > 0) & (field("audit_place") <= looked.audit))
    # Without what models said: who sees a guess tends to agree with it.
    guesses = [f"{BOXES}.detections.{name}{end}" for name in PERCEIVED for end in ("", "_confidence")]
    yield "audit_sample", asked.exclude_fields(guesses).to_patches(BOXES).sort_by(f"{BOXES}.audit_place")
    for attribute in looked.unknown:
        unknown = field(f"{BOXES}.{attribute}") == UNKNOWN
        yield f"unknown_{attribute}", people.match(unknown & (field(f"{BOXES}.screened") == ""))


def _hardest_first(dataset: Any, attribute: str, group: str, model: str, field: Any) -> Any:
    hardest = field(f"{TRUTH}.keypoints").map(field(f"oks_{model}")).min()
    return members(dataset, attribute, group, model).sort_by(hardest)
