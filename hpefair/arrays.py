"""Array types, by what an array holds."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Floats = NDArray[np.floating[Any]]
Mask = NDArray[np.bool_]
Index = NDArray[np.int64]
Pixels = NDArray[np.uint8]
