"""Portraits cropped to the face in; color errors of skin, of hair or what is above it, and of the
background out."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array
from tintype.lab.evaluation.measures import ciede2000

CENTER = 0.5, 0.5
"""Of the face's oval, as shares of width and height: where aligned crops such as UTKFace's (Zhang
et al. 2017) have it."""
HALF_AXES = 0.37, 0.47
PARTS = ("skin", "hair", "background")


def face_parts(height: int, width: int) -> dict[str, NDArray[np.bool_]]:
    """Masks H×W of the parts of a face-centered crop, with gaps between them so that none holds its
    neighbor's border.

    skin: inside the face's oval. hair: around the upper face, hair or what takes its place.
    background: beside the lower face, backdrop or clothes.
    """
    x = (np.arange(width, dtype=np.float32)[None] + 0.5) / width - CENTER[0]
    y = (np.arange(height, dtype=np.float32)[:, None] + 0.5) / height - CENTER[1]
    radius = np.hypot(x / HALF_AXES[0], y / HALF_AXES[1])
    around = radius >= 1.15
    return {"skin": radius <= 0.8, "hair": around & (y <= -0.2), "background": around & (y >= 0)}


def part_errors(made: Array, truth: Array) -> dict[str, float]:
    """Mean CIEDE2000 of each part. made, truth: H×W×3 CIELAB of one face-centered crop."""
    difference = ciede2000(made, truth)
    return {
        part: float(difference[mask].mean()) for part, mask in face_parts(*truth.shape[:2]).items()
    }


def worst_over_best(errors: Sequence[float]) -> float:
    """How much worse the worst group fares than the best: the ratio of their mean errors; 1 is
    equal treatment."""
    return max(errors) / min(errors)
