import numpy as np
import pytest
from PIL import Image
from skimage import data

from tintype import Colorizer, Guidance, Region
from tintype.engine.assist.region import drawn_region, feather, region_mask, select_objects
from tintype.errors import UsageError


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
    both = select_objects(prepared, ((0.42, 0.3), (0.25, 0.75)))
    without = select_objects(prepared, ((0.42, 0.3),), ((0.25, 0.75),))
    assert both[375:393, 120:136].mean() > 0.9
    assert without[375:393, 120:136].mean() < 0.1
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


def test_a_polygon_lies_where_its_points_are_in_a_picture_that_is_not_square():
    lightness = np.full((100, 300), 50, np.float32)
    corners = ((0.5, 0.1), (0.9, 0.1), (0.9, 0.4), (0.5, 0.4))
    mask = drawn_region(lightness, Region("polygons", polygons=(corners,)), (100, 300))
    assert mask.shape == (100, 300)
    assert mask[20:30, 160:260].min() > 0.99
    assert mask[:, :140].max() == 0 and mask[50:].max() == 0


def test_a_mask_of_nearly_the_shape_is_taken_and_of_another_refused():
    lightness = np.full((100, 300), 50, np.float32)
    given = np.zeros((200, 604), np.uint8)
    given[:100] = 255
    mask = drawn_region(lightness, Guidance().with_region(given).region, (400, 1200))
    assert mask[:42].min() > 0.99 and mask[58:].max() < 0.01
    for shape in ((300, 100), (100, 320)):
        region = Guidance().with_region(np.full(shape, 255, np.uint8)).region
        with pytest.raises(UsageError, match="1200×400"):
            drawn_region(lightness, region, (400, 1200))


def test_a_feathered_mask_stays_between_0_and_1_and_follows_an_edge():
    lightness = np.full((60, 90), 20, np.float32)
    lightness[:, 45:] = 80
    rough = np.zeros((60, 90), np.float32)
    rough[:, 43:] = 1
    mask = feather(lightness, rough)
    assert mask.min() >= 0 and mask.max() <= 1
    assert mask[30, 47:].min() > 0.9
    assert mask[30, 44] < 0.75


def test_subject_and_background_add_up_to_the_picture(colorizer):
    prepared = colorizer.prepare(np.asarray(Image.fromarray(data.astronaut()[:300]).convert("L")))
    inside, outside = (region_mask(prepared, Region(k)) for k in ("subject", "background"))
    assert inside.shape == (300, 512)
    assert np.allclose(inside + outside, 1, atol=0.02)
    assert inside[100:200, 180:260].mean() > 0.9
