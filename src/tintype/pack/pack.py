"""A color photograph packed: a file that shows it in gray and carries a small code of its color;
and unpacked again."""

import io
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from tintype.arrays import Array, Pixels
from tintype.color.lab import lightness_to_luminance, linear_to_srgb, srgb_to_lab
from tintype.engine.core.network import Network
from tintype.engine.core.prepare import guided_factor
from tintype.engine.core.render import lightness_of, render, shrink, single_channel
from tintype.errors import ModelError, PhotoError, UsageError
from tintype.pack.code import (
    CHECKSUM_BYTES,
    DETAIL_STEPS,
    HEADER_BYTES,
    NAME_BYTES,
    PREDICTION_STEPS,
    Code,
    code_in,
    with_code,
)
from tintype.pack.color import grid_ab, network_ab, network_detail, network_name
from tintype.pack.grid import decode_grid, first_grid
from tintype.pack.search import CodedGrid, Truth, search, search_like
from tintype.photo import Photo, read_photo, write_photo
from tintype.photo.photo import to_uint8

# Formats of packed photographs.
KINDS = ("JPEG", "PNG", "WEBP", "AVIF")
# Bytes of a code if neither bytes nor PSNR are given, and the fewest that hold any color.
DEFAULT_BYTES, MIN_BYTES = 250, 24
# Shares of the network's own prediction, of PREDICTION_STEPS, that are estimated, and how many of
# them are then tried in full.
ESTIMATED_SHARES, MAX_TRIED_SHARES = (0, 3, 6), 1
# Chroma up to which a photograph has no color to pack, CIELAB units.
MAX_GRAY_CHROMA = 1.0


@dataclass(frozen=True)
class Packed:
    """data: the file. code: the code of the color in it. psnr: of the colors against the
    photograph's on the same L*, dB. needs_network: whether a network takes part at unpacking."""

    data: bytes
    code: bytes
    psnr: float
    needs_network: bool


@dataclass(frozen=True)
class Unpacked:
    """photo: in color, or gray if the code cannot be used. network: the one that took part, or
    None. notes: sentences about deviations from the packed colors."""

    photo: Photo
    is_colored: bool
    network: Network | None = None
    notes: tuple[str, ...] = ()


def pack_photo(
    photo: Photo,
    kind: str,
    max_bytes: int | None = None,
    psnr: float | None = None,
    quality: int | None = None,
    network: Network | None = None,
) -> Packed:
    """Make a gray file with a code of the color.

    kind: JPEG, PNG, WEBP or AVIF. max_bytes: of the whole code; default: 250. psnr: instead, what
    the colors must reach, dB. quality: of the gray picture, 1 to 100. network: takes part at
    unpacking where that brings the colors nearer to the true ones. Raises PhotoError if the
    photograph has no color or cannot be written, UsageError for wrong or unreachable arguments.
    """
    if kind not in KINDS:
        raise UsageError(f"a packed photograph is a JPEG, PNG, WebP or AVIF file, not {kind}")
    if max_bytes is not None and psnr is not None:
        raise UsageError("give a number of bytes or a PSNR, not both")
    if max_bytes is None and psnr is None:
        max_bytes = DEFAULT_BYTES
    if max_bytes is not None and max_bytes < MIN_BYTES:
        raise UsageError(f"a code of color takes at least {MIN_BYTES} bytes, not {max_bytes}")
    gray_error = PhotoError("the photograph is gray: there is no color to pack")
    if single_channel(photo.pixels).ndim == 2:
        raise gray_error
    metadata = replace(photo.metadata, exif=with_code(photo.metadata.exif, None))
    alpha = None if photo.alpha is None else to_uint8(photo.alpha)
    gray = Photo(_gray_bytes(lightness_of(photo.pixels)), alpha, kind, metadata)
    shown = read_photo(_written(gray, quality)).pixels
    truth = Truth.of(_shrunken_ab(photo), lightness_of(shrink(shown, guided_factor(shown))))
    if float(np.abs(truth.ab).max()) < MAX_GRAY_CHROMA:
        raise gray_error
    room = None if max_bytes is None else max_bytes - HEADER_BYTES - CHECKSUM_BYTES
    code, reached = best_code(truth, room, psnr, network)
    data = code.to_bytes()
    packed = replace(gray, metadata=replace(metadata, exif=with_code(metadata.exif, data)))
    return Packed(_written(packed, quality), data, reached, code.needs_network)


def best_code(
    truth: Truth, max_bytes: int | None, psnr: float | None, network: Network | None
) -> tuple[Code, float]:
    """The code that comes nearest to the true colors in `max_bytes` beside header and checksum, or
    the shortest one that reaches a PSNR, and the PSNR that it reaches, dB. Raises UsageError if
    there is none.

    A network's own prediction, weakened, is a first guess of the colors: the grid then holds the
    difference.
    """
    best = search(truth, max_bytes, psnr)
    codes = [(Code(best.settings, best.code), best.psnr)]
    if network is not None:
        guess = network_ab(network, truth.lightness)
        room = None if max_bytes is None else max_bytes - NAME_BYTES
        rests = {
            share: truth.beyond(guess * np.float32(share / PREDICTION_STEPS))
            for share in ESTIMATED_SHARES
        }
        order = sorted(rests, key=lambda share: -best.worth(rests[share]))
        for share in order[:MAX_TRIED_SHARES]:
            coded = search_like(best, rests[share], room, psnr)
            if coded is not None:
                codes.append(_with_detail(coded, share, network))
    return max(codes, key=lambda code: code[1] if psnr is None else -len(code[0].to_bytes()))


def _with_detail(coded: CodedGrid, prediction: int, network: Network) -> tuple[Code, float]:
    """The code of a grid beyond a share of the network's own prediction, with the best share of
    detail, and its PSNR."""
    truth = coded.truth
    plain = truth.upsampled(coded.grid)
    settings, name = coded.settings, network_name(network)
    if "hint" not in network.inputs:
        return Code(settings, coded.code, prediction, 0, name), truth.psnr(plain)
    detail = network_detail(network, coded.grid, truth.whole(plain), truth.lightness)

    @cache
    def reached(share: int) -> float:
        return truth.psnr(plain + detail * np.float32(share / DETAIL_STEPS))

    # PSNR rises to the best share and falls beyond it: the error is nearly a parabola
    share = DETAIL_STEPS // 2
    step = 1 if reached(share + 1) > reached(share) else -1
    while 0 <= share + step <= DETAIL_STEPS and reached(share + step) > reached(share):
        share += step
    return Code(settings, coded.code, prediction, share, name), reached(share)


def unpack_photo(
    photo: Photo, model: str | Path = "default", device: str = "auto", force: bool = False
) -> Unpacked:
    """Color a packed photograph by its code.

    photo: as `read_photo` gives it. model: the network to use if the code asks for one. force: go
    on without that network: if there is none, by the grid alone; with another one, by its
    prediction in the place of the right one's. If the code is damaged, the photograph stays gray.
    `notes` report all this. Raises PhotoError if there is no code, ModelError for a missing or
    another network, unless forced.
    """
    data = code_in(photo.metadata.exif)
    if data is None:
        raise PhotoError(
            "the photograph carries no code of its color; `tintype colorize` guesses it"
        )
    photo = replace(
        photo, metadata=replace(photo.metadata, exif=with_code(photo.metadata.exif, None))
    )
    pixels = single_channel(photo.pixels)
    factor = guided_factor(pixels)
    lightness = lightness_of(shrink(pixels, factor))
    try:
        code = Code.from_bytes(data, *first_grid(*lightness.shape))
    except PhotoError as error:
        return Unpacked(photo, False, None, (f"{error}; the photograph stays gray",))
    grid = decode_grid(code.grid, lightness, code.settings)
    ab = grid_ab(grid, lightness)
    used: Network | None = None
    notes: tuple[str, ...] = ()
    if code.needs_network:
        try:
            network = Network.load(model, device)
            if network_name(network) != code.network and not force:
                raise ModelError(
                    f"the colors were packed with another network, or another version or size of"
                    f" it, than {model}; name that one (--model), or accept less exact colors"
                    " (--force)"
                )
            ab, notes = _network_part(code, network, str(model), grid, ab, lightness)
            used = network if code.prediction or not notes else None
        except ModelError as error:
            if not force:
                raise
            wrong = " and are wrong in part" if code.prediction else ""
            notes = (f"{error}; the colors come from the code's grid alone{wrong}",)
    return Unpacked(photo.with_pixels(render(pixels, ab, factor)), True, used, notes)


def _network_part(
    code: Code, network: Network, model: str, grid: Array, ab: Array, lightness: Array
) -> tuple[Array, tuple[str, ...]]:
    """ab of the grid with the network's part added, and notes."""
    if code.prediction:
        ab = ab + network_ab(network, lightness) * np.float32(code.prediction / PREDICTION_STEPS)
    if network_name(network) != code.network:
        near, alone = "are near the right ones", "come from the code's grid alone"
        return ab, (
            f"the code was made with another network, or another version, than {model}; the colors"
            f" {near if code.prediction else alone}",
        )
    if code.detail:
        detail = network_detail(network, grid, ab, lightness)
        ab = ab + detail * np.float32(code.detail / DETAIL_STEPS)
    return ab, ()


def _shrunken_ab(photo: Photo) -> Array:
    small = shrink(photo.pixels, guided_factor(photo.pixels))
    rgb = small.astype(np.float32) / np.float32(photo.white)
    return np.ascontiguousarray(srgb_to_lab(rgb)[..., 1:])


def _gray_bytes(lightness: Array) -> Pixels:
    """L* to the gray of that lightness, uint8."""
    return np.rint(linear_to_srgb(lightness_to_luminance(lightness)) * 255).astype(np.uint8)


def _written(photo: Photo, quality: int | None) -> bytes:
    file = io.BytesIO()
    write_photo(photo, file, quality)
    return file.getvalue()
