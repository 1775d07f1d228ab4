"""What the report says: the workspace's results as sentences, rows and figures."""

from typing import Any

from hpefair import __version__
from hpefair.report.accuracy import accuracy_values
from hpefair.report.answer import answer_values
from hpefair.report.cards import card_values
from hpefair.report.comparison import comparison_values
from hpefair.report.data import data_values
from hpefair.report.gallery import gallery_values
from hpefair.report.lineage import lineage
from hpefair.report.repair import repair_values
from hpefair.settings.params import Params


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
