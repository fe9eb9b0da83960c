import numpy as np
import pytest
from PIL import Image
from skimage import data

from tintype import Colorizer, Guidance
from tintype.color import srgb_to_lab
from tintype.engine.assist.reference import match_reference
from tintype.errors import UsageError
from tintype.guidance import color_ab


def gray(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels).convert("L"))


def warm(pixels: np.ndarray) -> np.ndarray:
    """The picture at sunset."""
    return np.clip(pixels * np.array([1.3, 0.85, 0.5]), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def colorizer() -> Colorizer:
    return Colorizer("fast", device="cpu")


@pytest.fixture(scope="module")
def astronaut(colorizer):
    return colorizer.prepare(gray(data.astronaut()))


def test_a_sunset_makes_noon_warmer(colorizer, astronaut):
    plain, found = (
        colorizer.ab(astronaut, guidance).mean((0, 1))
        for guidance in (None, Guidance().with_reference(warm(data.rocket())))
    )
    assert found[1] > plain[1] + 1.5


def test_a_picture_of_the_same_scene_brings_its_colors_to_the_same_things(colorizer, astronaut):
    true = srgb_to_lab(data.astronaut().astype(np.float32) / 255)[..., 1:]
    mirrored = np.ascontiguousarray(data.astronaut()[30:-30, 30:-30][:, ::-1])
    errors = [
        np.linalg.norm(colorizer.ab(astronaut, guidance) - true, axis=-1).mean()
        for guidance in (None, Guidance().with_reference(mirrored))
    ]
    assert errors[1] < 0.8 * errors[0]


def test_places_match_where_they_are_the_same(astronaut):
    matched = match_reference(astronaut, Guidance().with_reference(data.astronaut()).reference)
    found = [hint for hint in matched.hints if hint.reach == "place"]
    true = srgb_to_lab(data.astronaut().astype(np.float32) / 255)
    assert len(found) >= 10
    for hint in found:
        row, column = int(hint.y * 512), int(hint.x * 512)
        around = true[max(0, row - 40) : row + 41, max(0, column - 40) : column + 41, 1:]
        low, high = around.min((0, 1)) - 8, around.max((0, 1)) + 8
        assert (low <= color_ab(hint.color)).all() and (color_ab(hint.color) <= high).all()


def test_nothing_matches_where_nothing_is_alike(astronaut):
    brick = Guidance().with_reference(warm(np.dstack([data.brick()] * 3))).reference
    matched = match_reference(astronaut, brick)
    assert len(matched.hints) <= 3
    assert matched.share.max() == pytest.approx(0.35, abs=0.05)
    face = matched.share[16:19, 26:30]
    assert face.max() < 0.1  # skin takes no statistics


def test_a_suit_takes_the_color_of_another_suit_and_the_wall_does_not(colorizer, astronaut):
    other = data.astronaut()[:, ::-1][60:, 40:].copy()
    suit = np.hypot(*np.moveaxis(srgb_to_lab(other.astype(np.float32) / 255)[..., 1:], -1, 0)) > 25
    blue = np.where(suit[..., None], other[..., ::-1], other)
    ab = colorizer.ab(astronaut, Guidance().with_reference(np.ascontiguousarray(blue)))
    plain = colorizer.ab(astronaut)
    assert ab[340:420, 90:160, 1].mean() < plain[340:420, 90:160, 1].mean() - 15
    assert np.abs(ab[20:120, 280:340] - plain[20:120, 280:340]).mean() < 6


def test_a_hint_of_the_person_counts_more_than_the_reference(colorizer, astronaut):
    hint = Guidance().with_hint(0.3, 0.75, "#2040c0", 0.03)
    alone, both = (
        colorizer.ab(astronaut, g)[384, 153]
        for g in (hint, hint.with_reference(warm(data.rocket())))
    )
    assert np.linalg.norm(alone - both) < 3


def test_a_network_without_a_palette_takes_the_mood_of_the_reference(warm_network):
    colorizer = Colorizer(warm_network)
    prepared = colorizer.prepare(data.camera())
    blue = np.ascontiguousarray(warm(data.rocket())[..., ::-1])
    plain, found = (
        colorizer.ab(prepared, guidance).mean((0, 1))
        for guidance in (None, Guidance().with_reference(blue))
    )
    assert found[1] < plain[1] - 10


def test_a_gray_reference_is_refused():
    with pytest.raises(UsageError, match="the reference picture is gray"):
        Guidance().with_reference(np.dstack([data.camera()] * 3))


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 300, 3)])
def test_odd_references_are_no_trouble(colorizer, astronaut, shape):
    reference = np.zeros(shape, np.uint8)
    reference[..., 0] = 200
    assert colorizer.ab(astronaut, Guidance().with_reference(reference)).shape == (512, 512, 2)
