"""A name such as "autochrome", or a photograph, in; the colors of a palette out."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from tintype.arrays import Array, Pixels
from tintype.color.lab import srgb_to_lab
from tintype.errors import UsageError
from tintype.guidance.dyes import Dye, additive, hexes, linear, subtractive

ENTRIES = 32
"""Colors in the palette of a photograph; a color that fills more of it stands there more often."""
LEAST_CHROMA = 4.0
"""A photograph without a color of at least this chroma has no palette."""

SCENE = np.array(
    [
        (115, 82, 68),
        (194, 150, 130),
        (98, 122, 157),
        (87, 108, 67),
        (133, 128, 177),
        (103, 189, 170),
        (214, 126, 44),
        (80, 91, 166),
        (193, 90, 99),
        (94, 60, 108),
        (157, 188, 64),
        (224, 163, 46),
        (56, 61, 150),
        (70, 148, 73),
        (175, 54, 60),
        (231, 199, 31),
        (187, 86, 149),
        (8, 133, 161),
    ]
)
"""What every process photographs: the 18 colored patches of the ColorChecker (McCamy, Marcus,
Davidson 1976), in 8-bit sRGB."""
OFTEN = np.array([3, 4, 4, 4, 1, 1, 1, 1, 1, 1, 2, 1, 1, 3, 1, 1, 1, 1])
"""How often each patch counts: skin, sky and foliage fill more of a photograph than purple does."""


@dataclass(frozen=True)
class Palette:
    """title: in words. known: what is documented about the process, and where. approximated: which
    of the numbers below are an artist's approximation. colors: sRGB codes, one that stands twice
    counts twice."""

    title: str
    known: str
    approximated: str
    colors: tuple[str, ...]


def _film(
    *dyes: Dye, contrast: float = 1.0, stain: tuple[float, float, float] = (0, 0, 0)
) -> tuple[str, ...]:
    """SCENE on a film of cyan, magenta and yellow dye.

    contrast: of densities, by which saturation grows. stain: amounts of dye that lie everywhere.
    """
    amounts = np.clip(-np.log10(np.clip(linear(SCENE), 0.004, 1)) * contrast, 0, 2.4) + np.array(
        stain
    )
    return _weighted(hexes(subtractive(dyes, amounts)))


def _two_colors(red_dye: Dye, green_dye: Dye, contrast: float = 1.0) -> tuple[str, ...]:
    """SCENE through a red and a green filter, each record printed in the dye that absorbs what its
    filter let pass."""
    light = np.clip(linear(SCENE), 0.004, 1)
    records = np.stack([light @ (0.85, 0.15, 0.0), light @ (0.05, 0.65, 0.3)], axis=1)
    return _weighted(
        hexes(subtractive((red_dye, green_dye), np.clip(-np.log10(records) * contrast, 0, 2.4)))
    )


def _screen(*filters: tuple[Dye, ...], purity: float = 1.0) -> tuple[str, ...]:
    """SCENE through a screen of red, green and blue filters. purity: below 1, filters let pass some
    of each other's light."""
    light = linear(SCENE)
    seen = light * purity + light.mean(axis=1, keepdims=True) * (1 - purity)
    return _weighted(hexes(additive(filters, seen)))


def _weighted(colors: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        color for color, times in zip(colors, OFTEN, strict=True) for _ in range(int(times))
    )


TIMELINE = "Timeline of Historical Film Colors (B. Flueckiger, filmcolors.org)"
GRAIN = 1.2
"""Density of an Autochrome grain at the peak of its strongest dye."""


def _grain(*mixed: tuple[Dye, float]) -> tuple[Dye, ...]:
    """The dyes of a bath in proportion to grams times absorptivity, the strongest at `GRAIN`."""
    strongest = max(dye.strength * grams for dye, grams in mixed)
    return tuple(
        Dye(dye.peak, dye.width, GRAIN * dye.strength * grams / strongest) for dye, grams in mixed
    )


def _autochrome() -> Palette:
    tartrazine, erythrosine, rose_bengal = Dye(426, 75, 530), Dye(526, 50, 1100), Dye(549, 45, 890)
    patent_blue, crystal_violet, malachite_green = (
        Dye(638, 75, 2000),
        Dye(590, 80, 2750),
        Dye(617, 65, 4080),
    )
    return Palette(
        "Autochrome (1907)",
        "Screen of orange, green and violet starch grains; dyes: B. Lavédrine and J.-P. Gandolfo,"
        " Topics in Photographic Preservation 5 (1993) 138-145; L. Casella, ibid. 14 (2011) 52-58."
        " Grams in 100 ml of each bath: the recipe that Casella gives in the appendix of her"
        " experiment, in which malachite green stands for flexo blue. Peaks and absorptivities (E 1"
        " %, 1 cm) of tartrazine, erythrosine and patent blue V: purity criteria of E 102, E 127"
        " and E 131 (Directive 95/45/EC); of the others, molar absorptivity over molar mass.",
        "Band widths, the density of a grain, and a fifth of light that passes between the grains.",
        _screen(
            _grain((tartrazine, 19.7), (erythrosine, 14.5), (rose_bengal, 2.6)),
            _grain((tartrazine, 21.0), (patent_blue, 10.0)),
            _grain((crystal_violet, 7.0), (malachite_green, 1.0)),
            purity=0.8,
        ),
    )


def _dufaycolor() -> Palette:
    return Palette(
        "Dufaycolor (1935)",
        f"A réseau of red, green and blue patches that cover equal areas: {TIMELINE}, entry 1257.",
        "All bands: each filter passes about a third of the spectrum.",
        _screen(
            (Dye(455, 120, 1.2), Dye(540, 70, 1.1)),
            (Dye(440, 80, 1), Dye(640, 90, 1.2)),
            (Dye(560, 90, 1.2), Dye(640, 90, 1.1)),
        ),
    )


def _two_strip() -> Palette:
    return Palette(
        "Technicolor two-strip (1922-1932)",
        f"A red and a green record, printed in blue-green and in red-orange dye: {TIMELINE}.",
        "Both bands, chosen so that skin comes out natural and blue skies turquoise.",
        _two_colors(Dye(645, 130, 1.0), Dye(487, 165, 1.0)),
    )


def _cinecolor() -> Palette:
    return Palette(
        "Cinecolor (1932-1954)",
        "A red and a green record from a bipack, on film coated on both sides, one toned blue, one"
        f" red-orange: {TIMELINE}; A. Gundelfinger, Journal of the SMPE, January 1950, describes"
        " the successor.",
        "Both bands and the contrast.",
        _two_colors(Dye(690, 220, 1.1), Dye(475, 130, 1.0), contrast=0.95),
    )


def _technicolor() -> Palette:
    return Palette(
        "Technicolor three-strip (1935-1955)",
        f"Three records, printed in cyan, magenta and yellow dye: {TIMELINE}.",
        "The bands, narrower than those of chromogenic dyes, and the contrast.",
        _film(Dye(650, 105, 1.0), Dye(535, 85, 1.0), Dye(440, 90, 1.0), contrast=1.35),
    )


def _kodachrome() -> Palette:
    return Palette(
        "Kodachrome 64 (1974)",
        "Three dyes formed in the development. Kodak's data sheet draws their spectral densities;"
        " the curves were not at hand.",
        "The bands and the contrast, usual values for reversal film.",
        _film(Dye(655, 125, 1.0), Dye(540, 95, 1.0), Dye(445, 95, 1.0), contrast=1.3),
    )


def _velvia() -> Palette:
    return Palette(
        "Fujichrome Velvia (1990)",
        "Three chromogenic dyes; known for its saturation.",
        "The bands, usual values for reversal film, and the contrast.",
        _film(Dye(655, 115, 1.0), Dye(545, 85, 1.0), Dye(450, 90, 1.0), contrast=1.6),
    )


def _agfacolor() -> Palette:
    return Palette(
        "Agfacolor (1940)",
        f"Three chromogenic dyes with the couplers in the layers: {TIMELINE}; G. Koshofer, Color:"
        " Die Farben des Films (1988).",
        "The bands, broad so that greens are muted and reds turn to brick, the contrast and a"
        " slight warm stain.",
        _film(
            Dye(665, 175, 0.95),
            Dye(535, 140, 0.95),
            Dye(440, 120, 0.95),
            contrast=0.95,
            stain=(0, 0.02, 0.06),
        ),
    )


def _faded_print() -> Palette:
    return Palette(
        "Faded color print (1970s)",
        "Chromogenic prints fade in the dark and turn yellowish: H. Wilhelm and C. Brower, The"
        " Permanence and Care of Color Photographs (1993), chapter 5.",
        "The bands and the amounts: 40 % of cyan and 15 % of yellow are lost, and a yellow stain"
        " lies over all.",
        _film(Dye(655, 140, 0.6), Dye(540, 105, 1.0), Dye(445, 105, 0.85), stain=(0, 0.02, 0.1)),
    )


def _albumen() -> Palette:
    return Palette(
        "Hand-tinted albumen print (1860s-1890s)",
        "Thin washes of color over the warm brown of the print, most on cheeks, lips, gilding and"
        " dresses: H. and B. Henisch, The Painted Photograph 1839-1914 (1996); A. MacKay, Topics in"
        " Photographic Preservation 17 (2017) 74-88.",
        "Every color.",
        (
            "#c49a86",
            "#c49a86",
            "#c49a86",
            "#c9897c",
            "#c77f78",
            "#b58d5b",
            "#b58d5b",
            "#8c7a62",
            "#8c7a62",
            "#7d8ba0",
            "#6f86a6",
            "#8b946f",
        ),
    )


def _yokohama() -> Palette:
    return Palette(
        "Yokohama hand-colored print (1870s-1900s)",
        "Souvenir prints of Japanese studios in transparent color: A.-S. Lehmann, Getty Research"
        " Journal 7 (2015) 81-96.",
        "Every color: clear pink, vermilion, indigo and leaf green over a warm print.",
        (
            "#d8a48f",
            "#d8a48f",
            "#d58b8b",
            "#c8553d",
            "#c8553d",
            "#5b6c94",
            "#3f5a86",
            "#86a0b4",
            "#86a0b4",
            "#7c9063",
            "#94a06a",
            "#c9a66b",
        ),
    )


def _photochrom() -> Palette:
    return Palette(
        "Photochrom print (1890s)",
        "Lithographs from several stones after black-and-white negatives, such as the Photochrom"
        " Print Collection of the Library of Congress.",
        "Every color: soft blue skies, pink and buff near the horizon, blue-green water, olive"
        " foliage, brick roofs.",
        (
            "#9fb7cb",
            "#9fb7cb",
            "#86a8c4",
            "#e0c3ad",
            "#d9b48f",
            "#c9a57e",
            "#7fa39b",
            "#6b8f8a",
            "#7d8a54",
            "#8d9460",
            "#b06a4e",
            "#a87f62",
        ),
    )


PALETTES: dict[str, Callable[[], Palette]] = {
    "autochrome": _autochrome,
    "dufaycolor": _dufaycolor,
    "technicolor-two-strip": _two_strip,
    "cinecolor": _cinecolor,
    "technicolor": _technicolor,
    "kodachrome-64": _kodachrome,
    "velvia": _velvia,
    "agfacolor-1940": _agfacolor,
    "faded-print": _faded_print,
    "hand-tinted-albumen": _albumen,
    "yokohama": _yokohama,
    "photochrom": _photochrom,
}


@cache
def named_palette(name: str) -> Palette:
    """A palette by its name in `PALETTES`. Raises UsageError, with the nearest name, for
    another."""
    key = name.strip().lower().replace(" ", "-").replace("_", "-")
    if key not in PALETTES:
        close = difflib.get_close_matches(key, PALETTES, 1, 0.5)
        meant = f"; did you mean {close[0]!r}?" if close else f"; available: {', '.join(PALETTES)}"
        raise UsageError(f"there is no palette {name!r}{meant}")
    return PALETTES[key]()


def palette_of(pixels: Pixels, colors: int = 8) -> tuple[str, ...]:
    """The colors of a photograph: k-means in a*b*, each cluster's middle as often as its share of
    `ENTRIES` asks.

    pixels: H×W×3 uint8 sRGB. colors: of the clusters. Raises UsageError for a gray photograph.
    """
    if pixels.ndim != 3:
        raise UsageError("the picture for the palette is gray, so it has no colors to give")
    scale = min(1.0, 160 / max(pixels.shape[:2]))
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    lab = srgb_to_lab(
        cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    ).reshape(-1, 3)
    if np.percentile(np.hypot(lab[:, 1], lab[:, 2]), 99) < LEAST_CHROMA:
        raise UsageError("the picture for the palette is gray, so it has no colors to give")
    count = min(colors, len(lab))
    cv2.setRNGSeed(0)
    stop = (cv2.TERM_CRITERIA_MAX_ITER + cv2.TERM_CRITERIA_EPS, 50, 0.2)
    ab = np.ascontiguousarray(lab[:, 1:])
    _, label, _ = cv2.kmeans(ab, count, None, stop, 3, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]
    means = np.stack(
        [lab[label[:, 0] == k].mean(axis=0) for k in range(count) if (label == k).any()]
    )
    shares = np.array([(label == k).sum() for k in range(count) if (label == k).any()]) / len(lab)
    order = np.argsort(-shares, kind="stable")
    times = np.maximum(1, np.rint(shares * ENTRIES)).astype(int)
    return tuple(
        code for k, code in zip(order, _codes(means[order]), strict=True) for _ in range(times[k])
    )


def _codes(lab: Array) -> tuple[str, ...]:
    """CIELAB, N×3, as color codes."""
    from tintype.color.gamut import fit_gamut
    from tintype.color.lab import lab_to_linear

    return hexes(lab_to_linear(fit_gamut(np.asarray(lab, np.float32))))
