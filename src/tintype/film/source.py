"""A film file in; its frames as luma planes with their time stamps out, deinterlaced and
upright."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tintype.arrays import Pixels
from tintype.errors import FilmError, UsageError
from tintype.film.fields import MODES, CombDetector, Deinterlacer, frame_rate
from tintype.film.inputs import FilmInput, picture_track, timecode_tag
from tintype.film.pixels import BT709, chroma_of_picture, coded_format, luma_of
from tintype.film.runtime import av
from tintype.film.tonemap import HDR_TRANSFERS
from tintype.notices import Notice, NoticeCode

LOOKS_INTERLACED = (
    "it looks interlaced, though its frames are not marked so: --deinterlace on (or double) makes"
    " whole frames, --telecine 24 of 30"
)
LATE_START = "the film was cut within a group of pictures; it begins at its first key frame"
TRUNCATION_SECONDS = 1.0
"""A film that ends so much before its header says is truncated."""


@dataclass(frozen=True)
class Frame:
    """index: from 0. pts: in units of the source's time base. seconds: from the film's start.
    luma: H×W uint8 or uint16 (more than 8 bits), upright. broken: damaged. chroma: its own Cb and
    Cr at half size, if it is in color and keeps it."""

    index: int
    pts: int
    seconds: float
    luma: Pixels
    broken: bool = False
    chroma: tuple[Pixels, Pixels] | None = None


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

    deinterlace: "auto" (frames that are marked interlaced), "on" (every frame), "double" (a frame
    for each field), "telecine" (24 frames per second of 30) or "off". hdr: "refuse" or "tonemap".
    rate: frames per second of an image sequence. recolor: frames come without their own chroma.
    `pixel_format` may be set to another depth, range or size, in which `frames` are then given.
    """

    def __init__(
        self,
        path: str | Path,
        deinterlace: str = "auto",
        hdr: str = "refuse",
        rate: Fraction | None = None,
        recolor: bool = True,
    ) -> None:
        if deinterlace not in MODES:
            raise UsageError(f"deinterlace is {', '.join(MODES)}, not {deinterlace!r}")
        if hdr not in ("refuse", "tonemap"):
            raise UsageError(f"hdr is refuse or tonemap, not {hdr!r}")
        self.path, self.deinterlace, self.recolor = Path(path), deinterlace, recolor
        self.faults = ReadFaults()
        try:
            self.input = FilmInput(path, rate)
            with self.input.open() as container:
                self._probe(container, hdr)
        except av.FFmpegError as error:
            raise FilmError(f"{path} is not a film that can be read ({error.strerror})") from error

    def _probe(self, container: Any, hdr: str) -> None:
        stream = picture_track(container)
        if stream is None:
            raise FilmError(f"{self.path} has no video track")
        self.track: int = stream.index
        coded_rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        self.rate = frame_rate(self.deinterlace, coded_rate)
        self.time_base: Fraction = stream.time_base
        if self.deinterlace == "double":
            self.time_base /= 2
        elif self.deinterlace == "telecine":
            self.time_base = Fraction(1, self.rate.numerator)
        self.step = max(1, round(1 / (self.rate * self.time_base)))
        has_clock = self.input.has_clock(container) and container.start_time is not None
        self.shift = Fraction(container.start_time if has_clock else 0, 1_000_000)
        self.duration = float(container.duration / 1_000_000) if container.duration else None
        self.count: int | None = round(stream.frames * self.rate / coded_rate) or (
            round(self.duration * self.rate) if self.duration else None
        )
        self.timecode = timecode_tag(container, stream)
        self.reorder_ticks = 0
        self.combing = CombDetector()
        self.turns = 0
        first = next(self._decode(container, stream, None, quiet=True), None)
        if first is None:
            raise FilmError(f"{self.path} has no frame that can be decoded")
        if container.format.name == "avi" and first.pts is not None:
            # AVI stores no presentation times: those of reordered frames begin too late
            late = (first.pts * first.time_base) - (stream.start_time or 0) * stream.time_base
            self.reorder_ticks = max(0, round(late / self.time_base))
        self.turns = round(-first.rotation / 90) % 4
        aspect = Fraction(stream.sample_aspect_ratio or 1)
        self.coded = self.pixel_format = coded_format(first, aspect, self.turns)
        if (transfer := self.coded.transfer) in HDR_TRANSFERS:
            if hdr == "refuse":
                raise FilmError(
                    f"{self.path} is HDR ({HDR_TRANSFERS[transfer]}); choose --hdr tonemap to color"
                    " it as SDR"
                )
            self.pixel_format = replace(self.coded, matrix=BT709, transfer=BT709, primaries=BT709)
        if re.match(r"yuva|rgba|bgra|argb|abgr|gbrap|ya", first.format.name):
            self.faults.add(NoticeCode.ALPHA_DROPPED, "the film's alpha channel is not kept")

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
        if after is not None:
            seek = after
        elif start is not None:
            seek = round((self.shift + Fraction(start)) / self.time_base)
        # the rhythm of telecined frames is found from the start only
        seekable = seekable and self.deinterlace != "telecine"
        if not seekable or (seek is not None and self.input.is_joined):
            seek = None
        last: int | None = None
        index = 0
        with self.input.open() as container:
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
                    luma, chroma = self._planes(picture)
                    progressive = self.deinterlace == "auto" and not picture.interlaced_frame
                    if progressive and self.combing.looks_interlaced(luma, self.pixel_format.depth):
                        self.faults.add(NoticeCode.LOOKS_INTERLACED, LOOKS_INTERLACED)
                    yield Frame(index, pts, seconds, luma, bool(picture.is_corrupt), chroma)
                    index += 1
        if last is not None:
            self.faults.truncated |= self._ends_early(self.seconds(last + self.step))

    def seconds(self, pts: int) -> float:
        """Seconds from the film's start of a time stamp of its picture track."""
        return float(pts * self.time_base - self.shift)

    def _ends_early(self, end: float) -> bool:
        """Whether the film ends before its header says. end: of its picture, in seconds."""
        if self.duration is None or self.input.is_joined:
            return False
        with self.input.open() as container:
            stream = container.streams[self.track]
            began = float(container.start_time or 0) / 1e6 - float(self.shift)
            if end >= began + self.duration - TRUNCATION_SECONDS:
                return False
            if stream.duration is not None:
                promised = float(stream.duration * stream.time_base)
                return end < began + promised - TRUNCATION_SECONDS
            # no duration of the picture alone: another track may be longer
            container.seek(round((began + self.duration - 2 * TRUNCATION_SECONDS) * 1_000_000))
            ends = [0.0]
            with contextlib.suppress(av.FFmpegError):
                ends += [
                    float(packet.pts * packet.time_base - self.shift)
                    for packet in container.demux()
                    if packet.pts is not None
                ]
            return max(ends) < began + self.duration - TRUNCATION_SECONDS

    def _stamped(self, pictures: Iterator[Any]) -> Iterator[tuple[int, Any]]:
        """Pictures with their time stamps, in units of the track's time base, which rise."""
        last: int | None = None
        for picture in pictures:
            pts = 0 if last is None else last + self.step
            if picture.pts is not None:
                pts = round(Fraction(picture.pts) * picture.time_base / self.time_base)
                pts -= self.reorder_ticks
            last = pts if last is None else max(pts, last + 1)
            yield last, picture

    def _decode(
        self, container: Any, stream: Any, seek: int | None, quiet: bool = False
    ) -> Iterator[Any]:
        """Decoded, deinterlaced pictures."""
        stream.thread_type = "AUTO"
        stream.codec_context.flags |= av.codec.context.Flags.output_corrupt
        if seek is not None:
            earlier = seek * self.time_base - Fraction(1, 2)  # the deinterlacer wants a past
            ticks = max(round(earlier / stream.time_base), stream.start_time or 0)
            try:
                container.seek(ticks, stream=stream, backward=True)
            except av.FFmpegError:
                container.seek(0)
        fields = Deinterlacer(self.deinterlace, stream)
        for picture in self._pictures(container, stream, seek, quiet):
            yield from fields(picture)
        yield from fields(None)

    def _pictures(
        self, container: Any, stream: Any, seek: int | None, quiet: bool
    ) -> Iterator[Any]:
        """Decoded pictures from the first that can be decoded. A stream that is cut anywhere, or
        sought into, may begin within a group of pictures."""
        packets = self.input.packets(container, [stream])
        incomplete = key_awaited = self.input.has_clock(container)
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
                if not quiet and seek is None:
                    self.faults.add(NoticeCode.LATE_START, LATE_START)
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

    def _planes(self, picture: Any) -> tuple[Pixels, tuple[Pixels, Pixels] | None]:
        """Luma, and the chroma that is kept."""
        coded, wanted = self.coded, self.pixel_format
        luma = luma_of(picture, coded, wanted, self.turns)
        if luma.shape != (coded.height, coded.width):
            self.faults.add(
                NoticeCode.SIZE_CHANGES,
                "the film changes its size; every frame has the size of the first",
            )
        if luma.shape != (wanted.height, wanted.width):
            size = wanted.width, wanted.height
            luma = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA))
        if self.recolor:
            return luma, None
        return luma, chroma_of_picture(picture, coded, wanted, self.turns)
