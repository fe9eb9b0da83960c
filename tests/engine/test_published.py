"""A network as published gives the picture of its authors' program, written out here."""

import cv2
import numpy as np
import onnx
import pytest
from onnx import helper
from skimage import data
from skimage.color import deltaE_ciede2000

from tintype.color import lab_to_srgb, srgb_to_lab
from tintype.contract import KEY, VERSION
from tintype.engine import Colorizer
from tintype.engine.published import PublishedColorizer
from tintype.errors import CapabilityError
from tintype.guidance import Guidance, Hint
from tintype.photo import as_photo

GRAY = cv2.cvtColor(data.astronaut()[:300, :400], cv2.COLOR_RGB2GRAY)


@pytest.fixture(params=["ddcolor", "colorful", "deoldify"])
def network(request, warm_network, tmp_path):
    """a* = 20 and b* = L* / 2, called by the name of a published system, which sees 64×64."""
    model = onnx.load(warm_network)
    properties = {KEY: VERSION, "system": request.param, "size": "64", "shape": "square"}
    helper.set_model_props(model, properties | {"vividness": "1.5"})
    onnx.save(model, tmp_path / f"{request.param}.onnx")
    return tmp_path / f"{request.param}.onnx"


def authors(system: str) -> np.ndarray:
    """H×W×3 sRGB, 0..1."""
    rgb = np.repeat(GRAY[..., None], 3, 2).astype(np.float32) / 255
    lightness = srgb_to_lab(rgb)[..., 0]
    how = cv2.INTER_LINEAR if system == "ddcolor" else cv2.INTER_AREA
    small = cv2.resize(lightness, (64, 64), interpolation=how)
    ab = np.dstack([np.full_like(small, 20), small / 2])
    if system == "deoldify":
        made = np.clip(lab_to_srgb(np.dstack([small, ab])), 0, 1)
        yuv = cv2.resize(cv2.cvtColor(made, cv2.COLOR_RGB2YUV), (400, 300))
        yuv[..., 0] = rgb[..., 0]
        return np.clip(cv2.cvtColor(yuv, cv2.COLOR_YUV2RGB), 0, 1)
    if system == "ddcolor":
        rows, columns = (np.arange(n) * 64 // n for n in (300, 400))
        large = ab[rows[:, None], columns]
    else:
        large = cv2.resize(ab, (400, 300), interpolation=cv2.INTER_LINEAR)
    return np.clip(lab_to_srgb(np.dstack([lightness, large])), 0, 1)


def test_the_picture_is_that_of_the_authors_program(network):
    expected = srgb_to_lab(authors(network.stem).astype(np.float32))

    def difference(colorizer: Colorizer) -> float:
        made = np.asarray(colorizer.colorize(GRAY), np.float32) / 255
        return float(deltaE_ciede2000(srgb_to_lab(made), expected).mean())

    assert difference(PublishedColorizer(network)) < 0.5
    assert difference(Colorizer(network)) > 1


def test_guidance_is_refused(network):
    colorizer = PublishedColorizer(network)
    with pytest.raises(CapabilityError, match="takes no guidance"):
        colorizer.colorize_photo(as_photo(GRAY), Guidance(hints=(Hint(x=0.5, y=0.5, color="red"),)))
