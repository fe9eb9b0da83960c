"""A film file in; its frames as luma planes with their time stamps out, deinterlaced and
upright."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tintype.arrays import Pixels
from tintype.errors import FilmError, UsageError
from tintype.film.runtime import av
from tintype.film.tonemap import HDR_TRANSFERS, tone_table
from tintype.notices import Notice, NoticeCode

HD_HEIGHT = 720
"""From this height on, a film that names no matrix is BT.709, below it is BT.601."""
MATRICES = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}
"""Kr and Kb of each matrix, by its number in ITU-T H.273."""
BT709, BT601 = 1, 6
UNKNOWN = 2
PLANAR = re.compile(
    r"(yuvj?4\d\dp|yuva4\d\dp|gray|nv12|nv16|nv21|nv24)$|(yuva?4\d\dp|gray)(9|10|12|14|16)le$"
)
"""Pixel formats whose first plane is luma, one sample after the other."""
ARBITRARY_START_FORMATS = ("mpeg", "mpegts")
"""Streams that may begin at any packet, and whose clock begins at any time."""
TRUNCATION_SECONDS = 1.0
"""A film that ends so much before its header says is truncated."""


@dataclass(frozen=True)
class PixelFormat:
    """How the pictures of a film are coded.

    width, height: upright, pixels. depth: bits of a luma sample, 8 or 10. full: full-range codes.
    matrix, primaries, transfer: numbers of ITU-T H.273. aspect: width of a pixel over its height.
    """

    width: int
    height: int
    depth: int
    full: bool
    matrix: int
    primaries: int
    transfer: int
    aspect: Fraction

    @property
    def codes(self) -> int:
        """Number of codes of a sample."""
        return 1 << self.depth

    @property
    def black(self) -> int:
        return 0 if self.full else 16 << (self.depth - 8)

    @property
    def span(self) -> int:
        """Luma code of white less that of black."""
        return self.codes - 1 if self.full else 219 << (self.depth - 8)

    @property
    def chroma_middle(self) -> int:
        return self.codes // 2

    @property
    def chroma_span(self) -> int:
        return self.codes - 1 if self.full else 224 << (self.depth - 8)


@dataclass(frozen=True)
class Frame:
    """index: from 0. pts: in units of the source's time base. seconds: from the film's start.
    luma: H×W uint8 or uint16 (10 bit), upright. broken: damaged."""

    index: int
    pts: int
    seconds: float
    luma: Pixels
    broken: bool = False


@dataclass
class ReadFaults:
    """What was wrong with a film while it was read. lost: packets that gave no frame. truncated:
    the film ends before its header says."""

    lost: int = 0
    truncated: bool = False
    notices: list[Notice] = field(default_factory=list)

    def add(self, code: NoticeCode, text: str) -> None:
        if Notice(code, text) not in self.notices:
            self.notices.append(Notice(code, text))


class FilmSource:
    """A film that is open for reading. Raises FilmError, in one sentence, if it holds no picture
    that can be read.

    deinterlace: "auto" (frames that are marked interlaced), "on" (every frame) or "off". hdr:
    "refuse" or "tonemap".
    """

    def __init__(self, path: str | Path, deinterlace: str = "auto", hdr: str = "refuse") -> None:
        if deinterlace not in ("auto", "on", "off"):
            raise UsageError(f"deinterlace is auto, on or off, not {deinterlace!r}")
        if hdr not in ("refuse", "tonemap"):
            raise UsageError(f"hdr is refuse or tonemap, not {hdr!r}")
        self.path, self.deinterlace = Path(path), deinterlace
        self.faults = ReadFaults()
        if not self.path.is_file():
            raise UsageError(
                f"{path} does not exist" if not self.path.exists() else f"{path} is not a file"
            )
        try:
            with self._open() as container:
                self._probe(container, hdr)
        except av.FFmpegError as error:
            raise FilmError(f"{path} is not a film that can be read ({error.strerror})") from error

    def _open(self) -> Any:
        return av.open(str(self.path), metadata_errors="replace")

    def _probe(self, container: Any, hdr: str) -> None:
        stream = picture_track(container)
        if stream is None:
            raise FilmError(f"{self.path} has no video track")
        self.track: int = stream.index
        self.time_base: Fraction = stream.time_base
        self.rate: Fraction = stream.average_rate or stream.guessed_rate or Fraction(25)
        self.step = max(1, round(1 / (self.rate * self.time_base)))
        # MPEG streams count from an arbitrary moment; other containers' offsets are meant
        arbitrary = (
            container.format.name in ARBITRARY_START_FORMATS and container.start_time is not None
        )
        self.shift = Fraction(container.start_time if arbitrary else 0, 1_000_000)
        self.duration = float(container.duration / 1_000_000) if container.duration else None
        self.count: int | None = stream.frames or (
            round(self.duration * self.rate) if self.duration else None
        )
        self.table: Pixels | None = None
        self.upright = 0
        first = next(self._decode(container, stream, None, quiet=True), None)
        if first is None:
            raise FilmError(f"{self.path} has no frame that can be decoded")
        self.upright = round(-first.rotation / 90) % 4
        self.pixel_format = self._pixel_format(first, stream, hdr)
        if re.match(r"yuva|rgba|bgra|argb|abgr|gbrap|ya", first.format.name):
            self.faults.add(NoticeCode.ALPHA_DROPPED, "the film's alpha channel is not kept")

    def _pixel_format(self, frame: Any, stream: Any, hdr: str) -> PixelFormat:
        matrix, transfer, primaries = (
            int(frame.colorspace),
            int(frame.color_trc),
            int(frame.color_primaries),
        )
        deep = max(component.bits for component in frame.format.components) > 8
        if transfer in HDR_TRANSFERS:
            if hdr == "refuse":
                raise FilmError(
                    f"{self.path} is HDR ({HDR_TRANSFERS[transfer]}); choose --hdr tonemap to color it as SDR"
                )
            self.table = tone_table(transfer, 10 if deep else 8, full=int(frame.color_range) == 2)
            matrix, transfer, primaries = BT709, BT709, BT709
        if matrix not in MATRICES:
            matrix = BT709 if frame.height >= HD_HEIGHT else BT601
        gray = frame.format.name.startswith("gray")
        full = not frame.format.is_rgb and (
            int(frame.color_range) == 2 or "yuvj" in frame.format.name or gray
        )
        aspect = Fraction(stream.sample_aspect_ratio or 1)
        width, height = frame.width, frame.height
        if self.upright % 2:
            width, height, aspect = height, width, 1 / aspect
        return PixelFormat(
            width, height, 10 if deep else 8, full, matrix, primaries, transfer, aspect
        )

    def frames(
        self,
        start: float | None = None,
        stop: float | None = None,
        after: int | None = None,
        seekable: bool = True,
    ) -> Iterator[Frame]:
        """The frames from `start` seconds up to, not including, `stop`, and of these the ones with
        a time stamp above `after`.

        Broken frames are marked; packets that cannot be decoded are counted in `faults`. seekable:
        whether the film's index is trusted.
        """
        seek: int | None = None
        if seekable and after is not None:
            seek = after
        elif seekable and start is not None:
            seek = round((self.shift + Fraction(start)) / self.time_base)
        last: int | None = None
        index = 0
        with self._open() as container:
            stream = container.streams[self.track]
            pictures = self._stamped(self._decode(container, stream, seek))
            first = next(pictures, None)
            if seek is not None and (first is None or first[0] > seek):  # it cannot be sought
                yield from self.frames(start, stop, after, seekable=False)
                return
            for pts, picture in chain([] if first is None else [first], pictures):
                last, seconds = pts, self.seconds(pts)
                if stop is not None and seconds >= stop - 1e-6:
                    return
                if (after is None or pts > after) and (start is None or seconds >= start - 1e-6):
                    broken = bool(picture.is_corrupt)
                    yield Frame(index, pts, seconds, self._luma(picture), broken)
                    index += 1
            if last is not None:
                self._check_end(container, stream, self.seconds(last + self.step))

    def seconds(self, pts: int) -> float:
        """Seconds from the film's start of a time stamp of its picture track."""
        return float(pts * self.time_base - self.shift)

    def _check_end(self, container: Any, stream: Any, end: float) -> None:
        started = float(container.start_time or 0) / 1e6 - float(self.shift)
        expected = [self.duration]
        if stream.duration is not None:
            expected.append(float(stream.duration * stream.time_base))
        self.faults.truncated |= all(
            seconds is not None and end < started + seconds - TRUNCATION_SECONDS
            for seconds in expected
        )

    def _stamped(self, pictures: Iterator[Any]) -> Iterator[tuple[int, Any]]:
        """Pictures with their time stamps, in units of the track's time base, which rise."""
        last: int | None = None
        for picture in pictures:
            pts = 0 if last is None else last + self.step
            if picture.pts is not None:
                pts = round(Fraction(picture.pts) * picture.time_base / self.time_base)
            last = pts if last is None else max(pts, last + 1)
            yield last, picture

    def _decode(
        self, container: Any, stream: Any, seek: int | None, quiet: bool = False
    ) -> Iterator[Any]:
        """Decoded, deinterlaced pictures."""
        stream.thread_type = "AUTO"
        stream.codec_context.flags |= av.codec.context.Flags.output_corrupt
        if seek is not None and seek > (stream.start_time or 0):
            margin = round(1 / self.time_base) // 2  # the deinterlacer wants a past
            try:
                container.seek(
                    max(seek - margin, stream.start_time or 0), stream=stream, backward=True
                )
            except av.FFmpegError:
                container.seek(0)
        fields = _Deinterlacer(self.deinterlace, stream)
        for picture in self._pictures(container, stream, quiet):
            yield from fields(picture)
        yield from fields(None)

    def _pictures(self, container: Any, stream: Any, quiet: bool) -> Iterator[Any]:
        """Decoded pictures from the first that can be decoded. A stream that is cut anywhere, or
        sought into, may begin within a group of pictures."""
        packets = container.demux(stream)
        incomplete = key_awaited = container.format.name in ARBITRARY_START_FORMATS
        while True:
            try:
                packet = next(packets)
                damaged = packet.is_corrupt
            except StopIteration:
                return
            except av.FFmpegError:
                self.faults.truncated |= not quiet
                return
            key_awaited = key_awaited and not packet.is_keyframe
            if key_awaited:
                continue
            try:
                pictures = packet.decode()
            except av.FFmpegError:
                self.faults.lost += not quiet
                continue
            self.faults.truncated |= damaged and not quiet
            for picture in pictures:
                incomplete = incomplete and picture.is_corrupt
                if not incomplete:
                    yield picture

    def _luma(self, picture: Any) -> Pixels:
        if not PLANAR.fullmatch(picture.format.name):
            name = "yuv444p10le" if self.pixel_format.depth == 10 else "yuv444p"
            space = "ITU709" if self.pixel_format.matrix == BT709 else "ITU601"
            picture = picture.reformat(
                format=name,
                dst_colorspace=space,
                dst_color_range="JPEG" if self.pixel_format.full else "MPEG",
            )
        plane = picture.planes[0]
        deep = picture.format.components[0].bits
        kind = np.uint8 if deep == 8 else np.dtype("<u2")
        rows = np.frombuffer(plane, kind).reshape(-1, plane.line_size // np.dtype(kind).itemsize)
        luma: Any = rows[: picture.height, : picture.width]
        if deep > 10:
            luma = np.minimum(
                (luma.astype(np.uint32) + (1 << (deep - 11))) >> (deep - 10), 1023
            ).astype(np.uint16)
        elif deep == 9:
            luma = luma << 1
        if deep == 8 and self.pixel_format.depth == 10:
            luma = luma.astype(np.uint16) << 2
        if self.table is not None:
            luma = self.table[np.minimum(luma, len(self.table) - 1)]
        luma = np.rot90(luma, self.upright)
        height, width = self.pixel_format.height, self.pixel_format.width
        if luma.shape != (height, width):  # a film that changes its size keeps its first one
            self.faults.add(
                NoticeCode.SIZE_CHANGES,
                "the film changes its size; every frame has the size of the first",
            )
            return np.asarray(
                cv2.resize(
                    np.ascontiguousarray(luma), (width, height), interpolation=cv2.INTER_AREA
                )
            )
        return np.array(luma, order="C")


class _Deinterlacer:
    """Passes pictures on, through bwdif from the first interlaced one on."""

    def __init__(self, mode: str, stream: Any) -> None:
        self.mode, self.stream = mode, stream
        self.graph: Any = None

    def __call__(self, picture: Any | None) -> Iterator[Any]:
        if self.graph is None:
            if picture is None:
                return
            if self.mode == "off" or (self.mode == "auto" and not picture.interlaced_frame):
                yield picture
                return
            self.graph = self._build()
        self.graph.push(picture)
        while True:
            try:
                yield self.graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return

    def _build(self) -> Any:
        graph = av.filter.Graph()
        which = "all" if self.mode == "on" else "interlaced"
        chain = [
            graph.add_buffer(template=self.stream),
            graph.add("bwdif", f"mode=send_frame:deint={which}"),
            graph.add("buffersink"),
        ]
        for before, behind in pairwise(chain):
            before.link_to(behind)
        graph.configure()
        return graph


def picture_track(container: Any) -> Any | None:
    """The first video track that is no cover picture, or None."""
    tracks = [
        stream
        for stream in container.streams.video
        if not stream.disposition & av.stream.Disposition.attached_pic
    ]
    return tracks[0] if tracks else None
