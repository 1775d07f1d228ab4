"""A coarse stand-in for the body mesh: volume and stature in a tenth of the time, for searching over shapes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from hpefair.arrays import Floats
from hpefair.synthetic.body.body import BodyModel, Triangles, load_body, volume
from hpefair.synthetic.body.phenotype import coefficients

CELL_M: Final = 0.045  # vertices of the neutral body that share a cell become one
POLE_M: Final = 0.008  # stature is looked for this near the crown and the soles of the neutral body


@dataclass(frozen=True)
class CoarseBody:
    """The linear shape space restricted to cell means and to the vertices that can be crown or sole.

    Attributes:
        template: Points (C, 3): `n_cells` cell means, then crown and sole candidates.
        basis: Shape basis (R, 3C).
        sliders: Offsets (C, 3) by slider.
        faces: Closed coarse mesh over the cells.
        n_cells: Number of cells.
    """

    template: Floats
    basis: Floats
    sliders: Mapping[str, Floats]
    faces: Triangles
    n_cells: int

    def rest(self, phenotype: Mapping[str, float], sliders: Mapping[str, float]) -> Floats:
        """Points (C, 3) at rest."""
        body = load_body()
        shape = (coefficients(phenotype, body.masks) @ body.projection).astype(np.float32)
        points: Floats = self.template + np.einsum("r,rp->p", shape, self.basis).reshape(-1, 3)
        for name, strength in sliders.items():
            points = points + np.float32(strength) * self.sliders[name]
        return points

    def stature(self, points: Floats) -> float:
        """Height in metres; exact, as long as crown and soles stay among the candidates."""
        heights = points[self.n_cells :, 1]
        return float(heights.max() - heights.min())

    def volume(self, points: Floats) -> float:
        """Volume in cubic metres of the coarse mesh; its ratio to the exact one hardly depends on shape."""
        return volume(points, self.faces)


@cache
def coarse_body() -> CoarseBody:
    """The coarse body, derived once per process."""
    body = load_body()
    skin = body.surfaces["body"]
    neutral = body.neutral[skin]
    cells = np.unique(np.floor(neutral / CELL_M).astype(int), axis=0, return_inverse=True)[1].ravel()
    n_cells = int(cells.max()) + 1
    poles = np.flatnonzero(
        (neutral[:, 1] > neutral[:, 1].max() - POLE_M) | (neutral[:, 1] < neutral[:, 1].min() + POLE_M)
    )
    pick = _pick(cells, poles, n_cells, len(body.template))
    faces = cells[body.faces["body"]]
    whole = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 0] != faces[:, 2])
    return CoarseBody(
        template=(pick @ body.template).astype(np.float32),
        basis=np.stack([(pick @ row.reshape(-1, 3)).ravel() for row in body.basis]).astype(np.float32),
        sliders={name: (pick @ _dense(body, name)).astype(np.float32) for name in body.sliders},
        faces=faces[whole].astype(np.int32),
        n_cells=n_cells,
    )


def _pick(cells: NDArray[np.int64], poles: NDArray[np.int64], n_cells: int, n_points: int) -> Any:
    """Sparse map from all points to cell means and poles."""
    size = np.bincount(cells)
    means = sp.csr_matrix((1 / size[cells], (cells, np.arange(len(cells)))), shape=(n_cells, n_points))
    exact = sp.csr_matrix((np.ones(len(poles)), (np.arange(len(poles)), poles)), shape=(len(poles), n_points))
    return sp.vstack([means, exact]).tocsr()


def _dense(body: BodyModel, name: str) -> Floats:
    rows, offsets = body.sliders[name]
    dense = np.zeros_like(body.template)
    dense[rows] = offsets
    return dense
