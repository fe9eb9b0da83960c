"""Make the gray photographs of this folder from the free ones that scikit-image and Matplotlib
carry.

pip install scikit-image matplotlib && python examples/make_gray.py
"""

from pathlib import Path

import matplotlib
import numpy as np
import skimage
from PIL import Image

from tintype import Photo, write_photo
from tintype.color.lab import LUMINANCE, linear_to_srgb, srgb_to_linear

HERE = Path(__file__).parent
FROM_SKIMAGE = Path(skimage.__file__).parent / "data"
FROM_MATPLOTLIB = Path(matplotlib.get_data_path()) / "sample_data"

SOURCES = {
    "eileen-collins": FROM_SKIMAGE / "astronaut.png",
    "grace-hopper": FROM_MATPLOTLIB / "grace_hopper.jpg",
    "cameraman": FROM_SKIMAGE / "camera.png",
    "cat": FROM_SKIMAGE / "chelsea.png",
    "coffee": FROM_SKIMAGE / "coffee.png",
    "rocket": FROM_SKIMAGE / "rocket.jpg",
    "brick-wall": FROM_SKIMAGE / "brick.png",
    "lawn": FROM_SKIMAGE / "grass.png",
}

for name, source in SOURCES.items():
    rgb = np.asarray(Image.open(source).convert("RGB"), np.float32) / 255
    gray = linear_to_srgb(srgb_to_linear(rgb) @ LUMINANCE)
    photo = Photo(np.rint(gray * 255).astype(np.uint8))
    write_photo(photo, HERE / f"{name}.jpg", quality=92, format="jpg")
    print(HERE / f"{name}.jpg")
