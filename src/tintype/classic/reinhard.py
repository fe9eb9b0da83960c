"""A picture takes on the color mood of another (Reinhard, Ashikhmin, Gooch, Shirley 2001)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]


def transfer_statistics(lab: Array, reference: Array) -> Array:
    """Give a* and b* the mean and the deviation of the reference's (equations 10 to 12, in CIELAB; L* stays).

    lab: H×W×3 float32 CIELAB. reference: h×w×3 float32 CIELAB, of any size. Returns ab, H×W×2 float32.
    A picture without color has no deviation to stretch: it gets the reference's mean color.
    """
    ab, wished = lab[..., 1:].reshape(-1, 2), reference[..., 1:].reshape(-1, 2)
    spread = ab.std(0)
    factor = np.where(spread > 1e-3, wished.std(0) / np.maximum(spread, 1e-3), 0)
    moved = (ab - ab.mean(0)) * factor + wished.mean(0)
    return np.asarray(moved.reshape(*lab.shape[:2], 2), np.float32)
