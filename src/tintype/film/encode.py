"""Colored frames in; a segment of video, playable by itself, out."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tintype.arrays import Pixels
from tintype.errors import UsageError
from tintype.film.pixels import FULL_RANGE, LIMITED_RANGE, PixelFormat
from tintype.film.runtime import av

DEFAULT_QUALITY = 80
MAX_DELAY_SECONDS = 600.0
"""A packet that is decoded so much before it is shown has no true decoding time."""
SEGMENT_FORMATS = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska", ".ts": "mpegts"}
"""FFmpeg's name of a segment's container, by suffix."""


@dataclass(frozen=True)
class FilmEncoder:
    """name: FFmpeg's. layout: chroma subsampling. worst, best: the values of its option `key` for
    quality 1 and 100. depths: bits of a sample, rising. limited: it holds no full-range codes.
    container: suffix of a segment. carriers: suffixes of outputs."""

    name: str
    options: Mapping[str, str]
    key: str = ""
    worst: float = 0
    best: float = 0
    layout: str = "420"
    depths: tuple[int, ...] = (8, 10)
    limited: bool = False
    container: str = ".mp4"
    carriers: tuple[str, ...] = (".mp4", ".m4v", ".mov", ".mkv")

    def settings(self, quality: int) -> dict[str, str]:
        """FFmpeg's options for a quality of 1 to 100."""
        chosen = dict(self.options)
        if self.key:
            value = self.worst + (self.best - self.worst) * (quality - 1) / 99
            chosen[self.key] = str(round(value))
        return chosen

    def fitted(self, pixel_format: PixelFormat) -> PixelFormat:
        """The same pictures in a depth and range that the encoder holds."""
        deep_enough = (depth for depth in self.depths if depth >= pixel_format.depth)
        depth = next(deep_enough, self.depths[-1])
        return replace(pixel_format, depth=depth, full=pixel_format.full and not self.limited)


ENCODERS = {
    "h264": FilmEncoder(
        "libx264",
        {"preset": "veryfast"},
        "crf",
        40,
        13,
        depths=(8,),  # few players take more bits
        carriers=(".mp4", ".m4v", ".mov", ".mkv", ".avi"),
    ),
    "hevc": FilmEncoder(
        "libx265", {"preset": "veryfast", "x265-params": "log-level=none"}, "crf", 42, 15
    ),
    "vp9": FilmEncoder(
        "libvpx-vp9",
        {"deadline": "realtime", "cpu-used": "6", "row-mt": "1", "b": "0"},
        "crf",
        56,
        18,
        carriers=(".mp4", ".mkv", ".webm"),
    ),
    "av1": FilmEncoder(
        "libsvtav1", {"preset": "9"}, "crf", 58, 18, carriers=(".mp4", ".mkv", ".webm")
    ),
    "ffv1": FilmEncoder(
        "ffv1",
        {"level": "3", "slices": "4", "slicecrc": "1"},
        depths=(8, 10, 12, 16),
        container=".mkv",
        carriers=(".mkv", ".avi"),
    ),
    "prores": FilmEncoder(
        "prores_ks",
        {"profile": "3"},
        layout="422",
        depths=(10,),
        limited=True,
        container=".mov",
        carriers=(".mov", ".mkv"),
    ),
}
"""By the name on the command line."""


def find_encoder(codec: str) -> FilmEncoder:
    """Raises UsageError for an unknown codec."""
    if codec not in ENCODERS:
        raise UsageError(f"there is no codec {codec!r}; choose one of {', '.join(ENCODERS)}")
    return ENCODERS[codec]


@dataclass
class SegmentWriter:
    """A segment being written: `write` frames in order, then `close` or `abandon`. options:
    FFmpeg's. pixel_format: `encoder.fitted`."""

    path: Path
    encoder: FilmEncoder
    options: Mapping[str, str]
    pixel_format: PixelFormat
    time_base: Fraction
    rate: Fraction
    stamps: list[int] = field(default_factory=list)
    last_dts: int = -1

    def __post_init__(self) -> None:
        pixels = self.pixel_format
        self.frame_format = f"yuv{self.encoder.layout}p"
        if pixels.depth > 8:
            self.frame_format += f"{pixels.depth}le"
        self.size = pixels.width + pixels.width % 2, pixels.height + pixels.height % 2
        kind = SEGMENT_FORMATS[self.path.suffix]
        self.container = av.open(str(self.path.absolute()), "w", format=kind)
        self.stream = self.container.add_stream(
            self.encoder.name, rate=self.rate, options=dict(self.options)
        )
        context = self.stream.codec_context
        context.width, context.height, context.pix_fmt = *self.size, self.frame_format
        context.time_base = self.stream.time_base = self.time_base
        context.sample_aspect_ratio = pixels.aspect
        context.color_range = FULL_RANGE if pixels.full else LIMITED_RANGE
        context.colorspace, context.color_primaries = pixels.matrix, pixels.primaries
        context.color_trc = pixels.transfer
        context.thread_type = "AUTO"

    def write(self, pts: int, luma: Pixels, cb: Pixels, cr: Pixels) -> None:
        """luma: H×W. cb, cr: ceil(H/2)×ceil(W/2)."""
        frame = av.VideoFrame(*self.size, self.frame_format)
        if self.encoder.layout == "422":
            cb, cr = (
                cv2.resize(plane, None, fx=1, fy=2, interpolation=cv2.INTER_LINEAR)
                for plane in (cb, cr)
            )
        for plane, data in zip(frame.planes, (luma, cb, cr), strict=True):
            _fill(plane, data)
        frame.pts, frame.time_base = pts - (self.stamps[0] if self.stamps else pts), self.time_base
        frame.color_range = FULL_RANGE if self.pixel_format.full else LIMITED_RANGE
        frame.colorspace = self.pixel_format.matrix
        self.stamps.append(pts)
        self._mux(self.stream.encode(frame))

    def close(self) -> None:
        """Flush the encoder and end the file."""
        self._mux(self.stream.encode(None))
        self.container.close()

    def _mux(self, packets: Sequence[Any]) -> None:
        for packet in packets:
            # x265 gives no decoding times where there are fewer frames than it reorders
            if packet.dts is None or not -MAX_DELAY_SECONDS < self._delay(packet) <= 0:
                packet.dts = min(packet.pts, self.last_dts + 1)
            self.last_dts = packet.dts
            self.container.mux(packet)

    def _delay(self, packet: Any) -> float:
        return float((packet.dts - packet.pts) * packet.time_base)

    def abandon(self) -> None:
        """Close the file and remove it."""
        with contextlib.suppress(av.FFmpegError):  # the disk may be full: the file goes anyway
            self.container.close()
        self.path.unlink(missing_ok=True)


def _fill(plane: Any, data: Pixels) -> None:
    """Copy data into a plane that may be larger; the last row and column are repeated."""
    rows = np.frombuffer(plane, data.dtype).reshape(-1, plane.line_size // data.itemsize)
    height, width = data.shape
    rows[:height, :width] = data
    if plane.width > width:
        rows[:height, width : plane.width] = data[:, -1:]
    if plane.height > height:
        rows[height : plane.height] = rows[height - 1]
