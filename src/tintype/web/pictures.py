"""Photographs for clients: cut, shrunk, encoded."""

import io
from dataclasses import replace

import cv2

from tintype.arrays import size_within
from tintype.photo import Metadata, Photo, write_photo
from tintype.web.problems import OutsideError


def cut(photo: Photo, box: tuple[int, int, int, int]) -> Photo:
    """A part of a photograph. box: x, y, width, height. Raises OutsideError if nothing of it lies
    in the photograph."""
    x, y, width, height = box
    part = slice(y, y + height), slice(x, x + width)
    if x >= photo.pixels.shape[1] or y >= photo.pixels.shape[0]:
        raise OutsideError(
            f"the tile at ({x}, {y}) lies outside of the photograph of"
            f" {photo.pixels.shape[1]}×{photo.pixels.shape[0]}"
        )
    return replace(
        photo, pixels=photo.pixels[part], alpha=None if photo.alpha is None else photo.alpha[part]
    )


def encode(photo: Photo, format: str | None = None, quality: int | None = None) -> bytes:
    """A photograph's file."""
    whole = io.BytesIO()
    write_photo(photo, whole, quality, format)
    return whole.getvalue()


def weigh_photo(photo: Photo) -> int:
    """Bytes that its pixels take."""
    return int(photo.pixels.nbytes + (0 if photo.alpha is None else photo.alpha.nbytes))


def shrink_photo(photo: Photo, side: int) -> Photo:
    """The same photograph without its metadata, its longer side at most `side` pixels."""
    photo = replace(photo, metadata=Metadata())
    if max(photo.pixels.shape[:2]) <= side:
        return photo
    size = size_within(photo.pixels.shape, side)
    pixels = cv2.resize(photo.pixels, size, interpolation=cv2.INTER_AREA)
    alpha = (
        None if photo.alpha is None else cv2.resize(photo.alpha, size, interpolation=cv2.INTER_AREA)
    )
    return replace(photo, pixels=pixels, alpha=alpha)
