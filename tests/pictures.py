"""Photographs of scikit-image, cut and encoded, for tests."""

import io
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

EXAMPLES = Path(__file__).parents[1] / "examples"


def pictures() -> dict[str, np.ndarray]:
    found = {
        "cat": data.chelsea(),
        "coffee": data.coffee(),
        "face": data.astronaut(),
        "rocket": data.rocket(),
    }
    return {
        f"{name}-{i}": picture[40 * i : 40 * i + 200, :260]
        for name, picture in found.items()
        for i in range(2)
    }


def jpeg(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=95)
    return file.getvalue()
