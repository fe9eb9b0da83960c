"""The colors of exported and wrapped networks: they change only on purpose."""

import cv2
import numpy as np
import onnxruntime as ort
import pytest
from skimage import data

from tintype.engine.core.network import find_model
from tintype.lab.models.rgb import export_rgb

GRAY = cv2.cvtColor(data.astronaut()[:220, 60:360], cv2.COLOR_RGB2GRAY)
SHAPES = {"whole": (220, 300), "small": (40, 64), "wide": (24, 200), "high": (180, 20)}


def shown(picture: np.ndarray) -> np.ndarray:
    return np.repeat(picture[None, None], 3, 1).astype(np.float32) / 255


@pytest.fixture(scope="module")
def sessions(tmp_path_factory, warm_network):
    folder = tmp_path_factory.mktemp("rgb")
    export_rgb(find_model("default"), folder / "default.onnx")
    export_rgb(warm_network, folder / "warm.onnx")
    providers = ["CPUExecutionProvider"]
    return {
        path.stem: ort.InferenceSession(str(path), providers=providers)
        for path in sorted(folder.iterdir())
    }


@pytest.mark.parametrize("name", SHAPES)
def test_the_colors_of_an_exported_network(name, sessions, recorded):
    height, width = SHAPES[name]
    picture = shown(cv2.resize(GRAY, (width, height), interpolation=cv2.INTER_AREA))
    made = {}
    for network, session in sessions.items():
        (rgb,) = session.run(None, {session.get_inputs()[0].name: picture})
        made[network] = rgb - picture
    recorded.check(made, 2e-3)


@pytest.mark.parametrize("low", [0, 90, 240])
def test_the_colors_of_faded_and_blank_pictures(low, sessions, recorded):
    faded = shown(cv2.resize(GRAY, (90, 66)) * ((255 - low) / 255) * 0.3 + low * 0.7)
    made = {}
    for network, session in sessions.items():
        (rgb,) = session.run(None, {session.get_inputs()[0].name: faded})
        made[network] = rgb - faded
    recorded.check(made, 2e-3)
