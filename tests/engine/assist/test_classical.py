from dataclasses import replace

import cv2
import numpy as np
import pytest
from skimage import data

from tintype.color import srgb_to_lab
from tintype.engine.assist.classical import ClassicalColorizer
from tintype.engine.core.render import lightness_of
from tintype.errors import CapabilityError, UsageError
from tintype.guidance import Guidance, Region, color_ab
from tintype.photo import Photo

COFFEE = data.coffee()[::2, ::2]
GRAY = Photo(np.rint(lightness_of(COFFEE) * 2.55).astype(np.uint8))


def lab_of(photo):
    return srgb_to_lab(photo.pixels.astype(np.float32) / 255)


def test_levin_meets_its_hints_and_keeps_lightness():
    lightness = lightness_of(GRAY.pixels)
    y, x = np.unravel_index(np.abs(cv2.blur(lightness, (9, 9)) - 55).argmin(), lightness.shape)
    asked = (
        Guidance()
        .with_hint(0.1, 0.1, "#806040")
        .with_hint(x / lightness.shape[1], y / lightness.shape[0], "#905030")
    )
    colored = ClassicalColorizer("levin").colorize_photo(GRAY, asked)
    there = lab_of(colored)[y, x, 1:]
    np.testing.assert_allclose(there, color_ab("#905030"), atol=3)
    np.testing.assert_allclose(lab_of(colored)[..., 0], lightness, atol=1.5)


def test_a_reference_gives_its_colors_by_either_method():
    asked = Guidance().with_reference(COFFEE)
    gray = np.linalg.norm(lab_of(Photo(COFFEE))[..., 1:], axis=-1).mean()
    for method in ("reinhard", "exemplar"):
        colored = lab_of(ClassicalColorizer(method).colorize_photo(GRAY, asked))
        assert (
            np.linalg.norm(colored[..., 1:] - lab_of(Photo(COFFEE))[..., 1:], axis=-1).mean()
            < 0.8 * gray
        )


def test_reinhard_moves_the_colors_of_a_color_photograph():
    astronaut = data.astronaut()[::4, ::4]
    colored = lab_of(
        ClassicalColorizer("reinhard").colorize_photo(
            Photo(astronaut), Guidance().with_reference(COFFEE)
        )
    )
    wanted = lab_of(Photo(COFFEE))[..., 1:].reshape(-1, 2)
    np.testing.assert_allclose(
        colored[..., 1:].reshape(-1, 2).mean(0), wanted.mean(0), atol=8
    )  # less where the gamut ends


def test_saturation_warmth_and_region_are_followed():
    reference = Guidance().with_reference(COFFEE)
    method = ClassicalColorizer("reinhard")
    plain = lab_of(method.colorize_photo(GRAY, reference))
    assert (
        np.abs(lab_of(method.colorize_photo(GRAY, replace(reference, saturation=0)))[..., 1:]).max()
        < 1
    )
    assert (
        lab_of(method.colorize_photo(GRAY, replace(reference, warmth=1)))[..., 2].mean()
        > plain[..., 2].mean() + 3
    )
    mask = np.zeros(GRAY.pixels.shape, bool)
    mask[:, :100] = True
    masked = lab_of(method.colorize_photo(GRAY, reference.with_region(mask)))
    assert np.abs(masked[:, 150:, 1:]).max() < 1
    assert np.abs(masked[:, :80, 1:]).mean() > 3


@pytest.mark.parametrize(
    ("method", "asked", "kind", "reason"),
    [
        ("levin", Guidance(), UsageError, "at least one hint"),
        ("exemplar", Guidance(), UsageError, "give one"),
        (
            "levin",
            Guidance(palette=("red",)).with_hint(0.5, 0.5, "red"),
            CapabilityError,
            "a palette",
        ),
        (
            "reinhard",
            Guidance().with_reference(COFFEE).with_hint(0.5, 0.5, "red"),
            CapabilityError,
            "hints",
        ),
        (
            "levin",
            Guidance(region=Region("subject")).with_hint(0.5, 0.5, "red"),
            CapabilityError,
            "subject",
        ),
    ],
)
def test_what_a_method_lacks_or_cannot_do_is_a_sentence(method, asked, kind, reason):
    with pytest.raises(kind, match=reason):
        ClassicalColorizer(method).colorize_photo(GRAY, asked)


def test_an_unknown_method_is_refused():
    with pytest.raises(UsageError, match="levin, reinhard, exemplar"):
        ClassicalColorizer("magic")
