"""Two networks whose automatic colors are mixed."""

import cv2
import numpy as np
import pytest
from skimage import data

from tintype.color import srgb_to_lab
from tintype.engine import Colorizer
from tintype.engine.core.predict import Prediction
from tintype.engine.core.sizes import resize
from tintype.engine.published import PublishedColorizer
from tintype.errors import CapabilityError, ModelError
from tintype.guidance import Guidance, Hint
from tintype.photo import Photo

GRAY = cv2.cvtColor(data.astronaut()[:300, :400], cv2.COLOR_RGB2GRAY)


def test_certainty_is_one_for_one_color_and_zero_for_all():
    logits = np.zeros((1, 3, 8), np.float32)
    logits[0, 1, 3] = 100
    logits[0, 2, :2] = 100
    expected = [[0, 1, 1 - np.log(2) / np.log(8)]]
    certainty = Prediction(np.zeros((1, 3, 2), np.float32), logits=logits).certainty
    np.testing.assert_allclose(certainty, expected, atol=1e-4)
    assert Prediction(np.zeros((1, 3, 2), np.float32)).certainty is None


def test_a_network_without_certainty_counts_where_the_other_is_in_doubt(warm_network):
    blend = Colorizer(f"default+{warm_network}", "cpu")
    mixed, plain = blend.prepare(GRAY), Colorizer("default", "cpu").prepare(GRAY)
    doubt = 1 - resize(plain.prediction.certainty, plain.plain.shape)
    warm = Colorizer(warm_network, "cpu").prepare(GRAY)
    other = resize(warm.plain, plain.plain.shape)
    expected = plain.plain + doubt[..., None] * (other - plain.plain)
    np.testing.assert_allclose(mixed.plain, expected, atol=0.5)
    assert np.abs(mixed.plain - plain.plain).max() > 5


def test_a_blend_with_itself_changes_nothing():
    mixed = Colorizer("default+default", "cpu").prepare(GRAY)
    np.testing.assert_allclose(
        mixed.plain, Colorizer("default", "cpu").prepare(GRAY).plain, atol=0.01
    )


@pytest.mark.parametrize("more", [{}, {"mean_chroma": 30.0}])
def test_hints_hold_in_a_blend_and_its_colors_stay_elsewhere(warm_network, more):
    blend = Colorizer(f"default+{warm_network}", "cpu")
    hinted = blend.colorize_photo(Photo(GRAY), Guidance(hints=(Hint(0.9, 0.9, "#2040c0"),), **more))
    lab = srgb_to_lab(hinted.pixels.astype(np.float32) / 255)
    assert lab[270, 360, 2] < -20
    own = blend.prepare(GRAY)
    assert np.abs(own.blend).max() > 5
    alone = Colorizer("default", "cpu").colorize_photo(Photo(GRAY), Guidance(**more))
    before = srgb_to_lab(alone.pixels.astype(np.float32) / 255)
    assert lab[..., 1].mean() > before[..., 1].mean() + 2  # the partner's red


def test_the_label_names_both_files(warm_network):
    xmp = Colorizer(f"default+{warm_network}", "cpu").colorize_photo(Photo(GRAY)).metadata.xmp
    assert f"default+{warm_network.stem}".encode() in xmp


def test_a_missing_partner_and_a_blend_as_published_are_told(warm_network):
    with pytest.raises(ModelError, match="no network 'none'"):
        Colorizer("default+none", "cpu")
    with pytest.raises(CapabilityError, match="is a blend"):
        PublishedColorizer(f"default+{warm_network}", "cpu")
