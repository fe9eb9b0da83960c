import numpy as np
import pytest
import skimage.data
from skimage.transform import resize

from tintype.engine.core.prepare import Part
from tintype.photo import Photo
from tintype.photo.album import find_photographs, straighten

cv2 = pytest.importorskip("cv2")


def gray(picture, size):
    height, width = size
    return (resize(picture, (height, width), anti_aliasing=True) * 255).astype(np.uint8)


def lay(page, photograph, middle, turn):
    """Lay a photograph on the page, turned by degrees; returns its corners."""
    height, width = photograph.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1)
    matrix[:, 2] += [middle[0] - width / 2, middle[1] - height / 2]
    size = page.shape[::-1]
    cover = cv2.warpAffine(np.ones((height, width), np.float32), matrix, size)
    laid = cv2.warpAffine(
        photograph.astype(np.float32), matrix, size, borderMode=cv2.BORDER_REPLICATE
    )
    page[:] = page * (1 - cover) + laid * cover
    corners = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]])
    return corners @ matrix[:, :2].T + matrix[:, 2]


@pytest.fixture(scope="module")
def album():
    page = 236 + np.random.default_rng(0).normal(0, 2, (1200, 900)).astype(np.float32)
    corners = [
        lay(page, gray(skimage.data.camera(), (320, 320)), (240, 260), 4),
        lay(page, gray(skimage.data.astronaut().mean(-1) / 255, (300, 340)), (650, 280), -3),
        lay(page, gray(skimage.data.coffee().mean(-1) / 255, (260, 390)), (450, 850), 0),
    ]
    return np.clip(page, 0, 255).astype(np.uint8), corners


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_each_photograph_of_a_page_is_found_in_reading_order(album, kind):
    page, corners = album
    deep = {
        np.uint8: page,
        np.uint16: page.astype(np.uint16) * 257,
        np.float32: page.astype(np.float32) / 255,
    }[kind]
    found = find_photographs(deep)
    assert len(found) == 3
    for quad, truth in zip(found, corners, strict=True):
        assert np.abs(quad - truth).max() < 5


def test_a_turned_photograph_comes_out_straight_and_at_its_own_size(album):
    page, _ = album
    cut = straighten(Photo(page), find_photographs(page)[0]).pixels
    truth = gray(skimage.data.camera(), cut.shape)
    assert 312 <= cut.shape[0] <= 322
    assert np.corrcoef(cut.ravel(), truth.ravel())[0, 1] > 0.97


def test_a_level_photograph_is_cut_out_pixel_by_pixel():
    page = np.full((400, 600), 240, np.uint8)
    photograph = gray(skimage.data.camera(), (150, 200))
    page[100:250, 300:500] = photograph
    (quad,) = find_photographs(page)
    cut = straighten(Photo(page), quad).pixels
    rows, columns = np.nonzero(page != 240)
    top, left = round(quad[:, 1].min()), round(quad[:, 0].min())
    assert (cut == page[top : top + cut.shape[0], left : left + cut.shape[1]]).all()
    assert abs(top - rows.min()) <= 3
    assert abs(left - columns.min()) <= 3


def test_colors_are_put_back_where_the_photograph_lies(album):
    page, corners = album
    quad = find_photographs(page)[1]
    laid = Part(page, quad, np.ones((2, 2), np.float32)).lay(
        np.full((30, 34, 2), 9, np.float32), page.shape, 1
    )
    x, y = corners[1].mean(0).round().astype(int)
    assert (laid[y, x] == 9).all()
    assert laid[20, 20].max() == 0
    assert np.count_nonzero(laid[..., 0] > 4.5) == pytest.approx(300 * 340, rel=0.03)


@pytest.mark.parametrize(
    "name",
    [
        "camera",
        "astronaut",
        "coffee",
        "chelsea",
        "rocket",
        "brick",
        "moon",
        "page",
        "text",
        "coins",
    ],
)
def test_an_ordinary_photograph_is_never_split(name):
    picture = getattr(skimage.data, name)()
    assert find_photographs(picture) == []


def test_a_print_with_a_border_of_its_own_is_no_album_page():
    page = np.full((440, 440), 245, np.uint8)
    page[30:-30, 30:-30] = gray(skimage.data.camera(), (380, 380))
    assert find_photographs(page) == []


def test_a_thing_on_white_is_no_photograph():
    page = np.full((400, 400), 250, np.uint8)
    cv2.ellipse(page, (200, 200), (120, 80), 20, 0, 360, 90, -1)
    assert find_photographs(page) == []


@pytest.mark.parametrize("turn", [0, 90])
@pytest.mark.parametrize(("long", "is_photograph"), [(330, True), (460, False)])
def test_a_strip_is_a_photograph_up_to_four_times_as_long_as_wide(turn, long, is_photograph):
    page = np.full((700, 900), 240, np.uint8)
    page[80:180, 80 : 80 + long] = gray(skimage.data.coffee().mean(-1) / 255, (100, long))
    page[300:600, 300:700] = gray(skimage.data.camera(), (300, 400))
    found = find_photographs(np.rot90(page) if turn else page)
    assert len(found) == 1 + is_photograph
