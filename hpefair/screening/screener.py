"""Screen one generated person: every check in turn, the first fault decides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from hpefair.arrays import Array
from hpefair.attributes.measured.picture import Picture
from hpefair.attributes.sources.source import Source
from hpefair.attributes.sources.sources import chosen
from hpefair.judges.opening import open_counter
from hpefair.judges.panel import Panel
from hpefair.judges.protocol import Counter
from hpefair.schema import PERCEIVED
from hpefair.screening.annotation import attribute_fault, file_fault, joints, measured, open_picture
from hpefair.screening.company import company_fault
from hpefair.screening.faults import NONE, NOT_MADE, Fault
from hpefair.screening.poses import judged
from hpefair.screening.produced import told
from hpefair.settings.params import Params


@dataclass(frozen=True)
class Finding:
    """What a screen found.

    Attributes:
        fault: The first fault, or none.
        measured: Measured attributes; empty where the picture could not be opened.
        keypoints: Keypoints (17, 3), joints that judges doubt masked; None where none is.
        oks: Agreement of judges; NaN where they were not asked.
        worst: Largest distance of a visible limb joint, relative to the root of the area.
        perceived: Group and source (`<attribute>_source`) of perceived attributes that were told anew; else empty.
    """

    fault: Fault
    measured: Mapping[str, Any] = field(default_factory=dict)
    keypoints: Array | None = None
    oks: float = float("nan")
    worst: float = float("nan")
    perceived: Mapping[str, str] = field(default_factory=dict)


class Screener:
    """Checks rows of generated.parquet; judges and sources are opened when they are first needed."""

    def __init__(self, settings: Params) -> None:
        """Keep the settings.

        Args:
            settings: All settings.
        """
        self.settings = settings

    def screen(self, row: Any) -> Finding:
        """Check a generated person.

        Args:
            row: A row of generated.parquet.
        """
        if not row.made:
            return Finding((NOT_MADE, row.reason))
        fault = file_fault(row, self.settings.screen)
        if fault != NONE:
            return Finding(fault)
        picture = open_picture(row)
        measurements = measured(picture, self.settings.attribute)
        fault, perceived = self._attributes(row, picture, measurements)
        if fault == NONE:
            fault = self._count(picture)
        if fault != NONE:
            return Finding(fault, measurements, perceived=perceived)
        return self._pose(row, picture, measurements, perceived)

    def _attributes(self, row: Any, picture: Picture, measurements: Mapping[str, Any]) -> tuple[Fault, dict[str, str]]:
        wanted = {name: getattr(row, f"wanted_{name}") for name in self.settings.plan.attributes}
        if row.backend != "diffusion" or row.parent_person:
            return attribute_fault(row, measurements, wanted), {}
        anew = told(picture, self._sources, self.settings)
        perceived = {name: anew.groups[name] for name in PERCEIVED}
        perceived |= {f"{name}_source": anew.sources[name] for name in PERCEIVED}
        only_measured = {name: group for name, group in wanted.items() if name not in PERCEIVED}
        fault = attribute_fault(row, measurements, only_measured)
        return (anew.fault(wanted) if fault == NONE else fault), perceived

    def _count(self, picture: Picture) -> Fault:
        if not self.settings.screen.counter:
            return NONE
        return company_fault(self._counter, picture, self.settings.screen.counter_score)

    def _pose(
        self, row: Any, picture: Picture, measurements: Mapping[str, Any], perceived: Mapping[str, str]
    ) -> Finding:
        screen = self.settings.screen
        if not screen.judges or row.backend not in screen.judged:
            return Finding(NONE, measurements, perceived=perceived)
        seen = self._panel.look(row.item_id, picture.pixels, np.asarray(row.bbox, dtype=float))
        result = judged(row, seen, screen)
        keypoints = None
        if result.fault == NONE and row.backend in screen.masked and result.doubted.any():
            keypoints = joints(row).copy()
            keypoints[result.doubted] = 0.0
        return Finding(result.fault, measurements, keypoints, result.oks, result.worst, perceived)

    @cached_property
    def _panel(self) -> Panel:
        return Panel(self.settings.screen.judges)

    @cached_property
    def _counter(self) -> Counter:
        return open_counter(self.settings.screen.counter)

    @cached_property
    def _sources(self) -> dict[str, Source]:
        return chosen(self.settings.attribute)
