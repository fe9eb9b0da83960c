"""A clip of VapourSynth in; the same clip in the steady colors of a film, out."""

import importlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tintype.arrays import Array, Pixels
from tintype.engine import Colorizer
from tintype.engine.core.render import lightness_of
from tintype.errors import FilmError, UsageError, how_to_install
from tintype.film.cast import Cast
from tintype.film.chroma import chroma_of, gray_of, upsampled
from tintype.film.follow import FrameGuidance
from tintype.film.keys import KeyColorizer
from tintype.film.motion import FLOW_PIXELS, shrunk_size
from tintype.film.pixels import BT601, BT709, HD_HEIGHT, MATRICES, PixelFormat
from tintype.film.runtime import cores
from tintype.film.settings import read_reference
from tintype.film.source import Frame
from tintype.film.steady import ColorFrame, SteadyColors, window_frames
from tintype.film.tonemap import HDR_TRANSFERS
from tintype.guidance import Guidance

__all__ = ["colorize"]

try:
    vs: Any = importlib.import_module("vapoursynth")
except ImportError as error:
    raise FilmError(
        f"clips need VapourSynth and Python 3.12 or newer; {how_to_install('vapoursynth')}"
    ) from error

KEPT_BYTES = 2**28
"""Memory for the colors of frames that may be requested again."""
MIN_SIDE_PIXELS = 32
SEARCH_FRAMES = 48
"""The references are looked for in the first frame of a shot, and every so many frames later."""


def colorize(
    clip: Any,
    *,
    references: str | Path | Sequence[str | Path] | None = None,
    guidance: Guidance | str | Path | None = None,
    colorizer: Colorizer | None = None,
) -> Any:
    """Color a clip.

    clip: a `vapoursynth.VideoNode` of constant format and size: GRAY, YUV or RGB, of 8 to 16 bits
    or float. references: a folder or a list of pictures in color, which color the shots that show
    what they show; or one picture, whose palette holds for the whole clip. guidance: a guidance or
    its file, for the whole clip; its marks and region belong to the first frame and follow what
    they lie on through the first shot.

    Returns a clip of the same length, rate, frame properties and luma. YUV keeps its format, GRAY
    becomes YUV 4:4:4, RGB becomes YUV 4:4:4 of BT.709. Raises UsageError for a clip, a reference or
    a guidance that cannot be used.
    """
    planar = _planar(clip)
    colorizer = colorizer or Colorizer(threads=1)
    pixel_format = _pixel_format(planar)
    if not isinstance(guidance, Guidance):
        guidance = Guidance() if guidance is None else Guidance.read(Path(guidance))
    cast = None
    if isinstance(references, str | Path):
        if Path(references).is_dir():
            cast = Cast(Path(references), colorizer)
        else:
            guidance = guidance.with_reference(read_reference(references))
    elif references is not None:
        cast = Cast([Path(each) for each in references], colorizer)
    colors = _ClipColors(planar, pixel_format, colorizer, guidance, cast)
    blank = vs.core.std.BlankClip(planar, keep=True)
    return vs.core.std.ModifyFrame(blank, blank, colors.frame)


def _planar(clip: Any) -> Any:
    """The clip as YUV, with its luma. Raises UsageError for one that cannot be colored."""
    if not isinstance(clip, vs.VideoNode):
        raise UsageError(f"colorize takes a clip of VapourSynth, not {type(clip).__name__}")
    coded = clip.format
    if coded.color_family == vs.UNDEFINED or not clip.width:
        raise UsageError("a clip that changes its format or size cannot be colored; resize it")
    if min(clip.width, clip.height) < MIN_SIDE_PIXELS:
        raise UsageError(
            f"a clip of {clip.width}×{clip.height} pixels is too small to be colored;"
            f" {MIN_SIDE_PIXELS}×{MIN_SIDE_PIXELS} is the least"
        )
    if coded.sample_type == vs.INTEGER and coded.bits_per_sample > 16:
        raise UsageError(f"a clip of {coded.bits_per_sample}-bit integers cannot be colored")
    if coded.color_family == vs.GRAY:
        return vs.core.std.ShufflePlanes([clip] * 3, [0, 0, 0], vs.YUV)
    if coded.color_family == vs.RGB:
        form = vs.core.query_video_format(vs.YUV, coded.sample_type, coded.bits_per_sample, 0, 0)
        return clip.resize.Bicubic(format=form.id, matrix=vs.MATRIX_BT709)
    return clip


def _pixel_format(clip: Any) -> PixelFormat:
    """How a clip is coded, by its first frame; float is taken as full-range codes of 16 bits.
    Raises UsageError for HDR."""
    props = clip.get_frame(0).props
    matrix = int(props.get("_Matrix", 2))
    if matrix not in MATRICES:
        matrix = BT709 if clip.height >= HD_HEIGHT else BT601
    transfer = int(props.get("_Transfer", matrix))
    if transfer in HDR_TRANSFERS:
        raise UsageError(f"the clip is HDR ({HDR_TRANSFERS[transfer]}); map its tones to SDR first")
    limited = not int(props["_Range"]) if "_Range" in props else int(props.get("_ColorRange", 1))
    primaries = int(props.get("_Primaries", matrix))
    depth, full = clip.format.bits_per_sample, not limited
    if clip.format.sample_type == vs.FLOAT:
        depth, full = 16, True
    return PixelFormat(
        clip.width, clip.height, depth, full, matrix, primaries, transfer, Fraction(1)
    )


def _split(guidance: Guidance) -> tuple[Guidance, Guidance]:
    """What holds for the whole clip, and what lies at places of its first frame."""
    region, parts = guidance.region, tuple(part for part in guidance.parts if part.near is not None)
    placed = Guidance(
        guidance.hints,
        guidance.strokes,
        region if region and region.has_places else None,
        parts=parts,
    )
    return guidance.without_places(), placed


class _ClipColors:
    """Colors the frames of a clip as they are requested, in order as far as the requests are.

    A request far from the last ones begins anew at a multiple of the window. ab of the latest
    frames are kept within `KEPT_BYTES`; frames that were read ahead are kept until requested.
    """

    def __init__(
        self,
        clip: Any,
        pixel_format: PixelFormat,
        colorizer: Colorizer,
        guidance: Guidance,
        cast: Cast | None,
    ) -> None:
        self.clip, self.pixel_format, self.cast = clip, pixel_format, cast
        self.frame_seconds = 1 / float(clip.fps) if clip.fps else 0.04
        self.window = window_frames(pixel_format)
        whole, placed = _split(guidance)
        self.first = [] if placed == Guidance() else [(0.0, FrameGuidance(0, placed))]
        self.color_key = KeyColorizer(colorizer, pixel_format, whole)
        height, width = (pixel_format.height + 1) // 2, (pixel_format.width + 1) // 2
        size = shrunk_size(height, width, FLOW_PIXELS)
        if guidance != Guidance():  # raises before the first frame is requested
            luma = self._luma(clip.get_frame(0))
            self.color_key(luma, size, [each for _, each in self.first])
        self.max_kept = max(3 * self.window, KEPT_BYTES // (8 * size[0] * size[1]))
        self.pool = ThreadPoolExecutor(max(2, min(16, cores())))
        self.lock = threading.Lock()
        self.colors: OrderedDict[int, Array] = OrderedDict()
        self.sources: OrderedDict[int, Any] = OrderedDict()
        self.windows: Iterator[list[ColorFrame]] | None = None
        self.next = 0

    def frame(self, n: int, f: Any) -> Any:
        """Frame n in color, for `std.ModifyFrame`. f: is not used."""
        with self.lock:
            ab, source = self._ab(n), self.sources.pop(n, None)
        if source is None:
            source = self.clip.get_frame(n)
        gray = gray_of(self._luma(source), self.pixel_format)
        chroma = chroma_of(gray, upsampled(ab, lightness_of(gray)), self.pixel_format)
        result = source.copy()
        for number, codes in enumerate(chroma, 1):
            self._write(codes, np.asarray(result[number]))
        if result.props.get("_Matrix") not in MATRICES:
            result.props["_Matrix"] = self.pixel_format.matrix
        return result

    def _write(self, codes: Pixels, plane: Any) -> None:
        """codes: Cb or Cr at half size. plane: the plane that takes them, of its own size."""
        coded, form = self.clip.format, self.pixel_format
        if plane.shape != codes.shape:
            across, down = 2.0 ** (1 - coded.subsampling_w), 2.0 ** (1 - coded.subsampling_h)
            codes = cv2.resize(codes, None, fx=across, fy=down)
            codes = codes[: plane.shape[0], : plane.shape[1]]
        if plane.dtype.kind == "f":
            codes = (codes.astype(np.float32) - form.chroma_middle) / np.float32(form.chroma_span)
        np.copyto(plane, codes, casting="same_kind")

    def _luma(self, source: Any) -> Pixels:
        luma = np.asarray(source[0])
        if luma.dtype.kind == "f":
            return np.rint(np.clip(luma.astype(np.float32), 0, 1) * 65535).astype(np.uint16)
        return luma

    def _ab(self, n: int) -> Array:
        """ab of frame n, h×w×2 at flow size."""
        near = self.clip.num_frames if self.first else 2 * self.window
        if n not in self.colors and not self.next <= n < self.next + near:
            self.windows = None
        while n not in self.colors:
            windows, self.windows = self.windows, None  # begins anew where reading fails
            if windows is None:
                self.sources.clear()
                from_start = self.first or n < 2 * self.window
                self.next = 0 if from_start else n // self.window * self.window
                windows = self._from(self.next)
            for each in next(windows):
                self.colors[each.frame.index] = each.ab
                self.next = each.frame.index + 1
            self.windows = windows
            while len(self.colors) > self.max_kept:
                self.colors.popitem(last=False)
        self.colors.move_to_end(n)
        return self.colors[n]

    def _from(self, start: int) -> Iterator[list[ColorFrame]]:
        """The colors of the frames from `start` on, a list a window."""
        anchors = [] if start else list(self.first)
        steady = SteadyColors(self.color_key, self.pool, anchors, self.frame_seconds, self.window)
        best: dict[str, int] = {}
        since = 0
        for n in range(start, self.clip.num_frames):
            source = self.sources[n] = self.clip.get_frame(n)
            if len(self.sources) > 3 * self.window:
                self.sources.popitem(last=False)
            frame = Frame(n, n, n * self.frame_seconds, self._luma(source))
            steady.add(frame, gray_of(frame.luma, self.pixel_format))
            if self.cast is not None:
                flow = steady.waiting[-1].pending_flow
                since += 1
                if flow is None or flow.result().cut:
                    since, best = 0, {}
                if since % SEARCH_FRAMES == 0:
                    anchors += self._found(self.cast, frame, best)
            yield from steady.ready()
        yield from steady.ready(last=True)

    def _found(
        self, cast: Cast, frame: Frame, best: dict[str, int]
    ) -> Iterator[tuple[float, FrameGuidance]]:
        """The references that a frame shows better than the earlier frames of its shot do. best:
        hints of each so far."""
        prepared = cast.prepare(frame.luma, self.pixel_format)
        numbers = {name: number for number, name in enumerate(cast.members, 1)}
        for each in cast.sightings([(frame.seconds, prepared)]):
            if len(each.hints) > best.get(each.name, 0):
                best[each.name] = len(each.hints)
                yield each.time, FrameGuidance(numbers[each.name], each.guidance.guidance)
