"""Coloring by classical methods, which need no network."""

from typing import Literal, get_args

import numpy as np

from tintype.arrays import Array
from tintype.color.lab import srgb_to_lab
from tintype.engine.assist.exemplar import match_exemplar
from tintype.engine.assist.levin import propagate_hints
from tintype.engine.assist.region import drawn_region
from tintype.engine.assist.reinhard import transfer_by_lightness, transfer_statistics
from tintype.engine.core.own_color import keep_own_color, monochrome_share
from tintype.engine.core.prepare import guided_factor
from tintype.engine.core.render import lightness_of, render, shrink, single_channel
from tintype.engine.core.tone import warm_ab
from tintype.errors import CapabilityError, UsageError
from tintype.guidance import Guidance, draw_hints
from tintype.photo import Photo, analyze_color
from tintype.photo.photo import to_uint8

Method = Literal["levin", "reinhard", "exemplar"]
# Mean chroma above which a source has color of its own for Reinhard's statistics to move.
MIN_OWN_CHROMA = 2.0


class ClassicalColorizer:
    """Colors as `Colorizer.colorize_photo` does, without a network.

    method: "levin" spreads hints and strokes (Levin et al. 2004), "reinhard" transfers the
    statistics of a reference (Reinhard et al. 2001), "exemplar" the colors of its most similar
    places (Welsh et al. 2002). Raises UsageError for another.
    """

    network = None
    as_published = False

    def __init__(self, method: str) -> None:
        if method not in get_args(Method):
            raise UsageError(f"method is one of {', '.join(get_args(Method))}, not {method!r}")
        self.name = method
        self.sizes: list[int] = []

    def colorize_photo(self, photo: Photo, guidance: Guidance | None = None) -> Photo:
        """Color a photograph at its own size and lightness.

        Raises UsageError where the method lacks what it works with (hints, a reference),
        CapabilityError for a guidance it cannot follow.
        """
        guidance = guidance or Guidance()
        self._check(guidance)
        pixels = single_channel(photo.pixels)
        factor = guided_factor(pixels)
        small = shrink(pixels, factor)
        lightness = lightness_of(small)
        ab = self._ab(small, lightness, guidance)
        ab *= np.float32(1 if self.name == "levin" else guidance.saturation)
        if guidance.warmth:
            ab += warm_ab(lightness, guidance.warmth)
        region = (
            None
            if guidance.region is None
            else drawn_region(lightness, guidance.region, photo.pixels.shape[:2])
        )
        colored = render(pixels, ab, factor, region)
        if guidance.keep_color and pixels.ndim == 3:
            share = monochrome_share(photo, analyze_color(photo)) if region is None else region
            colored = keep_own_color(photo, colored, share)
        return photo.with_pixels(colored)

    def _check(self, guidance: Guidance) -> None:
        if self.name == "levin" and not guidance.marks:
            raise UsageError(
                "the method levin spreads colors that you set; give at least one hint or stroke"
            )
        if self.name != "levin" and guidance.reference is None:
            raise UsageError(f"the method {self.name} takes the colors of a reference; give one")
        unused = {
            "hints and strokes": bool(guidance.marks) and self.name != "levin",
            "colors of hair, skin, lips and clothes": bool(guidance.parts),
            "a reference": guidance.reference is not None and self.name == "levin",
            "a palette": bool(guidance.palette) or guidance.mean_chroma is not None,
            "bold": guidance.bold,
            "subject, background, people and objects": (
                guidance.region is not None and guidance.region.kind not in ("mask", "polygons")
            ),
        }
        for what, is_set in unused.items():
            if is_set:
                raise CapabilityError(
                    f"the method {self.name} does not use {what}; leave out one of them"
                )

    def _ab(self, small: Array, lightness: Array, guidance: Guidance) -> Array:
        """a* and b* at the size of lightness."""
        if self.name == "levin":
            return propagate_hints(lightness, draw_hints(guidance.marks, lightness.shape))
        reference = guidance.reference_array()
        assert reference is not None  # checked before
        theirs = srgb_to_lab(reference.astype(np.float32) / 255)
        if self.name == "exemplar":
            return match_exemplar(lightness, theirs, guidance.seed or 0)
        if small.ndim == 3:
            lab = srgb_to_lab(to_uint8(small).astype(np.float32) / 255)
            if np.hypot(lab[..., 1], lab[..., 2]).mean() > MIN_OWN_CHROMA:
                return transfer_statistics(lab, theirs)
        return transfer_by_lightness(lightness, theirs)
