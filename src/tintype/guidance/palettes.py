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
        (115, 82, 68), (194, 150, 130), (98, 122, 157), (87, 108, 67), (133, 128, 177), (103, 189, 170),
        (214, 126, 44), (80, 91, 166), (193, 90, 99), (94, 60, 108), (157, 188, 64), (224, 163, 46),
        (56, 61, 150), (70, 148, 73), (175, 54, 60), (231, 199, 31), (187, 86, 149), (8, 133, 161),
    ]
)  # fmt: skip
"""What every process photographs: the 18 colored patches of the ColorChecker (McCamy, Marcus, Davidson 1976), in 8-bit sRGB."""
OFTEN = np.array([3, 4, 4, 4, 1, 1, 1, 1, 1, 1, 2, 1, 1, 3, 1, 1, 1, 1])
"""How often each patch counts: skin, sky and foliage fill more of a photograph than purple does."""


@dataclass(frozen=True)
class Palette:
    """title: in words. source: where its numbers come from, and how. colors: sRGB codes, one that stands twice counts twice."""

    title: str
    source: str
    colors: tuple[str, ...]


def _film(*dyes: Dye, contrast: float = 1.0, stain: tuple[float, float, float] = (0, 0, 0)) -> tuple[str, ...]:
    """SCENE on a film of cyan, magenta and yellow dye.

    contrast: of densities, by which saturation grows. stain: amounts of dye that lie everywhere.
    """
    amounts = np.clip(-np.log10(np.clip(linear(SCENE), 0.004, 1)) * contrast, 0, 2.4) + np.array(stain)
    return _weighted(hexes(subtractive(dyes, amounts)))


def _two_colors(red_dye: Dye, green_dye: Dye, contrast: float = 1.0) -> tuple[str, ...]:
    """SCENE through a red and a green filter, each record printed in the dye that absorbs what its filter let pass."""
    light = np.clip(linear(SCENE), 0.004, 1)
    records = np.stack([light @ (0.85, 0.15, 0.0), light @ (0.05, 0.65, 0.3)], axis=1)
    return _weighted(hexes(subtractive((red_dye, green_dye), np.clip(-np.log10(records) * contrast, 0, 2.4))))


def _screen(*filters: tuple[Dye, ...], purity: float = 1.0) -> tuple[str, ...]:
    """SCENE through a screen of red, green and blue filters. purity: below 1, filters let pass some of each other's light."""
    light = linear(SCENE)
    seen = light * purity + light.mean(axis=1, keepdims=True) * (1 - purity)
    return _weighted(hexes(additive(filters, seen)))


def _weighted(colors: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(color for color, times in zip(colors, OFTEN, strict=True) for _ in range(int(times)))


TIMELINE = "B. Flueckiger, Timeline of Historical Film Colors, filmcolors.org (2012-)"
MODELED = "Computed: 18 ColorChecker patches through"


def _autochrome() -> Palette:
    yellow, pink, rose = Dye(427, 75, 1.0), Dye(528, 50, 1.2), Dye(549, 45, 0.5)
    blue_green, violet, blue = Dye(638, 75, 1.3), Dye(588, 80, 1.2), Dye(628, 75, 0.5)
    return Palette(
        "Autochrome (1907)",
        f"{MODELED} a screen of orange, green and violet starch grains. Dyes: tartrazine, erythrosine, rose bengal, "
        "patent blue, crystal violet, setoglaucine, as named by B. Lavédrine and J.-P. Gandolfo, Topics in "
        "Photographic Preservation 5 (1993) 138-145; band peaks of these dyes in water from general dye tables, "
        "strengths and the mixing of grains set by eye.",
        _screen((yellow, pink, rose), (yellow, blue_green), (violet, blue), purity=0.8),
    )


def _dufaycolor() -> Palette:
    return Palette(
        "Dufaycolor (1935)",
        f"{MODELED} a réseau of red, green and blue. Structure: {TIMELINE}; filter bands are idealized, a third of "
        "the spectrum each.",
        _screen(
            (Dye(455, 120, 1.2), Dye(540, 70, 1.1)), (Dye(440, 80, 1), Dye(640, 90, 1.2)), (Dye(560, 90, 1.2), Dye(640, 90, 1.1))
        ),
    )


def _two_strip() -> Palette:
    return Palette(
        "Technicolor two-strip (1922-1932)",
        f"{MODELED} a red and a green record, printed in blue-green and in red-orange dye. Process: {TIMELINE}; bands "
        "idealized so that skin comes out natural and blue skies turquoise, as the process is described.",
        _two_colors(Dye(645, 130, 1.0), Dye(487, 165, 1.0)),
    )


def _cinecolor() -> Palette:
    return Palette(
        "Cinecolor (1932-1954)",
        f"{MODELED} a red and a green record, toned iron blue (broad absorption in the red) and dyed orange. Process: "
        f"{TIMELINE}; bands idealized.",
        _two_colors(Dye(690, 220, 1.1), Dye(475, 130, 1.0), contrast=0.95),
    )


def _technicolor() -> Palette:
    return Palette(
        "Technicolor three-strip (1935-1955)",
        f"{MODELED} three printed dyes with narrow bands, contrast 1.35. Process: {TIMELINE}; bands idealized.",
        _film(Dye(650, 105, 1.0), Dye(535, 85, 1.0), Dye(440, 90, 1.0), contrast=1.35),
    )


def _kodachrome() -> Palette:
    return Palette(
        "Kodachrome 64 (1974)",
        f"{MODELED} dyes with the peaks of the spectral dye density curves in Kodak's data sheet of Kodachrome 25, 64 "
        "and 200 (about 445, 540 and 655 nm, read by eye from the chart), contrast 1.3.",
        _film(Dye(655, 125, 1.0), Dye(540, 95, 1.0), Dye(445, 95, 1.0), contrast=1.3),
    )


def _velvia() -> Palette:
    return Palette(
        "Fujichrome Velvia (1990)",
        f"{MODELED} dyes with the peaks usual for reversal film (about 450, 545 and 655 nm), contrast 1.6 for the "
        "saturation that the film is known for; set by eye.",
        _film(Dye(655, 115, 1.0), Dye(545, 85, 1.0), Dye(450, 90, 1.0), contrast=1.6),
    )


def _agfacolor() -> Palette:
    return Palette(
        "Agfacolor (1940)",
        f"{MODELED} broad chromogenic dyes, which mute greens and turn reds to brick. Process: {TIMELINE} and G. "
        "Koshofer, Color: Die Farben des Films (1988); bands and a slight warm stain set by eye after film stills.",
        _film(Dye(665, 175, 0.95), Dye(535, 140, 0.95), Dye(440, 120, 0.95), contrast=0.95, stain=(0, 0.02, 0.06)),
    )


def _faded_print() -> Palette:
    return Palette(
        "Faded color print (1970s)",
        f"{MODELED} chromogenic dyes whose cyan has faded by 40 % and yellow by 15 %, with yellow stain: the pattern "
        "of dark fading in H. Wilhelm and C. Brower, The Permanence and Care of Color Photographs (1993); amounts "
        "set by eye.",
        _film(Dye(655, 140, 0.6), Dye(540, 105, 1.0), Dye(445, 105, 0.85), stain=(0, 0.02, 0.1)),
    )


def _albumen() -> Palette:
    return Palette(
        "Hand-tinted albumen print (1860s-1890s)",
        "Set by eye: thin washes of carmine (cheeks, lips), gamboge (gilding, hair), cobalt and Prussian blue "
        "(dresses), sap green over the warm brown of the print; the practice is described by H. and B. Henisch, The "
        "Painted Photograph 1839-1914 (1996).",
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
        "Set by eye after hand-colored souvenir prints of Japanese studios: clear pink, vermilion, indigo and leaf "
        "green over a warm print.",
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
        "Set by eye after the Photochrom Prints of the Library of Congress: soft blue skies that turn pink and buff "
        "near the horizon, blue-green water, olive foliage, brick roofs.",
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
    """A palette by its name in `PALETTES`. Raises UsageError, with the nearest name, for another."""
    key = name.strip().lower().replace(" ", "-").replace("_", "-")
    if key not in PALETTES:
        close = difflib.get_close_matches(key, PALETTES, 1, 0.5)
        meant = f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(PALETTES)}"
        raise UsageError(f"there is no palette {name!r}{meant}")
    return PALETTES[key]()


def palette_of(pixels: Pixels, colors: int = 8) -> tuple[str, ...]:
    """The colors of a photograph: k-means in a*b*, each cluster's middle as often as its share of `ENTRIES` asks.

    pixels: H×W×3 uint8 sRGB. colors: of the clusters. Raises UsageError for a gray photograph.
    """
    if pixels.ndim != 3:
        raise UsageError("the picture for the palette is gray, so it has no colors to give")
    scale = min(1.0, 160 / max(pixels.shape[:2]))
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    lab = srgb_to_lab(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255).reshape(-1, 3)
    if np.percentile(np.hypot(lab[:, 1], lab[:, 2]), 99) < LEAST_CHROMA:
        raise UsageError("the picture for the palette is gray, so it has no colors to give")
    count = min(colors, len(lab))
    cv2.setRNGSeed(0)
    stop = (cv2.TERM_CRITERIA_MAX_ITER + cv2.TERM_CRITERIA_EPS, 50, 0.2)
    ab = np.ascontiguousarray(lab[:, 1:])
    _, label, _ = cv2.kmeans(ab, count, None, stop, 3, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]
    means = np.stack([lab[label[:, 0] == k].mean(axis=0) for k in range(count) if (label == k).any()])
    shares = np.array([(label == k).sum() for k in range(count) if (label == k).any()]) / len(lab)
    order = np.argsort(-shares, kind="stable")
    times = np.maximum(1, np.rint(shares * ENTRIES)).astype(int)
    return tuple(code for k, code in zip(order, _codes(means[order]), strict=True) for _ in range(times[k]))


def _codes(lab: Array) -> tuple[str, ...]:
    """CIELAB, N×3, as color codes."""
    from tintype.color.gamut import fit_gamut
    from tintype.color.lab import lab_to_linear

    return hexes(lab_to_linear(fit_gamut(np.asarray(lab, np.float32))))
