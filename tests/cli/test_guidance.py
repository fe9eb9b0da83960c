import json

import numpy as np
import pytest
import tifffile
from PIL import Image
from skimage import data

from tintype.cli.guidance import Area, GuidanceOptions, read_values
from tintype.cli.marks import Mark
from tintype.cli.pictures import mask_array, read_palette
from tintype.errors import UsageError
from tintype.guidance import Guidance, Hint, PartColor, Region, Stroke
from tintype.guidance.palettes import named_palette

SIZE = (400, 200)


def asked(*marks, **more):
    return GuidanceOptions(Guidance(), tuple(marks), **more).for_photo(SIZE, "photo.jpg")


def test_a_hint_is_given_in_pixels_or_percent():
    assert asked(Mark.read("100,50=crimson:10", False)).hints == (
        Hint(0.25, 0.25, "#dc143c", 0.05),
    )
    assert asked(Mark.read("25%,25%=#dc143c:5%", False)).hints == (
        Hint(0.25, 0.25, "#dc143c", 0.05),
    )
    assert asked(Mark.read("10,20=rgb(1, 2, 3)", False)).hints[0].color == "#010203"


def test_a_stroke_is_several_places():
    stroke = asked(Mark.read("0,0 40,20 100%,100%=navy:8", True), reach="alike").strokes[0]
    assert stroke == Stroke(((0, 0), (0.1, 0.1), (1, 1)), "navy", 0.04, reach="alike")


def test_a_hint_for_a_part_of_people_may_name_a_place():
    made = asked(Mark.read("hair=auburn", False), Mark.read("clothes@100,50=navy", False))
    assert made.parts == (PartColor("hair", "auburn"), PartColor("clothes", "navy", (0.25, 0.25)))
    assert not made.marks


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hat=red", "'hat' is neither a place X,Y nor one of hair, skin, lips, clothes, sky"),
        ("hat@1,2=red", "'hat' is neither"),
        ("hair=red:5", "a color for hair has no radius"),
        ("hair@=red", "'' is not a place"),
        ("120,80", "X,Y=COLOR"),
        ("120,80=", "X,Y=COLOR"),
        ("120=red", "is not a place"),
        ("a,b=red", "'a' is not a number"),
        ("nan,1=red", "not a number"),
        ("120,80=reddish", "is not a color"),
        ("120,80=red:0", "radius is above 0"),
        ("120,80=red:x", "not a number"),
    ],
)
def test_a_hint_that_is_not_understood_is_one_sentence(text, reason):
    with pytest.raises(UsageError, match=reason):
        Mark.read(text, False)


@pytest.mark.parametrize("text", ["401,10=red", "10,-1=red", "101%,5=red"])
def test_a_hint_outside_of_the_photograph_names_its_size(text):
    with pytest.raises(UsageError, match=r"lies outside of photo\.jpg, which has 400×200 pixels"):
        asked(Mark.read(text, False))


def test_objects_are_selected_by_places():
    made = asked(area=Area.read(None, None, ("100,50",), ("50%,50%",), ("0,0",)))
    assert made.region == Region("objects", keep=((0.25, 0.25), (0.5, 0.5)), skip=((0, 0),))


def test_only_one_way_says_where(tmp_path):
    assert Area.read(None, "subject", (), (), ()) == Area(Region("subject"))
    assert Area.read(None, None, (), (), ()) == Area()
    with pytest.raises(UsageError, match="--region and --select cannot be combined"):
        Area.read(None, "subject", ("1,1",), (), ())
    for refined in (((), ("1,1",), ()), ((), (), ("1,1",))):
        with pytest.raises(UsageError, match="give the object by --select"):
            Area.read(None, None, *refined)


def test_a_mask_may_be_gray_deep_transparent_or_have_a_palette(tmp_path):
    shape = data.horse()[::4, ::4] == 0
    gray = Image.fromarray(shape.astype(np.uint8) * 255)
    gray.save(tmp_path / "gray.png")
    clear = Image.new("RGBA", gray.size, "white")
    clear.putalpha(gray)
    clear.save(tmp_path / "alpha.png")
    indexed = Image.fromarray(shape.astype(np.uint8), "P")
    indexed.putpalette([0, 0, 0, 128, 0, 0])
    indexed.save(tmp_path / "palette.png")
    Image.fromarray(shape.astype(np.uint16) * 65535).save(tmp_path / "deep.png")
    for name in ("gray", "alpha", "palette", "deep"):
        np.testing.assert_array_equal(mask_array(tmp_path / f"{name}.png") > 127, shape)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_mask_of_a_scanner_is_upright(orientation, kind, tmp_path):
    mask = np.zeros((40, 64), np.uint8)
    mask[:10, :20] = 255
    stored = mask.astype(kind) * (1 if kind == np.uint8 else 257)
    tags = [(274, 3, 1, orientation, True)]
    options = {"photometric": "minisblack", "extratags": tags, "metadata": None}
    tifffile.imwrite(tmp_path / "a.tif", stored, **options)
    expected = np.rot90(mask, {1: 0, 3: 2, 6: -1, 8: 1}[orientation])
    np.testing.assert_array_equal(mask_array(tmp_path / "a.tif"), expected)


def test_bad_masks_are_one_sentence(tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    Image.new("L", (20, 10)).save(tmp_path / "empty.png")
    with pytest.raises(UsageError, match="is not a picture"):
        Area.read(tmp_path / "text.png", None, (), (), ())
    with pytest.raises(UsageError, match="does not exist"):
        Area.read(tmp_path / "none.png", None, (), (), ())
    with pytest.raises(UsageError, match="mask is empty"):
        Area.read(tmp_path / "empty.png", None, (), (), ())


def test_a_palette_is_colors_a_name_or_a_picture(tmp_path):
    assert read_palette("#a1b2c3, gold") == ("#a1b2c3", "#ffd700")
    assert read_palette("navy") == ("#000080",)
    assert read_palette("autochrome") == named_palette("autochrome").colors
    Image.fromarray(data.coffee()).save(tmp_path / "coffee.jpg")
    assert len(set(read_palette(str(tmp_path / "coffee.jpg")))) > 3
    Image.fromarray(data.camera()).save(tmp_path / "gray.jpg")
    for text, reason in (
        (str(tmp_path / "gray.jpg"), "is gray"),
        ("nowhere.jpg", "does not exist"),
        ("autocrome", "did you mean 'autochrome'"),
        (",", "holds no color"),
        ("red,bluish", "is not a color"),
    ):
        with pytest.raises(UsageError, match=reason):
            read_palette(text)


def test_a_guidance_file_that_is_broken_or_newer_is_named_with_its_place(tmp_path):
    path = tmp_path / "a.tintype.json"
    for text, reason in (
        ('{"tintype": 1,\n "hints": [}', r"a\.tintype\.json is not valid JSON.*line 2, column \d+"),
        ('{"tintype": 99}', "newer Tintype"),
        ('{"tintype": 1, "hintz": []}', "did you mean 'hints'"),
    ):
        path.write_text(text)
        with pytest.raises(UsageError, match=reason):
            Guidance.read(path)
    with pytest.raises(UsageError, match="cannot be read"):
        Guidance.read(tmp_path / "none.json")


def test_options_add_to_a_saved_guidance(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(
        json.dumps(
            {"tintype": 1, "saturation": 0.5, "hints": [{"x": 0.1, "y": 0.2, "color": "#ff0000"}]}
        )
    )
    made = GuidanceOptions(
        Guidance.read(path), (Mark.read("200,100=blue", False),), values={"warmth": 0.5}
    ).for_photo(SIZE, "photo.jpg")
    assert made == Guidance(
        (Hint(0.1, 0.2, "red"), Hint(0.5, 0.5, "blue")), saturation=0.5, warmth=0.5
    )


def test_a_guidance_beside_a_photograph_counts_in_its_folder_alone(tmp_path):
    photo = tmp_path / "album" / "cat.jpg"
    photo.parent.mkdir()
    photo.with_name("cat.tintype.json").write_text(Guidance(saturation=0.25).to_json())
    inside, outside = GuidanceOptions(sidecars=(photo.parent,)), GuidanceOptions()
    assert inside.for_photo(SIZE, "cat.jpg", photo).saturation == 0.25
    assert inside.for_photo(SIZE, "dog.jpg", photo.with_name("dog.jpg")) == Guidance()
    assert outside.for_photo(SIZE, "cat.jpg", photo) == Guidance()
    assert inside(photo, SIZE).saturation == 0.25


def test_only_options_that_are_given_set_a_value():
    nothing = (None, None, None, None, None, False, False, None)
    assert read_values(*nothing) == {}
    given = read_values(None, None, 0.0, 0.0, 0, True, True, False)
    assert given == {
        "saturation": 0.0,
        "warmth": 0.0,
        "seed": 0,
        "bold": True,
        "keep_color": True,
        "line_art": False,
    }
