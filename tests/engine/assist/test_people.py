from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from tintype import Colorizer, Guidance, Region
from tintype.engine.assist import people
from tintype.engine.assist.people import missing_parts, not_found, part_mask
from tintype.engine.core.segments import Parts, segments_of
from tintype.guidance import NAMED_AREAS, color_ab
from tintype.notices import NoticeCode

EXAMPLES = Path(__file__).parents[3] / "examples"
FACE, HAIR, SUIT, FLAG = (
    np.s_[100:150, 195:245],
    np.s_[30:60, 190:250],
    np.s_[340:420, 90:160],
    np.s_[50:200, 20:90],
)


@pytest.fixture(scope="module")
def colorizer() -> Colorizer:
    return Colorizer("fast", device="cpu")


@pytest.fixture(scope="module")
def astronaut(colorizer):
    return colorizer.prepare(np.asarray(Image.fromarray(data.astronaut()).convert("L")))


@pytest.mark.parametrize(("name", "place"), [("skin", FACE), ("hair", HAIR), ("clothes", SUIT)])
def test_each_part_lies_where_it_is(astronaut, name, place):
    masks = {each: part_mask(astronaut, each) for each in NAMED_AREAS}
    assert masks[name].shape == (512, 512)
    assert masks[name][place].mean() > 0.8
    assert masks["person"][place].mean() > 0.9
    assert all(masks[each][place].mean() < 0.2 for each in {"skin", "hair", "clothes"} - {name})
    assert masks[name][FLAG].mean() < 0.2


def test_the_sky_lies_above_the_cameraman_and_belongs_to_nobody(colorizer):
    prepared = colorizer.prepare(Image.open(EXAMPLES / "cameraman.jpg").convert("L"))
    sky, person = (part_mask(prepared, name) for name in ("sky", "person"))
    height, width = sky.shape
    above, grass = np.s_[: height // 4, : width // 4], np.s_[-height // 5 :, : width // 5]
    assert sky[above].mean() > 0.9 and sky[grass].mean() < 0.05
    assert person[above].mean() < 0.05
    assert np.array_equal(part_mask(prepared, "sky", (0.4, 0.5)), sky)


def test_a_color_for_hair_is_that_of_the_hair_alone(colorizer, astronaut):
    plain, found = (
        colorizer.ab(astronaut, g) for g in (None, Guidance().with_part("hair", "auburn"))
    )
    assert np.linalg.norm(found[HAIR].mean((0, 1)) - color_ab("auburn")) < 5
    assert np.abs(found[FACE] - plain[FACE]).mean() < 1
    half = colorizer.ab(astronaut, Guidance().with_part("hair", "auburn", confidence=0.5))
    assert np.allclose(half, (plain + found) / 2, atol=0.5)


def test_a_hint_covers_the_color_of_a_part(colorizer, astronaut):
    guidance = Guidance().with_part("clothes", "navy").with_hint(0.45, 0.85, "#a02020", 0.05)
    here = colorizer.ab(astronaut, guidance)[int(0.85 * 512), int(0.45 * 512)]
    assert np.linalg.norm(here - color_ab("#a02020")) < 3


def test_only_a_named_region_is_in_color(colorizer, astronaut):
    ab = colorizer.ab(astronaut, Guidance(region=Region("skin")))
    assert np.hypot(*ab[FACE].mean((0, 1))) > 5
    assert np.abs(ab[FLAG]).mean() < 1


def test_the_nearest_of_two_persons_takes_the_color(astronaut, monkeypatch):
    labels = np.zeros((40, 80), int)
    labels[4:10, 10:18], labels[10:40, 6:40] = 1, 2  # hair and clothes of one
    labels[6:12, 60:68], labels[12:40, 40:74] = 1, 2  # and of another, in contact
    names = ("background", "hair", "clothes")
    parts = Parts(names, np.eye(3, dtype=np.float32)[labels])
    segments = replace(segments_of(astronaut), parts=parts)
    monkeypatch.setattr(people, "segments_of", lambda _: segments)
    wide = replace(astronaut, lightness=np.full((80, 160), 50, np.float32))
    for x, own, other in ((0.2, np.s_[30:70, 20:60], np.s_[30:70, 100:140]),):
        mask = part_mask(wide, "clothes", (x, 0.9))
        assert mask[own].mean() > 0.95 and mask[other].mean() < 0.05
    mask = part_mask(wide, "hair", (0.99, 0.02))
    assert mask[14:22, 122:134].mean() > 0.85 and mask[:30, :60].max() < 0.05


def test_no_person_is_a_notice(colorizer):
    photo = colorizer.prepare(data.brick())
    colored = colorizer.color(photo, Guidance(region=Region("hair")).with_part("lips", "red"))
    (notice,) = (each for each in colored.notices if each.code == NoticeCode.PART_NOT_FOUND)
    assert str(notice) == "no hair and no lips can be found in it"
    assert not missing_parts(photo, Guidance(region=Region("subject")))
    assert not_found([]) == ()


def test_what_is_there_needs_no_notice(astronaut):
    guidance = Guidance(region=Region("person")).with_part("hair", "auburn")
    assert missing_parts(astronaut, guidance) == ()
