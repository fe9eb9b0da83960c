"""What can be measured: a network, a baseline or a folder of ready-made results; a truth in, a
colored picture out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from tintype.arrays import Array
from tintype.color import fitted_srgb
from tintype.engine.assist.exemplar import match_exemplar
from tintype.engine.assist.levin import propagate_hints
from tintype.engine.assist.reinhard import transfer_statistics
from tintype.engine.colorizer import Colorizer
from tintype.errors import DataError, UsageError
from tintype.photo import PLAIN_SUFFIXES


@dataclass(frozen=True)
class Case:
    """One picture to color.

    name: its file's. pixels: its width and height there. lab: S×S×3 float32 CIELAB of the truth.
    hint: S×S×3 float32 (a*, b*, confidence). reference: another picture's CIELAB, for `reinhard`
    and `exemplar`.
    """

    name: str
    pixels: tuple[int, int]
    lab: Array
    hint: Array
    reference: Array


System = Callable[[Case], Array]
"""Gives the colored picture: S×S×3 float32 sRGB, 0..1, in steps of 1/255."""


def pictures_in(folder: Path) -> list[Path]:
    """The pictures that lie in a folder itself, sorted; none where there is no folder."""
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in files if path.suffix.lower() in PLAIN_SUFFIXES]


def read_picture(path: Path, size: int | None, crop: str = "whole") -> Array:
    """A picture file, or the square in its middle for crop="center", brought to size×size (area
    mean where it shrinks), or as it is: float32 sRGB, 0..1, 8-bit steps.

    Raises DataError if the file cannot be read.
    """
    data = np.fromfile(path, np.uint8) if path.is_file() else np.empty(0, np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB) if data.size else None
    if picture is None:
        raise DataError(f"{path} is not a readable picture")
    if crop == "center":
        side = min(picture.shape[:2])
        top, left = ((length - side) // 2 for length in picture.shape[:2])
        picture = picture[top : top + side, left : left + side]
    if size is not None:
        how = cv2.INTER_AREA if min(picture.shape[:2]) > size else cv2.INTER_CUBIC
        picture = cv2.resize(picture, (size, size), interpolation=how)
    return np.asarray(picture, np.float32) / 255


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height of a picture file. Raises DataError if it cannot be read."""
    try:
        with Image.open(path) as picture:
            return picture.size
    except OSError as error:
        raise DataError(f"{path} is not a readable picture") from error


def paint(lightness: Array, ab: Array) -> Array:
    """ab on the true L*, drawn into the gamut, in 8-bit steps: H×W and H×W×2 in, H×W×3 float32 sRGB
    out."""
    rgb = fitted_srgb(np.dstack([lightness, ab]))
    return np.asarray(np.round(rgb * 255) / 255, np.float32)


def open_system(name: str, size: int | None, crop: str = "whole") -> System:
    """name: `gray`, `truth`, `levin`, `reinhard`, `exemplar`, `folder:DIR`, a network's name or an
    ONNX file.

    Raises UsageError for a folder that does not exist, ModelError for an unknown network.
    """
    if name == "gray":
        return lambda case: paint(case.lab[..., 0], np.zeros_like(case.lab[..., 1:]))
    if name == "truth":
        return lambda case: paint(case.lab[..., 0], case.lab[..., 1:])
    if name == "levin":
        return lambda case: paint(case.lab[..., 0], propagate_hints(case.lab[..., 0], case.hint))
    if name == "reinhard":
        gray = np.array([1, 0, 0], np.float32)
        return lambda case: paint(
            case.lab[..., 0], transfer_statistics(case.lab * gray, case.reference)
        )
    if name == "exemplar":
        return lambda case: paint(
            case.lab[..., 0], match_exemplar(case.lab[..., 0], case.reference)
        )
    if name.startswith("folder:"):
        return _folder(Path(name.removeprefix("folder:")), size, crop)
    colorizer = Colorizer(name)

    def color(case: Case) -> Array:
        lightness = case.lab[..., 0]
        if not case.hint[..., 2].any():
            return paint(lightness, colorizer.predict(lightness))
        return paint(lightness, colorizer.predict(lightness, case.hint))

    return color


def with_count(name: str, hints: int) -> str:
    """The name of a system that is given a number of hints."""
    return f"{name}, {hints} hints"


def split_count(name: str) -> tuple[str, int | None]:
    """What `with_count` put together; None for the name of a system that was not given a number."""
    bare, sign, count = name.removesuffix(" hints").rpartition(", ")
    return (
        (bare, int(count)) if sign and name.endswith(" hints") and count.isdigit() else (name, None)
    )


def _folder(folder: Path, size: int | None, crop: str) -> System:
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder of results")
    files = {path.stem: path for path in pictures_in(folder)}

    def find(case: Case) -> Array:
        result = files.get(Path(case.name).stem)
        if result is None:
            raise DataError(
                f"{folder} holds no result for {case.name}; every picture needs one of the same"
                " name"
            )
        width, height = picture_size(result)
        if (width, height) != (size, size) and abs(
            width * case.pixels[1] - height * case.pixels[0]
        ) > max(width, height):
            true = "×".join(map(str, case.pixels))
            raise DataError(
                f"{result} has {width}×{height} pixels, and the truth {true}:"
                " it must show the whole picture"
            )
        return read_picture(result, size, crop)

    return find
