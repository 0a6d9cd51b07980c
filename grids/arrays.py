"""Array types shared by every package.

Arrays are float64 (or bool, int64), C order, with the member axis first, new on every step and never
written again: mosaik passes references.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
