import numpy as np
import pytest
from PIL import Image
from skimage import data

from tintype import Colorizer, Guidance, Hint, Stroke
from tintype.engine.assist.reach import Spot, reached, spots_in, spots_of, trust_map
from tintype.engine.assist.things import memberships, raise_mask
from tintype.guidance import color_ab

GRAY = data.camera()
COAT, SKY, GRASS = (
    (slice(180, 350), slice(70, 150)),
    (slice(20, 150), slice(320, 480)),
    (slice(330, 480), slice(330, 490)),
)
ON_COAT, ON_GRASS = (0.22, 0.5), (0.8, 0.85)


@pytest.fixture(scope="module")
def colorizer() -> Colorizer:
    return Colorizer("fast", device="cpu")


@pytest.fixture(scope="module")
def prepared(colorizer):
    return colorizer.prepare(GRAY)


def moved(colorizer, prepared, place, color, **more) -> np.ndarray:
    """How far a dab moves each place toward the color asked for, as a share."""
    plain = colorizer.ab(prepared)
    found = colorizer.ab(prepared, Guidance().with_hint(*place, color, 0.02, **more))
    height, width = plain.shape[:2]
    wanted = color_ab(color) - plain[int(place[1] * height), int(place[0] * width)]
    return ((found - plain) @ wanted) / (wanted @ wanted)


@pytest.mark.parametrize(
    ("place", "inside", "outside"),
    [(ON_COAT, COAT, SKY), (ON_COAT, COAT, GRASS), (ON_GRASS, GRASS, SKY), (ON_GRASS, GRASS, COAT)],
)
def test_a_surprising_dab_colors_its_thing_and_not_the_others(
    colorizer, prepared, place, inside, outside
):
    change = moved(colorizer, prepared, place, "#c02080")
    assert change[inside].mean() > 0.6
    assert np.abs(change[outside]).mean() < 0.12


def test_the_reach_widens_from_place_to_thing(colorizer, prepared):
    place, thing = (
        moved(colorizer, prepared, ON_GRASS, "#c02080", reach=reach) for reach in ("place", "thing")
    )
    assert place[int(0.85 * 512), int(0.8 * 512)] > 0.9
    assert np.abs(place[GRASS]).mean() < 0.5 * thing[GRASS].mean()


def test_alike_reaches_what_looks_alike_where_thing_does_not(colorizer):
    pair = np.hstack(
        [GRAY[300:500, 300:500], np.full((200, 30), 255, np.uint8), GRAY[300:500, 300:500]]
    )
    prepared = colorizer.prepare(pair)
    alike, thing = (
        moved(colorizer, prepared, (0.2, 0.7), "#4060c0", reach=reach)
        for reach in ("alike", "thing")
    )
    assert alike[100:, 260:].mean() > thing[100:, 260:].mean() + 0.1


def test_a_gray_dab_keeps_its_thing_gray(colorizer, prepared):
    plain = np.hypot(*np.moveaxis(colorizer.ab(prepared), -1, 0))
    found = np.hypot(
        *np.moveaxis(
            colorizer.ab(prepared, Guidance().with_hint(*ON_GRASS, "#808080", 0.02)), -1, 0
        )
    )
    assert found[GRASS].mean() < 0.5 * plain[GRASS].mean()


@pytest.mark.parametrize("color", ["#8040a0", "#a06040", "#408060"])
def test_the_color_asked_for_is_met_at_the_place(colorizer, color):
    face = np.asarray(Image.fromarray(data.astronaut()).convert("L"))
    found = colorizer.ab(colorizer.prepare(face), Guidance().with_hint(0.45, 0.7, color, 0.02))
    assert np.linalg.norm(found[int(0.7 * 512), int(0.45 * 512)] - color_ab(color)) < 3


def test_the_nearer_a_hint_to_the_plain_color_the_more_it_is_trusted():
    plain = np.zeros((20, 30, 2), np.float32)
    hint = np.zeros((20, 30, 3), np.float32)
    hint[:, :15] = (5, 0, 1)
    hint[:, 15:] = (60, 0, 1)
    trust = trust_map([], hint, plain)
    assert trust[:, :15].min() > 0.95
    assert trust[:, 15:].max() < 0.05


@pytest.mark.parametrize("reach", ["alike", "place"])
def test_a_reach_that_is_asked_for_is_not_weighed_by_surprise(reach):
    spots = spots_of([Hint(0.5, 0.5, "#010000", reach=reach)], np.zeros((4, 4, 2), np.float32))
    assert spots[0].trust == 0


def test_two_dabs_each_keep_their_thing(colorizer, prepared):
    both = Guidance().with_hint(*ON_COAT, "#3040a0", 0.02).with_hint(*ON_GRASS, "#c02080", 0.02)
    found = colorizer.ab(prepared, both)
    assert np.median(found[GRASS][..., 0]) > 25
    assert np.median(found[COAT][..., 1]) < -10


def test_what_a_point_lies_on_is_found(prepared):
    member = memberships(prepared, [ON_COAT, ON_GRASS])
    coat, sky, grass = (
        member[:, slice(*(v * 64 // 512 for v in (rows.start, rows.stop)))][
            ..., slice(*(v * 64 // 512 for v in (columns.start, columns.stop)))
        ].mean((1, 2))
        for rows, columns in (COAT, SKY, GRASS)
    )
    assert coat[0] > 0.7 and coat[1] < 0.1
    assert grass[1] > 0.7 and grass[0] < 0.1
    assert sky.max() < 0.1


def test_a_raised_mask_ends_at_the_edge_of_a_picture_that_is_not_square():
    lightness = np.full((120, 200), 20, np.float32)
    lightness[:, 103:] = 80
    mask = np.zeros((30, 50), np.float32)
    mask[:, 26:] = 1
    raised = raise_mask(mask, lightness)
    assert raised.shape == (120, 200)
    assert raised[:, 104:].min() > 0.95 and raised[:, :102].max() < 0.1


@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (40, 40)])
def test_tiny_and_odd_pictures_take_dabs(colorizer, shape):
    picture = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)
    assert np.isfinite(
        colorizer.ab(colorizer.prepare(picture), Guidance().with_hint(0.5, 0.5, "red"))
    ).all()


WIDE = GRAY[100:400]


@pytest.fixture(scope="module")
def wide(colorizer):
    return colorizer.prepare(WIDE)


def spot(**more) -> Spot:
    given = {"points": ((0.22, 0.4),), "radius": 0.02, "ab": np.float32([30, -10])}
    return Spot(**(given | {"confidence": 1.0, "reach": "thing", "trust": 0.0} | more))


@pytest.mark.parametrize("confidence", [1.0, 0.4])
def test_a_color_fills_its_object_as_far_as_it_is_sure(wide, confidence):
    places = reached(wide, [spot(confidence=confidence)])
    assert places.member.max() == pytest.approx(1, abs=1e-5)
    assert np.allclose(places.strength[places.member > 0.1], confidence, atol=1e-5)
    assert np.allclose(places.color[places.member > 0.1], (30, -10), atol=1e-2)


def test_a_trusted_hint_fills_nothing_and_its_effect_is_let_through(wide):
    assert reached(wide, [spot(trust=1.0)]) is None
    half = reached(wide, [spot(trust=0.5)])
    assert half.strength.max() == pytest.approx(0.5, abs=1e-5)
    none = reached(wide, [spot(trust=0.0)])
    assert none.share.min() < 0.05
    assert half.share.min() == pytest.approx(0.5 + 0.5 * none.share.min(), abs=0.02)
    assert none.share.max() == pytest.approx(1, abs=1e-3)


def test_the_surer_of_two_colors_counts_more(wide):
    pair = [spot(), spot(ab=np.float32([-30, 10]), confidence=0.5)]
    color = reached(wide, pair).color
    at = reached(wide, [spot()]).member > 0.99
    assert np.allclose(color[at], np.float32([30, -10]) * (1 - 0.25) / 1.25, atol=0.01)


def test_the_reach_of_a_place_falls_as_a_gaussian_beyond_its_rim(wide):
    near, far = (reached(wide, [spot(reach=reach)]).member for reach in ("place", "thing"))
    height, width = near.shape
    rows, columns = np.mgrid[:height, :width] + 0.5
    away = np.hypot(rows - 0.4 * height, columns - 0.22 * width) / (height * width) ** 0.5
    beyond = np.maximum(away - 0.02 * (300 / 512) ** 0.5, 0)
    assert np.allclose(near, far * np.exp(-(beyond**2) / (2 * 0.05**2)), atol=2e-3)


def test_half_of_a_hint_20_units_away_is_trusted():
    plain = np.zeros((10, 30, 2), np.float32)
    plain[2, 27] = color_ab("#c02080") + np.float32([12, 16])
    (one,) = spots_of([Hint(0.91, 0.21, "#c02080", 0.03, 0.7)], plain)
    assert one.trust == pytest.approx(0.5, abs=1e-4)
    assert (one.radius, one.confidence) == (0.03, 0.7)


def test_the_last_80_hints_count_and_a_stroke_is_looked_at_along_its_length():
    plain = np.zeros((4, 4, 2), np.float32)
    hints = [Hint(k / 100, 0.5, "red") for k in range(90)]
    assert [s.points[0][0] for s in spots_of(hints, plain)] == [k / 100 for k in range(10, 90)]
    stroke = Stroke([(k / 20, 0.5) for k in range(21)], "red", width=0.06)
    (one,) = spots_of([stroke], plain)
    assert [x for x, _ in one.points] == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert one.radius == pytest.approx(0.03)


def test_the_parts_of_a_hint_map_are_spots():
    hint = np.zeros((20, 60, 3), np.float32)
    hint[4:9, 40:45] = (10, 20, 0.5)
    hint[15, 3] = (-5, 0, 1)
    one, other = spots_in(hint, np.zeros((5, 5, 2), np.float32))
    assert one.points == (pytest.approx((42.5 / 60, 6.5 / 20)),)
    assert one.radius == pytest.approx((25 / np.pi) ** 0.5 / 20)
    assert one.confidence == 0.5 and one.ab.tolist() == [10, 20]
    assert other.points == (pytest.approx((3.5 / 60, 15.5 / 20)),)
    hint[::2, ::2] = (1, 1, 1)
    assert spots_in(hint, np.zeros((5, 5, 2), np.float32)) == []


def test_each_place_is_trusted_as_the_nearest_spot():
    spots = [spot(points=((0.1, 0.5),), trust=0.25), spot(points=((0.9, 0.5),), trust=0.75)]
    trust = trust_map(spots, np.zeros((10, 40, 3), np.float32), np.zeros((2, 2, 2), np.float32))
    assert trust.shape == (10, 40)
    assert (trust[:, :18] == 0.25).all() and (trust[:, 23:] == 0.75).all()
