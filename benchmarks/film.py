"""How fast films are colored here: the whole way against decoding and encoding alone, in one run;
and what each stage costs.

python benchmarks/film.py [FILM] [--model default] [--frames 240] [--size 854x480]      (without
FILM, a camera pans over photographs)
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from skimage import data

from tintype import Colorizer
from tintype.engine.core.render import lightness_of
from tintype.film import color_film
from tintype.film.chroma import chroma_of, gray_of, upsampled
from tintype.film.encode import SegmentWriter, find_encoder
from tintype.film.keys import KeyColorizer
from tintype.film.motion import MotionInput, carry, flow_between
from tintype.film.runtime import av
from tintype.film.source import FilmSource
from tintype.film.steady import settle


def pan(path: Path, count: int, width: int, height: int) -> Path:
    """A gray film of four shots: a camera that moves over photographs."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            "libx264", rate=25, options={"crf": "20", "preset": "veryfast"}
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        photographs = [data.astronaut(), data.coffee(), data.rocket(), data.chelsea()]
        for n in range(count):
            shot, at = divmod(n * len(photographs), count)
            picture = cv2.resize(photographs[shot], (width * 3 // 2, height * 3 // 2))
            x, y = int(width * 0.4 * at / count), int(height * 0.2 * at / count)
            frame = av.VideoFrame.from_ndarray(
                np.ascontiguousarray(picture[y : y + height, x : x + width]), format="rgb24"
            )
            frame.pts, frame.time_base = n, Fraction(1, 25)
            container.mux(stream.encode(frame.reformat(format="gray").reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    return path


def recode(source: Path, target: Path) -> int:
    """Decode and encode alone, with the encoder that films are written by."""
    film = FilmSource(source)
    encoder = find_encoder("h264")
    segment = SegmentWriter(
        target, encoder, encoder.settings(80), film.pixel_format, film.time_base, film.rate
    )
    blank = np.full(
        ((film.pixel_format.height + 1) // 2, (film.pixel_format.width + 1) // 2), 128, np.uint8
    )
    count = 0
    for frame in film.frames():
        segment.write(frame.pts, frame.luma, blank, blank)
        count += 1
    segment.close()
    return count


def processor(work: Callable[[], object], runs: int = 8) -> float:
    """Milliseconds of this thread's processor time, the least of several runs: other programs do
    not count."""
    work()
    times = []
    for _ in range(runs):
        start = time.thread_time()
        work()
        times.append(time.thread_time() - start)
    return 1000 * min(times)


def stages(path: Path, colorizer: Colorizer) -> None:
    """Processor time of each step of one frame."""
    film = FilmSource(path)
    frames = [frame for frame, _ in zip(film.frames(), range(3), strict=False)]
    gray = gray_of(frames[1].luma, film.pixel_format)
    before, now = MotionInput.of(gray_of(frames[0].luma, film.pixel_format)), MotionInput.of(gray)
    flow = flow_between(before, now)
    color_key = KeyColorizer(colorizer, film.pixel_format)
    key = color_key(frames[1].luma, now.light.shape).ab
    sums = np.dstack([key, np.ones(now.light.shape, np.float32)])
    ab = upsampled(key, lightness_of(gray))
    rows = {
        "half-size gray and views": lambda: MotionInput.of(
            gray_of(frames[1].luma, film.pixel_format)
        ),
        "flow, both ways, and trust": lambda: flow_between(before, now),
        "network and edges, a key frame (about every 12th)": lambda: color_key(
            now.small, now.light.shape
        ),
        "two sweeps and what no key reached": lambda: (
            carry(sums, flow.back, flow.back_trust),
            carry(sums, flow.ahead, flow.ahead_trust),
            settle(sums),
        ),
        "upsampled along the edges to half size": lambda: upsampled(key, lightness_of(gray)),
        "chroma planes": lambda: chroma_of(gray, ab, film.pixel_format),
    }
    print("\nProcessor milliseconds a frame, one thread")
    for name, work in rows.items():
        print(f"  {name:52} {processor(work):7.1f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("film", nargs="?", type=Path)
    parser.add_argument("--model", default="default")
    parser.add_argument("--frames", type=int, default=240)
    parser.add_argument("--size", default="854x480")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    width, height = (int(side) for side in chosen.size.split("x"))
    colorizer = Colorizer(chosen.model, threads=1)
    with tempfile.TemporaryDirectory() as folder:
        source = chosen.film or pan(Path(folder) / "pan.mp4", chosen.frames, width, height)
        start, used = time.perf_counter(), time.process_time()
        count = recode(source, Path(folder) / "recoded.mp4")
        alone, alone_used = time.perf_counter() - start, time.process_time() - used
        start, used = time.perf_counter(), time.process_time()
        color_film(source, Path(folder) / "out.mp4", colorizer=colorizer)
        whole, whole_used = time.perf_counter() - start, time.process_time() - used
        print(f"{count} frames, {chosen.model}")
        for name, wall, cpu in (
            ("decoding and encoding alone", alone, alone_used),
            ("the whole way", whole, whole_used),
        ):
            print(
                f"  {name:30} {count / wall:6.1f} frames/s   {1000 * cpu / count:6.1f} processor ms"
                f" a frame   {whole / wall:5.2f}×"
            )
        print(f"  most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
        stages(source, colorizer)


if __name__ == "__main__":
    main()
