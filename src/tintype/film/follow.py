"""A guidance at its time in; the same guidance for the other frames of its shot, moved with the
picture, out."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Any

import cv2
import numpy as np

from tintype.arrays import Array, Pixels
from tintype.film.chroma import gray_of
from tintype.film.motion import Flow, MotionInput, carry, flow_between, resized
from tintype.film.palette import KeyColors
from tintype.film.source import FilmSource
from tintype.guidance import Guidance, Region

POINT_RADIUS_PIXELS = 2
"""Radius of the flow neighborhood that moves a point, at flow size."""
MIN_POINT_CONFIDENCE = 0.05
"""A point is lost where no flow of its neighborhood is trusted as much as this."""
POINT_LIGHTNESS = 8.0
"""Difference of L* to the point at which a neighbor's flow counts 1/e."""
MAX_CORRECTION_PIXELS, CORRECTION_COST = 3, 4.0
"""How far a point is looked for beside where the flow leads, and what each squared pixel must gain,
in squared L*."""
MASK_CONTRAST = 1.1
"""Gain of a mask's contrast per frame, against the blur of resampling."""
ANCHOR_FRAMES = 12
"""A guidance is recorded at every so many frames before its own."""
CHUNK_SECONDS = 4.0
"""Seconds that are read at once when a guidance is followed backward."""
MAX_FOLLOW_SECONDS = 120.0


@dataclass(frozen=True)
class TimedGuidance:
    """A guidance at `time`, in seconds from the film's start; it holds through the shot."""

    time: float
    guidance: Guidance


@dataclass(frozen=True)
class FrameGuidance:
    """A timed guidance as it applies to one frame. number: of the timed guidance. age: frames
    between this frame and its own."""

    number: int
    guidance: Guidance
    age: int = 0


Anchors = Sequence[tuple[float, FrameGuidance]]
"""Guidance of some frames, each with the frame's time in seconds, in order of time."""
ColorKey = Callable[[Pixels, tuple[int, int], Sequence[FrameGuidance]], KeyColors]
"""Colors a key frame: see `keys.KeyColorizer`."""


def followed(guidances: Sequence[FrameGuidance], flow: Flow) -> tuple[FrameGuidance, ...]:
    """The guidances of the frame before, for the frame that `flow` leads to."""
    return tuple(
        FrameGuidance(each.number, follow(each.guidance, flow), each.age + 1) for each in guidances
    )


def follow(guidance: Guidance, flow: Flow) -> Guidance:
    """Move hints, strokes, places of parts and region with the picture. What is lost or leaves the
    picture is dropped."""
    hints = tuple(
        replace(hint, x=x, y=y)
        for hint in guidance.hints
        for x, y in _moved([(hint.x, hint.y)], flow)
    )
    strokes = tuple(
        replace(stroke, points=points)
        for stroke in guidance.strokes
        if (points := _moved(stroke.points, flow))
    )
    parts = tuple(
        part if part.near is None else replace(part, near=near)
        for part in guidance.parts
        for near in ((None,) if part.near is None else _moved([part.near], flow))
    )
    region = None if guidance.region is None else _moved_region(guidance.region, flow)
    return replace(guidance, hints=hints, strokes=strokes, parts=parts, region=region)


def to_arrays(prefix: str, guidances: Sequence[FrameGuidance]) -> dict[str, Any]:
    """Guidances as a named array of JSON, without the references, which the timed guidances
    hold."""
    texts = [
        json.dumps([each.number, each.age, replace(each.guidance, reference=None).to_json()])
        for each in guidances
    ]
    return {f"{prefix}guidance": np.array(texts)} if texts else {}


def from_arrays(
    prefix: str, arrays: Mapping[str, Any], references: Mapping[int, bytes | None]
) -> tuple[FrameGuidance, ...]:
    """The inverse of `to_arrays`. references: of the timed guidances, by number."""
    stored = (json.loads(str(text)) for text in arrays.get(f"{prefix}guidance", ()))
    return tuple(
        FrameGuidance(
            number, replace(Guidance.from_json(guidance), reference=references[number]), age
        )
        for number, age, guidance in stored
    )


def joined(base: Guidance, guidances: Sequence[FrameGuidance]) -> Guidance:
    """The guidance of one frame: the marks of all, the nearest in time on top; every other field
    from the nearest that sets it."""
    fields_set: dict[str, Any] = {}
    hints, strokes, parts = base.hints, base.strokes, base.parts
    for each in sorted(guidances, key=lambda each: -each.age):
        hints, strokes = (*hints, *each.guidance.hints), (*strokes, *each.guidance.strokes)
        parts = (*parts, *each.guidance.parts)
        fields_set |= {
            entry.name: getattr(each.guidance, entry.name)
            for entry in fields(Guidance)
            if getattr(each.guidance, entry.name) != entry.default
        }
    return replace(base, **(fields_set | {"hints": hints, "strokes": strokes, "parts": parts}))


def anchors_of(
    timed: Sequence[TimedGuidance],
    film: FilmSource,
    color_key: ColorKey,
    start: float,
    stop: float,
    every_frame: bool = False,
) -> list[tuple[float, FrameGuidance]]:
    """Guidance of the frames from `start` to `stop` seconds, in order of time.

    Each timed guidance is recorded at its own frame and, back to the cut before, at every
    `ANCHOR_FRAMES`th; the film's coloring follows it onward. One before `start` is followed up to
    there. every_frame: record all frames of the shot. Raises UsageError and CapabilityError for
    guidance that cannot be applied.
    """
    anchors = [
        anchor
        for number, each in enumerate(timed)
        if start - MAX_FOLLOW_SECONDS <= each.time < stop + MAX_FOLLOW_SECONDS
        for anchor in _anchors_of_one(
            FrameGuidance(number, each.guidance),
            each.time,
            film,
            color_key,
            start,
            stop,
            every_frame,
        )
        if start - 1e-6 <= anchor[0] < stop
    ]
    return sorted(anchors, key=lambda anchor: anchor[0])


def _anchors_of_one(
    guidance: FrameGuidance,
    time: float,
    film: FilmSource,
    color_key: ColorKey,
    start: float,
    stop: float,
    every_frame: bool,
) -> Iterator[tuple[float, FrameGuidance]]:
    half_frame = 0.5 / float(film.rate)
    own = next(_motion_inputs(film, time - half_frame, time + 4 * half_frame), None)
    if own is None:
        return
    time, view, luma = own
    color_key(luma, view.light.shape, (guidance,))  # raises before the long work begins
    yield time, guidance
    earliest = None
    for earliest in _backward(guidance, time, view, film, max(start, time - MAX_FOLLOW_SECONDS)):
        if every_frame or earliest[1].age % ANCHOR_FRAMES == 0:
            yield earliest
    if earliest is not None:
        yield earliest
    if every_frame or time < start:
        for later in _onward(guidance, time, view, film, min(stop, time + MAX_FOLLOW_SECONDS)):
            if later[0] >= start:
                yield later
                if not every_frame:
                    return


def _backward(
    guidance: FrameGuidance, time: float, view: MotionInput, film: FilmSource, first: float
) -> Iterator[tuple[float, FrameGuidance]]:
    """Frame by frame back to the cut before, or to `first` seconds."""
    with ThreadPoolExecutor(2) as pool:
        while time > first:
            begin = max(first, time - CHUNK_SECONDS)
            chunk = list(_motion_inputs(film, begin, time))
            pairs = pairwise([*(each for _, each, _ in chunk), view])
            flows = pool.map(lambda pair: flow_between(*pair), pairs)
            for (at, *_), flow in reversed(list(zip(chunk, flows, strict=True))):
                if flow.cut:
                    return
                guidance = followed((guidance,), flow.reversed())[0]
                yield at, guidance
            time, view = begin, chunk[0][1] if chunk else view


def _onward(
    guidance: FrameGuidance, time: float, view: MotionInput, film: FilmSource, last: float
) -> Iterator[tuple[float, FrameGuidance]]:
    """Frame by frame to the next cut, or to `last` seconds."""
    for at, now, _ in _motion_inputs(film, time + 1e-4, last):
        flow = flow_between(view, now)
        if flow.cut:
            return
        guidance, view = followed((guidance,), flow)[0], now
        yield at, guidance


def _motion_inputs(
    film: FilmSource, begin: float, end: float
) -> Iterator[tuple[float, MotionInput, Pixels]]:
    """Time in seconds, input of the flow and luma of each frame that is not broken."""
    for frame in film.frames(begin, end):
        if not frame.broken:
            yield frame.seconds, MotionInput.of(gray_of(frame.luma, film.pixel_format)), frame.luma


def _step(point: tuple[float, float], flow: Flow) -> tuple[tuple[float, float], bool]:
    """Where a point (shares of the sides) goes, and whether that is known and within the
    picture."""
    height, width = flow.ahead_trust.shape
    x, y = point[0] * width - 0.5, point[1] * height - 0.5
    column, row = (int(np.clip(round(at), 0, side - 1)) for at, side in ((x, width), (y, height)))
    box = tuple(
        slice(max(0, at - POINT_RADIUS_PIXELS), min(side, at + POINT_RADIUS_PIXELS + 1))
        for at, side in ((row, height), (column, width))
    )
    other = (flow.before[box] - flow.before[row, column]) / np.float32(POINT_LIGHTNESS)
    trust = (flow.ahead_trust[box] + np.float32(1e-6)) * np.exp(-(other**2))
    down, across = np.mgrid[box]
    steps = flow.ahead[box] - np.dstack([across, down])
    step = (steps * trust[..., None]).sum((0, 1)) / trust.sum()
    across, down = _correction(flow, (row, column), (y + float(step[1]), x + float(step[0])))
    to = (
        (x + float(step[0]) + across + 0.5) / width,
        (y + float(step[1]) + down + 0.5) / height,
    )
    return to, float(trust.max()) >= MIN_POINT_CONFIDENCE and min(to) >= 0 and max(to) <= 1


def _correction(flow: Flow, at: tuple[int, int], to: tuple[float, float]) -> tuple[int, int]:
    """Columns and rows by which a point that the flow brings to `to` lies beside what was around it
    at `at`: a thin thing's flow is drawn to that of the ground behind. (0, 0) at the edges."""
    around, reach = POINT_RADIUS_PIXELS, POINT_RADIUS_PIXELS + MAX_CORRECTION_PIXELS
    target = round(to[0]), round(to[1])
    sides = flow.now.shape
    if any(not around <= a < s - around for a, s in zip(at, sides, strict=True)) or any(
        not reach <= t < s - reach for t, s in zip(target, sides, strict=True)
    ):
        return 0, 0
    template, searched = (
        picture[row - r : row + r + 1, column - r : column + r + 1]
        for picture, (row, column), r in ((flow.before, at, around), (flow.now, target, reach))
    )
    error = cv2.matchTemplate(searched, template, cv2.TM_SQDIFF) / template.size
    down, across = np.mgrid[: len(error), : len(error)] - MAX_CORRECTION_PIXELS
    error += CORRECTION_COST * (down**2 + across**2)
    best = np.unravel_index(error.argmin(), error.shape)
    return int(across[best]), int(down[best])


def _moved(points: Sequence[tuple[float, float]], flow: Flow) -> tuple[tuple[float, float], ...]:
    """Where points go, without those that are lost."""
    return tuple(to for to, known in (_step(point, flow) for point in points) if known)


def _moved_region(region: Region, flow: Flow) -> Region:
    size = flow.ahead_trust.shape
    if region.kind == "mask":
        mask = resized(region.mask_array().astype(np.float32) / 255, size)
        moved = carry(mask, flow.back, np.ones(size, np.float32))
        return _mask_region(0.5 + (moved - 0.5) * np.float32(MASK_CONTRAST))
    if region.kind == "polygons":
        polygons = tuple(
            tuple((_share(x), _share(y)) for (x, y), _ in (_step(point, flow) for point in polygon))
            for polygon in region.polygons
        )
        return replace(region, polygons=polygons)
    if region.kind == "objects":
        keep, skip = _moved(region.keep, flow), _moved(region.skip, flow)
        empty = np.zeros(size, np.float32)
        return replace(region, keep=keep, skip=skip) if keep else _mask_region(empty)
    return region


def _mask_region(mask: Array) -> Region:
    """A mask (h×w, 0..1) as a region. An empty one keeps one faint pixel, because an empty region
    is refused."""
    levels = np.rint(np.clip(mask, 0, 1) * 255).astype(np.uint8)
    levels[0, 0] = max(1, levels[0, 0])
    return Region.from_mask(levels)


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))
