"""Color photographs with ONNX Runtime, NumPy and Pillow alone.

pip install onnxruntime pillow
tintype export --rgb -o tintype-rgb.onnx            (once, where Tintype is installed)
python color_with_onnxruntime.py tintype-rgb.onnx photo.jpg photo.color.png
"""

import sys

import numpy as np
import onnxruntime as ort
from PIL import Image, ImageOps


def color(model: str, source: str, target: str) -> None:
    session = ort.InferenceSession(model)
    with Image.open(source) as image:
        pixels = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    rgb = pixels.transpose(2, 0, 1)[None].astype(np.float32) / 255
    (colored,) = session.run(["colored"], {"rgb": rgb})
    bytes_ = np.rint(colored[0].transpose(1, 2, 0) * 255).astype(np.uint8)
    Image.fromarray(bytes_).save(target)


if __name__ == "__main__":
    color(*sys.argv[1:])
