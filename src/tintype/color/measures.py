"""How colorful a picture is."""

import numpy as np

from tintype.color.lab import Array


def colorfulness(rgb: Array) -> float:
    """Hasler and Süsstrunk 2003, equation for M̂(3). rgb: H×W×3 float32 sRGB, 0..1. Returns 0 (gray) to about 110."""
    r, g, b = np.moveaxis(np.asarray(rgb, np.float64) * 255, -1, 0)
    red_green, yellow_blue = r - g, (r + g) / 2 - b
    spread = np.hypot(red_green.std(), yellow_blue.std())
    offset = np.hypot(red_green.mean(), yellow_blue.mean())
    return float(spread + 0.3 * offset)
