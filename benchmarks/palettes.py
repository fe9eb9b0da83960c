"""Old color processes, computed and written to src/tintype/guidance/palettes.json: for each a table
of how it shows colors, and the colors that it makes of a usual scene.

python benchmarks/palettes.py

A dye is modeled by one bell-shaped absorption band, the eye by the analytic fits to CIE 1931 of
Wyman, Sloan, Shirley 2013. Where measured curves of the dyes or filters are published, the bands
are fitted to their colors (`Measured`); the others are an artist's approximation. Processes of a
few paints are modeled by these: every hue moves toward the nearest paints.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tintype.arrays import Array
from tintype.color.lab import (
    FROM_RELATIVE_XYZ,
    lab_to_srgb,
    linear_to_srgb,
    srgb_to_lab,
    srgb_to_linear,
)
from tintype.color.process import GRID_SIDE, GRID_STEP, LEVELS
from tintype.guidance.colors import color_of

TARGET = Path(__file__).parents[1] / "src" / "tintype" / "guidance" / "palettes.json"
WAVES = np.arange(390, 731, 5, dtype=np.float64)
"""Nanometers."""


def process_grid() -> Array:
    """The colors at the nodes of a table: N×3 Lab, in the order of L*, a*, b*."""
    side = (np.arange(GRID_SIDE) - GRID_SIDE // 2) * GRID_STEP
    nodes = np.meshgrid(LEVELS, side, side, indexing="ij")
    return np.stack(nodes, axis=-1).reshape(-1, 3)


@dataclass(frozen=True)
class Dye:
    """peak: wavelength of the greatest absorption, nm. width: of the band at half its height, nm.
    strength: density at the peak."""

    peak: float
    width: float
    strength: float = 1.0

    @property
    def density(self) -> Array:
        """Spectral density at `WAVES`."""
        return np.asarray(
            self.strength * np.exp(-4 * np.log(2) * ((WAVES - self.peak) / self.width) ** 2)
        )


def _lobe(peak: float, below: float, above: float) -> Array:
    return np.exp(-0.5 * ((WAVES - peak) / np.where(peak > WAVES, below, above)) ** 2)


OBSERVER = np.stack(
    [
        1.056 * _lobe(599.8, 37.9, 31.0)
        + 0.362 * _lobe(442.0, 16.0, 26.7)
        - 0.065 * _lobe(501.1, 20.4, 26.2),
        0.821 * _lobe(568.8, 46.9, 40.5) + 0.286 * _lobe(530.9, 16.3, 31.1),
        1.217 * _lobe(437.0, 11.8, 36.0) + 0.681 * _lobe(459.0, 26.0, 13.8),
    ]
)
"""x̄, ȳ, z̄ at `WAVES`."""
OBSERVER /= OBSERVER.sum(axis=1, keepdims=True)


def linear_rgb(transmission: Array) -> Array:
    """Linear sRGB, ...×3, of light of equal energy through spectral transmissions, ...×len(WAVES);
    white stays white."""
    return np.asarray(transmission @ OBSERVER.T @ FROM_RELATIVE_XYZ.T)


def hue_and_chroma(transmission: Array) -> tuple[int, int]:
    """CIELAB hue, degrees, and chroma of light of equal energy through a spectral transmission."""
    xyz = transmission @ OBSERVER.T
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    a, b = 500 * (x - y), 200 * (y - z)
    return round(np.degrees(np.arctan2(b, a)) % 360), round(np.hypot(a, b))


def subtractive(dyes: Sequence[Dye], amounts: Array) -> Array:
    """Dyes one over the other. amounts: N×len(dyes), 1 for a dye's own strength. Returns N×3 linear
    sRGB."""
    return linear_rgb(10 ** -(amounts @ np.stack([dye.density for dye in dyes])))


def additive(filters: Sequence[Sequence[Dye]], shares: Array) -> Array:
    """Filters side by side, white being the sum of all. shares: N×len(filters), 0..1, open. Returns
    N×3 linear sRGB."""
    through = np.stack([10 ** -np.sum([dye.density for dye in dyes], axis=0) for dyes in filters])
    colors = linear_rgb(through)
    return np.asarray(shares @ colors / colors.sum(axis=0))


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


SCENE_CHROMA = 1.4
"""Chroma of a scene by that of what a network predicts, which is paler."""

Shown = Callable[[Array], Array]
"""How a process shows colors: Lab, N×3, to ab, N×2, CIELAB units."""


Colors = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Measured:
    """What others measured of a process: hue, degrees, and chroma, CIELAB, of light of equal energy
    through each of its filters, or through each of its dyes at a peak density of 1.

    parts: names of the filters or dyes. model: the dyes of each, here. sources: what the curves
    that each of them prints or measured come to.
    """

    parts: tuple[str, ...]
    model: tuple[tuple[Dye, ...], ...]
    sources: dict[str, Colors]

    def to_mapping(self) -> dict[str, object]:
        """As the file holds it."""
        made = [hue_and_chroma(10 ** -np.sum([d.density for d in part], 0)) for part in self.model]
        return {"parts": self.parts, "model": made, "sources": self.sources}


@dataclass(frozen=True)
class Palette:
    """title: in words. known: what is documented about the process, and where. approximated: which
    of the numbers below are an artist's approximation. shown: how it shows colors. measured: None
    where no measurement was found."""

    title: str
    known: str
    approximated: str
    shown: Shown
    measured: Measured | None = None

    def to_mapping(self) -> dict[str, object]:
        """As the file holds it. colors: sRGB codes, one that stands twice counts twice. table: see
        `tintype.color.process`."""
        lab = srgb_to_lab(SCENE.astype(np.float32) / 255)
        made = np.column_stack([lab[:, 0], self.shown(lab)])
        codes = [color_of(float(each[0]), each[1:]) for each in made.astype(np.float32)]
        colors = [code for code, times in zip(codes, OFTEN, strict=True) for _ in range(times)]
        table = np.clip(np.rint(self.shown(process_grid())), -127, 127).astype(np.int8)
        packed = base64.b64encode(table.tobytes()).decode("ascii")
        texts = {"title": self.title, "known": self.known, "approximated": self.approximated}
        measured = self.measured and self.measured.to_mapping()
        return {**texts, "measured": measured, "colors": colors, "table": packed}


def _dyed(
    process: Callable[[Array], Array], keeps_gray: bool = True, chroma: float = SCENE_CHROMA
) -> Shown:
    """A process from linear sRGB to linear sRGB. keeps_gray: its cast on grays is filtered out, as
    printers do. chroma: factor by which the scene has more than what a network predicts."""

    def ab_of(lab: Array) -> Array:
        light = srgb_to_linear(np.clip(lab_to_srgb(lab.astype(np.float32)), 0.004, 1))
        shown = linear_to_srgb(np.clip(process(np.asarray(light, np.float64)), 0, 1))
        return np.asarray(srgb_to_lab(shown.astype(np.float32))[:, 1:], np.float64)

    def shown(lab: Array) -> Array:
        gray = np.column_stack([lab[:, 0], np.zeros((len(lab), 2))])
        return ab_of(lab * (1, chroma, chroma)) - (ab_of(gray) if keeps_gray else 0)

    return shown


def _film(*dyes: Dye, contrast: float = 1.0, chroma: float = SCENE_CHROMA) -> Shown:
    """Cyan, magenta and yellow dye. contrast: of densities, by which saturation grows. chroma: as
    of `_dyed`."""
    return _dyed(
        lambda light: subtractive(dyes, np.clip(-np.log10(light) * contrast, 0, 2.4)),
        chroma=chroma,
    )


def _two_colors(
    red_dye: Dye, green_dye: Dye, contrast: float = 1.0, chroma: float = SCENE_CHROMA
) -> Shown:
    """A red and a green record, each printed in the dye that absorbs what its filter let pass.
    contrast, chroma: as of `_film`."""

    def process(light: Array) -> Array:
        records = np.stack([light @ (0.85, 0.15, 0.0), light @ (0.05, 0.65, 0.3)], axis=1)
        return subtractive((red_dye, green_dye), np.clip(-np.log10(records) * contrast, 0, 2.4))

    return _dyed(process, chroma=chroma)


def _screen(*filters: tuple[Dye, ...], purity: float = 1.0) -> Shown:
    """A screen of red, green and blue filters. purity: below 1, filters let pass some of each
    other's light."""

    def process(light: Array) -> Array:
        seen = light * purity + light.mean(axis=1, keepdims=True) * (1 - purity)
        return additive(filters, seen)

    return _dyed(process, chroma=1.0)


def _painted(
    paper: tuple[float, float],
    *paints: tuple[float, float],
    least: float = 6.0,
    strength: float = 0.8,
    width: float = 25.0,
) -> Shown:
    """Transparent paints on a monochrome print.

    paper: ab of its middle tones. paints: ab of each. least: chroma of a thing from which on it is
    painted. strength: chroma of the paint by that of the thing. width: standard deviation, in
    degrees, within which hues take a paint.
    """
    hues = np.arctan2([b for _, b in paints], [a for a, _ in paints])
    most = np.hypot(*np.transpose(paints))

    def shown(lab: Array) -> Array:
        light, a, b = np.asarray(lab, np.float64).T
        chroma = np.hypot(a, b)
        apart = np.angle(np.exp(1j * (np.arctan2(b, a)[:, None] - hues)))
        weight = np.exp(-0.5 * (apart / np.radians(width)) ** 2) + 1e-9
        weight /= weight.sum(1, keepdims=True)
        amount = np.minimum(strength * np.clip(chroma - least, 0, None), weight @ most)
        paint = amount[:, None] * np.stack([weight @ np.cos(hues), weight @ np.sin(hues)], 1)
        tone = np.clip(4 * light / 100 * (1 - light / 130), 0, 1)  # least in black and white
        cover = np.clip(amount / 30, 0, 0.7)
        return paint + (tone * (1 - cover))[:, None] * np.array(paper)

    return shown


TIMELINE = "Timeline of Historical Film Colors (B. Flueckiger, filmcolors.org)"
SCREEN = "orange", "green", "violet"
DYES = "cyan", "magenta", "yellow"


def _autochrome() -> Palette:
    orange = Dye(718, 193, 0.16), Dye(480, 134, 2.27)
    green = Dye(428, 109, 2.13), Dye(616, 127, 1.3)
    violet = Dye(566, 177, 1.19), Dye(395, 94, 0.76)
    film = "Lumière screen film of the Koshofer collection, in Color-Screen (J. Hubička)"
    return Palette(
        "Autochrome (1907)",
        "Screen of orange, green and violet starch grains; dyes: B. Lavédrine and J.-P. Gandolfo,"
        " Topics in Photographic Preservation 5 (1993) 138-145; L. Casella, ibid. 14 (2011) 52-58.",
        "A fifth of the light that a filter should hold back passes between the grains.",
        _screen(orange, green, violet, purity=0.8),
        Measured(SCREEN, (orange, green, violet), {film: ((53, 88), (139, 64), (306, 30))}),
    )


def _dufaycolor() -> Palette:
    red = Dye(445, 170, 2.51), Dye(524, 50, 4.0)
    green = Dye(412, 82, 4.0), Dye(628, 107, 1.17)
    blue = Dye(561, 170, 0.5), Dye(602, 89, 3.71)
    sources = {
        "D. Harrison and A. Horner, Photographic Journal 79 (1939) 325": (
            ((52, 110), (147, 104), (294, 98))
        ),
        "A. Cornwell-Clyne, Colour Cinematography (1951)": ((55, 101), (151, 124), (290, 82)),
        "aged film 11948, National Media Museum, Bradford": ((48, 65), (140, 64), (248, 24)),
        "aged film 11951, National Media Museum, Bradford": ((45, 47), (150, 46), (243, 22)),
    }
    return Palette(
        "Dufaycolor (1935)",
        f"A réseau of red, green and blue patches that cover equal areas: {TIMELINE}, entry 1257.",
        "Half of the light that a filter should hold back passes: its colors are pastel.",
        _screen(red, green, blue, purity=0.5),
        Measured(("red", "green", "blue"), (red, green, blue), sources),
    )


def _two_strip() -> Palette:
    return Palette(
        "Technicolor two-strip (1922-1932)",
        f"A red and a green record, printed in blue-green and in red-orange dye: {TIMELINE}.",
        "Both bands, chosen so that skin comes out natural and blue skies turquoise.",
        _two_colors(Dye(645, 130, 1.0), Dye(487, 165, 1.0), contrast=1.1, chroma=2.2),
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
    dyes = Dye(645, 108, 0.9), Dye(533, 130, 0.97), Dye(425, 122, 0.93)
    prints = "absorbances of a print, in spectral_film_lut (J. Lohse), version"
    return Palette(
        "Technicolor three-strip (1935-1955)",
        f"Three records, printed in cyan, magenta and yellow dye: {TIMELINE}. Peaks in a print of"
        " 1949: 660, 540, 460 nm (B. Flueckiger et al., Investigation of Film Material-Scanner"
        " Interaction, 2018).",
        "The contrast.",
        _film(*dyes, contrast=1.1, chroma=1.8),
        Measured(
            DYES,
            tuple((dye,) for dye in dyes),
            {
                f"{prints} 0": ((215, 43), (335, 57), (91, 65)),
                f"{prints} 1": ((214, 45), (334, 59), (90, 68)),
                f"{prints} 2": ((196, 44), (320, 88), (96, 72)),
            },
        ),
    )


def _kodachrome() -> Palette:
    dyes = Dye(660, 89, 1.29), Dye(531, 123, 0.91), Dye(442, 92, 0.99)
    sheet = "Kodak's data sheet E-88, spectral dye densities, in spectral_film_lut (J. Lohse)"
    return Palette(
        "Kodachrome 64 (1974)",
        "Three dyes formed in the development.",
        "The contrast, a usual value for reversal film.",
        _film(*dyes, contrast=1.0, chroma=1.5),
        Measured(DYES, tuple((dye,) for dye in dyes), {sheet: ((199, 43), (333, 67), (94, 81))}),
    )


def _velvia() -> Palette:
    dyes = Dye(666, 147, 0.99), Dye(535, 115, 0.91), Dye(444, 107, 0.93)
    sheet = "Fujifilm's data sheet, spectral dye densities, in spectral_film_lut (J. Lohse)"
    return Palette(
        "Fujichrome Velvia (1990)",
        "Three chromogenic dyes; known for its saturation.",
        "The contrast, a usual value for reversal film.",
        _film(*dyes, contrast=1.2, chroma=1.8),
        Measured(DYES, tuple((dye,) for dye in dyes), {sheet: ((223, 44), (329, 73), (89, 77))}),
    )


def _agfacolor() -> Palette:
    return Palette(
        "Agfacolor (1940)",
        f"Three chromogenic dyes with the couplers in the layers: {TIMELINE}; G. Koshofer, Color:"
        " Die Farben des Films (1988).",
        "The bands, broad so that greens are muted and reds turn to brick, and the contrast.",
        _film(Dye(665, 175, 0.95), Dye(535, 140, 0.95), Dye(440, 120, 0.95), contrast=0.95),
    )


def _faded_print() -> Palette:
    def process(light: Array) -> Array:
        cyan, magenta, yellow = Dye(655, 140, 0.55), Dye(540, 105, 0.8), Dye(445, 105, 0.7)
        amounts = 0.75 * np.clip(-np.log10(light), 0, 2.4) + (0, 0.02, 0.05)
        return subtractive((cyan, magenta, yellow), amounts)

    return Palette(
        "Faded color print (1970s)",
        "In the dark, cyan dye of chromogenic prints fades first, and whites turn yellowish: H."
        " Wilhelm and C. Brower, The Permanence and Care of Color Photographs (1993), chapter 5.",
        "The bands and the amounts: 60 % of cyan, 40 % of magenta and nearly half of yellow are"
        " lost, and a slight yellow stain lies over all.",
        _dyed(process, keeps_gray=False, chroma=1.0),
    )


def _albumen() -> Palette:
    return Palette(
        "Hand-tinted albumen print (1860s-1890s)",
        "Thin washes of color over the warm brown of the print, most on cheeks, lips, gilding and"
        " dresses: H. and B. Henisch, The Painted Photograph 1839-1914 (1996); A. MacKay, Topics in"
        " Photographic Preservation 17 (2017) 74-88.",
        "Every color: brown paper; rose, gold, blue and green on what is colorful, nothing on the"
        " rest.",
        _painted(
            (6, 15), (26, 14), (10, 32), (-4, -22), (-12, 14), least=9, strength=0.9, width=30
        ),
    )


def _yokohama() -> Palette:
    return Palette(
        "Yokohama hand-colored print (1870s-1900s)",
        "Souvenir prints of Japanese studios in transparent color: A.-S. Lehmann, Getty Research"
        " Journal 7 (2015) 81-96.",
        "Every color: clear pink, vermilion, ocher, leaf green and indigo over a light warm print.",
        _painted((2, 7), (28, 2), (48, 34), (14, 34), (-16, 24), (0, -30), least=5, strength=1.6),
    )


def _photochrom() -> Palette:
    return Palette(
        "Photochrom print (1890s)",
        "Lithographs from several stones after black-and-white negatives, such as the Photochrom"
        " Print Collection of the Library of Congress.",
        "Every color: brick, buff, olive, blue-green and soft blue inks on cream paper.",
        _painted((0, 4), (26, 18), (10, 24), (-6, 26), (-20, 0), (-5, -24), least=2, strength=1.3),
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


def main() -> None:
    palettes = [{"name": name, **make().to_mapping()} for name, make in PALETTES.items()]
    TARGET.write_text(json.dumps(palettes, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
