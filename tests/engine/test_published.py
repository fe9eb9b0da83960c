"""A network as published gives the picture of its authors' program, written out here."""

import cv2
import numpy as np
import onnx
import pytest
from onnx import helper
from PIL import Image
from skimage import data
from skimage.color import deltaE_ciede2000, lab2rgb
from skimage.color import rgb2lab as skimage_lab

from tintype.color import lab_to_srgb
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


def authors(system: str, gray: np.ndarray) -> np.ndarray:
    """H×W×3 sRGB, 0..1, for H×W bytes: the steps of the three programs, on RGB as they do them."""
    height, width = gray.shape
    rgb = np.repeat(gray[..., None], 3, 2)
    lightness = skimage_lab(rgb)[..., 0]

    def answer(light: np.ndarray) -> np.ndarray:
        return np.dstack([np.full_like(light, 20), light / 2])

    if system == "deoldify":
        shown = Image.fromarray(rgb).resize((64, 64), Image.Resampling.BILINEAR)
        light = skimage_lab(np.asarray(shown.convert("LA").convert("RGB")))[..., 0]
        made = np.clip(lab_to_srgb(np.dstack([light, answer(light)])), 0, 1) * 255
        raw = Image.fromarray(made.astype(np.uint8)).resize(
            (width, height), Image.Resampling.BILINEAR
        )
        yuv = cv2.cvtColor(np.asarray(raw), cv2.COLOR_BGR2YUV)
        yuv[..., 0] = cv2.cvtColor(rgb, cv2.COLOR_BGR2YUV)[..., 0]
        return cv2.cvtColor(yuv, cv2.COLOR_YUV2BGR) / 255
    if system == "ddcolor":
        shown = cv2.resize(rgb.astype(np.float32) / 255, (64, 64))
        ab = answer(skimage_lab(shown)[..., 0])
        rows, columns = (np.arange(n) * 64 // n for n in (height, width))
        large = ab[rows[:, None], columns]
    else:
        shown = Image.fromarray(rgb).resize((64, 64), Image.Resampling.BICUBIC)
        ab = answer(skimage_lab(np.asarray(shown))[..., 0])
        large = cv2.resize(ab, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip(lab2rgb(np.dstack([lightness, large])), 0, 1)


@pytest.mark.parametrize("gray", [GRAY, GRAY[100:140, 50:101]], ids=["large", "small"])
def test_the_picture_is_that_of_the_authors_program(network, gray):
    expected = skimage_lab(authors(network.stem, gray).astype(np.float32))

    def difference(colorizer: Colorizer) -> float:
        made = np.asarray(colorizer.colorize(gray), np.float32) / 255
        return float(deltaE_ciede2000(skimage_lab(made), expected).mean())

    assert difference(PublishedColorizer(network)) < 0.4
    assert difference(Colorizer(network)) > 1


def test_guidance_is_refused(network):
    colorizer = PublishedColorizer(network)
    with pytest.raises(CapabilityError, match="takes no guidance"):
        colorizer.colorize_photo(as_photo(GRAY), Guidance(hints=(Hint(x=0.5, y=0.5, color="red"),)))
