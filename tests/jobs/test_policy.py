"""What is decided about one page, as values."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from tests.photo.test_negative import as_film
from tests.photo.test_tint import TONES, reduced, toned, with_stamp
from tintype import Guidance, Photo, Region
from tintype.errors import UsageError
from tintype.jobs import Policy, decide, guidance_by_page
from tintype.jobs.policy import pages_left_out, written_format
from tintype.notices import NoticeCode
from tintype.photo import invert

COLOR = Photo(data.coffee())
GRAY = Photo(data.camera())
SEPIA = Photo(toned(data.camera(), *TONES["sepia"]))
STAMPED, STAMPED_SEPIA = (
    Photo(with_stamp(toned(data.camera(), *TONES[tone]))) for tone in ("gray", "sepia")
)
FILM = Photo(as_film(data.chelsea()))
HINT = Guidance().with_hint(0.5, 0.25, "crimson")
LEFT_HALF = Region("polygons", polygons=(((0, 0), (0.5, 0), (0.5, 1), (0, 1)),))


def codes(decision):
    return [notice.code for notice in decision.notices]


@pytest.mark.parametrize(
    ("photo", "notices"),
    [(GRAY, []), (SEPIA, [NoticeCode.TINT_REPLACED])],
    ids=["gray", "sepia"],
)
def test_monochrome_photographs_are_colored_and_a_replaced_tint_is_named(photo, notices):
    decision = decide(photo, HINT, Policy())
    assert (decision.is_left, decision.guidance, codes(decision)) == (False, HINT, notices)
    assert decision.photo is photo


@pytest.mark.parametrize(
    ("photo", "tint"),
    [(STAMPED, []), (STAMPED_SEPIA, [NoticeCode.TINT_REPLACED])],
    ids=["gray", "sepia"],
)
def test_a_stamp_on_a_print_keeps_its_color(photo, tint):
    decision = decide(photo, Guidance(saturation=0.5), Policy())
    assert not decision.is_left
    assert decision.guidance == Guidance(saturation=0.5, keep_color=True)
    assert codes(decision) == [*tint, NoticeCode.COLOR_KEPT]
    decision = decide(photo, Guidance(), Policy(recolor=True))
    assert (decision.guidance, codes(decision)) == (Guidance(), [])


@pytest.mark.parametrize("share", [0.35, 0.5, 0.7])
def test_a_faded_color_photograph_is_left(share):
    decision = decide(Photo(reduced(data.coffee(), share)), Guidance(), Policy())
    assert (decision.is_left, codes(decision)) == (True, [NoticeCode.IN_COLOR])


def test_a_color_photograph_is_left_as_it_is_unless_recoloring_is_asked_for():
    decision = decide(COLOR, Guidance(saturation=0.5), Policy())
    assert decision.is_left
    assert decision.photo is COLOR
    assert codes(decision) == [NoticeCode.IN_COLOR]
    decision = decide(COLOR, Guidance(), Policy(recolor=True))
    assert (decision.is_left, codes(decision)) == (False, [])


def test_a_region_on_a_color_photograph_keeps_the_color_outside():
    asked = Guidance(region=LEFT_HALF)
    decision = decide(COLOR, asked, Policy())
    assert not decision.is_left
    assert decision.guidance == Guidance(region=LEFT_HALF, keep_color=True)
    assert decide(COLOR, asked, Policy(recolor=True)).guidance == asked
    assert decide(GRAY, asked, Policy()).guidance == asked


@pytest.mark.parametrize("asked", [HINT, Guidance(keep_color=True)], ids=["hint", "keep_color"])
def test_hints_and_keep_color_keep_the_other_colors_of_a_color_photograph(asked):
    decision = decide(COLOR, asked, Policy())
    assert (decision.is_left, codes(decision)) == (False, [])
    assert decision.guidance == replace(asked, keep_color=True)
    assert decide(COLOR, asked, Policy(recolor=True)).guidance == asked


def test_a_color_negative_is_said_to_be_one_and_left():
    decision = decide(FILM, Guidance(), Policy())
    assert decision.is_left
    assert codes(decision) == [NoticeCode.NEGATIVE, NoticeCode.IN_COLOR]


def test_a_negative_is_inverted_before_its_color_is_looked_at():
    decision = decide(FILM, Guidance(), Policy(negative=True))
    np.testing.assert_array_equal(decision.photo.pixels, invert(FILM).pixels)
    assert codes(decision) == [NoticeCode.IN_COLOR]
    decision = decide(GRAY, Guidance(), Policy(negative=True))
    np.testing.assert_array_equal(decision.photo.pixels, 255 - GRAY.pixels)
    assert (decision.is_left, codes(decision)) == (False, [])


def test_later_pages_take_the_last_guidance_without_its_places():
    given = Guidance(hints=HINT.hints, region=LEFT_HALF, saturation=0.5, warmth=0.25)
    pages = guidance_by_page([Guidance(seed=1), given])
    plain = Guidance(saturation=0.5, warmth=0.25)
    assert [next(pages) for _ in range(4)] == [Guidance(seed=1), given, plain, plain]
    assert next(guidance_by_page([])) == Guidance()


@pytest.mark.parametrize("kind", ["subject", "background"])
def test_a_subject_is_looked_for_on_every_page(kind):
    given = Guidance(region=Region(kind))
    pages = guidance_by_page([given])
    assert [next(pages) for _ in range(3)] == [given] * 3


def test_only_a_tiff_holds_several_pages():
    assert pages_left_out(1, "JPEG") is None
    assert pages_left_out(3, "TIFF") is None
    notice = pages_left_out(3, "JPEG")
    assert notice.code == NoticeCode.PAGES_LEFT_OUT
    assert notice.text == "it has 3 pages, but JPEG holds one: 2 left out"


def test_the_format_is_the_wanted_one_or_the_targets_or_the_sources():
    assert written_format("JPEG", "a.jpg", None, None) == "JPEG"
    assert written_format("JPEG", "a.jpg", "png", Path("b.tif")) == "PNG"
    assert written_format("JPEG", "a.jpg", None, Path("b.tif")) == "TIFF"
    assert written_format("JPEG", "a.jpg", None, Path("b.JPG")) == "JPEG"
    assert written_format("JPEG", "", None, Path("b.webp")) == "WEBP"
    assert written_format("JPEG", "c.png", None, Path("d.png")) == "JPEG"
    assert written_format("PCX", "e.pcx", None, None) == "PNG"
    assert written_format("PDF", "f.pdf", None, Path("g.pdf")) == "PDF"
    for format, target in (("pdf", None), (None, Path("b.pdf"))):
        with pytest.raises(UsageError, match="only written as the copy"):
            written_format("JPEG", "a.jpg", format, target)


@pytest.mark.parametrize(
    "wrong", [{"quality": 0}, {"quality": 101}, {"format": "docx"}, {"damaged": "repair"}]
)
def test_a_policy_checks_its_values(wrong):
    with pytest.raises(UsageError):
        Policy(**wrong)


@pytest.mark.parametrize("quality", [1, 100])
def test_a_policy_takes_the_outermost_qualities(quality):
    assert Policy(quality=quality).quality == quality


def test_black_and_white_points_are_smoothed_unless_they_are_kept():
    points = np.array(Image.fromarray(data.camera()).convert("1").convert("L"))
    decision = decide(Photo(points), Guidance(), Policy())
    assert [notice.code for notice in decision.notices] == [NoticeCode.POINTS_SMOOTHED]
    assert len(np.unique(decision.photo.pixels)) > 2
    for guidance, policy in (
        (Guidance(), Policy(tones="keep")),
        (Guidance(line_art=True), Policy()),
    ):
        decision = decide(Photo(points), guidance, policy)
        assert decision.photo.pixels is points
        assert not decision.notices


def test_a_dark_scan_is_named_and_stretched_on_request():
    dark = Photo((data.camera() * 0.3).astype(np.uint8))
    decision = decide(dark, Guidance(), Policy())
    assert (decision.photo, codes(decision)) == (dark, [NoticeCode.DARK])
    decision = decide(dark, Guidance(tone="auto"), Policy())
    assert codes(decision) == []
    assert decision.photo.pixels.max() == 255
