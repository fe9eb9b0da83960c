"""How old color processes show colors: tables over CIELAB, and their use on a picture."""

import base64

import cv2
import numpy as np

from tintype.arrays import Array

GRID_STEP = 10
"""Of a* and b*, CIELAB units."""
GRID_SIDE = 21
"""Nodes of a* and of b*, from -100 to 100."""
LEVELS = (15.0, 40.0, 60.0, 80.0, 95.0)
"""L* of the layers of a table."""


def unpack_table(packed: str) -> Array:
    """A table as palettes.json holds it (base64 of int8): len(LEVELS)×GRID_SIDE×GRID_SIDE×2, ab in
    CIELAB units by L*, a*, b*."""
    values = np.frombuffer(base64.b64decode(packed), np.int8).astype(np.float32)
    return values.reshape(len(LEVELS), GRID_SIDE, GRID_SIDE, 2)


def through_process(ab: Array, lightness: Array, table: Array) -> Array:
    """ab of natural colors as a process shows them: H×W×2 float32 and L* H×W in, H×W×2 out.

    Black and white have no cast: what a table says of gray fades to nothing there.
    """
    node = np.clip(ab / GRID_STEP + GRID_SIDE // 2, 0, GRID_SIDE - 1).astype(np.float32)
    layers = [cv2.remap(layer, node[..., 1], node[..., 0], cv2.INTER_LINEAR) for layer in table]
    level = np.interp(lightness, LEVELS, np.arange(len(LEVELS)))
    shown = np.zeros_like(ab, dtype=np.float32)
    for number, layer in enumerate(layers):
        weight = np.clip(1 - np.abs(level - number), 0, 1).astype(np.float32)
        shown += weight[..., None] * layer
    return shown
