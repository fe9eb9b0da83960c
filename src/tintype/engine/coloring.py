"""A prepared photograph and a guidance in; ab out. What it does, it does for every network."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from tintype.arrays import Array
from tintype.engine.assist.reach import fill_things, reached, spots_in, spots_of, trust_map
from tintype.engine.assist.reference import reference_hints, reference_palette, transferred
from tintype.engine.assist.region import wished_region
from tintype.engine.assist.variations import bold_guidance
from tintype.engine.core.hints import honor_hints, spread_hints
from tintype.engine.core.prepare import Prepared, Wish, raise_ab
from tintype.engine.core.sizes import resize, shrink_hint
from tintype.engine.core.tone import warm_ab
from tintype.engine.core.upsample import upsample_ab
from tintype.errors import CapabilityError
from tintype.guidance import Guidance, Hint, Stroke, draw_hints

GRID = 2
"""Hints are spread on a grid this much coarser than the working size."""


@dataclass(frozen=True)
class Asked:
    """A guidance as arrays. hint: draws the hints at a size (H, W). marks: the same as values,
    where there are. region: H×W at the guided size. palette: K. key: names region and palette."""

    hint: Callable[[tuple[int, ...]], Array] | None = None
    marks: Sequence[Hint | Stroke] = ()
    region: Array | None = None
    palette: Array | None = None
    key: Hashable = None
    saturation: float = 1.0


def color_ab(prepared: Prepared, guidance: Guidance) -> Array:
    """ab at the size of `prepared.lightness`, H×W×2 float32, CIELAB units: all of the coloring but
    the rendering.

    Raises UsageError for what cannot be asked of this photograph, CapabilityError for what the
    network cannot do.
    """
    if guidance.bold:
        guidance = bold_guidance(prepared, guidance)
    marks, palette, reference = guidance.marks, guidance.palette_input(), guidance.reference
    if reference is not None:
        marks = (*reference_hints(prepared, reference), *marks)
        if palette is None and "palette" in prepared.network.inputs:
            palette = reference_palette(reference)
    if palette is not None and "palette" not in prepared.network.inputs:
        raise CapabilityError(
            f"the network {prepared.network.path.stem} takes no palette; use the default network"
            " for that"
        )
    region = wished_region(prepared, guidance.region)
    key = (guidance.region, guidance.palette, guidance.mean_chroma, reference)
    hint = (lambda size: draw_hints(marks, size)) if marks else None
    ab = answer_ab(prepared, Asked(hint, marks, region, palette, key, guidance.saturation))
    if reference is not None and "palette" not in prepared.network.inputs:
        ab = transferred(prepared.lightness, ab, reference)
        if guidance.marks:
            ab = honor_hints(
                ab, prepared.lightness, draw_hints(guidance.marks, prepared.lightness.shape)
            )
    if guidance.warmth:
        ab = ab + warm_ab(prepared.lightness, guidance.warmth * prepared.visible)
    return ab if region is None else ab * region[..., None]


def answer_ab(prepared: Prepared, asked: Asked) -> Array:
    """As `color_ab`, of arrays."""
    wish = Wish(None, None if prepared.parts else asked.region, asked.palette).heard(
        prepared.network
    )
    strength = np.float32(prepared.strength * asked.saturation)
    if wish.is_empty:
        answer, base = prepared.answer, prepared.raised * np.float32(asked.saturation)
        plain = prepared.coarse * np.float32(asked.saturation)
    else:
        answer = prepared.asked(wish, asked.key)
        plain = answer.ab * strength
        base = raise_ab(plain, prepared.lightness, wish.region)
    if asked.hint is None:
        return np.asarray(base, np.float32)
    working = prepared.looks[0].working.size
    hint = asked.hint(working)
    spots = spots_of(asked.marks, plain) if asked.marks else spots_in(hint, plain)
    found = reached(prepared, spots)
    change = prepared.moved(Wish(hint, wish.region, wish.palette), tuple(asked.marks), asked.key)
    share = np.float32(1) if found is None else resize(found.share, plain.shape)[..., None]
    # the network spreads a hint by what things are, the regression by what they are like: half of
    # each is better than both
    moved = np.asarray(share * resize(change * (strength / 2), plain.shape), np.float32)
    spread = _spread(prepared, plain, moved, hint, trust_map(spots, hint, plain), answer.roots)
    ab: Array = base + upsample_ab(
        np.asarray(moved + share * resize(spread, plain.shape), np.float32), prepared.lightness
    )
    if found is not None:
        ab = fill_things(ab, prepared.lightness, found)
    return honor_hints(ab, prepared.lightness, asked.hint(prepared.lightness.shape))


def _spread(
    prepared: Prepared, plain: Array, moved: Array, hint: Array, trust: Array, roots: Array | None
) -> Array:
    """What hints say about the rest of the picture beyond what the network made of them: h×w×2 on a
    grid of half the working size."""
    small = tuple(min(pair) for pair in zip(hint.shape[:2], prepared.lightness.shape, strict=True))
    grid = max(1, small[0] // GRID), max(1, small[1] // GRID)
    before, after, lightness = (
        resize(plane, grid) for plane in (plain, plain + moved, prepared.lightness)
    )
    return spread_hints(
        after, before, lightness, shrink_hint(hint, (small[0], small[1])), trust, roots
    )


def keep_where(prepared: Prepared, guidance: Guidance) -> Array:
    """Where the new color goes when the source's own is to be kept: its region, or else what is
    gray. H×W float32, 0..1."""
    region = wished_region(prepared, guidance.region)
    if region is not None or prepared.pixels.ndim == 2:
        return np.ones_like(prepared.lightness) if region is None else region
    small = np.asarray(
        resize(
            prepared.photo.pixels.astype(np.float32) / np.float32(prepared.photo.white),
            prepared.lightness.shape,
        )
    )
    lab = cv2.cvtColor(np.ascontiguousarray(small), cv2.COLOR_RGB2Lab)
    chroma = cv2.GaussianBlur(np.hypot(lab[..., 1], lab[..., 2]), (0, 0), 1.0)
    return np.asarray(np.clip((8.0 - chroma) / 4.0, 0, 1), np.float32)
