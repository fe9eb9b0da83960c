import cv2
import numpy as np
import pytest
from skimage import data

from tintype import Colorizer, Photo

PERSON = np.ascontiguousarray(data.astronaut()[:220, 60:360])
GRAY = cv2.cvtColor(PERSON, cv2.COLOR_RGB2GRAY)


@pytest.fixture(scope="module")
def colorizer():
    return Colorizer("default", device="cpu", threads=1)


@pytest.fixture(scope="module")
def prepared(colorizer):
    return colorizer.prepare(Photo(GRAY))
