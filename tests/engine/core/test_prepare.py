import numpy as np
import pytest

from tests.engine.core.networks import Fake
from tintype.engine.core.predict import Conditioning, predict, predict_view
from tintype.engine.core.prepare import (
    MAX_CACHE_BYTES,
    MAX_PART_CACHE_BYTES,
    Part,
    guided_factor,
    prepare,
    prepare_lightness,
)
from tintype.engine.core.sizes import InputView
from tintype.photo import Photo

GRAY = np.random.default_rng(0).integers(0, 255, (60, 90)).astype(np.uint8)


def test_a_network_gets_only_the_inputs_that_it_accepts():
    hint, region, palette = np.ones((2, 3, 3)), np.ones((2, 3)), np.ones(78)
    given = Conditioning(hint, region, palette)
    accepted = given.accepted_by(Fake(("lightness", "hint")))
    assert accepted.hint is hint and accepted.region is None and accepted.palette is None
    assert given.accepted_by(Fake(("lightness",))).is_empty
    for name in ("hint", "region", "palette"):
        assert not Conditioning(**{name: palette}).is_empty


def test_the_padding_is_mirrored_for_pictures_and_0_for_hints():
    network, view = Fake(), InputView(np.full((40, 50), 30, np.float32))
    hint = np.ones((40, 50, 3), np.float32)
    prediction = predict_view(network, view, ("ab",), Conditioning(hint, hint[..., 0]))
    call = network.calls[0]
    assert call["lightness"].shape == (1, 1, 64, 64)
    assert (call["lightness"] == 30).all()
    assert call["hint"][..., :40, :50].all()
    assert not call["hint"][..., 40:, :].any() and not call["hint"][..., 50:].any()
    assert call["region"].all()
    assert prediction.ab.shape == (40, 50, 2)
    assert np.allclose(prediction.ab, (4, 1))


def test_objects_come_from_the_closer_view_and_broad_colors_from_the_whole():
    whole, closer = (
        InputView(np.full((side, 2 * side), value, np.float32))
        for side, value in ((32, 20), (64, 80))
    )
    ab = predict(Fake(), [whole, closer], (64, 128)).ab
    assert ab.shape == (64, 128, 2)
    assert np.allclose(ab[:, :60], (2, 0), atol=1e-3), "the surroundings"
    assert np.allclose(ab[:, 68:], (8, 0), atol=1e-3), "the salient half"
    assert predict(Fake(), [whole, closer], (50, 70)).ab.shape == (50, 70, 2)


def test_a_view_of_one_channel_is_prepared_at_the_guided_size():
    prepared = prepare(Fake(vividness=1.5), Photo(np.dstack([GRAY] * 3)), [64])
    assert prepared.pixels.shape == (60, 90) and prepared.photo.pixels.shape == (60, 90, 3)
    assert prepared.lightness.shape == (60, 90)
    assert prepared.views[0].size == (52, 78)
    assert prepared.strength == pytest.approx(1.5 * prepared.visible)
    assert np.allclose(prepared.plain, prepared.prediction.ab * prepared.strength)


@pytest.mark.parametrize(
    ("shape", "pixels_factor", "factor"),
    [((600, 600), 1, 1), ((1000, 1000), 1, 2), ((400, 9000), 1, 3), ((400, 9000), 4, 2)],
)
def test_color_is_guided_at_about_400_000_pixels(shape, pixels_factor, factor):
    assert guided_factor(np.empty((*shape, 3), np.uint8), pixels_factor) == factor


def test_the_effect_of_hints_is_that_of_the_network_and_costs_one_pass_each():
    network = Fake()
    prepared = prepare_lightness(network, np.full((60, 90), 50, np.float32), [64])
    hint = np.zeros((60, 90, 3), np.float32)
    hint[...] = (7, -3, 1)
    effect = prepared.hint_effect(Conditioning(hint), "hints", None)
    assert effect.shape == (34, 51, 2)
    assert np.allclose(effect, (7, -3), atol=1e-4)
    assert len(network.calls) == 2
    prepared.hint_effect(Conditioning(hint), "hints", None)
    assert len(network.calls) == 2
    prepared.hint_effect(Conditioning(hint * 2), "more hints", None)
    assert len(network.calls) == 3
    prepared.hint_effect(Conditioning(hint * 2), "more hints", "another region")
    assert len(network.calls) == 5
    deaf = prepare_lightness(Fake(("lightness",)), np.full((60, 90), 50, np.float32), [64])
    assert not deaf.hint_effect(Conditioning(hint), "hints", None).any()


def test_a_conditioned_prediction_is_kept_by_its_key():
    network = Fake()
    prepared = prepare_lightness(network, np.full((60, 90), 50, np.float32), [64])
    red, blue = (np.full(78, value, np.float32) for value in (1, 2))
    one = prepared.conditioned(Conditioning(palette=red), "red")
    assert prepared.conditioned(Conditioning(palette=red), "red") is one
    other = prepared.conditioned(Conditioning(palette=blue), "blue")
    assert np.allclose(other.ab - one.ab, 1)


def test_a_part_is_laid_where_its_corners_are():
    values = np.arange(1, 9, dtype=np.float32).reshape(2, 4)
    corners = np.array([(19.5, 9.5), (59.5, 9.5), (59.5, 29.5), (19.5, 29.5)], np.float32)
    part = Part(np.zeros((20, 40), np.uint8), corners, np.ones((2, 2), np.float32))
    large = part.lay(values, (40, 80), 1)
    assert large.shape == (40, 80)
    assert large[14, 24] == pytest.approx(1, abs=0.2)
    assert large[24, 54] == pytest.approx(7.75, abs=0.1)
    assert not large[:4].any() and not large[:, 66:].any()
    small = part.lay(values, (20, 40), 2)
    assert small[7, 12] == pytest.approx(1, abs=0.3)
    assert not small[18:].any()


def test_parts_are_colored_by_themselves_and_the_paper_stays_gray():
    page = np.full((80, 120), 240, np.uint8)
    corners = np.array([(19.5, 9.5), (79.5, 9.5), (79.5, 49.5), (19.5, 49.5)], np.float32)
    part = Part(GRAY[:40, :60], corners, np.ones((2, 2), np.float32))
    ink = np.zeros((8, 12), np.float32)
    prepared = prepare(Fake(), Photo(page), [64], [part], ink)
    _, inner = prepared.parts[0]
    assert inner.lightness.shape == (40, 60)
    raised = prepared.raised
    assert np.allclose(raised[12:48, 22:78], inner.raised[2:38, 2:58], atol=0.3)
    assert not raised[60:].any()
    assert prepared.coarse.shape == prepared.plain.shape


def test_the_weight_counts_pixels_views_caches_and_parts():
    gray = prepare(Fake(), Photo(GRAY), [64])
    own = GRAY.nbytes + gray.lightness.nbytes + gray.views[0].lightness.nbytes
    made = gray.cache.weight
    assert gray.weight == own + made
    gray.cache.get("more", lambda: np.zeros(1000, np.uint8))
    assert gray.weight == own + made + 1000
    color = prepare(Fake(), Photo(np.dstack([GRAY] * 3)), [64])
    assert color.weight == own + 3 * GRAY.nbytes + made
    part = Part(GRAY, np.zeros((4, 2), np.float32), np.ones((2, 2), np.float32))
    page = prepare(Fake(), Photo(GRAY), [64], [part])
    inner = page.parts[0][1]
    assert page.weight == own + page.cache.weight + inner.weight
    assert (page.cache.max_bytes, inner.cache.max_bytes) == (MAX_CACHE_BYTES, MAX_PART_CACHE_BYTES)


def test_objects_are_colored_as_the_closer_view_sees_them_and_the_rest_broadly_as_the_first_does():
    far, near = (
        InputView(np.full((32, 64), 20, np.float32)),
        InputView(np.full((64, 128), 60, np.float32)),
    )
    ab = predict(Fake(), (far, near), (64, 128)).ab
    assert ab.shape == (64, 128, 2)
    # left: not salient, the broad color is the first view's; right: salient, the closer view's
    np.testing.assert_allclose(ab[:, :60, 0], 2, atol=1e-4)
    np.testing.assert_allclose(ab[:, 68:, 0], 6, atol=1e-4)
