"""Everything a logged number depends on, as parameters: two runs may be compared where these are equal."""

from typing import Any

from hpefair.core.pose.assignment import FOUND_FROM
from hpefair.core.pose.candidates import MAX_DETECTIONS, THRESHOLDS
from hpefair.core.pose.person_scores import PCK_AT
from hpefair.core.pose.skeletons import COCO_17
from hpefair.settings.params import Params


def definitions(settings: Params, asked: bool) -> dict[str, Any]:
    """Constants of the metrics, how intervals are drawn, how models were asked, who is in which split.

    Args:
        settings: params.yaml.
        asked: Whether the model was asked here, with `predict.engine`; somebody else's predictions were not.

    Returns:
        Parameter name to value; docs/guides/tracking.md lists them.
    """
    return {
        "oks.skeleton": COCO_17.name,
        "oks.sigmas": " ".join(str(sigma) for sigma in COCO_17.sigmas),
        "oks.thresholds": " ".join(f"{threshold:.2f}" for threshold in THRESHOLDS),
        "oks.area": "annotated segment",
        "oks.max_detections": MAX_DETECTIONS,
        "found.oks": FOUND_FROM,
        "pck.share_of_box": PCK_AT,
        **{f"evaluate.{key}": value for key, value in settings.evaluate.model_dump().items()},
        **({f"predict.{key}": value for key, value in settings.predict.engine.model_dump().items()} if asked else {}),
        **{f"ingest.{key}": value for key, value in settings.ingest.model_dump().items()},
        **{f"calibrate.{key}": value for key, value in settings.calibrate.model_dump().items()},
        "attribute.sources": settings.attribute.sources,
        "attribute.min_area_px": settings.attribute.min_area_px,
        **{f"split.{key}": value for key, value in settings.split.model_dump().items()},
        **{f"contrast.{key}": value for key, value in settings.attribute.contrast.model_dump().items()},
    }
