"""Help with guidance on known pictures: it changes only on purpose."""

import cv2
import numpy as np
import pytest
from skimage import data

from tests.engine.conftest import GRAY
from tintype import Guidance, Hint, Photo, Stroke
from tintype.color import srgb_to_lab
from tintype.engine.assist import groups, line_art, reach, reference, suggest, variations
from tintype.engine.assist.exemplar import match_exemplar
from tintype.engine.assist.levin import propagate_hints
from tintype.engine.assist.negative import inverted, is_negative, negative_traits
from tintype.engine.assist.people import missing_parts, part_mask
from tintype.engine.assist.region import connected, feather, select_objects, subject
from tintype.engine.assist.reinhard import transfer_by_lightness, transfer_statistics
from tintype.engine.core.render import lightness_of
from tintype.errors import UsageError
from tintype.guidance import PartColor, draw_hints

COFFEE = cv2.resize(data.coffee(), (120, 80), interpolation=cv2.INTER_AREA)
LIGHT = lightness_of(cv2.resize(GRAY, (90, 66), interpolation=cv2.INTER_AREA))
THEIRS = srgb_to_lab(COFFEE.astype(np.float32) / 255)
MARKS = (
    Hint(0.55, 0.8, "crimson", 0.05),
    Stroke(((0.1, 0.9), (0.3, 0.85)), "olive", 0.04),
    Hint(0.1, 0.2, "navy", confidence=0.5, reach="place"),
)


def test_classical_methods(recorded):
    lab = np.dstack([LIGHT, np.sin(LIGHT / 9) * 9, np.cos(LIGHT / 7) * 12]).astype(np.float32)
    gray = np.dstack([LIGHT, 0 * LIGHT, 0 * LIGHT])
    made = {
        "exemplar": match_exemplar(LIGHT, THEIRS, 3),
        "few colors": match_exemplar(LIGHT, np.round(THEIRS / 40) * 40),
        "by lightness": transfer_by_lightness(LIGHT, THEIRS),
        "statistics": transfer_statistics(lab, THEIRS),
        "statistics of gray": transfer_statistics(gray, THEIRS),
        "levin": propagate_hints(LIGHT, draw_hints(MARKS, LIGHT.shape)),
    }
    recorded.check(made, 3e-3)
    assert not propagate_hints(LIGHT, np.zeros((*LIGHT.shape, 3), np.float32)).any()
    with pytest.raises(UsageError, match="lightness must be H×W and hint H×W×3"):
        propagate_hints(LIGHT, np.zeros((66, 90, 2), np.float32))


def test_a_large_picture_is_solved_smaller(recorded, monkeypatch):
    monkeypatch.setattr("tintype.engine.assist.levin.MAX_SOLVED_PIXELS", 2000)
    hint = draw_hints(MARKS, LIGHT.shape)
    spread = propagate_hints(LIGHT, hint)
    recorded.check({"small": spread}, 3e-3)
    given = hint[..., 2] > 0
    assert np.array_equal(spread[given], hint[given, :2])


def test_groups(prepared, recorded):
    cells = groups.Cells.of(prepared)
    apart = np.abs(np.subtract.outer(np.arange(30.0) ** 1.3, np.arange(30.0) ** 1.3)) / 60
    mask = np.zeros((20, 30), bool)
    mask[3:17, 4:22] = True
    y, x = np.mgrid[:20, :30]
    points = [(0.2, 0.3), (0.5, 0.5), (0.7, 0.8), (0.9, 0.1)]
    members = np.stack([np.exp(-np.hypot(y - 20 * b, x - 30 * a) / 6) for a, b in points])
    made = {
        "places": cells.places,
        "sample": cells.sample(prepared.lightness),
        "cluster": groups.cluster(apart),
        "spots": groups.covering_spots(mask, points, members.astype(np.float32)),
    }
    recorded.check(made, 1e-3)
    assert cells.size == (17, 23) and len(cells.points) == 17 * 23
    assert len(np.unique(groups.cluster(np.full((20, 20), 0.9)))) == groups.MAX_GROUPS == 12


def test_suggestions(prepared, recorded):
    for x, y in ((0.55, 0.8), (0.2, 0.1), (0.5, 0.3)):
        found = suggest.suggest_colors(prepared, x, y, 6)
        shares = [each.share for each in found]
        assert shares[1:] == sorted(shares[1:], reverse=True) and all(s >= 0.02 for s in shares[1:])
        codes = [[int(each.color[k : k + 2], 16) for k in (1, 3, 5)] for each in found]
        recorded.check({f"{x} {y}": codes, f"{x} {y} shares": shares}, 5e-3)
    recorded.check({"places": suggest.suggest_places(prepared, 6)}, 1e-3)
    for count in (0, 51):
        with pytest.raises(UsageError, match="1 to 50 suggestions"):
            suggest.suggest_places(prepared, count)


def test_variations(prepared, recorded):
    drawn = variations.draw_variations(prepared, 3, 7, Guidance(hints=MARKS[:1]))
    for number, guidance in enumerate(drawn):
        assert guidance.hints[-1] == MARKS[0] and guidance.seed is None
        made = [
            (h.x, h.y, h.radius, h.confidence, int(h.color[1:], 16) / 2**24)
            for h in guidance.hints[:-1]
        ]
        recorded.check({f"{number}": made}, 5e-3)
    spotted = [g for g in variations._groups(prepared) if g.is_free]
    recorded.check({"free": [(g.share, g.lightness, *g.plain) for g in spotted]}, 5e-3)
    for count in (0, 65):
        with pytest.raises(UsageError, match="1 to 64 variations"):
            variations.draw_variations(prepared, count)
    bold = variations.bold_guidance(prepared, Guidance(bold=True))
    recorded.check({"bold": [int(h.color[1:], 16) / 2**24 for h in bold.hints]}, 5e-3)


@pytest.mark.parametrize(
    ("ab", "lightness", "saliency", "keeps"),
    [
        ((5, 5), 60, 0.5, True),
        ((5, 5), 60, 0.2, False),
        ((5, 5), 30, 0.5, False),
        ((3, 3), 60, 0.5, False),
        ((6, 3), 60, 0.5, False),
        ((-6, 8), 20, 0, True),
        ((-6, 8), 9, 0, False),
        ((-2, -6), 60, 0, True),
        ((-2, -6), 50, 0, False),
        ((10, -3), 60, 0, False),
    ],
)
def test_skin_foliage_and_sky_keep_their_color(ab, lightness, saliency, keeps):
    assert variations._keeps_color(np.array(ab), lightness, saliency) == keeps


def test_references(prepared, recorded):
    png = Guidance().with_reference(data.coffee()).reference
    matched = reference.match_reference(prepared, png)
    ab = prepared.raised
    made = {
        "share": matched.share,
        "hints": [
            (h.x, h.y, h.radius, h.confidence, int(h.color[1:], 16) / 2**24) for h in matched.hints
        ],
        "palette": reference.reference_palette(png),
        "moved": reference.with_reference_statistics(prepared.lightness, ab, png),
        "features": reference.matched_features(prepared),
    }
    recorded.check(made, 5e-3)


def test_reach(prepared, recorded):
    spots = reach.spots_of(MARKS, prepared.plain)
    found = reach.reached(prepared, spots)
    hint = draw_hints(MARKS, prepared.lightness.shape)
    made = {
        "trust": [spot.trust for spot in spots],
        "map": reach.trust_map(spots, hint, prepared.plain),
        "without spots": reach.trust_map([], hint, prepared.plain),
        "marked": reach.marked_share(prepared, MARKS),
        "filled": reach.fill_things(prepared.raised, prepared.lightness, found),
        **{name: getattr(found, name) for name in ("share", "member", "strength", "color")},
    }
    inside = reach.spots_in(hint, prepared.plain)
    made["drawn"] = [(*each.points[0], each.radius, *each.ab, each.confidence) for each in inside]
    recorded.check(made, 5e-3)
    assert len(inside) == 3
    many = np.zeros((40, 60, 3), np.float32)
    many[::4, ::6, 2] = 1
    assert len(reach.spots_in(many[:32], prepared.plain)) == 80
    assert reach.spots_in(many, prepared.plain) == []
    last = reach.spots_of([MARKS[0]] * 3 + [MARKS[2]] * 80, prepared.plain)
    assert len(last) == 80 and {spot.reach for spot in last} == {"place"}


def test_regions_and_people(prepared, recorded):
    square = np.zeros(LIGHT.shape, np.float32)
    square[20:50, 30:70] = 1
    made = {
        "subject": subject(prepared),
        "object": select_objects(prepared, [(0.55, 0.8)], [(0.05, 0.1)]),
        "feathered": feather(LIGHT, square),
        "hair": part_mask(prepared, "hair"),
        "near": part_mask(prepared, "clothes", (0.5, 0.9)),
    }
    recorded.check(made, 5e-3)
    mask = np.zeros((10, 20), bool)
    mask[1:3, 1:5], mask[3, 5], mask[6:9, 8:19] = True, True, True
    assert connected(mask, [(0.1, 0.15)]).sum() == 8
    assert connected(mask, [(0.1, 0.15), (0.6, 0.7), (0.9, 0.05)]).sum() == 8 + 33
    assert not connected(mask, [(0.99, 0.01)]).any()
    parts = Guidance(parts=(PartColor("hair", "red"), PartColor("lips", "red")))
    assert missing_parts(prepared, parts) == ()


def test_negatives(prepared, recorded):
    traits = negative_traits(prepared.views[0].lightness, prepared.prediction)
    recorded.check({"traits": traits, "inverse": inverted(prepared.views[0]).lightness}, 3e-3)
    assert not is_negative(prepared)


def page() -> np.ndarray:
    """Boxes, a gap, a circle and screentone on paper."""
    drawn = np.full((240, 320), 245, np.uint8)
    cv2.rectangle(drawn, (20, 20), (150, 110), 20, 2)
    drawn[60:64, 148:153] = 245
    cv2.circle(drawn, (230, 70), 45, 20, 2)
    cv2.line(drawn, (20, 200), (300, 150), 20, 2)
    drawn[180:230:6, 30:120:6] = 40
    return drawn


def test_line_art(recorded):
    light = lightness_of(page())
    assert line_art.is_line_art(light) and not line_art.is_line_art(lightness_of(GRAY))
    assert not line_art.is_line_art(light[:31])
    regions = line_art.find_regions(light)
    fills = []
    for number, (x, y, how) in enumerate(
        [(80, 60, "thing"), (230, 70, "alike"), (20, 100, "place"), (60, 60, "thing")]
    ):
        places = np.zeros(light.shape, bool)
        places[y - 4 : y + 5, x - 4 : x + 5] = True
        fills.append(line_art.Fill(places, (0.2 * number, 0.5, 0.9 - 0.2 * number), how))
    filled = line_art.fill_regions(light, fills)
    colors = line_art.color_regions(fills, filled)
    made = {"regions": regions, "filled": filled, "multiplied": line_art.multiply(page(), colors)}
    recorded.check(made, 3e-3)
    hinted = Guidance(hints=(Hint(0.25, 0.25, "gold"), Hint(0.72, 0.3, "navy", reach="alike")))
    recorded.check({"page": line_art.fill_page(Photo(page()), hinted).pixels}, 1e-3)
    seeds = np.zeros((20, 30), np.int32)
    seeds[3, 3], seeds[15, 25] = 1, 2
    barrier = np.zeros((20, 30), bool)
    barrier[:15, 15] = True
    recorded.check({"grown": line_art.grow(seeds, barrier)}, 1e-3)
