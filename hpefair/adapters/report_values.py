"""What the report says: the workspace's results as sentences, rows and figures."""

from typing import Any

from hpefair import __version__
from hpefair.adapters.report_accuracy import accuracy_values
from hpefair.adapters.report_answer import answer_values
from hpefair.adapters.report_cards import card_values
from hpefair.adapters.report_comparison import comparison_values
from hpefair.adapters.report_data import data_values
from hpefair.adapters.report_gallery import gallery_values
from hpefair.adapters.report_lineage import lineage
from hpefair.adapters.report_repair import repair_values
from hpefair.params import Params


def collect(settings: Params) -> dict[str, Any]:
    """Read every result and make the values that the page and the cards name.

    Args:
        settings: params.yaml.
    """
    return {
        "title": settings.report.title,
        "version": __version__,
        "min_cell": settings.report.least,
        "resamples": settings.evaluate.resamples,
        **answer_values(settings),
        **data_values(settings),
        **repair_values(settings),
        **gallery_values(settings),
        **accuracy_values(settings),
        **comparison_values(settings),
        **card_values(settings),
        **lineage(),
    }
