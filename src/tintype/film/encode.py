"""Colored frames in; one closed segment of video, playable by itself, out."""

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
from tintype.film.library import av
from tintype.film.source import Look


@dataclass(frozen=True)
class Encoder:
    """name: FFmpeg's. layout: chroma subsampling. worst, best: what quality 1 and 100 mean in its
    own units, as the option `key`."""

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
    "h264": Encoder(
        "libx264", {"preset": "veryfast"}, "crf", 40, 13, carriers=("mp4", "mov", "mkv", "avi")
    ),
    "hevc": Encoder(
        "libx265", {"preset": "veryfast", "x265-params": "log-level=none"}, "crf", 42, 15
    ),
    "vp9": Encoder(
        "libvpx-vp9",
        {"deadline": "realtime", "cpu-used": "6", "row-mt": "1", "b": "0"},
        "crf",
        56,
        18,
        carriers=("mp4", "mkv", "webm"),
    ),
    "av1": Encoder("libsvtav1", {"preset": "9"}, "crf", 58, 18, carriers=("mp4", "mkv", "webm")),
    "ffv1": Encoder(
        "ffv1",
        {"level": "3", "slices": "4", "slicecrc": "1"},
        container="mkv",
        carriers=("mkv", "avi"),
    ),
    "prores": Encoder(
        "prores_ks",
        {"profile": "3"},
        layout="422",
        depths=(10,),
        container="mov",
        carriers=("mov", "mkv"),
    ),
}
"""By the name on the command line."""
QUALITY = 80


def find_encoder(codec: str) -> Encoder:
    """Raises UsageError for an unknown codec."""
    if codec not in ENCODERS:
        raise UsageError(f"there is no codec {codec!r}; choose one of {', '.join(ENCODERS)}")
    return ENCODERS[codec]


@dataclass
class Segment:
    """A file being written. `write` frames in order, then `close`."""

    path: Path
    encoder: Encoder
    quality: int
    look: Look
    time_base: Fraction
    rate: Fraction
    stamps: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        look = self.look
        self.depth = look.depth if look.depth in self.encoder.depths else self.encoder.depths[0]
        self.format = f"yuv{self.encoder.layout}p" + ("10le" if self.depth == 10 else "")
        self.size = look.width + look.width % 2, look.height + look.height % 2
        self.container = av.open(
            str(self.path), "w", format=self.path.suffix[1:].replace("mkv", "matroska")
        )
        self.stream = self.container.add_stream(
            self.encoder.name, rate=self.rate, options=self.encoder.settings(self.quality)
        )
        context = self.stream.codec_context
        context.width, context.height, context.pix_fmt = *self.size, self.format
        context.time_base = self.stream.time_base = self.time_base
        context.sample_aspect_ratio = look.aspect
        context.color_range = 2 if look.full else 1
        context.colorspace, context.color_primaries, context.color_trc = (
            look.matrix,
            look.primaries,
            look.transfer,
        )
        context.thread_type = "AUTO"

    def write(self, pts: int, luma: Pixels, cb: Pixels, cr: Pixels) -> None:
        """luma: H×W of the look's depth. cb, cr: ceil(H/2)×ceil(W/2)."""
        frame = av.VideoFrame(*self.size, self.format)
        if self.encoder.layout == "422":
            cb, cr = (
                cv2.resize(plane, None, fx=1, fy=2, interpolation=cv2.INTER_LINEAR)
                for plane in (cb, cr)
            )
        for plane, data in zip(frame.planes, (luma, cb, cr), strict=True):
            _fill(
                plane,
                data << 2 if self.look.depth < self.depth and data.dtype == np.uint16 else data,
                self.depth,
            )
        frame.pts, frame.time_base = pts - (self.stamps[0] if self.stamps else pts), self.time_base
        frame.color_range = 2 if self.look.full else 1
        frame.colorspace = self.look.matrix
        self.stamps.append(pts)
        self.container.mux(self.stream.encode(frame))

    def close(self) -> None:
        """Write what the encoder still holds, and the file's end."""
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
