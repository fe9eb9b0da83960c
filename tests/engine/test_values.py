"""The colors of small photographs under every kind of guidance: they change only on purpose."""

import cv2
import numpy as np
import pytest
from skimage import data

from tests.engine.conftest import GRAY, PERSON
from tintype import Colorizer, Guidance, Hint, Photo, Region, Stroke
from tintype.engine.assist.classical import ClassicalColorizer
from tintype.guidance import PartColor
from tintype.guidance.palettes import named_palette

COFFEE = cv2.resize(data.coffee(), (120, 80), interpolation=cv2.INTER_AREA)
RED, BLUE = Hint(0.55, 0.8, "crimson", 0.05), Hint(0.1, 0.2, "#3050a0", confidence=0.6)
LINE = Stroke(((0.1, 0.9), (0.3, 0.85), (0.35, 0.95)), "olive", 0.04)
GUIDANCES = {
    "automatic": Guidance(),
    "hint": Guidance(hints=(RED,)),
    "hints and a stroke": Guidance(hints=(RED, BLUE), strokes=(LINE,), saturation=0.7),
    "at the place": Guidance(hints=(Hint(0.55, 0.8, "green", 0.03, reach="place"),)),
    "alike": Guidance(hints=(Hint(0.55, 0.8, "green", 0.03, reach="alike"),)),
    "subject": Guidance(region=Region("subject")),
    "background": Guidance(region=Region("background"), hints=(RED, BLUE)),
    "hair": Guidance(region=Region("hair")),
    "objects": Guidance(region=Region("objects", keep=((0.55, 0.8),), skip=((0.05, 0.1),))),
    "polygon": Guidance(
        region=Region("polygons", polygons=(((0.1, 0.1), (0.9, 0.2), (0.4, 0.9)),))
    ),
    "mask": Guidance(hints=(RED,)).with_region(np.arange(220)[:, None] > np.arange(300) / 2),
    "palette": Guidance(palette=("#804020", "#204080", "gold")),
    "process": Guidance(palette=named_palette("technicolor-two-strip").colors, hints=(BLUE,)),
    "chroma": Guidance(mean_chroma=9),
    "saturation": Guidance(saturation=1.6),
    "warmth": Guidance(warmth=-0.8, saturation=0),
    "bold": Guidance(bold=True),
    "seed": Guidance(bold=True, seed=5),
    "parts": Guidance(
        parts=(PartColor("hair", "auburn"), PartColor("clothes", "navy", (0.5, 0.9)))
    ),
    "reference": Guidance().with_reference(COFFEE),
    "line art": Guidance(hints=(RED, BLUE), strokes=(LINE,), line_art=True),
}


@pytest.mark.parametrize("name", GUIDANCES)
def test_the_colors_of_a_guidance(name, colorizer, prepared, recorded):
    ab = colorizer.ab(prepared, GUIDANCES[name])
    pixels = colorizer.color(prepared, GUIDANCES[name]).pixels
    recorded.check({f"{name}: ab": ab, name: pixels.astype(float) - GRAY[..., None]}, 4e-3)


@pytest.mark.parametrize("model", ["fast", "default+fast"])
def test_the_colors_of_other_networks(model, recorded):
    colorizer = Colorizer(model, device="cpu", threads=1)
    prepared = colorizer.prepare(Photo(GRAY))
    made = {
        f"{model}: {name}": colorizer.ab(prepared, GUIDANCES[name]) for name in ("hint", "mask")
    }
    recorded.check(made, 4e-3)


def test_the_colors_of_what_is_not_gray_of_8_bits(colorizer, recorded):
    sepia = np.clip(GRAY[..., None] * (1.05, 0.95, 0.75), 0, 255).astype(np.uint8)
    tinted = sepia.copy()
    tinted[120:, 100:200] = PERSON[120:, 100:200]
    faded = (GRAY // 6 + 90).astype(np.uint8)
    photos = {
        "sepia": (Photo(sepia), Guidance()),
        "tinted, kept": (Photo(tinted), Guidance(keep_color=True)),
        "in color, kept": (Photo(PERSON), Guidance(keep_color=True, hints=(RED,))),
        "deep": (Photo(GRAY.astype(np.uint16) * 257), Guidance(hints=(RED,))),
        "faded": (Photo(faded), Guidance()),
        "float": (Photo((GRAY / 255).astype(np.float32)), Guidance()),
        "narrow": (Photo(np.ascontiguousarray(GRAY[:30])), Guidance()),
    }
    made = {name: colorizer.colorize_photo(*each).pixels for name, each in photos.items()}
    recorded.check(made, 1e-3)


@pytest.mark.parametrize("method", ["levin", "reinhard", "exemplar"])
def test_the_colors_of_classical_methods(method, recorded):
    colorizer = ClassicalColorizer(method)
    guidance = GUIDANCES["hints and a stroke" if method == "levin" else "reference"]
    made = {method: colorizer.colorize_photo(Photo(GRAY), guidance).pixels}
    if method == "reinhard":
        made["reinhard, in color"] = colorizer.colorize_photo(Photo(PERSON), guidance).pixels
    recorded.check(made, 1e-3)
