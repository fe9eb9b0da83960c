"""Where a photograph is in color: nowhere (gray, toned, faded, scanned with a cast), at some places
of a monochrome print (a stamp, a color target, a tinted cheek), or everywhere."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array, size_within
from tintype.photo.photo import WHITE_BY_DTYPE, Photo
from tintype.photo.thin_lines import thin_line_map
from tintype.photo.toning import Toning, cell_means, cells_of, fit_toning

SAMPLE_SIDE_PIXELS = 320
"""The photograph is analyzed in this size, in which the chroma noise of sensors and JPEG is low."""
OVERSAMPLING = 2
"""Rows and columns of large photographs are left out down to so many times that size."""
MAX_NOISE = 0.95
"""Coherent distance from the tone (CIELAB units) up to which a photograph is monochrome. 998 of
1,000 toned prints lie below it, 3 of 1,000 color photographs."""
MAX_PAPER_CHROMA = 55.0
"""Chroma of the lightest places of a toned print: it vanishes toward white."""
SPOT_DISTANCE, SPREAD_DISTANCE = 12.0, 5.0
"""CIELAB units from the tone at which a place is in color: of means over 3×3 pixels, and over 3×3
cells."""
MIN_SPOT_PIXELS = 8
MAX_GRAY_NOISE, MAX_TINTED_NOISE = 0.4, 0.6
"""Coherent distances from the tone, as above, of the rest of a print with places in color, gray or
tinted."""
MIN_PRINT_SHARE, MIN_PRINT_RANGE = 0.75, 30.0
"""What this rest has at least of the picture and of L*."""
MIN_EXACT_SHARE, MAX_EXACT_NOISE = 0.5, 0.15
"""So little noise, as gray pixels have, speaks for a print whose marks leave this share where a
tint shows: in small pictures the margins of the marks are wide."""
MIN_TONED_LIGHTNESS, MAX_TONED_LIGHTNESS = 10.0, 95.0
"""L* between which a tint shows: a white or black background says nothing of a tone."""
MIN_TINT_CHROMA = 4.0
"""Mean chroma of a tone from which on people see it."""


@dataclass(frozen=True)
class ColorAnalysis:
    """kind: "monochrome"; "places": a monochrome print with places in color; or "color". toning: of
    the print; neutral for a color photograph. tint_chroma: mean chroma of the tone, CIELAB units.
    places: where there is color, h×w float32 of 0..1, small."""

    kind: Literal["monochrome", "places", "color"]
    toning: Toning
    tint_chroma: float = 0.0
    places: Array | None = None

    @property
    def is_tinted(self) -> bool:
        """Whether people see a tint in the print."""
        return self.kind != "color" and self.tint_chroma >= MIN_TINT_CHROMA


def is_color(photo: Photo) -> bool:
    """True for a color photograph, a faded one too. False for gray ones, for those whose color
    depends on lightness alone, and for such with places in color."""
    return analyze_color(photo).kind == "color"


def analyze_color(photo: Photo) -> ColorAnalysis:
    """Fit the tone of a photograph and judge what lies beyond it."""
    if photo.pixels.ndim == 2:
        return ColorAnalysis("monochrome", Toning.neutral())
    lab = _sample(photo)
    size = cells_of(lab.shape)
    toning = fit_toning(lab)
    lightness = np.ascontiguousarray(lab[..., 0])
    beyond = lab[..., 1:] - toning.ab(lightness)
    cells, cell_lightness = cell_means(beyond, size), cell_means(lightness, size)
    tint = float(np.linalg.norm(toning.ab(lightness), axis=2).mean())
    places = np.zeros(lightness.shape, np.float32)
    everywhere = np.ones(size, bool)
    if _paper_chroma(toning, cell_lightness) > MAX_PAPER_CHROMA:
        return ColorAnalysis("color", Toning.neutral())
    if _coherent_distance(cells, everywhere) > MAX_NOISE:
        places = _places(beyond, cells)
        rest = cell_means(places, size) == 0
        if not _is_print(cells, cell_lightness, rest, tint):
            return ColorAnalysis("color", Toning.neutral())
    places = np.maximum(places, _grown(thin_line_map(photo.pixels, toning, lightness.shape)))
    if places.any():
        return ColorAnalysis("places", toning, tint, places)
    return ColorAnalysis("monochrome", toning, tint)


def _is_print(cells: Array, lightness: Array, rest: NDArray[np.bool_], tint: float) -> bool:
    """Whether what remains beside places in color is a monochrome print."""
    max_noise = MAX_TINTED_NOISE if tint >= MIN_TINT_CHROMA else MAX_GRAY_NOISE
    shows = (lightness > MIN_TONED_LIGHTNESS) & (lightness < MAX_TONED_LIGHTNESS)
    noise = _coherent_distance(cells, rest & shows)
    is_exact = noise <= MAX_EXACT_NOISE and (rest & shows).mean() >= MIN_EXACT_SHARE
    return bool(
        (is_exact or (rest.mean() >= MIN_PRINT_SHARE and noise <= max_noise))
        and np.ptp(np.quantile(lightness[rest], (0.02, 0.98))) >= MIN_PRINT_RANGE
    )


def _sample(photo: Photo) -> Array:
    """CIELAB of the photograph, at most `SAMPLE_SIDE_PIXELS` a side: h×w×3 float32."""
    step = max(1, max(photo.pixels.shape) // (OVERSAMPLING * SAMPLE_SIDE_PIXELS))
    pixels = np.ascontiguousarray(photo.pixels[::step, ::step])
    size = size_within(pixels.shape, SAMPLE_SIDE_PIXELS)
    white = np.float32(WHITE_BY_DTYPE[str(pixels.dtype)])
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32) / white
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2Lab), np.float32)


def _paper_chroma(toning: Toning, lightness: Array) -> float:
    """The chroma of the tone in the lightest cells."""
    return float(np.linalg.norm(toning.curve_at(float(np.quantile(lightness, 0.98)))))


def _coherent_distance(beyond: Array, where: NDArray[np.bool_]) -> float:
    """The root of the covariance of neighboring cells: noise of single cells cancels, color of
    things stays. beyond: rows×columns×2, CIELAB units. where: cells that count."""
    total, count = 0.0, 0
    for first, second in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[1:], np.s_[:-1])):
        both = where[first] & where[second]
        total += float((beyond[first] * beyond[second]).sum(-1)[both].sum())
        count += int(both.sum())
    return max(0.0, total / max(count, 1)) ** 0.5


def _places(beyond: Array, cells: Array) -> Array:
    """Where there is color beyond the tone, with a margin of a cell: h×w float32, 0 or 1."""
    near = np.linalg.norm(cv2.blur(beyond, (3, 3)), axis=2) > SPOT_DISTANCE
    _, labels, stats, _ = cv2.connectedComponentsWithStats(near.astype(np.uint8))
    large = stats[:, cv2.CC_STAT_AREA] >= MIN_SPOT_PIXELS
    large[0] = False
    wide = np.linalg.norm(cv2.blur(cells, (3, 3)), axis=2) > SPREAD_DISTANCE
    spots = large[labels] | (
        cv2.resize(wide.astype(np.uint8), near.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    )
    return _grown(spots.astype(np.float32))


def _grown(places: Array) -> Array:
    """With a margin of a cell."""
    return np.asarray(cv2.dilate(places, np.ones((17, 17))), np.float32)
