"""Which people somebody has selected in FiftyOne's App."""

from collections.abc import Sequence
from typing import Any, Final

from hpefair.tools.fiftyone.dataset import BOXES, LABELS, TRUTH

FIELDS: Final = (TRUTH, BOXES)


def selected(ctx: Any) -> list[str]:
    """Ids of the selected people, wherever they were selected.

    Single people are selected in a picture that is open, and in a view of single people; whoever selects a picture in a
    grid of pictures means everybody shown in it.

    Args:
        ctx: FiftyOne's execution context.
    """
    labels = [row["label_id"] for row in ctx.selected_labels or [] if row["field"] in FIELDS]
    if not labels and ctx.selected and ctx.view._is_patches:
        labels = list(ctx.selected)
    if labels:
        return _people(ctx.dataset.select_labels(ids=labels, fields=list(FIELDS)))
    return _people(ctx.view.select(list(ctx.selected))) if ctx.selected else []


def _people(view: Any) -> list[str]:
    """Everybody in a view, by either kind of label."""
    schema = view.get_field_schema()
    paths = [f"{path}.person_id" for field, path in zip(FIELDS, LABELS, strict=True) if field in schema]
    person_ids = [person for path in paths for person in view.values(path, unwind=True)]
    return list(dict.fromkeys(person for person in person_ids if person))


def note(ctx: Any, attribute: str, people: Sequence[str], value: str) -> None:
    """Show what was decided in the dataset as well.

    Args:
        ctx: FiftyOne's execution context.
        attribute: Attribute of the labels.
        people: Ids of people.
        value: Its value.
    """
    from fiftyone import ViewField

    for field, path in zip(FIELDS, LABELS, strict=True):
        view = ctx.dataset.filter_labels(field, ViewField("person_id").is_in(list(people)))
        ids = view.values(f"{path}.id", unwind=True)
        ctx.dataset.set_label_values(f"{path}.{attribute}", dict.fromkeys(ids, value))
