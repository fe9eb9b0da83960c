import io

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from tintype import Colorizer, Guidance, Hint, Photo, Policy, Region, read_photo, write_photo
from tintype.color import srgb_to_lab
from tintype.engine.coloring import new_color_share
from tintype.engine.core.render import lightness_of
from tintype.engine.core.tone import warm_ab
from tintype.errors import ModelError, UsageError
from tintype.jobs import color_file
from tintype.photo import read_label

GRAY = data.camera()
FACE = np.asarray(Image.fromarray(data.astronaut()).convert("L"))


@pytest.fixture(scope="module")
def colorizer() -> Colorizer:
    return Colorizer(device="cpu")


def lab(image: Image.Image) -> np.ndarray:
    return srgb_to_lab(np.asarray(image.convert("RGB"), np.float32) / 255)


def test_a_photograph_gets_believable_color_at_its_own_size_and_lightness(colorizer):
    colored = colorizer.colorize(FACE)
    assert colored.size == (512, 512)
    found = lab(colored)
    assert np.percentile(np.abs(found[..., 0] - lightness_of(FACE)), 99) < 0.5
    skin = found[90:130, 200:240, 1:].mean((0, 1))
    assert skin[0] > 2
    assert skin[1] > 4


def test_the_sky_behind_the_rocket_is_blue(colorizer):
    rocket = np.asarray(Image.fromarray(data.rocket()).convert("L"))
    assert lab(colorizer.colorize(rocket))[60:240, 120:280, 2].mean() < -4


def test_things_are_colored_as_seen_from_nearer_and_what_surrounds_them_as_in_the_whole(colorizer):
    light = lightness_of(FACE)
    both = colorizer.predict(light)
    whole, near = (Colorizer(size=size, device="cpu").predict(light) for size in colorizer.sizes)
    far_apart = np.linalg.norm(near - whole, axis=-1) > 2
    share = ((both - whole) * (near - whole)).sum(-1)[far_apart] / ((near - whole) ** 2).sum(-1)[
        far_apart
    ]
    assert np.percentile(share, 1) > -0.2
    assert np.percentile(share, 99) < 1.2
    face, wall = np.zeros(light.shape, bool), np.zeros(light.shape, bool)
    face[80:200, 180:260], wall[20:120, 300:360] = True, True
    for place, answer, other in ((face, near, whole), (wall, whole, near)):
        assert np.abs(both - answer)[place].mean() < np.abs(both - other)[place].mean()


def test_surroundings_have_broad_colors_from_the_whole_and_details_from_nearer(colorizer):
    light = lightness_of(data.grass())
    both = colorizer.predict(light)
    whole, near = (Colorizer(size=size, device="cpu").predict(light) for size in colorizer.sizes)

    def apart(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
        difference = one - other
        broad = cv2.GaussianBlur(difference, (0, 0), 0.04 * len(light))
        return np.abs(broad).mean(), np.abs(difference - broad).mean()

    (whole_broad, whole_detail), (near_broad, near_detail) = apart(both, whole), apart(both, near)
    assert whole_broad < near_broad / 2
    assert near_detail < whole_detail / 2


def test_a_wished_size_is_the_only_one(colorizer):
    assert len(colorizer.sizes) == 2
    assert Colorizer(size=192, device="cpu").sizes == [192]


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 20_000), (30_000, 2), (7, 500)])
def test_absurd_shapes_come_out_at_their_own_size(colorizer, height, width):
    assert colorizer.colorize(np.full((height, width), 90, np.uint8)).size == (width, height)


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_picture_of_one_value_stays_nearly_neutral(colorizer, value):
    found = lab(colorizer.colorize(np.full((120, 160), value, np.uint8)))
    assert np.abs(found[..., 1:]).mean() < 10


def test_depth_alpha_and_format_are_kept(colorizer):
    alpha = np.full(GRAY.shape, 30_000, np.uint16)
    photo = Photo(GRAY.astype(np.uint16) * 257, alpha, "TIFF")
    colored = colorizer.colorize_photo(photo)
    assert colored.pixels.dtype == np.uint16
    assert colored.pixels.shape == (512, 512, 3)
    assert colored.alpha is alpha
    assert colored.format == "TIFF"


def test_a_sepia_picture_is_read_as_monochrome(colorizer):
    sepia = np.clip(GRAY[..., None] * np.array([1.0, 0.85, 0.65]), 0, 255).astype(np.uint8)
    colored = lab(colorizer.colorize(sepia))
    assert np.abs(colored[..., 0] - lightness_of(sepia)).mean() < 0.5
    sky = colored[20:120, 300:500, 2].mean()
    assert sky < srgb_to_lab(sepia[20:120, 300:500].astype(np.float32) / 255)[..., 2].mean() - 10


def test_a_hint_is_honored_where_it_lies_and_not_far_away(colorizer):
    plain = lab(colorizer.colorize(GRAY))
    hinted = lab(
        colorizer.colorize(GRAY, Guidance().with_hint(60 / 512, 470 / 512, "#a04060", 12 / 512))
    )
    wanted = srgb_to_lab(np.array([[160, 64, 96]], np.float32) / 255)[0, 1:]
    inside = hinted[464:476, 54:66, 1:]
    assert np.abs(np.median(inside, axis=(0, 1)) - wanted).max() < 12
    assert np.abs(hinted[30:90, 380:480, 1:] - plain[30:90, 380:480, 1:]).mean() < 4


def test_a_region_is_colored_up_to_its_edge_where_no_edge_of_the_picture_is(colorizer):
    sky = np.asarray(Image.fromarray(data.rocket()).convert("L"))
    region = np.zeros(sky.shape, np.float32)
    region[:200, :240] = 1
    found = lab(colorizer.colorize(sky, Guidance().with_region(region)))
    chroma = np.hypot(found[..., 1], found[..., 2])[20:180]
    assert chroma[:, 220:230].mean() > 0.9 * chroma[:, 130:140].mean() > 5
    assert chroma[:, 260:].max() < 1


def test_outside_of_the_region_the_picture_stays_gray(colorizer):
    region = np.zeros(GRAY.shape, np.float32)
    region[300:] = 1
    found = lab(colorizer.colorize(GRAY, Guidance().with_region(region)))
    chroma = np.hypot(found[..., 1], found[..., 2])
    assert chroma[:280].mean() < 0.5
    assert chroma[320:].mean() > 2


def test_saturation_scales_the_chroma(colorizer):
    def mean_chroma(saturation: float) -> float:
        found = lab(colorizer.colorize(FACE, Guidance(saturation=saturation)))
        return float(np.hypot(found[..., 1], found[..., 2]).mean())

    assert mean_chroma(0) < 0.5
    assert mean_chroma(1.5) > 1.25 * mean_chroma(1)


def test_all_kinds_of_input_give_the_same(colorizer, tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(GRAY).save(path)
    expected = np.asarray(colorizer.colorize(GRAY))
    for given in (
        path,
        str(path),
        path.read_bytes(),
        io.BytesIO(path.read_bytes()),
        Image.open(path),
        np.dstack([GRAY] * 3),
    ):
        assert np.array_equal(np.asarray(colorizer.colorize(given)), expected)
    assert (
        np.abs(
            np.asarray(colorizer.colorize(GRAY.astype(np.float64) / 255)).astype(int) - expected
        ).max()
        <= 2
    )


def test_many_come_in_their_order(colorizer):
    pictures = [GRAY[:100, : 100 + 10 * i] for i in range(6)]
    assert [image.width for image in colorizer.colorize_many(pictures)] == [
        100,
        110,
        120,
        130,
        140,
        150,
    ]


def test_predict_gives_as_much_color_as_the_region_says(warm_network):
    region = np.tile(np.linspace(0, 1, 96, dtype=np.float32), (64, 1))
    flat = np.full((64, 96), 50, np.float32)
    ab = Colorizer(warm_network, device="cpu").predict(flat, region=region)
    assert ab == pytest.approx(region[..., None] * (20, 25), abs=0.01)


def test_predict_gives_ab_of_the_lightness_that_it_is_given(colorizer):
    ab = colorizer.predict(lightness_of(GRAY))
    assert ab.shape == (512, 512, 2)
    hint = np.zeros((512, 512, 3), np.float32)
    hint[460:480, 40:80] = (50, -40, 1)
    pulled = colorizer.predict(lightness_of(GRAY), hint)[460:480, 40:80].mean((0, 1))
    assert pulled[0] > ab[460:480, 40:80, 0].mean() + 10


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (np.zeros((4, 4, 7), np.uint8), "shape"),
        (np.full((4, 4), -1, np.int32), "int32"),
        (np.full((4, 4), 3.0), "0 to 1"),
        (np.full((4, 4), np.nan), "0 to 1"),
    ],
)
def test_arrays_of_another_form_get_a_sentence(colorizer, wrong, reason):
    with pytest.raises(UsageError, match=reason):
        colorizer.colorize(wrong)


def test_wrong_sizes_and_wishes_get_a_sentence(colorizer):
    with pytest.raises(UsageError, match="size"):
        Colorizer(size=3)
    with pytest.raises(UsageError, match="x must be"):
        colorizer.colorize(GRAY, Guidance(hints=[Hint(1.2, 0.1, "red")]))
    with pytest.raises(UsageError, match="shape"):
        colorizer.colorize(GRAY, Guidance().with_region(np.ones((3, 30))))
    with pytest.raises(UsageError, match="lightness"):
        colorizer.predict(np.zeros((4, 4, 3), np.float32))


class Counted:
    """A network's session that counts how often it runs."""

    def __init__(self, session) -> None:
        self.session, self.runs = session, 0

    def run(self, *args):
        self.runs += 1
        return self.session.run(*args)


@pytest.fixture
def counted(monkeypatch) -> tuple[Colorizer, Counted]:
    colorizer = Colorizer(device="cpu")
    session = Counted(colorizer.network.session)
    monkeypatch.setattr(colorizer.network, "session", session)
    return colorizer, session


def test_a_dab_costs_at_most_two_passes_and_saturation_and_taking_it_back_none(counted):
    colorizer, session = counted
    prepared = colorizer.prepare(FACE)
    plain = colorizer.color(prepared).pixels
    before = session.runs
    dabbed = Guidance().with_hint(0.4, 0.8, "orange")
    assert not np.array_equal(colorizer.color(prepared, dabbed).pixels, plain)
    assert before < session.runs <= before + 2
    before = session.runs
    more = colorizer.color(prepared, Guidance(saturation=1.5)).pixels
    assert np.array_equal(colorizer.color(prepared).pixels, plain)
    assert not np.array_equal(more, plain)
    colorizer.color(prepared, dabbed)
    assert session.runs == before


def test_another_dab_within_a_region_costs_one_pass(counted):
    colorizer, session = counted
    prepared = colorizer.prepare(FACE)
    asked = (
        Guidance()
        .with_region(np.arange(512)[:, None].repeat(512, 1) > 255)
        .with_hint(0.4, 0.8, "orange")
    )
    colorizer.color(prepared, asked)
    before = session.runs
    colorizer.color(prepared, asked.with_hint(0.2, 0.9, "navy"))
    assert session.runs == before + 1


def test_a_network_without_hints_and_regions_obeys_them_all_the_same(warm_network):
    colorizer = Colorizer(warm_network, device="cpu")
    plain = lab(colorizer.colorize(GRAY))
    hinted = lab(colorizer.colorize(GRAY, Guidance().with_hint(0.8, 0.15, "#c08090", 0.03)))
    wanted = srgb_to_lab(np.array([[0xC0, 0x80, 0x90]], np.float32) / 255)[0, 1:]
    assert np.abs(np.median(hinted[70:84, 402:416, 1:], axis=(0, 1)) - wanted).max() < 6
    assert np.abs(hinted - plain)[460:500, 20:100, 1:].mean() < 4
    half = lab(
        colorizer.colorize(
            GRAY, Guidance().with_region(np.arange(512)[:, None].repeat(512, 1) > 255)
        )
    )
    assert np.hypot(half[..., 1], half[..., 2])[:240].max() < 1
    assert np.abs(half[280:, :, 1:] - plain[280:, :, 1:]).mean() < 1


def test_a_palette_is_refused_by_a_network_that_takes_none(warm_network):
    with pytest.raises(ModelError, match="takes no palette"):
        Colorizer(warm_network, device="cpu").colorize(GRAY, Guidance(palette=("red",)))


def test_outside_of_a_region_a_color_photograph_keeps_its_own_colors_if_asked(colorizer):
    photo = data.astronaut()
    region = np.zeros(photo.shape[:2], np.uint8)
    region[:, :256] = 1
    found = np.asarray(
        colorizer.colorize(
            photo, Guidance(keep_color=True).with_region(region).with_hint(0.2, 0.5, "green")
        )
    )
    assert np.array_equal(found[:, 280:], photo[:, 280:])
    assert np.abs(found[:, :220].astype(int) - photo[:, :220]).mean() > 3


def test_only_what_is_gray_is_colored_if_the_rest_keeps_its_color(colorizer):
    photo = data.astronaut()
    tinted = np.dstack([FACE] * 3)
    tinted[:, 256:] = photo[:, 256:]
    found = np.asarray(colorizer.colorize(tinted, Guidance(keep_color=True)))
    suit = slice(300, 500), slice(280, 400)
    assert np.abs(found[suit].astype(int) - photo[suit]).mean() < 2
    assert (
        np.hypot(*np.moveaxis(lab(Image.fromarray(found))[100:200, 100:240, 1:], -1, 0)).mean() > 3
    )


def test_warmth_moves_the_colors_and_not_the_lightness(colorizer):
    plain, warm = lab(colorizer.colorize(GRAY)), lab(colorizer.colorize(GRAY, Guidance(warmth=0.5)))
    assert warm[..., 2].mean() > plain[..., 2].mean() + 2
    assert np.abs(warm[..., 0] - plain[..., 0]).mean() < 0.3


def test_the_subject_may_be_the_only_thing_in_color(colorizer):
    chelsea = np.asarray(Image.fromarray(data.chelsea()).convert("L"))
    subject, background = (
        lab(colorizer.colorize(chelsea, Guidance(region=Region(kind))))
        for kind in ("subject", "background")
    )
    chroma = [np.hypot(found[..., 1], found[..., 2]) for found in (subject, background)]
    whole = np.hypot(*np.moveaxis(lab(colorizer.colorize(chelsea))[..., 1:], -1, 0))
    assert chroma[0][100:200, 200:300].mean() > 0.8 * whole[100:200, 200:300].mean() > 2
    assert chroma[1][100:200, 200:300].mean() < 1
    assert np.minimum(*chroma).mean() < 1


def mean_chroma(ab: np.ndarray) -> float:
    return float(np.hypot(ab[..., 0], ab[..., 1]).mean())


def test_portraits_in_a_row_are_as_colorful_as_one_alone(colorizer):
    face = cv2.resize(FACE[:280, 90:370], (160, 160), interpolation=cv2.INTER_AREA)
    alone = mean_chroma(colorizer.ab(colorizer.prepare(face)))
    row = colorizer.ab(colorizer.prepare(np.hstack([face] * 10)))
    each = [mean_chroma(part) for part in np.array_split(row, 10, axis=1)]
    assert min(each) > 0.7 * alone > 3


def test_a_small_photograph_on_a_white_page_is_colored_like_any_other(colorizer):
    face = cv2.resize(FACE[:280, 90:370], (240, 240), interpolation=cv2.INTER_AREA)
    page = np.full((1600, 1200), 245, np.uint8)
    page[300:540, 400:640] = face
    alone, found = lab(colorizer.colorize(face)), lab(colorizer.colorize(page))
    assert (
        mean_chroma(found[310:530, 410:630, 1:]) > 0.8 * mean_chroma(alone[10:230, 10:230, 1:]) > 3
    )
    assert mean_chroma(found[700:1500, 100:1100, 1:]) < 2


@pytest.mark.parametrize("size", [63, 2049])
def test_a_size_just_outside_of_the_limits_is_refused(size):
    with pytest.raises(UsageError, match="64 to 2048"):
        Colorizer(size=size)


def test_the_smallest_size_is_taken():
    assert Colorizer(size=64, device="cpu").sizes == [64]


def test_warmth_does_not_tint_a_blank_picture(colorizer):
    blank = colorizer.prepare(np.full((60, 90), 128, np.uint8))
    assert np.abs(colorizer.ab(blank, Guidance(warmth=1.0))).max() < 0.01
    full = colorizer.prepare(GRAY)
    added = colorizer.ab(full, Guidance(warmth=1.0)) - colorizer.ab(full)
    assert np.allclose(added, warm_ab(full.lightness, full.visible), atol=1e-4)
    assert added[..., 1].max() == pytest.approx(12 * full.visible, abs=0.01)


def test_all_guidance_is_0_outside_of_a_region_that_is_not_square(colorizer):
    wide = colorizer.prepare(GRAY[:200])
    region = Region("polygons", polygons=(((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)),))
    guidance = Guidance(region=region, warmth=1.0, hints=[Hint(0.1, 0.5, "red", 0.05)])
    ab = colorizer.ab(wide, guidance)
    assert ab.shape == (200, 512, 2)
    assert np.abs(ab[:, :240]).max() < 0.5
    assert np.abs(ab[:, 272:]).mean() > 2


@pytest.mark.parametrize("saturation", [0.0, 0.5, 1.5])
def test_saturation_multiplies_chroma(colorizer, saturation):
    prepared = colorizer.prepare(GRAY)
    found = colorizer.ab(prepared, Guidance(saturation=saturation))
    assert np.allclose(found, saturation * colorizer.ab(prepared), atol=1e-3)


def test_lightness_just_outside_of_its_range_is_refused(colorizer):
    for value in (-1.1, 101.1, np.nan):
        with pytest.raises(UsageError, match="0 to 100"):
            colorizer.predict(np.full((8, 12), value, np.float32))
    assert colorizer.predict(np.full((8, 12), 100.5, np.float32)).shape == (8, 12, 2)
    with pytest.raises(UsageError, match="hint must have shape"):
        colorizer.predict(np.full((8, 12), 50, np.float32), np.zeros((12, 8, 3), np.float32))
    with pytest.raises(UsageError, match="region must have shape"):
        colorizer.predict(np.full((8, 12), 50, np.float32), region=np.zeros((12, 8), np.float32))


def test_the_source_keeps_its_color_and_what_is_gray_gets_new_one(colorizer):
    picture = np.dstack([GRAY[:200]] * 3)
    picture[:, 256:, 2] //= 4
    prepared = colorizer.prepare(picture)
    share = new_color_share(prepared, Guidance(keep_color=True))
    assert share.shape == (200, 512)
    assert share[:, :240].min() > 0.99
    colored = np.hypot(*np.moveaxis(srgb_to_lab(picture / np.float32(255))[..., 1:], -1, 0))
    assert share[:, 272:][colored[:, 272:] > 16].max() < 0.01
    kept = colorizer.color(prepared, Guidance(keep_color=True)).pixels
    far = np.zeros((200, 512), bool)
    far[:, 280:] = share[:, 280:] == 0
    assert np.abs(kept[far].astype(int) - picture[far]).max() <= 1


@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp"])
def test_a_colored_image_and_a_colored_photo_carry_a_label(colorizer, ending, tmp_path):
    guidance = Guidance(saturation=1.2)
    tags = Image.Exif()
    tags[271] = "Plaubel"
    source = tmp_path / "gray.jpg"
    Image.fromarray(GRAY[:64, :96]).save(source, exif=tags, dpi=(300, 300))
    paths = [tmp_path / f"{name}.{ending}" for name in ("image", "photo", "command")]
    colorizer.colorize(source, guidance).save(paths[0])
    write_photo(colorizer.colorize_photo(read_photo(source), guidance), paths[1], format=ending)
    color_file(source, paths[2], [guidance], Policy(), [colorizer])
    first, *others = [read_label(path) for path in paths]
    assert others == [first, first]
    assert first.settings == '{"guidance": {"saturation": 1.2}}'
    assert len(first.sha256) == 64
    for path in paths:
        assert b"Plaubel" in read_photo(path).metadata.exif


def test_no_label_is_written_where_none_is_wanted(colorizer, tmp_path):
    source = tmp_path / "gray.png"
    Image.fromarray(GRAY[:64, :96]).save(source)
    policy = Policy(label=False)
    color_file(source, tmp_path / "a.jpg", [Guidance()], policy, [colorizer])
    assert read_label(tmp_path / "a.jpg") is None


@pytest.mark.parametrize(
    ("reach", "changed"), [("place", (0, 0.15)), ("thing", (0.005, 0.5)), ("alike", (0.005, 0.6))]
)
def test_a_hint_on_a_color_photograph_changes_its_thing_and_keeps_all_else(
    colorizer, reach, changed
):
    photo = data.coffee()
    guidance = Guidance(keep_color=True).with_hint(0.53, 0.45, "green", 0.03, reach=reach)
    found = np.asarray(colorizer.colorize(photo, guidance))
    moved = np.linalg.norm((lab(Image.fromarray(found)) - lab(Image.fromarray(photo))), axis=2)
    assert moved[180, 318] > 20
    assert changed[0] < (moved > 5).mean() < changed[1]
    assert np.median(moved[:60]) < 3


def test_what_a_notebook_shows_is_short(colorizer):
    prepared = colorizer.prepare(GRAY)
    assert repr(prepared) == "<Prepared <Photo 512×512 gray uint8, PNG> for <Network default>>"
    assert repr(colorizer) == f"<Colorizer default, sizes {colorizer.sizes}>"
    assert prepared._repr_png_().startswith(b"\x89PNG")
