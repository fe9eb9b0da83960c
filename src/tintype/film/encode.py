"""Colored frames in; a segment of video, playable by itself, out."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tintype.arrays import Pixels
from tintype.errors import UsageError
from tintype.film.runtime import av
from tintype.film.source import PixelFormat


@dataclass(frozen=True)
class FilmEncoder:
    """name: FFmpeg's. layout: chroma subsampling. worst, best: the values of its option `key` for
    quality 1 and 100. container: of a segment. carriers: suffixes of outputs."""

    name: str
    options: Mapping[str, str]
    key: str = ""
    worst: float = 0
    best: float = 0
    layout: str = "420"
    depths: tuple[int, ...] = (8, 10)
    container: str = "mp4"
    carriers: tuple[str, ...] = ("mp4", "mov", "mkv")

    def settings(self, quality: int) -> dict[str, str]:
        """FFmpeg's options for a quality of 1 to 100."""
        chosen = dict(self.options)
        if self.key:
            chosen[self.key] = str(
                round(self.worst + (self.best - self.worst) * (quality - 1) / 99)
            )
        return chosen


ENCODERS = {
    "h264": FilmEncoder(
        "libx264", {"preset": "veryfast"}, "crf", 40, 13, carriers=("mp4", "mov", "mkv", "avi")
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
        carriers=("mp4", "mkv", "webm"),
    ),
    "av1": FilmEncoder(
        "libsvtav1", {"preset": "9"}, "crf", 58, 18, carriers=("mp4", "mkv", "webm")
    ),
    "ffv1": FilmEncoder(
        "ffv1",
        {"level": "3", "slices": "4", "slicecrc": "1"},
        container="mkv",
        carriers=("mkv", "avi"),
    ),
    "prores": FilmEncoder(
        "prores_ks",
        {"profile": "3"},
        layout="422",
        depths=(10,),
        container="mov",
        carriers=("mov", "mkv"),
    ),
}
"""By the name on the command line."""
DEFAULT_QUALITY = 80


def find_encoder(codec: str) -> FilmEncoder:
    """Raises UsageError for an unknown codec."""
    if codec not in ENCODERS:
        raise UsageError(f"there is no codec {codec!r}; choose one of {', '.join(ENCODERS)}")
    return ENCODERS[codec]


@dataclass
class SegmentWriter:
    """A segment being written: `write` frames in order, then `close` or `abandon`."""

    path: Path
    encoder: FilmEncoder
    quality: int
    pixel_format: PixelFormat
    time_base: Fraction
    rate: Fraction
    stamps: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        source = self.pixel_format
        self.depth = source.depth if source.depth in self.encoder.depths else self.encoder.depths[0]
        self.frame_format = f"yuv{self.encoder.layout}p" + ("10le" if self.depth == 10 else "")
        self.size = source.width + source.width % 2, source.height + source.height % 2
        self.container = av.open(
            str(self.path), "w", format=self.path.suffix[1:].replace("mkv", "matroska")
        )
        self.stream = self.container.add_stream(
            self.encoder.name, rate=self.rate, options=self.encoder.settings(self.quality)
        )
        context = self.stream.codec_context
        context.width, context.height, context.pix_fmt = *self.size, self.frame_format
        context.time_base = self.stream.time_base = self.time_base
        context.sample_aspect_ratio = source.aspect
        context.color_range = 2 if source.full else 1
        context.colorspace, context.color_primaries, context.color_trc = (
            source.matrix,
            source.primaries,
            source.transfer,
        )
        context.thread_type = "AUTO"

    def write(self, pts: int, luma: Pixels, cb: Pixels, cr: Pixels) -> None:
        """luma: H×W of the source's depth. cb, cr: ceil(H/2)×ceil(W/2)."""
        frame = av.VideoFrame(*self.size, self.frame_format)
        if self.encoder.layout == "422":
            cb, cr = (
                cv2.resize(plane, None, fx=1, fy=2, interpolation=cv2.INTER_LINEAR)
                for plane in (cb, cr)
            )
        for plane, data in zip(frame.planes, (luma, cb, cr), strict=True):
            _fill(plane, data, self.depth)
        frame.pts, frame.time_base = pts - (self.stamps[0] if self.stamps else pts), self.time_base
        frame.color_range = 2 if self.pixel_format.full else 1
        frame.colorspace = self.pixel_format.matrix
        self.stamps.append(pts)
        self.container.mux(self.stream.encode(frame))

    def close(self) -> None:
        """Flush the encoder and end the file."""
        self.container.mux(self.stream.encode(None))
        self.container.close()

    def abandon(self) -> None:
        """Close the file and remove it."""
        with contextlib.suppress(av.FFmpegError):  # the disk may be full: the file goes anyway
            self.container.close()
        self.path.unlink(missing_ok=True)


def _fill(plane: Any, data: Pixels, depth: int) -> None:
    if depth == 10 and data.dtype == np.uint8:
        data = data.astype(np.uint16) << 2
    kind = np.uint8 if depth == 8 else np.dtype("<u2")
    rows = np.frombuffer(plane, kind).reshape(-1, plane.line_size // np.dtype(kind).itemsize)
    height, width = data.shape
    rows[:height, :width] = data
    if plane.width > width:
        rows[:height, width : plane.width] = data[:, -1:]
    if plane.height > height:
        rows[height : plane.height] = rows[height - 1]
