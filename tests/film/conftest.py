"""Small films, made here: a textured picture that moves, with a tone, in the containers and codecs
that are asked for."""

import itertools
import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from skimage import data

from tintype.engine import Colorizer

av = pytest.importorskip("av")
WIDTH, HEIGHT = 96, 64


def scene(number: int = 0, shift: int = 0, size: tuple[int, int] = (HEIGHT, WIDTH)) -> np.ndarray:
    """A gray picture of H×W uint8; the same number with another shift is the same scene after the
    camera moved."""
    picture = (data.astronaut(), data.coffee(), data.rocket())[number % 3]
    gray = cv2.cvtColor(cv2.resize(picture, (2 * size[1], 2 * size[0])), cv2.COLOR_RGB2GRAY)
    return np.ascontiguousarray(gray[10 : 10 + size[0], shift : shift + size[1]])


Maker = Callable[..., Path]


@pytest.fixture
def make_film(tmp_path: Path) -> Maker:
    """make(frames, name="film.mp4", codec=…, pix_fmt=…, rate=…, times=…, sound=…, **context) ->
    path."""

    def make(
        frames: list[np.ndarray],
        name: str = "film.mp4",
        codec: str = "libx264",
        pix_fmt: str = "yuv420p",
        rate: Any = 25,
        times: list[int] | None = None,
        time_base: Fraction = Fraction(1, 12800),
        sound: str | None = "aac",
        tags: dict[str, Any] | None = None,
        rotation: int = 0,
        options: dict[str, str] | None = None,
        setup: Callable[[Any], None] = lambda _: None,
    ) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w") as container:
            stream = container.add_stream(
                codec,
                rate=rate,
                options=options
                or ({"crf": "5", "preset": "ultrafast"} if codec == "libx264" else {}),
            )
            stream.width, stream.height, stream.pix_fmt = (
                frames[0].shape[1],
                frames[0].shape[0],
                pix_fmt,
            )
            stream.time_base = stream.codec_context.time_base = time_base
            for key, value in (tags or {}).items():
                setattr(stream.codec_context, key, value)
            if rotation:
                stream.set_display_rotation(rotation)
            audio = container.add_stream(sound, rate=48000) if sound else None
            setup(container)
            step = int(1 / (Fraction(rate) * time_base))
            for n, gray in enumerate(frames):
                container.mux(
                    stream.encode(coded(gray, pix_fmt, times[n] if times else n * step, time_base))
                )
            container.mux(stream.encode(None))
            if audio is not None:
                for packet in tone(
                    audio, (times[-1] + step if times else len(frames) * step) * float(time_base)
                ):
                    container.mux(packet)
        return path

    return make


def coded(gray: np.ndarray, pix_fmt: str, pts: int, time_base: Fraction) -> Any:
    """A gray picture as a frame: its values are the luma codes where the format has luma."""
    frame = av.VideoFrame(gray.shape[1], gray.shape[0], pix_fmt)
    if pix_fmt.startswith(("rgb", "bgr", "gbr")):
        frame = av.VideoFrame.from_ndarray(
            np.repeat(gray[..., None], 3, 2), format="rgb24"
        ).reformat(format=pix_fmt)
    else:
        deep = frame.format.components[0].bits > 8
        kind = np.dtype("<u2") if deep else np.uint8
        for n, plane in enumerate(frame.planes):
            rows = np.frombuffer(plane, kind).reshape(
                -1, plane.line_size // np.dtype(kind).itemsize
            )
            rows[:] = 512 if deep else 128
            if n == 0:
                rows[: gray.shape[0], : gray.shape[1]] = gray.astype(kind) << (2 if deep else 0)
            if n == 3:
                rows[:] = 200
    frame.pts, frame.time_base = pts, time_base
    return frame


def tone(stream: Any, seconds: float) -> list[Any]:
    count = stream.codec_context.frame_size or 1024
    packets = []
    for n in range(int(seconds * 48000 / count)):
        layout = stream.codec_context.layout.name
        wave = np.sin(2 * np.pi * 440 * (np.arange(count) + n * count) / 48000)
        form = stream.codec_context.format.name
        samples = np.tile(wave, (stream.codec_context.layout.nb_channels, 1))
        kind = {"flt": np.float32, "s16": np.int16, "s32": np.int32}[form[:3]]
        samples = (samples if kind == np.float32 else samples * 0.5 * np.iinfo(kind).max).astype(
            kind
        )
        if not form.endswith("p"):
            samples = samples.T.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples), format=form, layout=layout
        )
        frame.sample_rate, frame.pts, frame.time_base = 48000, n * count, Fraction(1, 48000)
        packets += stream.encode(frame)
    return packets + stream.encode(None)


@pytest.fixture(scope="session")
def warm(warm_network: Path) -> Colorizer:
    """A colorizer that gives every place a* = 20, b* = L* / 2, at once."""
    return Colorizer(warm_network, threads=1)


def moving(count: int = 6, number: int = 0) -> list[np.ndarray]:
    return [np.clip(scene(number, n), 16, 235) for n in range(count)]


def frames_of(path: Path) -> list[Any]:
    with av.open(str(path.absolute())) as container:
        return list(container.decode(video=0))


def times_of(path: Path, kind: str = "video") -> list[float]:
    with av.open(str(path)) as container:
        stream = next(s for s in container.streams if s.type == kind)
        return [float(frame.pts * frame.time_base) for frame in container.decode(stream)]


def packets_of(path: Path, kind: str) -> list[bytes]:
    with av.open(str(path)) as container:
        stream = next(s for s in container.streams if s.type == kind)
        return [bytes(packet) for packet in container.demux(stream) if packet.size]


def luma_of(frame: Any) -> np.ndarray:
    deep = frame.format.components[0].bits > 8
    kind = np.dtype("<u2") if deep else np.uint8
    plane = frame.planes[0]
    return (
        np.frombuffer(plane, kind)
        .reshape(-1, plane.line_size // np.dtype(kind).itemsize)[: frame.height, : frame.width]
        .astype(int)
    )


def stop_between(written: int, read: int) -> dict[str, Any]:
    """Arguments of `color_film` that stop it before it reads frame `read`, after more than
    `written` frames are written, however fast the writer is."""
    enough, asked = threading.Event(), itertools.count()

    def progress(now: Any) -> None:
        if now.frames > written:
            enough.set()

    return {"progress": progress, "stop": lambda: next(asked) >= read and enough.wait(60)}
