"""The two array types that the whole package shares."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Numbers with a unit, float32 unless a docstring says otherwise.
Array = NDArray[np.floating[Any]]
# A picture as a file holds it: H×W or H×W×channels, uint8, uint16 or float32 of 0..1.
Pixels = NDArray[Any]
