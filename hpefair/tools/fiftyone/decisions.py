"""What reviewers decide in FiftyOne: one document each, in the database that has the datasets, until it is exported.

A decision is inserted, never overwritten: reviewers at the same time lose nothing, and neither does a dataset that is
rebuilt. Exporting writes lines of review/decisions.jsonl and review/labels.jsonl, each once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from hpefair.data.tables import read_jsonl
from hpefair.ledgers import review_decisions, review_labels
from hpefair.tools.fiftyone.server import PUBLIC_ENDING

COLLECTION: Final = "hpefair.review"
RELABEL: Final = "relabel"


@dataclass(frozen=True)
class Decision:
    """What somebody decided.

    Attributes:
        person_id: Of whom.
        decision: accept, reject, flag or relabel.
        who: Reviewer.
        why: Reason.
        attribute: Attribute, of a new label.
        group: Its group.
    """

    person_id: str
    decision: str
    who: str
    why: str = ""
    attribute: str = ""
    group: str = ""


def record(project: str, decisions: Sequence[Decision]) -> None:
    """Keep decisions in the database; needs a running one.

    Args:
        project: Which data they are about: several workspaces may share a database.
        decisions: What was decided.
    """
    when = datetime.now(UTC).isoformat(timespec="seconds")
    _collection().insert_many([{**asdict(one), "project": project, "when": when} for one in decisions])


def export(project: str, decisions: Path, labels: Path) -> tuple[int, int]:
    """Write decisions that are in neither file yet; calling it again adds nothing.

    Args:
        project: Which data they are about.
        decisions: review/decisions.jsonl.
        labels: review/labels.jsonl.

    Returns:
        Lines added to each.
    """
    known = {row.get("id") for path in (decisions, labels) for row in read_jsonl(path)}
    rows = [row for row in _collection().find({"project": project}).sort("_id") if str(row["_id"]) not in known]
    told = [_label(row) for row in rows if row["decision"] == RELABEL]
    decided = [_decided(row) for row in rows if row["decision"] != RELABEL]
    review_decisions.append(decisions, decided)
    review_labels.append(labels, told)
    return len(decided), len(told)


def elsewhere(project: str) -> list[str]:
    """Other data that decisions in this database are about.

    Args:
        project: Which data are known.
    """
    return sorted(set(_collection().distinct("project")) - {project})


def _decided(row: Mapping[str, Any]) -> dict[str, str]:
    kept = {name: str(row[name]) for name in ("person_id", "decision", "who", "when", "why")}
    return {**kept, "id": str(row["_id"])}


def _label(row: Mapping[str, Any]) -> dict[str, str]:
    kept = {name: str(row[name]) for name in ("person_id", "attribute", "group", "when", "why")}
    return {**kept, "reviewer": str(row["who"]), "id": str(row["_id"])}


def _collection() -> Any:
    """One for all, wherever they were looking: people are the same in public datasets and in others."""
    import fiftyone as fo
    import fiftyone.core.odm as odm

    return odm.get_db_client()[fo.config.database_name.removesuffix(PUBLIC_ENDING)][COLLECTION]
