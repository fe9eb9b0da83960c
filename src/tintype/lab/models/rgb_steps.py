"""The steps of a coloring as nodes of an ONNX graph, each the twin of one in `engine.core`."""

from dataclasses import dataclass

import numpy as np

from tintype.color.lab import FROM_RELATIVE_XYZ, KAPPA, LUMINANCE
from tintype.contract import STRIDE
from tintype.engine.core import predict, sizes, tone, upsample
from tintype.lab.models.graph import (
    Graph,
    GraphValue,
    bent,
    enlarged,
    grown,
    mean3,
    mixed,
    most3,
    power,
    resampling,
    resized,
    shifted,
    sum_of,
)

SMOOTHER_PASSES = ((1.0, 7), (0.25, 6), (0.0625, 5))
"""Of the edge-aware smoother: factor of its weight, and the steps of cyclic reduction that solve
it."""
CLEANED = 2
"""Edges are cleaned at this many times the size of the network's ab, and no larger than L*."""


def luminance_of(g: Graph, rgb: GraphValue) -> GraphValue:
    """Relative luminance of sRGB, N×1×H×W, 0..1."""
    linear = bent(
        g, rgb, 0.04045, 1 / 12.92, lambda x: power(g, x * (1 / 1.055) + 0.055 / 1.055, 2.4)
    )
    return g.Clip(mixed(g, LUMINANCE[None], linear), 0.0, 1.0)


@dataclass(frozen=True)
class NetworkView:
    """The picture as the network sees it once: L* without padding and with it, and the size
    (height, width) of both, float scalars."""

    shown: GraphValue
    padded: GraphValue
    size: tuple[GraphValue, GraphValue]
    full: tuple[GraphValue, GraphValue]


def view_of(g: Graph, guide: GraphValue, size: int, square: bool) -> NetworkView:
    """L* at a working size, mirrored up to multiples of STRIDE."""
    lengths = g.length(guide, 2), g.length(guide, 3)
    scale = float(size) / g.Sqrt(lengths[0] * lengths[1])
    sides, full, matrices = [], [], []
    for length in lengths:
        side = (
            g.value(float(size))
            if square
            else g.bounded(g.Round(length * scale), 1.0, float(sizes.MAX_VIEW_ASPECT * size))
        )
        whole = g.Ceil(side / float(STRIDE)) * float(STRIDE)
        i = g.count(whole)
        mirrored = g.Max(g.Min(i, side * 2.0 - 1.0 - i), 0.0)
        matrices.append(resampling(g, length, side, mirrored))
        sides.append(side)
        full.append(whole)
    padded = matrices[0] @ guide @ g.Transpose(matrices[1], perm=[1, 0])
    shown = g.Slice(padded, [0, 0], g.joined(*sides), [2, 3])
    return NetworkView(shown, padded, (sides[0], sides[1]), (full[0], full[1]))


def percentiles(g: Graph, shown: GraphValue) -> tuple[GraphValue, GraphValue]:
    """The 1st and 99th percentile of L*, N×1×1×1."""
    flat = g.Flatten(shown)
    last = g.length(flat, 1) - 1.0
    values = []
    for largest, percent in zip((0, 1), tone.PERCENTILES, strict=True):
        place = last * (percent / 100 if not largest else 1 - percent / 100)
        below = g.Floor(place)
        k = g.Min(below + 2.0, last + 1.0)
        few = g.TopK(flat, g.joined(k), largest=largest, axis=1)
        low, high = (
            g.Gather(few, g.Min(at, k - 1.0).to_int(), axis=1) for at in (below, below + 1.0)
        )
        value = low + (high - low) * (place - below)
        values.append(g.Reshape(value, [-1, 1, 1, 1]))
    return values[0], values[1]


def stretched(g: Graph, padded: GraphValue, low: GraphValue, high: GraphValue) -> GraphValue:
    """L* of a faded photograph stretched as `tone.stretch_tone` does it."""
    reach = high - low
    share = g.Clip(
        (tone.MIN_FULL_RANGE - reach) / (tone.MIN_FULL_RANGE - tone.MAX_FADED_RANGE), 0.0, 1.0
    )
    middle, half = (low + high) / 2.0, g.Max(reach, tone.MIN_STRETCH_RANGE) / 2.0
    target = g.Where(g.Less(reach, tone.MIN_STRETCH_RANGE), middle, 50.0)
    wide = g.Clip((padded - middle) * (50.0 / half) + target, 0.0, 100.0)
    return padded + share * (wide - padded)


def visible(g: Graph, shown: GraphValue, low: GraphValue, high: GraphValue) -> GraphValue:
    """How much there is to color, N×1×1×1, 0..1, as `tone.visible_share` computes it."""
    spread = g.Clip(
        (high - low - tone.MAX_BLANK_RANGE) / (tone.MIN_VISIBLE_RANGE - tone.MAX_BLANK_RANGE),
        0.0,
        1.0,
    )
    place = (shown - low) / g.Max(high - low, 1e-3) * float(tone.TONE_BINS)
    cell = g.Flatten(g.Clip(g.Floor(place), 0.0, float(tone.TONE_BINS - 1)))
    marks = g.OneHot(cell.to_int(), np.int64(tone.TONE_BINS), np.array([0, 1], np.float32))
    counts = g.ReduceSum(marks, [1], keepdims=0)
    most = g.Equal(g.count(g.value(float(tone.TONE_BINS))), g.ArgMax(counts, axis=1).to_float())
    counts = g.Where(most, 0.0, counts)
    shares = counts / g.Max(g.ReduceSum(counts, [1]), 1.0)
    entropy = g.ReduceSum(shares * g.Log(g.Max(shares, 1e-12)), [1]) * float(-1 / np.log(2))
    many = (entropy - tone.FLAT_TONES_BITS) / (tone.SHADED_TONES_BITS - tone.FLAT_TONES_BITS)
    return spread * g.Reshape(g.Clip(many, 0.0, 1.0), [-1, 1, 1, 1])


def cropped(g: Graph, output: GraphValue, view: NetworkView) -> GraphValue:
    """What is picture of an output for the padded picture."""
    ends = [
        g.Max(g.Round(g.length(output, axis) * side / whole), 1.0)
        for axis, side, whole in zip((2, 3), view.size, view.full, strict=True)
    ]
    return g.Slice(output, [0, 0], g.joined(*ends), [2, 3])


def broad(g: Graph, ab: GraphValue) -> GraphValue:
    """Gaussian blur of the standard deviation `predict.BROAD_SIGMA`, mirrored at the edges."""
    height, width = g.length(ab, 2), g.length(ab, 3)
    sigma = g.Sqrt(height * width) * predict.BROAD_SIGMA
    matrices = []
    for length in (height, width):
        i, j = g.column(g.count(length)), g.count(length)
        period = length * 2.0 - 2.0
        kernel = sum_of(
            g.Exp((d * d) * (-0.5) / (sigma * sigma)) for d in (i - j, i + j, i + j - period)
        )
        inside = g.Greater(j, 0.0), g.Less(j, length - 1.0)
        first = g.Exp((i - j) * (i - j) * (-0.5) / (sigma * sigma))
        kernel = g.Where(g.And(*inside), kernel, first)
        matrices.append(kernel / g.ReduceSum(kernel, [1]))
    return matrices[0] @ ab @ g.Transpose(matrices[1], perm=[1, 0])


def raised(g: Graph, ab: GraphValue, guide: GraphValue) -> GraphValue:
    """ab at the size of L*: its edges cleaned at `CLEANED` times its own size, then enlarged."""
    sides = [g.Min(g.length(ab, axis) * float(CLEANED), g.length(guide, axis)) for axis in (2, 3)]
    down, across = (
        resampling(g, g.length(guide, axis), side) for axis, side in zip((2, 3), sides, strict=True)
    )
    lightness = down @ guide @ g.Transpose(across, perm=[1, 0])
    clean = cleaned(g, upsampled(g, ab, lightness, True), ab, lightness)
    return upsampled(g, clean, guide, False)


def upsampled(g: Graph, ab: GraphValue, lightness: GraphValue, smooth: bool) -> GraphValue:
    """`upsample.upsample_ab`. smooth: bicubic, else bilinear."""
    low = resized(g, lightness, ab)
    mean, mean_ab = mean3(g, low), mean3(g, ab)
    variance = mean3(g, low * low) - mean * mean
    slope = (mean3(g, ab * low) - mean_ab * mean) / (variance + upsample.TEXTURE_LIGHTNESS**2)
    enlarge = enlarged if smooth else grown
    detail = lightness - enlarge(g, low, lightness)
    large = enlarge(g, ab, lightness) + grown(g, slope, lightness) * detail
    least, most = -most3(g, -ab), most3(g, ab)
    return g.Min(g.Max(large, grown(g, least, lightness)), grown(g, most, lightness))


def cleaned(g: Graph, ab: GraphValue, small: GraphValue, lightness: GraphValue) -> GraphValue:
    """`upsample.clean_edges`."""
    slope = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], np.float32) / 8
    sobel = np.zeros((4, 1, 3, 3), np.float32)
    sobel[0::2, 0], sobel[1::2, 0] = slope, slope.T
    wide = g.Pad(small, [0, 0, 1, 1, 0, 0, 1, 1], None, mode="reflect")
    changes = g.Conv(wide, sobel, group=2)
    pixels = g.length(small, 2) * g.length(small, 3)
    fast = g.ReduceSum(changes * changes, [1]) * pixels
    believed = grown(g, 1.0 / (fast * (1 / upsample.HALF_TRUST_GRADIENT**2) + 1.0), lightness)
    planes = smoothed(g, g.Concat(ab * believed, believed, axis=1), lightness)
    total = g.Slice(planes, [2], [3], [1])
    return g.Slice(planes, [0], [2], [1]) / g.Max(total, 1e-6)


def smoothed(g: Graph, planes: GraphValue, lightness: GraphValue) -> GraphValue:
    """`upsample.edge_smoother` of planes N×C×H×W: three times along the rows and the columns, each
    a tridiagonal system (Min et al. 2014), solved by cyclic reduction (Hockney 1965)."""
    guide = g.Floor(g.Clip(lightness * 2.55, 0.0, 255.0))
    reach = g.length(guide, 2) * g.length(guide, 3) * upsample.SMOOTHER_WEIGHT
    links = {}
    for axis in (3, 2):
        end = g.Slice(guide, [1], [np.iinfo(np.int32).max], [axis])
        step = g.Abs(end - g.Slice(guide, [0], [-1], [axis]))
        links[axis] = shifted(g, g.Exp(step * (-1 / upsample.EDGE_STEP)), axis, 1, keep=True)
    for factor, steps in SMOOTHER_PASSES:
        for axis in (3, 2):
            planes = solved(g, links[axis] * -(reach * factor), planes, axis, steps)
    return planes


def solved(g: Graph, before: GraphValue, planes: GraphValue, axis: int, steps: int) -> GraphValue:
    """x with before·x[i-1] + (1 - before - after)·x[i] + after·x[i+1] = planes[i] along an axis;
    after is `before` of the next place."""
    after = shifted(g, before, axis, -1)
    middle = 1.0 - before - after
    for power_ in range(steps):
        step = 2**power_
        inverse = 1.0 / middle
        down = before * shifted(g, inverse, axis, step)
        up = after * shifted(g, inverse, axis, -step)
        middle = (
            middle - down * shifted(g, after, axis, step) - up * shifted(g, before, axis, -step)
        )
        planes = (
            planes - down * shifted(g, planes, axis, step) - up * shifted(g, planes, axis, -step)
        )
        before, after = (
            -(down * shifted(g, before, axis, step)),
            -(up * shifted(g, after, axis, -step)),
        )
    return planes / middle


def rendered(g: Graph, luminance: GraphValue, root: GraphValue, ab: GraphValue) -> GraphValue:
    """sRGB of a luminance, its compressed form in CIELAB and ab. Colors outside of sRGB are mixed
    with the gray of their own luminance until they fit."""
    knee = 6 / 29
    moved = ab * np.array([1 / 500, -1 / 200], np.float32).reshape(1, 2, 1, 1) + root
    high = g.Max(moved, knee)
    xz = high * high * high + (g.Min(moved, knee) - knee) * (116 / KAPPA)
    beyond = mixed(g, FROM_RELATIVE_XYZ[:, [0, 2]], xz - luminance)
    channels = [g.Slice(beyond, [c], [c + 1], [1]) for c in range(3)]
    most, least = g.Max(*channels, 1e-6), g.Min(*channels, -1e-6)
    share = g.Min((1.0 - luminance) / most, luminance / -least, 1.0)
    linear = beyond * share + luminance
    srgb = bent(g, linear, 0.0031308, 12.92, lambda y: power(g, y, 1 / 2.4) * 1.055 - 0.055)
    return g.Clip(srgb, 0.0, 1.0)
