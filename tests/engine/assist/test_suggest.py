import numpy as np
import pytest
from PIL import Image
from skimage import data

from tests.pictures import EXAMPLES
from tintype import Colorizer, Guidance
from tintype.color import ab_bins, srgb_to_lab
from tintype.engine.assist.suggest import _distinct, _modes, suggest_colors, suggest_places
from tintype.engine.assist.things import memberships
from tintype.errors import CapabilityError, UsageError
from tintype.guidance import color_of


def gray(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels).convert("L"))


@pytest.fixture(scope="module")
def colorizer() -> Colorizer:
    return Colorizer("fast", device="cpu")


@pytest.fixture(scope="module")
def astronaut(colorizer):
    return colorizer.prepare(gray(data.astronaut()))


def lab_of(color: str) -> np.ndarray:
    return srgb_to_lab(
        np.array([[int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]], np.float32)
    )[0]


def test_colors_come_with_falling_shares_that_sum_to_at_most_one(astronaut):
    found = suggest_colors(astronaut, 0.3, 0.75)
    shares = [entry.share for entry in found]
    assert 2 <= len(found) <= 5
    assert shares == sorted(shares, reverse=True) and 0.5 < sum(shares) <= 1.001


def test_colors_have_the_lightness_of_the_place(astronaut):
    for x, y in ((0.3, 0.75), (0.42, 0.2)):
        here = astronaut.lightness[int(y * 512), int(x * 512)]
        assert all(
            abs(lab_of(entry.color)[0] - here) < 1.5 for entry in suggest_colors(astronaut, x, y)
        )


def test_colors_of_one_place_differ(astronaut):
    labs = [lab_of(entry.color) for entry in suggest_colors(astronaut, 0.3, 0.75)]
    apart = [np.linalg.norm(one - other) for k, one in enumerate(labs) for other in labs[:k]]
    assert min(apart) > 8


def test_a_lawn_is_likely_green(colorizer):
    _, a, b = lab_of(suggest_colors(colorizer.prepare(EXAMPLES / "lawn.jpg"), 0.5, 0.8)[0].color)
    assert 80 < np.degrees(np.arctan2(b, a)) < 170


def test_a_face_is_likely_skin(astronaut):
    lab = lab_of(suggest_colors(astronaut, 0.42, 0.25)[0].color)
    assert lab[1] > 3 and lab[2] > 5


def test_places_lie_apart_inside_and_not_on_black_or_white(astronaut):
    places = suggest_places(astronaut, 5)
    assert len(places) == 5
    for k, (x, y) in enumerate(places):
        assert 0 < x < 1 and 0 < y < 1
        assert 8 < astronaut.lightness[int(y * 512), int(x * 512)] < 97
        assert all(np.hypot(x - u, y - v) > 0.1 for u, v in places[:k])


@pytest.mark.parametrize("name", ["cat.jpg", "grace-hopper.jpg"])
def test_the_first_places_lie_on_different_things(colorizer, name):
    prepared = colorizer.prepare(np.asarray(Image.open(EXAMPLES / name).convert("L")))
    first, second = suggest_places(prepared, 2)
    (member,) = memberships(prepared, [first])
    height, width = member.shape
    assert member[int(second[1] * height), int(second[0] * width)] < 0.6


def test_a_true_hint_gains_more_at_a_suggested_place_than_elsewhere(colorizer):
    picture = np.asarray(Image.fromarray(data.coffee()).resize((256, 256)))
    lab, prepared = srgb_to_lab(picture.astype(np.float32) / 255), colorizer.prepare(gray(picture))

    def error(x, y):
        row, column = int(y * 256), int(x * 256)
        color = color_of(
            float(lab[row, column, 0]),
            lab[max(row - 3, 0) : row + 4, max(column - 3, 0) : column + 4, 1:].mean((0, 1)),
        )
        return np.square(
            colorizer.ab(prepared, Guidance().with_hint(x, y, color, 0.014)) - lab[..., 1:]
        ).mean()

    elsewhere = np.random.default_rng(0).random((12, 2))
    assert np.mean([error(*place) for place in suggest_places(prepared, 4)]) < np.mean(
        [error(*place) for place in elsewhere]
    )


def test_the_first_places_do_not_depend_on_how_many_are_asked_for(astronaut):
    assert suggest_places(astronaut, 3) == suggest_places(astronaut, 6)[:3]


def test_a_black_photograph_has_no_place_to_suggest(colorizer):
    assert suggest_places(colorizer.prepare(np.zeros((60, 80), np.uint8))) == []


@pytest.mark.parametrize("shape", [(1, 1), (3, 400), (90, 70)])
def test_odd_shapes_are_no_trouble(colorizer, shape):
    prepared = colorizer.prepare(np.full(shape, 120, np.uint8))
    assert suggest_colors(prepared, 1.0, 1.0)
    suggest_places(prepared)


@pytest.mark.parametrize(
    ("x", "y", "count"), [(1.2, 0.5, 5), (0.5, float("nan"), 5), (0.5, 0.5, 0), (0.5, 0.5, 51)]
)
def test_a_place_outside_or_a_count_of_none_is_refused(astronaut, x, y, count):
    with pytest.raises(UsageError):
        suggest_colors(astronaut, x, y, count)


def test_a_network_without_a_distribution_is_refused_in_one_sentence(warm_network):
    prepared = Colorizer(warm_network).prepare(data.camera())
    with pytest.raises(CapabilityError, match="warm predicts no distribution over colors"):
        suggest_places(prepared)


def test_similar_colors_are_one_suggestion_and_rare_ones_none():
    lab = np.float32([[50, 0, 0], [50, 40, 0], [50, 44, 4], [50, 0, 40], [50, -40, 0]])
    found = _distinct(lab, np.float32([0.3, 0.25, 0.2, 0.015, 0.1]), 5)
    assert [round(entry.share, 3) for entry in found] == [0.45, 0.3, 0.1]
    assert found[0].color == color_of(50, lab[1, 1:])
    assert _distinct(lab, np.float32([0.3, 0.25, 0.2, 0.015, 0.1]), 2) == found[:2]
    assert len(_distinct(lab[:1], np.float32([0.01]), 5)) == 1


def test_the_modes_of_a_distribution_are_its_hues_and_gray():
    bins = ab_bins()
    odds = np.zeros(len(bins), np.float32)
    red, blue, gray = (
        int(np.abs(bins - ab).sum(1).argmin()) for ab in ((40, 30), (10, -50), (0, 0))
    )
    odds[red], odds[blue], odds[gray] = 0.5, 0.3, 0.2
    ab, shares = _modes(odds)
    assert shares.sum() == pytest.approx(1, abs=1e-4)
    by_share = ab[np.argsort(-shares)]
    assert np.linalg.norm(by_share[0] - bins[red]) < 8
    assert np.linalg.norm(by_share[1] - bins[blue]) < 8
    assert np.hypot(*ab[-1]) < 8


def test_the_place_is_x_of_the_width_and_y_of_the_height(colorizer):
    wide = np.zeros((60, 180), np.uint8)
    wide[:30, 90:] = 200
    wide += np.random.default_rng(0).integers(0, 30, wide.shape).astype(np.uint8)
    prepared = colorizer.prepare(wide)
    bright, dark = (
        lab_of(suggest_colors(prepared, *place)[0].color)[0] for place in ((0.9, 0.2), (0.2, 0.9))
    )
    assert bright > 70 and dark < 20


def test_suggested_places_keep_their_distance_in_a_wide_picture(colorizer):
    picture = gray(np.hstack([data.astronaut()[:200], data.astronaut()[200:400]]))
    prepared = colorizer.prepare(picture)
    side = (200 * 1024) ** 0.5
    places = [(y * 200 / side, x * 1024 / side) for x, y in suggest_places(prepared, 20)]
    assert len(places) > 5
    for k, place in enumerate(places):
        assert all(np.hypot(*np.subtract(place, other)) > 0.1 for other in places[:k])
