"""What may lie beside an output."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from tintype import Colorizer, Guidance, Photo, Policy, color_files, read_photo, write_photo
from tintype.engine.assist.variations import draw_variations
from tintype.errors import TintypeError
from tintype.jobs import label_for
from tintype.jobs.extras import (
    COMPARISON_SIDE,
    THUMBNAIL_SIDE,
    VARIOUS,
    Extras,
    _thumbnails,
    _write_sheet,
)
from tintype.jobs.plan import PlannedFile
from tintype.photo import read_label
from tintype.sheet import GAP, LABEL_SIZE

HEAD = LABEL_SIZE + GAP


def test_a_sheet_is_as_wide_as_its_longest_row(tmp_path):
    picture = Image.new("RGB", (40, 40), (90, 90, 90))
    _write_sheet([[picture] * 2, [picture] * 4], tmp_path / "deep" / "sheet.png", 40)
    with Image.open(tmp_path / "deep" / "sheet.png") as sheet:
        assert sheet.width == 4 * (40 + GAP) + GAP
        head = sheet.convert("L").crop((2 * (40 + GAP), 0, sheet.width, GAP + 18))
        assert head.getextrema()[0] < 128  # "1" and "2" stand above the last columns
    _write_sheet([[picture]], tmp_path / "bare", 40)
    with Image.open(tmp_path / "bare") as sheet:
        assert sheet.format == "JPEG"


def test_a_sheet_of_many_photographs_is_about_as_wide_as_high(tmp_path):
    shades = [Image.new("RGB", (8, 8), (n, n, n)) for n in range(10, 52)]
    _write_sheet([[shade, shade] for shade in shades[:41]], tmp_path / "sheet.png", 8)
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (10 * (8 + GAP) + GAP, LABEL_SIZE + GAP + 9 * (8 + GAP) + GAP)
        lefts = [GAP + 4, GAP + 4 + 2 * (8 + GAP)]
        tops = [HEAD + GAP + 4, HEAD + GAP + 4 + 8 + GAP]
        seen = [[sheet.getpixel((left, top))[0] for left in lefts] for top in tops]
    assert seen == [[10, 11], [15, 16]], "photographs in the order of lines"
    _write_sheet([[shades[0].resize((256, 256))] * 2] * 300, tmp_path / "many.jpg", 256)


def test_small_pictures_keep_their_shape_and_none_is_enlarged():
    assert (THUMBNAIL_SIDE, COMPARISON_SIDE) == (256, 1600)
    photos = [Photo(np.zeros(size, np.uint16)) for size in ((100, 400), (600, 300), (9, 7))]
    assert [each.size for each in _thumbnails(photos)] == [(256, 64), (128, 256), (7, 9)]
    assert [each.mode for each in _thumbnails(photos, 10)] == ["RGB"] * 3


@pytest.mark.parametrize(
    ("target", "names"),
    [
        ("cat.color.jpg", ["cat.1.color.jpg", "cat.2.color.jpg"]),
        ("cat.jpg", ["cat.1.jpg", "cat.2.jpg"]),
        ("a.b.png", ["a.b.1.png", "a.b.2.png"]),
    ],
)
def test_variations_are_numbered_before_the_ending(target, names):
    planned = PlannedFile(Path("in/cat.jpg"), Path("out") / target, Path("sheet.jpg"))
    assert [path.name for path in Extras(variations=2).paths(planned)] == names
    assert Extras(variations=2).paths(planned)[0].parent == Path("out")
    assert Extras().paths(planned) == []


def test_a_sheet_of_an_unknown_format_is_refused_at_once():
    with pytest.raises(TintypeError, match="xyz"):
        Extras(sheet=Path("a.xyz"))
    assert Extras(sheet=Path("no ending")).sheet is not None


@pytest.fixture(scope="module")
def album(tmp_path_factory):
    folder = tmp_path_factory.mktemp("album")
    for name, size in (("b", (60, 90)), ("a", (90, 60)), ("c", (400, 520))):
        picture = data.camera()[: size[0], : size[1]]
        write_photo(Photo(np.ascontiguousarray(picture)), folder / f"{name}.png")
    return folder


def test_comparisons_variations_and_a_sheet_of_all(album, tmp_path):
    colorizer = Colorizer("default", device="cpu", threads=1)
    extras = Extras(True, 2, tmp_path / "sheet.png")
    guidance = Guidance(seed=4)
    outcomes = list(
        color_files([album], tmp_path / "out", guidance, colorizer=colorizer, extras=extras)
    )
    assert {each.state for each in outcomes} == {"colored"}
    with Image.open(tmp_path / "out" / "a.compare.jpg") as sheet:
        assert sheet.size == (2 * (90 + GAP) + GAP, HEAD + 90 + 2 * GAP)
    with Image.open(tmp_path / "sheet.png") as sheet:
        whole = np.asarray(sheet.convert("RGB")).astype(int)
    assert whole.shape[1] == 4 * (256 + GAP) + GAP
    assert whole.shape[0] == HEAD + 4 * GAP + 256 + 171 + 200, "a, b, c"
    assert (whole[HEAD : HEAD + 256 + GAP, GAP : GAP + 40] == 255).all(), "a is narrow"
    prepared = colorizer.prepare(read_photo(album / "a.png"))
    drawn = draw_variations(prepared, 2, 4)
    for number, one in enumerate(drawn, 1):
        made = read_photo(tmp_path / "out" / f"a.{number}.png")
        assert np.array_equal(made.pixels, colorizer.color(prepared, one).pixels)
        assert read_label(tmp_path / "out" / f"a.{number}.png") is not None
    stated = label_for([colorizer], [guidance], Policy())
    for sheet in (tmp_path / "sheet.png", tmp_path / "out" / "a.compare.jpg"):
        assert read_label(sheet) == stated


def test_a_sheet_of_several_settings_says_so_and_no_label_is_stated_unasked(album, tmp_path):
    colorizer = Colorizer("default", device="cpu", threads=1)
    for policy in (Policy(), Policy(label=False)):
        extras = Extras(compare=True, sheet=tmp_path / "sheet.png")
        outcomes = color_files(
            [album / "a.png", album / "b.png"],
            f"{tmp_path / 'out'}/",
            lambda path, _: Guidance(saturation=1.2 if path.stem == "a" else 1.0),
            colorizer=colorizer,
            policy=policy,
            extras=extras,
            overwrite=True,
        )
        assert [each.state for each in outcomes] == ["colored"] * 2
        label = read_label(tmp_path / "sheet.png")
        assert (label and label.settings) == (VARIOUS if policy.label else None)
        assert (read_label(tmp_path / "out" / "a.compare.jpg") is None) == (not policy.label)


def test_a_method_without_a_network_draws_no_variations(album, tmp_path):
    from tintype.engine.assist.classical import ClassicalColorizer

    guidance = Guidance().with_reference(data.coffee())
    (outcome,) = color_files(
        [album / "a.png"],
        tmp_path / "out",
        guidance,
        colorizer=ClassicalColorizer("reinhard"),
        extras=Extras(variations=2),
    )
    assert outcome.state == "failed" and "variations are drawn by a network" in outcome.error
