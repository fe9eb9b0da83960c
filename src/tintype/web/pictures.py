"""Photographs on their way to a client: cut, shrunk, encoded, and what is worth telling about
them."""

import io
from dataclasses import replace

import cv2

from tintype.errors import TintypeError
from tintype.photo import Metadata, Photo, is_color, left_out, looks_negative, write_photo

RECOLORED = "the photograph was in color already; its own colors are replaced"


class NoPartError(TintypeError):
    """The part that is asked for lies outside of the photograph."""


def cut(photo: Photo, box: tuple[int, int, int, int]) -> Photo:
    """A part of a photograph. box: x, y, width, height. Raises NoPartError if nothing of it lies in
    the photograph."""
    x, y, width, height = box
    part = slice(y, y + height), slice(x, x + width)
    if x >= photo.pixels.shape[1] or y >= photo.pixels.shape[0]:
        raise NoPartError(
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
    height, width = photo.pixels.shape[:2]
    if max(height, width) <= side:
        return photo
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    pixels = cv2.resize(photo.pixels, size, interpolation=cv2.INTER_AREA)
    alpha = (
        None if photo.alpha is None else cv2.resize(photo.alpha, size, interpolation=cv2.INTER_AREA)
    )
    return replace(photo, pixels=pixels, alpha=alpha)


def notes_on(photo: Photo) -> tuple[bool, tuple[str, ...]]:
    """Whether a photograph is in color already, and other sentences worth knowing about it."""
    negative = (
        ("the photograph looks like a color negative; invert it first",)
        if looks_negative(photo)
        else ()
    )
    return is_color(photo) and not negative, (*map(str, photo.notices), *negative)


def note_on_pages(pages: int, kind: str) -> str | None:
    """A sentence where a format holds fewer pages than the file. kind: such as "JPEG"."""
    found = left_out(pages, kind)
    return found and f"the file {found.partition(';')[0]}; the format tif keeps all"
