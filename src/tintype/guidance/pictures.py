"""Pictures inside a guidance: PNG files, base64 in JSON."""

import base64
import binascii
import struct
from typing import Annotated, Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from tintype.errors import UsageError

MAX_PIXELS = 100_000_000
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_HEAD_BYTES = 33
"""Of the signature and the header chunk (PNG, 5.2 and 11.2.2)."""


def read_base64(value: Any) -> bytes:
    """A PNG file as bytes, or as the base64 text of JSON. Only its header is read. Raises
    UsageError."""
    if isinstance(value, str):
        try:
            value = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError) as error:
            raise UsageError("not a base64-coded picture") from error
    if not isinstance(value, bytes):
        raise UsageError("must be a PNG picture: bytes, or base64 text in JSON")
    check_png(value)
    return value


PngFile = Annotated[
    bytes,
    BeforeValidator(read_base64),
    PlainSerializer(lambda data: base64.b64encode(data).decode("ascii"), when_used="json"),
    WithJsonSchema({"type": "string", "format": "byte", "minLength": 44}),
]


def encode_picture(pixels: NDArray[Any], name: str) -> bytes:
    """uint8 pixels, H×W or H×W×3 (RGB), as PNG. name: for messages. Raises UsageError."""
    picture = np.ascontiguousarray(pixels[..., ::-1]) if pixels.ndim == 3 else pixels
    done, coded = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 4])
    if not done:
        raise UsageError(f"{name} cannot be stored as a picture")
    return coded.tobytes()


def check_png(data: bytes) -> None:
    """Raises UsageError, from the header alone, unless it is a PNG of at most MAX_PIXELS."""
    if data[:8] != PNG_SIGNATURE or len(data) < PNG_HEAD_BYTES:
        raise UsageError("not a PNG picture")
    width, height = struct.unpack(">II", data[16:24])
    if width * height > MAX_PIXELS:
        raise UsageError(
            f"{width}×{height} pixels; at most {MAX_PIXELS // 10**6} megapixels are read"
        )


def decode_png(data: bytes, name: str, mode: int) -> NDArray[np.uint8]:
    """A PNG file as uint8 pixels, gray or RGB. mode: an IMREAD flag of OpenCV. name: for messages.
    Raises UsageError."""
    try:
        check_png(data)
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from error
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), mode)
    if decoded is None:
        raise UsageError(f"{name} is damaged and cannot be read")
    return np.asarray(decoded[..., ::-1] if decoded.ndim == 3 else decoded, np.uint8)
