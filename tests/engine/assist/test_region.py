import numpy as np
import pytest
from PIL import Image
from skimage import data

from tintype import Colorizer, Guidance, Region
from tintype.engine.assist.region import select_objects


@pytest.fixture(scope="module")
def colorizer() -> Colorizer:
    return Colorizer("fast", device="cpu")


def test_a_click_on_the_coat_selects_the_photographer_and_not_the_sky(colorizer):
    prepared = colorizer.prepare(data.camera())
    found = select_objects(prepared, ((0.25, 0.5),))
    assert found[150:350, 60:160].mean() > 0.9
    assert found[20:150, 350:480].mean() < 0.02


def test_a_point_to_skip_takes_its_thing_away(colorizer):
    prepared = colorizer.prepare(np.asarray(Image.fromarray(data.astronaut()).convert("L")))
    both = select_objects(prepared, ((0.42, 0.3), (0.5, 0.85)))
    without = select_objects(prepared, ((0.42, 0.3),), ((0.5, 0.85),))
    assert both[430:440, 250:260].mean() > 0.9
    assert without[430:440, 250:260].mean() < 0.1
    assert without[150:156, 212:218].all()


def test_only_the_selected_object_is_colored(colorizer):
    region = Region("objects", keep=((0.25, 0.5),))
    found = np.asarray(colorizer.colorize(data.camera(), Guidance(region=region)), int)
    assert (found[20:150, 350:480].max(-1) - found[20:150, 350:480].min(-1)).max() <= 2


@pytest.mark.parametrize("shape", [(1, 1), (3, 400), (90, 70)])
def test_odd_shapes_and_blank_pictures_are_no_trouble(colorizer, shape):
    assert (
        select_objects(colorizer.prepare(np.full(shape, 90, np.uint8)), ((0.5, 0.5),)).shape
        == shape
    )
