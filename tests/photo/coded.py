"""Pictures as the bytes of files, for tests."""

import io

import tifffile
from PIL import Image


def saved(image: Image.Image, kind: str, **options) -> bytes:
    """By Pillow."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def tiff(pixels, **options) -> bytes:
    """By tifffile."""
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, **options)
    return file.getvalue()
