from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from tests.pictures import EXAMPLES
from tintype.color import lightness
from tintype.engine.assist.line_art import (
    Fill,
    color_regions,
    fill_regions,
    find_regions,
    is_line_art,
    multiply,
)
from tintype.engine.assist.unused import unused_hints
from tintype.engine.colorizer import Colorizer
from tintype.errors import CapabilityError
from tintype.guidance import Guidance, Hint, Region
from tintype.photo import Photo

RED, BLUE, GREEN = (0.8, 0.2, 0.2), (0.2, 0.3, 0.8), (0.6, 0.9, 0.6)
CRIMSON = "#cc3333"
DAB = Guidance().with_hint(100 / 300, 300 / 400, CRIMSON)


def drawn(gap=0, tone=False, supersampling=3):
    """A page of 400×300: a frame, a head, a body of two halves divided by a line that has a gap;
    one half in screentone."""
    s = supersampling
    page = np.full((400 * s, 300 * s), 255, np.uint8)
    cv2.rectangle(page, (10 * s, 10 * s), (290 * s, 390 * s), 0, 2 * s)
    cv2.ellipse(page, (150 * s, 120 * s), (60 * s, 70 * s), 0, 0, 360, 0, 2 * s)
    cv2.rectangle(page, (60 * s, 220 * s), (240 * s, 360 * s), 0, 2 * s)
    cv2.line(page, (150 * s, 220 * s), (150 * s, (290 - gap // 2) * s), 0, 2 * s)
    cv2.line(page, (150 * s, (290 + gap - gap // 2) * s), (150 * s, 360 * s), 0, 2 * s)
    for x in range(60, 240, 24):
        cv2.line(page, (x * s, 20 * s), ((x + 10) * s, 40 * s), 0, 2 * s)
    page = cv2.resize(page, (300, 400), interpolation=cv2.INTER_AREA)
    if tone:
        rows, columns = np.mgrid[:400, :300]
        dots = ((rows + columns) % 6 < 2) & ((rows - columns) % 6 < 2)
        page[dots & (rows > 224) & (rows < 356) & (columns > 64) & (columns < 146)] = 0
    return page


def seen(page):
    return lightness(page.astype(np.float32) / 255)


def dab(x, y, rgb, reach="thing", radius=4):
    rows, columns = np.mgrid[:400, :300]
    return Fill((columns - x) ** 2 + (rows - y) ** 2 <= radius**2, rgb, reach)


def fill(page, fills):
    return color_regions(fills, fill_regions(page, fills))


def photographed(page):
    """As a phone sees it on a table: aslant, in uneven light, noisy, as a JPEG."""
    rows, columns = np.mgrid[: page.shape[0], : page.shape[1]]
    corners = np.float32([[0, 0], [300, 0], [300, 400], [0, 400]])
    moved = corners + np.float32([[8, 12], [-4, 3], [-14, -6], [3, -3]])
    aslant = cv2.warpPerspective(
        page, cv2.getPerspectiveTransform(corners, moved), (300, 400), borderValue=110
    )
    noise = np.random.default_rng(0).normal(0, 2.5, page.shape)
    lit = np.clip(aslant * (0.65 + 0.3 * columns / 300 - 0.1 * rows / 400) + noise, 0, 255).astype(
        np.uint8
    )
    return cv2.imdecode(
        cv2.imencode(".jpg", lit, [cv2.IMWRITE_JPEG_QUALITY, 75])[1], cv2.IMREAD_GRAYSCALE
    )


@pytest.mark.parametrize("gap", [0, 1, 3, 4, 6, 9])
def test_a_dab_fills_its_region_and_no_other_across_a_small_gap(gap):
    page = drawn(gap)
    colors = fill(seen(page), [dab(100, 300, RED)])
    np.testing.assert_allclose(
        colors[230:350, 70:144].reshape(-1, 3), np.tile(RED, (120 * 74, 1)), atol=1e-6
    )
    assert (colors[230:350, 156:230] == 1).all()
    assert (colors[20:210] == 1).all()


@pytest.mark.parametrize("side", [300, 1000, 1600])
def test_gaps_up_to_3_percent_are_closed_at_every_size_and_narrow_parts_are_filled(side):
    s = side / 300
    page = cv2.resize(drawn(9), (side, round(400 * s)), interpolation=cv2.INTER_AREA)
    cv2.rectangle(page, (round(60 * s), round(160 * s)), (round(75 * s), round(222 * s)), 0, 3)
    page[round(218 * s) : round(223 * s), round(63 * s) : round(72 * s)] = 255  # the arm's joint
    regions = find_regions(seen(page))
    left, right, arm = (
        regions[round(y * s), round(x * s)] for x, y in ((100, 300), (200, 300), (67, 190))
    )
    assert left != right
    assert arm != 0
    border = (regions[round(285 * s) : round(295 * s)] == left).sum(1).astype(float)
    assert np.ptp(border) < 6 * s  # the border in the gap is nearly straight


def test_two_hints_in_open_white_meet_along_a_straight_border():
    page = np.full((400, 300), 255, np.uint8)
    cv2.rectangle(page, (10, 10), (290, 390), 0, 2)
    numbers = fill_regions(seen(page), [dab(80, 120, RED), dab(220, 250, BLUE)])
    rows, columns = np.mgrid[:400, :300]
    nearer_red = np.hypot(columns - 80, rows - 120) < np.hypot(columns - 220, rows - 250)
    inside = (slice(14, 386), slice(14, 286))
    apart = (numbers[inside] == 1) != nearer_red[inside]
    edge = np.abs(np.hypot(columns - 80, rows - 120) - np.hypot(columns - 220, rows - 250))
    assert edge[inside][apart].max(initial=0) < 3
    assert set(np.unique(numbers[inside])) == {1, 2}


def test_a_hint_does_not_cross_a_wall_that_cuts_it_off():
    page = np.full((400, 300), 255, np.uint8)
    cv2.rectangle(page, (10, 10), (290, 390), 0, 2)
    cv2.line(page, (10, 200), (230, 200), 0, 3)  # open at the right only
    numbers = fill_regions(seen(page), [dab(60, 180, RED), dab(200, 300, BLUE)])
    assert numbers[100, 60] == 1
    assert numbers[215, 60] == 2, "nearer to the first hint, but behind the wall"


def test_wedges_that_end_in_a_point_belong_to_what_they_open_into():
    page = np.full((900, 700), 255, np.uint8)
    for points in (
        [(230, 420), (180, 700), (520, 700), (470, 420), (230, 420)],
        [(230, 430), (120, 560), (150, 590), (215, 500)],
    ):
        cv2.polylines(page, [np.array(points, np.int32)], False, 0, 4, cv2.LINE_AA)
    regions = find_regions(seen(page))
    assert len(np.unique(regions[regions > 0])) == 3  # the body, the arm, and the paper around
    assert regions[545, 195] == regions[10, 10]
    assert regions[480, 205] == regions[560, 160] != regions[10, 10]


def simple_page(noise=0):
    page = np.full((400, 600), 255, np.uint8)
    cv2.rectangle(page, (200, 100), (400, 300), 0, 3)
    page[150:152, 198:203] = 255
    if noise:
        page = np.clip(page - 10.0 + np.random.default_rng(0).normal(0, noise, page.shape), 0, 255)
    return page.astype(np.uint8)


def test_a_page_of_few_lines_is_recognized_and_filled(colorizer):
    circle = np.full((512, 512), 250, np.uint8)
    cv2.circle(circle, (256, 256), 100, 10, 4, cv2.LINE_AA)
    for page in (simple_page(), simple_page(noise=1.0), circle):
        assert is_line_art(seen(page))
    colored = colorizer.colorize_photo(Photo(simple_page()), Guidance().with_hint(0.5, 0.5, "red"))
    assert tuple(colored.pixels[200, 300]) == (255, 0, 0)
    assert tuple(colored.pixels[50, 50]) == (255, 255, 255)
    assert [notice.code for notice in colored.notices] == ["line-art"]


def test_bright_photographs_with_little_in_them_are_no_line_art():
    rng = np.random.default_rng(0)
    sky = np.clip(240 + rng.normal(0, 2, (400, 600)), 0, 255).astype(np.uint8)
    cv2.line(sky, (0, 100), (600, 180), 60, 3, cv2.LINE_AA)  # a wire before a bright sky
    assert not is_line_art(seen(sky))
    plate = np.full((400, 400), 250, np.uint8)
    cv2.circle(plate, (200, 200), 120, 90, -1)
    assert not is_line_art(seen(cv2.GaussianBlur(plate, (0, 0), 6)))


def test_a_hint_that_colors_nothing_is_named(colorizer):
    page = Photo(drawn())
    covered = DAB.with_hint(100 / 300, 300 / 400, "navy", 0.2)
    masked = DAB.with_region(np.arange(400)[:, None].repeat(300, 1) < 200)
    for guidance, color in ((covered, "#cc3333"), (masked, "#cc3333")):
        notice = colorizer.colorize_photo(page, guidance).notices[-1]
        assert notice.code == "hint-unused"
        assert f"the hint {color} at 33%, 75% colored nothing" in notice.text
    white = np.full((300, 300), 255, np.uint8)
    white[100:200, 100:200] = np.linspace(40, 200, 100, dtype=np.uint8)
    wanted = Guidance(line_art=False).with_hint(0.1, 0.1, "red").with_hint(0.5, 0.5, "red")
    notices = colorizer.colorize_photo(Photo(white), wanted).notices
    assert [each.code for each in notices] == ["hint-unused"]
    assert "at 10%, 10%" in notices[0].text


def test_a_wide_opening_is_no_gap():
    regions = find_regions(seen(drawn(gap=40)))
    assert regions[300, 100] == regions[300, 200]


def test_lines_stay_black_and_paper_stays_white():
    page = drawn()
    colored = multiply(page, fill(seen(page), [dab(100, 300, RED), dab(150, 120, GREEN)]))
    assert colored[page < 20].max() < 20
    outside = np.s_[60:200, 220:280]
    np.testing.assert_array_equal(colored[outside], np.repeat(page[outside][..., None], 3, axis=2))


def test_no_white_seam_is_left_beside_a_line():
    page = drawn()
    colored = multiply(page, fill(seen(page), [dab(100, 300, RED), dab(200, 300, BLUE)]))
    across = colored[300, 120:180].astype(int)
    assert (across[:, 1] < 90).all()


def test_screentone_stays_and_is_one_region():
    page = drawn(tone=True)
    colored = multiply(page, fill(seen(page), [dab(100, 300, RED)]))
    half = np.s_[230:350, 70:144]
    expected = page[half][..., None] * np.float32(RED)
    np.testing.assert_allclose(colored[half], expected, atol=1)
    assert (colored[230:350, 156:230] == 255).all()


def test_two_colors_in_one_region_meet_halfway():
    colors = fill(seen(drawn()), [dab(100, 240, RED), dab(100, 340, BLUE)])
    assert np.allclose(colors[260, 70:144], RED)
    assert np.allclose(colors[320, 70:144], BLUE)


def test_a_dab_on_a_line_colors_the_nearest_region():
    colors = fill(
        seen(drawn()), [Fill(np.pad(np.ones((1, 1), bool), ((300, 99), (149, 150))), RED)]
    )
    assert np.allclose(colors[300, 100], RED) or np.allclose(colors[300, 200], RED)


def test_the_reach_of_a_dab():
    page = seen(drawn())
    place = fill(page, [dab(100, 300, RED, "place")])
    assert np.allclose(place[300, 100], RED)
    assert (place[330, 100] == 1).all()
    alike = fill(page, [dab(100, 300, RED, "alike")])
    assert np.allclose(alike[300, 200], RED)  # the other half has the same tone and size
    assert (alike[100, 30] == 1).all()  # the ground is much larger


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_pixels_of_any_kind_stay_of_their_kind(kind):
    page = np.full((2, 2), {np.uint8: 200, np.uint16: 51400, np.float32: 0.8}[kind], kind)
    colored = multiply(page, np.full((2, 2, 3), 0.5, np.float32))
    assert colored.dtype == kind
    np.testing.assert_allclose(colored, page[0, 0] / 2, rtol=1e-3)


@pytest.mark.parametrize(
    "page",
    [
        drawn(),
        drawn(gap=4),
        drawn(tone=True),
        drawn(supersampling=1),
        photographed(drawn(tone=True)),
    ],
)
def test_drawn_pages_are_recognized(page):
    assert is_line_art(seen(page))


@pytest.mark.parametrize(
    "name",
    ["astronaut", "camera", "cat", "coffee", "coins", "moon", "rocket", "brick", "grass", "retina"],
)
def test_photographs_are_no_line_art(name):
    pixels = getattr(data, name)()
    assert not is_line_art(lightness(pixels.astype(np.float32) / 255))


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.jpg")), ids=lambda path: path.stem)
def test_the_examples_are_no_line_art(path):
    assert not is_line_art(seen(np.asarray(Image.open(path).convert("L"))))


@pytest.mark.parametrize("spacing", [4, 6, 10])
def test_screentone_of_every_spacing_is_kept_under_the_color(spacing):
    page = drawn()
    rows, columns = np.mgrid[:400, :300]
    dots = (rows % spacing < spacing // 2) & (columns % spacing < spacing // 2)
    page[dots & (rows > 224) & (rows < 356) & (columns > 64) & (columns < 146)] = 0
    colored = multiply(page, fill(seen(page), [dab(100, 300, RED)]))
    half = np.s_[230:350, 70:144]
    np.testing.assert_allclose(colored[half], page[half][..., None] * np.float32(RED), atol=1)
    assert (colored[230:350, 156:230] == 255).all()


def test_blank_pages_are_no_line_art():
    for value in (0, 128, 255):
        assert not is_line_art(seen(np.full((200, 200), value, np.uint8)))


@pytest.fixture(scope="module")
def colorizer(warm_network):
    return Colorizer(warm_network)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (40, 60)])
@pytest.mark.parametrize("value", [0, 255])
def test_pages_of_ink_alone_and_of_paper_alone_are_taken(colorizer, value, shape):
    page = Photo(np.full(shape, value, np.uint8))
    guidance = replace(Guidance().with_hint(0.5, 0.5, CRIMSON), line_art=True)
    colored = colorizer.colorize_photo(page, guidance)
    assert colored.pixels.shape[:2] == shape
    assert (colored.pixels == 0).all() or value == 255


def test_a_drawn_page_is_filled_and_says_so(colorizer):
    colored = colorizer.colorize_photo(Photo(drawn()), DAB)
    assert tuple(colored.pixels[300, 100]) == (0xCC, 0x33, 0x33)
    assert tuple(colored.pixels[300, 200]) == (255, 255, 255)
    assert "line art" in colored.notices[-1].text


def test_without_hints_a_page_stays_black_and_white(colorizer):
    page = drawn()
    colored = colorizer.colorize_photo(Photo(page))
    np.testing.assert_array_equal(colored.pixels, np.repeat(page[..., None], 3, 2))
    assert "without hints" in colored.notices[-1].text


def test_line_art_can_be_refused_and_demanded(colorizer):
    page = Photo(drawn())
    assert (
        colorizer.colorize_photo(page, replace(DAB, line_art=False)).pixels[300, 100]
        != (0xCC, 0x33, 0x33)
    ).any()
    photo = Photo(np.tile(np.linspace(60, 200, 90).astype(np.uint8), (60, 1)))
    forced = colorizer.colorize_photo(photo, Guidance(line_art=True).with_hint(0.5, 0.5, CRIMSON))
    assert (forced.pixels[..., 0] > forced.pixels[..., 2]).any()


def test_a_stroke_and_a_mask_work_on_a_page(colorizer):
    mask = np.zeros((400, 300), bool)
    mask[:300] = True
    asked = Guidance().with_stroke([(0.25, 0.6), (0.4, 0.6)], CRIMSON).with_region(mask)
    pixels = colorizer.colorize_photo(Photo(drawn()), asked).pixels
    assert tuple(pixels[280, 100]) == (0xCC, 0x33, 0x33)
    assert tuple(pixels[330, 100]) == (255, 255, 255)
    with pytest.raises(CapabilityError, match="line art has no subject"):
        colorizer.colorize_photo(Photo(drawn()), DAB.with_region(Region("subject")))


def test_deep_and_colored_pages_keep_their_kind(colorizer):
    page = drawn().astype(np.uint16) * 257
    colored = colorizer.colorize_photo(Photo(page), DAB)
    assert colored.pixels.dtype == np.uint16
    assert tuple(colored.pixels[300, 100]) == (0xCC * 257, 0x33 * 257, 0x33 * 257)


def test_a_large_page_is_filled_up_to_its_lines(colorizer, monkeypatch):
    monkeypatch.setattr("tintype.engine.assist.line_art.MAX_FILL_PIXELS", 40_000)
    page = drawn()
    pixels = colorizer.colorize_photo(Photo(page), DAB).pixels
    assert tuple(pixels[300, 100]) == (0xCC, 0x33, 0x33)
    assert (pixels[300, 62:150, 1] < 120).all()
    assert tuple(pixels[300, 200]) == (255, 255, 255)


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (1, "at 10%, 50% colored nothing: it lies on black"),
        (2, "at 10%, 50% and 1 other colored nothing: they lie on black"),
        (3, "at 10%, 50% and 2 others colored nothing: they lie on black"),
    ],
)
def test_unused_hints_are_counted_in_words(count, sentence):
    guidance = Guidance(hints=tuple(Hint(x=x, y=0.5, color="red") for x in (0.1, 0.2, 0.3)))
    (notice,) = unused_hints(guidance, list(range(1, count + 1)))
    assert sentence in notice.text
