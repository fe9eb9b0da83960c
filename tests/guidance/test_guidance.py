import base64
import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from tintype.errors import UsageError
from tintype.guidance import (
    Guidance,
    Hint,
    PartColor,
    Region,
    Stroke,
    color_ab,
    color_hex,
    draw_hints,
)

DOT = Stroke(((0.5, 0.5),), "red")
share = st.floats(0, 1)
colors = st.tuples(*[st.integers(0, 255)] * 3)
hints = st.builds(
    Hint,
    share,
    share,
    colors,
    st.none() | st.floats(0.001, 1),
    st.floats(0.01, 1),
    st.sampled_from(["place", "thing", "alike"]),
)
strokes = st.builds(
    Stroke,
    st.lists(st.tuples(share, share), min_size=1, max_size=5).map(tuple),
    colors,
    st.none() | st.floats(0.001, 1),
)
regions = st.sampled_from(
    [
        None,
        Region("subject"),
        Region("hair"),
        Region("objects", keep=((0.2, 0.3),), skip=((0.9, 0.1),)),
        Region.from_mask(np.eye(9)),
    ]
)
guidances = st.builds(
    Guidance,
    st.lists(hints, max_size=4).map(tuple),
    st.lists(strokes, max_size=3).map(tuple),
    regions,
    st.none(),
    st.sampled_from([(), ("crimson", "#204080")]),
    st.none() | st.floats(0, 100),
    st.floats(0, 4),
    st.floats(-1, 1),
    st.none() | st.integers(0, 2**32 - 1),
    st.booleans(),
    st.sampled_from([None, True, False]),
    st.booleans(),
    st.sampled_from([(), (PartColor("hair", "auburn"), PartColor("clothes", "navy", (0.2, 0.9)))]),
)


@given(guidances)
def test_the_json_form_holds_all_of_a_guidance(guidance):
    again = Guidance.from_json(guidance.to_json())
    assert again == guidance
    assert hash(again) == hash(guidance)


def test_a_guidance_is_equal_by_what_it_asks_for():
    one = Guidance().with_hint(0.1, 0.2, "#ff0000").with_region(np.eye(8, dtype=np.uint8))
    other = Guidance().with_hint(0.1, 0.2, (255, 0, 0)).with_region(np.eye(8, dtype=bool))
    assert one == other
    assert one != other.with_region(np.ones((8, 8)))
    assert len({one, other}) == 1
    with pytest.raises(AttributeError):
        one.saturation = 2


def test_a_color_may_be_a_name_a_code_or_three_numbers():
    assert np.allclose(color_ab("red"), (80.09, 67.2), atol=0.05)
    assert color_hex("red") == color_hex((255, 0, 0)) == "#ff0000"
    assert color_hex("Auburn") == "#7b3a25" == Guidance().with_part("hair", "auburn").parts[0].color
    for wrong in ("reddish", (1, 2), (0, 0, 300), 7, None):
        with pytest.raises(UsageError, match="not a color"):
            color_hex(wrong)


def test_a_hint_lands_where_it_was_put_at_every_size():
    for size in ((50, 100), (200, 400), (1, 1)):
        drawn = draw_hints([Hint(0.75, 0.25, "blue", radius=0.1)], size)
        rows, columns = np.nonzero(drawn[..., 2])
        assert abs((rows.mean() + 0.5) / size[0] - 0.25) <= 0.02 + 0.3 / size[0]
        assert abs((columns.mean() + 0.5) / size[1] - 0.75) <= 0.02 + 0.3 / size[1]
        assert np.allclose(drawn[rows[0], columns[0], :2], color_ab("blue"))


def test_a_hint_has_the_size_that_it_was_given():
    assert (
        abs(
            draw_hints([Hint(0.5, 0.5, "red", 0.2)], (100, 200))[..., 2].sum() / (np.pi * 20**2) - 1
        )
        < 0.05
    )


def test_a_tiny_hint_is_never_lost():
    assert draw_hints([Hint(0.001, 0.001, "red", radius=0.0001)], (64, 64))[..., 2].sum() == 1
    assert draw_hints([Hint(1, 1, "red", radius=0.0001)], (64, 64))[-1, -1, 2] == 1


def test_a_stroke_is_a_line_of_its_width():
    drawn = draw_hints([Stroke(((0.25, 0.5), (0.75, 0.5)), "red", 0.1)], (100, 200))[..., 2]
    assert drawn[50, 55:145].all()
    assert 8 <= drawn[:, 100].sum() <= 12
    assert drawn[:, :40].sum() == 0


def test_what_is_drawn_later_covers_what_was_drawn_earlier():
    drawn = draw_hints(
        Guidance().with_hint(0.5, 0.5, "red", 0.3).with_hint(0.5, 0.5, "blue", 0.1).marks, (50, 50)
    )
    assert np.allclose(drawn[25, 25, :2], color_ab("blue"))
    assert np.allclose(drawn[25, 37, :2], color_ab("red"))


@pytest.mark.parametrize(
    ("mask", "white"),
    [
        (np.eye(6, dtype=bool), 255),
        (np.eye(6, dtype=np.uint8), 255),
        (np.eye(6, dtype=np.uint8) * 255, 255),
        (np.eye(6, dtype=np.uint8) * 100, 100),
        (np.eye(6, dtype=np.uint16), 255),
        (np.eye(6, dtype=np.uint16) * 65535, 255),
        (np.eye(6, dtype=np.uint16) * 255, 255),
        (np.eye(6, dtype=np.int64) * 255, 255),
        (np.eye(6), 255),
        (np.eye(6, dtype=np.float32) / 2, 128),
    ],
)
def test_the_range_of_a_mask_is_told_by_its_kind_and_values(mask, white):
    found = Region.from_mask(mask).mask_array()
    assert found.max() == white
    assert np.array_equal(found > 0, np.eye(6) > 0)


@pytest.mark.parametrize(
    "mask",
    [
        np.eye(6) * 7,
        np.eye(6, dtype=np.uint8) * 7,
        np.eye(6) - 1,
        np.eye(6) * np.nan,
        np.ones((2, 3, 4)),
        np.eye(4, dtype=int) * 9,
        np.zeros((0, 4)),
    ],
)
def test_a_mask_that_makes_no_sense_is_refused(mask):
    with pytest.raises(UsageError, match="mask"):
        Region.from_mask(mask)


def test_an_empty_mask_is_refused():
    with pytest.raises(UsageError, match="mask is empty"):
        Region.from_mask(np.zeros((4, 4)))


def test_a_mask_of_absurd_size_is_refused_before_it_is_decoded():
    coded = bytearray(cv2.imencode(".png", np.ones((4, 4), np.uint8))[1].tobytes())
    coded[16:24] = (30_000).to_bytes(4, "big") * 2
    with pytest.raises(UsageError, match="30000×30000"):
        Region("mask", mask=bytes(coded))


def test_a_palette_becomes_a_wish():
    assert Guidance().palette_input() is None
    wanted = Guidance(palette=["#804020", "#204080"], mean_chroma=12).palette_input()
    assert np.count_nonzero(wanted[:-3]) == 2
    assert wanted[-3:].tolist() == [1, 12, 1]


@pytest.mark.parametrize(
    ("size", "stored"),
    [((400, 600), (341, 512)), ((600, 200), (512, 171)), ((300, 512), (300, 512))],
)
def test_the_longer_side_of_a_reference_is_limited(size, stored):
    pixels = cv2.resize(data.coffee(), size[::-1])
    assert Guidance().with_reference(pixels).reference_array().shape == (*stored, 3)


def test_as_many_hints_colors_and_points_are_taken_as_the_limits_say_and_no_more():
    hint = Hint(0.5, 0.5, "red")
    assert len(Guidance(hints=(hint,) * 3000, strokes=(DOT,) * 2000).marks) == 5000
    with pytest.raises(UsageError, match="there are 5001 hints and strokes; 5000 are allowed"):
        Guidance(hints=(hint,) * 3001, strokes=(DOT,) * 2000)
    assert len(Guidance(palette=("red",) * 64).palette) == 64
    with pytest.raises(UsageError, match="palette must have at most 64 items, not 65"):
        Guidance(palette=("red",) * 65)
    assert len(Stroke(((0, 0),) * 10_000, "red").points) == 10_000
    with pytest.raises(UsageError, match="points must have at most 10000 items, not 10001"):
        Stroke(((0, 0),) * 10_001, "red")


@pytest.mark.parametrize(
    ("name", "low", "high"), [("saturation", 0, 4), ("warmth", -1, 1), ("mean_chroma", 0, 100)]
)
def test_a_range_holds_its_ends_and_nothing_beyond(name, low, high):
    for inside in (low, high):
        assert getattr(Guidance(**{name: inside}), name) == inside
    for outside in (np.nextafter(low, -999), np.nextafter(high, 999)):
        with pytest.raises(UsageError, match=f"^{name} must be"):
            Guidance(**{name: outside})


def test_numbers_may_be_numpys():
    asked = Guidance(saturation=np.float32(0.5), mean_chroma=np.int64(12), bold=np.True_)
    assert asked == Guidance(saturation=0.5, mean_chroma=12, bold=True)
    assert Hint(np.float32(0.5), 0.25, "red") == Hint(0.5, 0.25, "red")


def test_a_reference_keeps_its_colors_and_a_gray_one_is_refused():
    asked = Guidance().with_reference(data.astronaut())
    assert asked.reference_array().shape == (512, 512, 3)
    assert np.array_equal(asked.reference_array(), data.astronaut())
    for gray in (data.camera(), np.dstack([data.camera()] * 3)):
        with pytest.raises(UsageError, match="no color"):
            Guidance().with_reference(gray)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"saturation": -1}, "^saturation must be greater than or equal to 0, not -1$"),
        ({"saturation": float("nan")}, "saturation must be a finite number"),
        ({"mean_chroma": float("nan")}, "mean_chroma must be a finite number"),
        ({"mean_chroma": 1e9}, "mean_chroma"),
        ({"warmth": 3}, "^warmth must be less than or equal to 1, not 3$"),
        ({"seed": -1}, "seed"),
        ({"palette": ("red", "nope")}, "^palette 2: 'nope' is not a color"),
        ({"palette": ("#808080",)}, "only grays"),
        ({"palette": "red"}, "palette must be a list, not 'red'"),
        ({"hints": "red"}, "hints must be a list, not 'red'"),
        ({"region": np.ones((3, 3))}, "region must be a Region"),
        ({"hints": None}, "hints must be a list"),
        ({"palette": None}, "palette must be a list"),
        ({"bold": 3}, "bold must be true or false"),
        ({"keep_color": None}, "keep_color must be true or false"),
        ({"line_art": "x"}, "line_art must be true or false"),
    ],
)
def test_impossible_wishes_get_a_sentence(wrong, reason):
    with pytest.raises(UsageError, match=reason):
        Guidance(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"confidence": 0},
        {"radius": -1},
        {"radius": 1e6},
        {"color": "nothing"},
        {"x": 1.2},
        {"y": float("nan")},
        {"reach": "far"},
    ],
)
def test_impossible_hints_get_a_sentence(wrong):
    with pytest.raises(UsageError):
        Hint(**{"x": 0, "y": 0, "color": "red", **wrong})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"tintype": 1,\n "hints": [}', "line 2, column 12"),
        ("[]", "not guidance"),
        ('{"hints": []}', "not guidance"),
        ('{"tintype": 2}', "newer Tintype"),
        ('{"tintype": 0}', "tintype of the guidance must be 1, not 0"),
        ('{"tintype": 1, "seed": ' + "9" * 5000 + "}", "not valid JSON"),
        (
            '{"tintype": 1, "region": {"kind": "polygons", "polygons": 3}}',
            "polygons of region of the guidance must be a list, not 3",
        ),
        ('{"tintype": 1, "palette": null}', "palette of the guidance must be a list"),
        (
            '{"tintype": 1, "hints": [{"x": 1, "y": 2, "color": "red"}]}',
            "y of hint 1 of the guidance must be less than or equal to 1, not 2",
        ),
        ('{"tintype": 1, "hint": []}', "did you mean 'hints'"),
        ('{"tintype": 1, "hints": 3}', "must be a list"),
        ('{"tintype": 1, "hints": [3]}', "hint 1 of the guidance must be a Hint"),
        ('{"tintype": 1, "hints": [{"x": 0.1, "y": 0.2}]}', "hint 1 of the guidance lacks color"),
        (
            '{"tintype": 1, "strokes": [{"points": [[0.1]], "color": "red"}]}',
            "point 1 of stroke 1 of the guidance lacks number 2",
        ),
        (
            '{"tintype": 1, "hints": [{"x": "a", "y": 0.2, "color": "red"}]}',
            "x of hint 1 of the guidance must be a number, not 'a'",
        ),
        (
            '{"tintype": 1, "hints": [{"x": 0.1, "y": 0.2, "color": "red", "colour": 1}]}',
            "did you mean 'color'",
        ),
        ('{"tintype": 1, "region": {"kind": "mask", "mask": "!!"}}', "base64"),
        ('{"tintype": 1, "region": {"kind": "mask", "mask": "aGVsbG8="}}', "not a PNG"),
        (
            '{"tintype": 1, "saturation": "much"}',
            "saturation of the guidance must be a number, not 'much'",
        ),
        ('{"tintype": 1, "bold": 1}', "true or false"),
        (
            '{"tintype": 1, "strokes": [{"points": [], "color": "red"}]}',
            "points of stroke 1 of the guidance must have at least 1 item, not 0",
        ),
    ],
)
def test_a_broken_file_gets_a_sentence(text, reason):
    with pytest.raises(UsageError, match=reason):
        Guidance.from_json(text)


@pytest.mark.parametrize(
    ("values", "gray", "reason"),
    [
        ("reference", 7, "reference picture is gray"),
        ("mask", 0, "mask is empty"),
    ],
)
def test_the_pictures_of_a_file_are_checked_when_it_is_read(values, gray, reason):
    png = cv2.imencode(".png", np.full((5, 7, 3), gray, np.uint8))[1].tobytes()
    coded = base64.b64encode(png).decode()
    region = {"region": {"kind": "mask", "mask": coded}}
    text = json.dumps({"tintype": 1, **(region if values == "mask" else {values: coded})})
    with pytest.raises(UsageError, match=reason):
        Guidance.from_json(text)


def test_what_is_not_asked_for_is_not_in_the_file():
    assert json.loads(Guidance().to_json()) == {"tintype": 1}
    result = json.loads(
        replace(Guidance(saturation=1.5), hints=(Hint(0.5, 0.25, "red"),)).to_json()
    )
    assert result == {
        "tintype": 1,
        "hints": [{"x": 0.5, "y": 0.25, "color": "#ff0000"}],
        "saturation": 1.5,
    }


def test_a_seed_may_be_numpys():
    assert Guidance(seed=np.int64(3)) == Guidance(seed=3)


def test_a_region_without_a_mask_is_read_from_json():
    drawn = Guidance().with_region(Region("polygons", polygons=[[(0, 0), (0.5, 0), (0.5, 1)]]))
    for guidance in (drawn, Guidance().with_region(Region("subject"))):
        assert Guidance.from_json(guidance.to_json()) == guidance


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (
            lambda: Region("nose"),
            "kind must be .*'hair', 'skin', 'lips', 'clothes' or 'sky', not 'nose'",
        ),
        (
            lambda: Guidance().with_part("nose", "red"),
            "part must be 'hair', 'skin', 'lips', 'clothes' or 'sky', not 'nose'",
        ),
        (lambda: Guidance().with_part("hair", "red", (0.5, 1.5)), "less than or equal to 1"),
    ],
)
def test_a_part_that_there_is_not_is_one_sentence_with_those_that_there_are(make, reason):
    with pytest.raises(UsageError, match=reason):
        make()


def test_lists_and_arrays_are_taken_and_kept_as_values_that_can_be_hashed():
    mask = np.arange(20).reshape(4, 5) > 9
    region = Region("mask", mask=mask)
    assert region == Region.from_mask(mask)
    assert np.array_equal(region.mask_array() > 0, mask)
    guidance = Guidance(
        hints=[Hint(0.1, 0.2, "red")],
        strokes=[Stroke([(0.1, 0.2), (0.3, 0.4)], "red")],
        palette=["red", "gold"],
        region=Region("polygons", polygons=[[(0, 0), (1, 0), (1, 1)]]),
    )
    assert isinstance(hash(guidance), int)
    assert guidance.strokes[0].points == ((0.1, 0.2), (0.3, 0.4))
    assert Guidance.from_json(guidance.to_json()) == guidance
    for wrong in (np.ones((2, 2, 3)), np.full((2, 2), -1), np.zeros((0, 2))):
        with pytest.raises(UsageError, match="mask"):
            Region("mask", mask=wrong)


def test_a_guidance_is_shown_without_the_bytes_of_its_pictures():
    guidance = Guidance().with_region(np.ones((90, 90), bool)).with_reference(data.astronaut())
    assert len(repr(guidance)) < 400
    assert "PNG" not in repr(guidance)
