"""All of the coloring except rendering: ab for a prepared photograph under a guidance, for every
network."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

import numpy as np

from tintype.arrays import Array
from tintype.color.process import through_process
from tintype.engine.assist.people import color_parts, part_mask
from tintype.engine.assist.reach import (
    fill_things,
    marked_share,
    reached,
    spots_in,
    spots_of,
    trust_map,
)
from tintype.engine.assist.reference import (
    match_reference,
    reference_palette,
    with_reference_statistics,
)
from tintype.engine.assist.region import region_mask
from tintype.engine.assist.variations import bold_guidance
from tintype.engine.core.hints import hint_correction, honor_hints
from tintype.engine.core.network import Network
from tintype.engine.core.own_color import monochrome_share
from tintype.engine.core.predict import Conditioning
from tintype.engine.core.prepare import Prepared, raise_ab
from tintype.engine.core.sizes import resize, shrink_hint
from tintype.engine.core.tone import warm_ab
from tintype.engine.core.upsample import upsample_ab
from tintype.errors import CapabilityError
from tintype.guidance import Guidance, Hint, PartColor, Stroke, draw_hints
from tintype.guidance.palettes import process_table
from tintype.photo import analyze_color

# Hints are spread on a grid this many times coarser than the first view.
HINT_GRID_FACTOR = 2


def guided_ab(prepared: Prepared, guidance: Guidance) -> Array:
    """ab at the size of `prepared.lightness`, H×W×2 float32, CIELAB units.

    Raises UsageError for a guidance that does not fit this photograph, CapabilityError for one that
    the network cannot follow.
    """
    if guidance.bold:
        guidance = bold_guidance(prepared, guidance)
    lightness, network = prepared.lightness, prepared.network
    process = process_table(guidance.palette)
    for_network = guidance if process is None else replace(guidance, palette=())
    marks, palette, reference = guidance.marks, for_network.palette_input(), guidance.reference
    takes_palette = "palette" in network.inputs
    palette_share = None
    if reference is not None:
        matched = match_reference(prepared, reference)
        marks = (*matched.hints, *marks)
        if palette is None and takes_palette:
            palette, palette_share = reference_palette(reference), matched.share
    if palette is not None:
        check_palette(network)
    region = region_mask(prepared, guidance.region)
    ab = conditioned_ab(
        prepared,
        (lambda size: draw_hints(marks, (size[0], size[1]))) if marks else None,
        region,
        palette,
        marks,
        (guidance.region, guidance.palette, guidance.mean_chroma, reference),
        guidance.saturation,
        guidance.parts,
        process,
        palette_share,
    )
    if reference is not None and not takes_palette:
        moved = with_reference_statistics(lightness, ab, reference)
        ab = ab + resize(matched.share, lightness.shape)[..., None] * (moved - ab)
        if guidance.marks:
            ab = honor_hints(ab, lightness, draw_hints(guidance.marks, lightness.shape))
    if guidance.warmth:
        ab = ab + warm_ab(lightness, guidance.warmth * prepared.visible)
    return ab if region is None else ab * region[..., None]


def check_palette(network: Network) -> None:
    """Raises CapabilityError if the network accepts no palette."""
    if "palette" not in network.inputs:
        raise CapabilityError(
            f"the network {network.path.stem} takes no palette; use the default network for that"
        )


def conditioned_ab(
    prepared: Prepared,
    hint_at: Callable[[tuple[int, ...]], Array] | None = None,
    region: Array | None = None,
    palette: Array | None = None,
    marks: Sequence[Hint | Stroke] = (),
    key: Hashable = None,
    saturation: float = 1.0,
    parts: Sequence[PartColor] = (),
    process: Array | None = None,
    palette_share: Array | None = None,
) -> Array:
    """ab at the guided size, H×W×2 float32, from arrays.

    hint_at: draws the hint map at a size (H, W). region: H×W at the guided size. palette: K. marks:
    what the hint map was drawn from, if anything. key: identifies region and palette. parts: colors
    below the hints. process: the table of a color process, through which everything but the hints
    and the parts is seen. palette_share: h×w, any size, 0..1, how much of the palette's effect
    applies.
    """
    conditioning = Conditioning(
        region=None if prepared.parts else region, palette=palette
    ).accepted_by(prepared.network)
    strength = np.float32(prepared.strength * saturation)
    if conditioning.is_empty:
        prediction = prepared.prediction
        base = prepared.raised * np.float32(saturation)
        plain = prepared.coarse * np.float32(saturation)
    else:
        prediction = prepared.conditioned(conditioning, key)
        plain = prediction.ab * strength
        if prepared.blend is not None:
            plain = plain + prepared.blend * np.float32(saturation)
        if palette_share is not None:
            automatic = resize(prepared.coarse * np.float32(saturation), plain.shape)
            plain = automatic + resize(palette_share, plain.shape)[..., None] * (plain - automatic)
        base = raise_ab(plain, prepared.lightness, conditioning.region)
    if process is not None:
        base = through_process(base, prepared.lightness, process)
        plain = through_process(plain, resize(prepared.lightness, plain.shape), process)
    if hint_at is None:
        return color_parts(prepared, np.asarray(base, np.float32), parts)
    size = prepared.views[0].size
    hint = hint_at(size)
    spots = spots_of(marks, plain) if marks else spots_in(hint, plain)
    places = reached(prepared, spots)
    share = np.float32(1) if places is None else resize(places.share, plain.shape)[..., None]
    effect = prepared.hint_effect(
        Conditioning(hint, conditioning.region, conditioning.palette), tuple(marks), key
    )
    # the network spreads a hint by what objects are, the regression by what places have in common:
    # half of each is better than both
    moved = np.asarray(share * resize(effect * (strength / 2), plain.shape), np.float32)
    small = min(size[0], prepared.lightness.shape[0]), min(size[1], prepared.lightness.shape[1])
    grid = max(1, small[0] // HINT_GRID_FACTOR), max(1, small[1] // HINT_GRID_FACTOR)
    correction = hint_correction(
        resize(plain + moved, grid),
        resize(plain, grid),
        resize(prepared.lightness, grid),
        shrink_hint(hint, small),
        trust_map(spots, hint, plain),
        prediction.roots,
    )
    change = np.asarray(moved + share * resize(correction, plain.shape), np.float32)
    ab: Array = base + upsample_ab(change, prepared.lightness)
    ab = color_parts(prepared, ab, parts)
    if places is not None:
        ab = fill_things(ab, prepared.lightness, places)
    return honor_hints(ab, prepared.lightness, hint_at(prepared.lightness.shape))


def new_color_share(prepared: Prepared, guidance: Guidance) -> Array:
    """Where new color replaces the source's own if that is to be kept: the guidance's region, or
    else what hints, strokes and colored parts of people reach and, unless the photograph is in
    color and has such, what is gray or of the print's tone. h×w float32, 0..1, at any size."""
    region = region_mask(prepared, guidance.region)
    if region is not None:
        return region
    shares = [part_mask(prepared, each.part, each.near) for each in guidance.parts]
    if guidance.marks:
        shares.append(marked_share(prepared, guidance.marks))
    analysis = analyze_color(prepared.photo)
    if analysis.kind != "color" or not shares:
        gray = monochrome_share(prepared.photo, analysis)
        shares = [gray, *(resize(each, gray.shape) for each in shares)]
    return np.asarray(np.max(shares, axis=0), np.float32)
