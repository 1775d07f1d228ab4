"""hpefair's plugin for FiftyOne: a panel and four operators; `hpefair review` and `hpefair app` bring it."""

from typing import Any

from hpefair.tools.fiftyone.operators import OPERATORS
from hpefair.tools.fiftyone.panel import FairnessPanel


def register(plugin: Any) -> None:
    """Called by FiftyOne when its App starts."""
    plugin.register(FairnessPanel)
    for operator in OPERATORS:
        plugin.register(operator)
