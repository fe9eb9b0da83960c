"""The array types that the whole package shares, and the size of a picture within a limit."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Numbers with a unit, float32 unless a docstring says otherwise.
Array = NDArray[np.floating[Any]]
# A picture as a file holds it: H×W or H×W×channels, uint8, uint16 or float32 of 0..1.
Pixels = NDArray[Any]


def size_within(shape: tuple[int, ...], side: int) -> tuple[int, int]:
    """Width and height, pixels, of a picture of `shape` (H, W, …) once its longer side is at most
    `side`; no larger than it is."""
    scale = min(1.0, side / max(shape[:2]))
    return max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale))
