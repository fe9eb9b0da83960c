"""A color photograph in; a file that shows it in gray and carries a small code of its color, out;
and back again."""

import io
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from tintype.arrays import Array, Pixels
from tintype.color.lab import lightness_to_luminance, linear_to_srgb
from tintype.engine.core.network import Network
from tintype.engine.core.prepare import GUIDED_PIXELS
from tintype.engine.core.render import is_monochrome, lightness_of, render, shrink
from tintype.errors import ModelError, PhotoError, UsageError
from tintype.pack.code import CHECK, GUESSES, HEADER, NAMED, SHARES, Code, code_in, with_code
from tintype.pack.color import grid_ab, network_detail, network_guess, network_name
from tintype.pack.grid import decode_grid, first_grid
from tintype.pack.search import Found, Truth, search, search_like
from tintype.photo import Photo, read_photo, write_photo
from tintype.photo.photo import to_uint8

KINDS = ("JPEG", "WEBP", "AVIF")
"""Formats of packed photographs."""
USUAL_BYTES = 250
TRIED = 3
"""Shares of the network's own answer that are tried out, after a quick look at all."""
SMALLEST = 24
"""Fewer bytes hold no color of a photograph."""
FAINT = 1.0
"""A photograph of less chroma than this everywhere, CIELAB units, has no color to pack."""


@dataclass(frozen=True)
class Packed:
    """data: the file. code: the code of the color in it. psnr: of the colors against the
    photograph's on the same L*, dB.
    needs_network: whether a network takes part at unpacking."""

    data: bytes
    code: bytes
    psnr: float
    needs_network: bool


@dataclass(frozen=True)
class Unpacked:
    """photo: in color, or gray if the code cannot be used. network: the one that took part, or
    None. notes: sentences about what went otherwise than wished."""

    photo: Photo
    is_colored: bool
    network: str | None = None
    notes: tuple[str, ...] = ()


def pack_photo(
    photo: Photo,
    kind: str,
    most: int | None = None,
    psnr: float | None = None,
    quality: int | None = None,
    network: Network | None = None,
) -> Packed:
    """Make a gray file with a code of the color.

    kind: JPEG, WEBP or AVIF. most: bytes of the whole code; default: 250. psnr: instead, what the
    colors must reach, dB. quality: of the gray picture, 1 to 100. network: takes part at unpacking
    where that brings the colors nearer to the true ones. Raises PhotoError if the photograph has no
    color or cannot be written, UsageError for what cannot be.
    """
    if kind not in KINDS:
        raise UsageError(f"a packed photograph is a JPEG, WebP or AVIF file, not {kind}")
    if most is not None and psnr is not None:
        raise UsageError("give a number of bytes or a PSNR, not both")
    if psnr is None:
        most = USUAL_BYTES if most is None else most
    if most is not None and most < SMALLEST:
        raise UsageError(f"a code of color takes at least {SMALLEST} bytes, not {most}")
    if photo.pixels.ndim == 2 or is_monochrome(photo.pixels):
        raise PhotoError("the photograph is gray: there is no color to pack")
    metadata = replace(photo.metadata, exif=with_code(photo.metadata.exif, None))
    alpha = None if photo.alpha is None else to_uint8(photo.alpha)
    gray = Photo(_gray_bytes(lightness_of(photo.pixels)), alpha, kind, metadata)
    shown = read_photo(_written(gray, quality))
    truth = Truth.of(_shrunken_ab(photo), lightness_of(shrink(shown.pixels, _factor(shown.pixels))))
    if float(np.abs(truth.ab).max()) < FAINT:
        raise PhotoError("the photograph is gray: there is no color to pack")
    code, reached = best_code(truth, None if most is None else most - HEADER - CHECK, psnr, network)
    data = code.to_bytes()
    told = replace(gray, metadata=replace(gray.metadata, exif=with_code(gray.metadata.exif, data)))
    return Packed(_written(told, quality), data, reached, bool(code.guess or code.detail))


def best_code(
    truth: Truth, most: int | None, psnr: float | None, network: Network | None
) -> tuple[Code, float]:
    """The code that comes nearest to the true colors in `most` bytes beside header and checksum, or
    the shortest one that reaches a PSNR, and the PSNR that it reaches, dB. Raises UsageError if
    there is none.

    A network's own answer, weakened, is a prediction of the colors: the grid then holds what lies
    beyond it.
    """
    found = search(truth, most, psnr)
    codes = [(Code(found.settings, found.code), found.psnr)]
    if network is not None:
        guess, room = (
            network_guess(network, truth.lightness),
            None if most is None else most - NAMED,
        )
        beyond = [truth.beyond(guess * np.float32(share / GUESSES)) for share in range(GUESSES)]
        worth = [found.worth(other) for other in beyond]
        for share in np.argsort(worth)[::-1][:TRIED].tolist():
            each = search_like(found, beyond[share], room, psnr)
            if each is not None:
                codes.append(_detailed(each, share, network))
    return max(codes, key=lambda code: code[1] if psnr is None else -len(code[0].to_bytes()))


def _detailed(found: Found, guess: int, network: Network) -> tuple[Code, float]:
    """The code of a grid beyond a share of the network's own answer, with the best share of detail,
    and its PSNR."""
    plain = grid_ab(found.grid, found.truth.lightness)
    detail = np.zeros_like(plain)
    if "hint" in network.inputs:
        detail = network_detail(
            network, found.grid, found.truth.whole(plain), found.truth.lightness
        )
    reached, share = max(
        (found.truth.psnr(plain + detail * np.float32(share / SHARES)), share)
        for share in range(SHARES + 1)
    )
    return Code(found.settings, found.code, guess, share, network_name(network)), reached


def unpack_photo(photo: Photo, model: str | Path = "default", device: str = "auto") -> Unpacked:
    """Color a packed photograph by its code.

    photo: as `read_photo` gives it. model: the network to use if the code asks for one. Where it is
    not there, the grid is used alone; where it is another one, its answer may serve for the right
    one's; where the code is damaged, the photograph stays gray; `notes` say so. Raises PhotoError
    if there is no code.
    """
    data = code_in(photo.metadata.exif)
    if data is None:
        raise PhotoError(
            "the photograph carries no code of its color; `tintype colorize` guesses it"
        )
    photo = replace(
        photo, metadata=replace(photo.metadata, exif=with_code(photo.metadata.exif, None))
    )
    pixels = photo.pixels[..., 0] if is_monochrome(photo.pixels) else photo.pixels
    pixels = np.ascontiguousarray(pixels)
    factor = _factor(pixels)
    lightness = lightness_of(shrink(pixels, factor))
    try:
        code = Code.from_bytes(data, *first_grid(*lightness.shape))
    except PhotoError as error:
        return Unpacked(photo, False, None, (f"{error}; the photograph stays gray",))
    grid = decode_grid(code.grid, lightness, code.settings)
    ab = grid_ab(grid, lightness, code.version)
    if not (code.guess or code.detail):
        return Unpacked(photo.with_pixels(render(pixels, ab, factor)), True)
    try:
        network = Network.load(model, device)
    except ModelError as error:
        note = f"{error}; the colors come from the code's grid alone" + (
            " and are wrong in part" if code.guess else ""
        )
        return Unpacked(photo.with_pixels(render(pixels, ab, factor)), True, None, (note,))
    if code.guess:
        ab = ab + network_guess(network, lightness) * np.float32(code.guess / GUESSES)
    notes: tuple[str, ...] = ()
    if network_name(network) != code.network:
        what = (
            "the colors are near the right ones"
            if code.guess
            else "the colors come from the code's grid alone"
        )
        notes = (
            f"the code was made with another network, or another version, than {model}; {what}",
        )
    elif code.detail:
        detail = network_detail(network, grid, ab, lightness, code.version)
        ab = ab + detail * np.float32(code.detail / SHARES)
    named = None if notes and not code.guess else network.path.stem
    return Unpacked(photo.with_pixels(render(pixels, ab, factor)), True, named, notes)


def _factor(pixels: Pixels) -> int:
    """How much smaller than the picture colors are computed."""
    return max(1, round((pixels.shape[0] * pixels.shape[1] / GUIDED_PIXELS) ** 0.5))


def _shrunken_ab(photo: Photo) -> Array:
    rgb = shrink(photo.pixels, _factor(photo.pixels)).astype(np.float32) / np.float32(photo.white)
    return np.ascontiguousarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab)[..., 1:])


def _gray_bytes(lightness: Array) -> Pixels:
    """L* to the gray of that lightness, uint8."""
    return np.rint(linear_to_srgb(lightness_to_luminance(lightness)) * 255).astype(np.uint8)


def _written(photo: Photo, quality: int | None) -> bytes:
    file = io.BytesIO()
    write_photo(photo, file, quality)
    return file.getvalue()
