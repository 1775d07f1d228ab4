"""What is said of settings that are refused; it changes no value, so no stage depends on it."""

from collections.abc import Sequence
from typing import Any, Final

# Keys that have another name now.
RENAMED: Final = {
    "audit.coverage.minimum": "min_people",
    "generate.tries": "max_tries",
    "screen.even_from": "min_acceptance_ratio",
    "predict.engine.least_score": "score_threshold",
    "predict.engine.most_overlap": "nms_iou",
    "predict.engine.most_similar": "nms_oks",
    "predict.engine.most_people": "max_people",
}


def refusal(errors: Sequence[Any]) -> str:
    """Every unknown key and bad value with its path, in one line.

    Args:
        errors: What pydantic says of them.
    """
    places = {_place(one): one for one in errors}
    renamed = {f"{old.rpartition('.')[0]}.{new}" for old, new in RENAMED.items() if old in places}
    return "; ".join(_explain(place, one) for place, one in places.items() if place not in renamed)


def _place(error: Any) -> str:
    return ".".join(str(part) for part in error["loc"] if not str(part).startswith(("function", "dict[", "literal")))


def _explain(where: str, error: Any) -> str:
    if where in RENAMED:
        return f"{where} is called {RENAMED[where]} now: rename the key"
    if error["type"] == "extra_forbidden":
        return f"unknown key {where}; check its spelling in docs/pipeline.md"
    if error["type"] == "missing":
        return f"missing key {where}"
    if error["type"] == "value_error":
        return f"{where}: {error['msg'].removeprefix('Value error, ')}"
    return f"{where}: {error['msg']}, got {error['input']!r}"
