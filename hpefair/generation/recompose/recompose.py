"""Recompose: a real training person dyed, set before another background or among other people, until a cell is filled.

Pose, outline and visibility stay those of the photograph, so the annotations are carried over exactly.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from hpefair.core.balance.cells import cell_name
from hpefair.data import images as files
from hpefair.generation import parents as possible_parents
from hpefair.generation import shots
from hpefair.generation.protocol import Item, Made
from hpefair.generation.recompose.aim import Aim
from hpefair.generation.recompose.cloth import is_grey
from hpefair.generation.recompose.drawn import drawn_surroundings
from hpefair.generation.recompose.exchange import Cutout, exchange
from hpefair.generation.recompose.movable import movable, pasteable
from hpefair.generation.recompose.paste import Scene, paste
from hpefair.generation.recompose.perspective import Perspective
from hpefair.generation.recompose.recolour import recolour
from hpefair.generation.recompose.rights import derived_from, may_mix
from hpefair.generation.recompose.shot import Shot
from hpefair.generation.recompose.spread import turn
from hpefair.generation.recompose.stretches import Donor, empty_stretch
from hpefair.settings.params import ContrastBins, Generate

Rng = np.random.Generator
Way = Callable[[Cutout, Rng], Shot | None]

# How often each way is tried first. Drawn surroundings vary least, so they come last.
WEIGHTS: Final = {"clothing": 0.35, "background": 0.30, "scene": 0.25, "drawn": 0.10}
SCENES_TRIED: Final = 6


class Recompose:
    """Backend `recompose`."""

    batch = 1

    def __init__(
        self,
        people: pd.DataFrame,
        images: pd.DataFrame,
        bins: ContrastBins,
        settings: Generate,
        photos: Sequence[Path] = (),
    ) -> None:
        """Index the training people.

        Args:
            people: People of the training split joined with path, width, height, license and attributes.
            images: Training images.
            bins: Bins of the contrast groups.
            settings: The generate section of params.yaml.
            photos: The user's background photographs; they show nobody.
        """
        self._parents = possible_parents.eligible(people, settings.context, settings.forbid_licenses)
        lending = possible_parents.donors(people, images, settings.forbid_licenses)
        self._by_image = dict(list(people.groupby("image_id")))
        self._donors = [_donor(row, self._by_image.get(row["image_id"])) for _, row in lending.iterrows()]
        fit = {name for name, rows in self._by_image.items() if possible_parents.fit_for_company(rows)}
        self._scenes = [row for _, row in lending.iterrows() if row["image_id"] in fit]
        self._photos = tuple(photos)
        self._bins = bins
        self._settings = settings

    def make(self, items: Sequence[Item]) -> list[Made | str]:
        """A changed training person for each item."""
        return [self._one(item) for item in items]

    def _one(self, item: Item) -> Made | str:
        """Change the parent whose turn it is until the measured contrast lies in the wanted cell."""
        rng = np.random.default_rng(item.seed)
        cell = cell_name([*item.wanted.values()])
        parents = possible_parents.in_cell(self._parents, item.wanted)
        if parents.empty:
            return f"no training person may be recomposed into {cell}: none there is measured and alterable"
        row = parents.iloc[turn(item.number, len(parents), self._settings.seed, cell)]
        shot = shots.read_shot(row, self._by_image[row["image_id"]], self._settings.context)
        changed = self._changed(shot, Aim.at(item.wanted.get("contrast"), self._bins), rng)
        if changed is None:
            return f"{self._settings.max_tries} tries did not bring {row['person_id']} into {cell}"
        return Made(
            changed.pixels,
            changed.person,
            changed.operation,
            derived_from(changed.licenses),
            others=changed.others,
            parent_image=str(row["image_id"]),
            sources=changed.sources,
        )

    def _changed(self, shot: Shot, aim: Aim, rng: Rng) -> Shot | None:
        """The first change whose measured contrast lies in the aim; clothes are dyed where surroundings do not do."""
        cutout, ways = Cutout(shot), self._ways(shot)
        for _ in range(self._settings.max_tries):
            if not ways:
                return None
            weights = np.array([WEIGHTS[name] for name in ways])
            name = str(rng.choice(list(ways), p=weights / weights.sum()))
            changed = ways[name](cutout, rng)
            if changed is None:
                del ways[name]  # nothing there for this person
            elif changed is not shot and aim.holds(changed.contrast()):
                return changed
            elif (dyed := recolour(changed, aim, rng)) is not None:
                return dyed
            elif changed is shot:
                del ways[name]
        return None

    def _ways(self, shot: Shot) -> dict[str, Way]:
        """Surroundings that a person can have, by name; `clothing` leaves them as they are."""
        ways: dict[str, Way] = {"clothing": lambda cutout, rng: cutout.shot}
        if movable(shot):
            ways["background"] = self._before_a_stretch
            if not is_grey(shot.pixels):
                ways["drawn"] = self._before_something_drawn
        if pasteable(shot):
            ways["scene"] = self._in_a_scene
        return ways

    def _before_a_stretch(self, cutout: Cutout, rng: Rng) -> Shot | None:
        stretch = empty_stretch(cutout.shot, self._donors, rng)
        return None if stretch is None else exchange(cutout, stretch, rng)

    def _before_something_drawn(self, cutout: Cutout, rng: Rng) -> Shot | None:
        return exchange(cutout, drawn_surroundings(cutout.shot, self._photos, rng), rng)

    def _in_a_scene(self, cutout: Cutout, rng: Rng) -> Shot | None:
        for number in rng.permutation(len(self._scenes))[:SCENES_TRIED]:
            row = self._scenes[int(number)]
            licenses = [*cutout.shot.licenses, str(row["license"])]
            if str(row["image_id"]) in cutout.shot.sources or not may_mix(licenses):
                continue
            composite = paste(cutout, self._scene(row), rng)
            if composite is not None:
                return composite
        return None

    def _scene(self, row: pd.Series) -> Scene:
        pixels = files.read_rgb(Path(row["path"]))
        people = self._by_image[row["image_id"]].sort_values("person_id")
        shown = tuple(shots.read_person(person, pixels.shape[:2]) for _, person in people.iterrows())
        return Scene(pixels, shown, str(row["image_id"]), str(row["license"]))


def _donor(image: pd.Series, people: pd.DataFrame | None) -> Donor:
    size = int(image["height"]), int(image["width"])
    boxes = np.zeros((0, 4)) if people is None else np.stack(people["bbox"].to_list()).astype(float)
    joints = [] if people is None else [np.asarray(row, dtype=float).reshape(-1, 3) for row in people["keypoints"]]
    name, path, license_name = (str(image[column]) for column in ("image_id", "path", "license"))
    return Donor(name, path, license_name, size, boxes, Perspective.of(joints))
