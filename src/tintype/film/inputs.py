"""What a person names in; an open container, and its packets with time stamps that rise, out."""

import re
import tempfile
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from PIL import Image, ImageSequence

from tintype.errors import FilmError, UsageError
from tintype.film.runtime import av

IMAGE_SUFFIXES = (".dpx", ".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp", ".tga")
NUMBER = re.compile(r"%(0\d+)?d")
"""The number in the name of an image sequence, as in frame-%06d.png."""
DEFAULT_SEQUENCE_RATE = Fraction(24)
CLOCK_FORMATS = ("mpeg", "mpegts")
"""Streams whose clock starts anywhere, that may begin at any packet, and that people join byte by
byte."""
MAX_RISE_SECONDS, MAX_FALL_SECONDS = 10.0, 0.1
"""A time stamp that rises or falls by more, against the packet before, begins another recording."""
MAX_HELD_PACKETS = 500
"""Packets that wait for the picture track to show where another recording begins."""


class FilmInput:
    """A film file, an image sequence (frame-%06d.png or a folder of numbered images) or an animated
    WebP.

    rate: frames per second of an image sequence. Raises UsageError for what is not there, and
    FilmError for images that cannot be read.
    """

    def __init__(self, path: str | Path, rate: Fraction | None = None) -> None:
        self.path, self.files = Path(path), [Path(path)]
        self.options: dict[str, str] = {}
        self.format: str | None = None
        media = self.path
        if self.path.is_dir() or (NUMBER.search(self.path.name) and not self.path.exists()):
            media = self._sequence(rate or DEFAULT_SEQUENCE_RATE)
        elif not self.path.is_file():
            raise UsageError(
                f"{path} does not exist" if not self.path.exists() else f"{path} is not a file"
            )
        elif is_animated_webp(self.path):
            self._folder = tempfile.TemporaryDirectory()  # removed with this object
            media = Path(self._folder.name) / "film.mkv"
            _decode_webp(self.path, media)
        # an absolute name holds no protocol: "reel1:xmas.mp4" is a file
        self.media = str(media.absolute())

    @property
    def is_sequence(self) -> bool:
        return self.format == "image2"

    @property
    def stem(self) -> Path:
        """The path of an output beside, without suffix: that of the file or of the folder."""
        name = self.path.with_suffix("") if self.path.is_file() else self.path
        return name.parent if NUMBER.search(name.name) else name

    def open(self) -> Any:
        return av.open(
            self.media, format=self.format, options=self.options, metadata_errors="replace"
        )

    def identity(self) -> list[Any]:
        """Changes when the film changes."""
        stats = [file.stat() for file in self.files]
        size, newest = sum(s.st_size for s in stats), max(s.st_mtime_ns for s in stats)
        return [str(self.path.resolve()), size, newest, str(self.options.get("framerate"))]

    def packets(self, container: Any, streams: Sequence[Any]) -> Iterator[Any]:
        """The packets of some streams, with joined recordings one after the other in time. Ends
        where a damaged file can be read no further, which it reports by raising av.FFmpegError."""
        packets = container.demux(streams)
        return _Clock(streams).rising(packets) if self.has_clock(container) else packets

    def has_clock(self, container: Any) -> bool:
        return container.format.name in CLOCK_FORMATS

    @cached_property
    def is_joined(self) -> bool:
        """Whether the picture's time stamps fall or leap, so that no time can be sought. Reads all
        packets."""
        with self.open() as container:
            if not self.has_clock(container):
                return False
            stream = picture_track(container)
            clock = _Clock([stream])
            for _ in clock.rising(container.demux(stream)):
                pass
            return clock.joints > 0

    def _sequence(self, rate: Fraction) -> Path:
        """The pattern of an image sequence; sets its options."""
        pattern = self.path
        if pattern.is_dir():
            pattern = _pattern_of(pattern)
        head, tail = NUMBER.split(pattern.name)[0], NUMBER.split(pattern.name)[-1]
        digits = NUMBER.search(pattern.name)[1]  # type: ignore[index]
        form = re.compile(
            re.escape(head) + (rf"(\d{{{int(digits)},}})" if digits else r"(\d+)") + re.escape(tail)
        )
        folder = pattern.parent
        files = folder.iterdir() if folder.is_dir() else ()
        numbered = sorted((int(m[1]), f) for f in files if (m := form.fullmatch(f.name)))
        if not numbered:
            raise UsageError(f"{self.path} does not exist")
        first, last = numbered[0][0], numbered[-1][0]
        if len(numbered) != last - first + 1:
            there = {number for number, _ in numbered}
            missing = next(n for n in range(first, last) if n not in there)
            raise UsageError(
                f"image {missing} of {self.path} is missing, between {first} and {last}"
            )
        self.files = [file for _, file in numbered]
        self.format = "image2"
        self.options = {"framerate": str(rate), "start_number": str(first)}
        return Path(str(folder).replace("%", "%%")) / pattern.name


def picture_track(container: Any) -> Any | None:
    """The first video track that is not a cover picture, or None."""
    tracks = [
        stream
        for stream in container.streams.video
        if not stream.disposition & av.stream.Disposition.attached_pic
    ]
    return tracks[0] if tracks else None


def is_timecode(stream: Any) -> bool:
    """Whether a track holds but the timecode of the first frame."""
    return stream.type == "data" and "timecode" in stream.metadata


def timecode_tag(container: Any, picture: Any) -> str:
    """The timecode of the first frame, or an empty text."""
    marked = [picture, *(s for s in container.streams if is_timecode(s)), container]
    return next((m.metadata["timecode"] for m in marked if "timecode" in m.metadata), "")


def is_animated_webp(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(21)
    return head[:4] + head[8:16] == b"RIFFWEBPVP8X" and bool(head[20] & 2)


class _Clock:
    """Moves the recordings of a joined stream one behind the other. The picture track decides by
    how much, so that its frames go on in even steps."""

    def __init__(self, streams: Sequence[Any]) -> None:
        self.leader = next((s.index for s in streams if s.type == "video"), None)
        if self.leader is None and streams:
            self.leader = streams[0].index
        self.moved = Fraction(0)
        self.next: dict[int, Fraction] = {}
        self.joints = 0

    def rising(self, packets: Iterator[Any]) -> Iterator[Any]:
        held: list[Any] = []
        for packet in packets:
            leaps = self._leaps(packet, self.moved)
            if not held and not leaps:
                yield self._placed(packet, self.moved)
                continue
            held.append(packet)
            if (leaps and packet.stream_index == self.leader) or len(held) == MAX_HELD_PACKETS:
                yield from self._joined(held, packet if leaps else held[0])
                held = []
        if held:
            yield from self._joined(held, held[0])

    def _joined(self, held: list[Any], decider: Any) -> Iterator[Any]:
        """The held packets, those of the next recording behind the last one."""
        before = self.moved
        self.moved = self.next[decider.stream_index] - _seconds(decider)
        self.joints += 1
        for packet in held:
            yield self._placed(packet, self.moved if self._leaps(packet, before) else before)

    def _leaps(self, packet: Any, moved: Fraction) -> bool:
        expected = self.next.get(packet.stream_index)
        if expected is None or not _is_timed(packet):
            return False
        rise = float(_seconds(packet) + moved - expected)
        return rise > MAX_RISE_SECONDS or rise < -MAX_FALL_SECONDS

    def _placed(self, packet: Any, moved: Fraction) -> Any:
        if _is_timed(packet):
            if packet.stream.type in ("video", "audio"):
                ends = _seconds(packet) + moved + (packet.duration or 0) * packet.time_base
                self.next[packet.stream_index] = ends
            ticks = round(moved / packet.time_base)
            packet.pts = None if packet.pts is None else packet.pts + ticks
            packet.dts = None if packet.dts is None else packet.dts + ticks
        return packet


def _is_timed(packet: Any) -> bool:
    return packet.dts is not None or packet.pts is not None


def _seconds(packet: Any) -> Fraction:
    stamp = packet.dts if packet.dts is not None else packet.pts
    return Fraction(stamp) * packet.time_base


def _pattern_of(folder: Path) -> Path:
    """The pattern of the numbered images of a folder. Raises UsageError if there is not one."""
    patterns = set()
    for file in folder.iterdir():
        match = re.fullmatch(r"(.*?)(\d+)(\D*)", file.name)
        if file.suffix.lower() in IMAGE_SUFFIXES and match and not file.name.startswith("."):
            digits = f"0{len(match[2])}" if match[2].startswith("0") else ""
            patterns.add(f"{match[1].replace('%', '%%')}%{digits}d{match[3]}")
    padded = {re.sub(r"%0\d+d", "%d", pattern) for pattern in patterns}
    if len(padded) != 1:
        raise UsageError(
            f"{folder} holds no numbered images"
            if not patterns
            else f"{folder} holds several image sequences; name one, as {folder}/{min(patterns)}"
        )
    return folder / max(patterns)


def _decode_webp(path: Path, target: Path) -> None:
    """Write an animated WebP as a lossless film, which FFmpeg can read."""
    try:
        with Image.open(path) as image, av.open(str(target), "w") as container:
            stream = container.add_stream("ffv1", rate=25)
            stream.width, stream.height, stream.pix_fmt = *image.size, "bgr0"
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
            pts = 0
            for each in ImageSequence.Iterator(image):
                frame = av.VideoFrame.from_image(each.convert("RGB")).reformat(format="bgr0")
                frame.pts, frame.time_base = pts, Fraction(1, 1000)
                container.mux(stream.encode(frame))
                pts += int(each.info.get("duration") or 100)
            container.mux(stream.encode(None))
    except (OSError, SyntaxError, ValueError) as error:
        raise FilmError(f"{path} is not an animated WebP that can be read") from error
