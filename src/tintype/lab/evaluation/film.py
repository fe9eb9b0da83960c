"""Color films and systems in; likeness, colorfulness and steadiness of each system on each film
out."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tintype.arrays import Array, Pixels
from tintype.color import colorfulness, hue_histogram, hues, srgb_to_lab
from tintype.engine import Colorizer
from tintype.errors import DataError
from tintype.files import write_text
from tintype.film.chroma import gray_of, picture_of
from tintype.film.keys import KeyColorizer
from tintype.film.motion import (
    AGREED_CONFIDENCE,
    FLOW_PIXELS,
    Flow,
    MotionInput,
    carry,
    flow_between,
    resized,
    shrunk_size,
)
from tintype.film.runtime import av
from tintype.film.source import FilmSource
from tintype.film.steady import SteadyColors, color_frames, render
from tintype.lab.evaluation.measures import psnr
from tintype.lab.evaluation.report import without_inf
from tintype.photo import Photo

SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".mpg")
BY_FRAME = ":frames"
"""Stands behind a network's name: each frame by itself."""
MEASURES = ("psnr", "colorfulness", "hues", "cdc", "warp_error", "moving_error")
DISTANCES = (1, 2, 4)
MOVING_PIXELS = 1.5
"""Motion relative to most of the picture, at flow size, above which a pixel belongs to a moving
thing."""
BINS = 256


def find_films(data: Path) -> list[Path]:
    """The films of a folder, or one file. Raises DataError if there is none."""
    paths = (
        sorted(p for p in data.iterdir() if p.suffix.lower() in SUFFIXES)
        if data.is_dir()
        else [data]
    )
    if not paths or not paths[0].exists():
        raise DataError(f"{data} holds no films")
    return paths


def histograms(rgb: Pixels) -> Array:
    """Share of each value in each channel: H×W×3 uint8 in, 3×256 out."""
    return np.stack(
        [np.bincount(rgb[..., c].ravel(), minlength=BINS) / rgb[..., c].size for c in range(3)]
    )


def divergence(one: Array, other: Array) -> float:
    """Jensen–Shannon divergence of two histograms (…×bins, each sums to 1), in nats, mean over the
    channels."""
    middle = (one + other) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [np.where(p > 0, p * np.log(p / middle), 0).sum(-1) for p in (one, other)]
    return float(np.mean((parts[0] + parts[1]) / 2))


def color_consistency(shots: Sequence[Sequence[Array]]) -> float:
    """CDC (Liu et al. 2021): mean divergence of the histograms of frames 1, 2 and 4 apart × 1000; 0
    is steady.

    shots: for each shot the histograms of its frames. Frames of two shots are not compared.
    """
    means = []
    for distance in DISTANCES:
        pairs = [
            divergence(a, b) for shot in shots for a, b in zip(shot, shot[distance:], strict=False)
        ]
        if pairs:
            means.append(np.mean(pairs))
    return 1000 * float(np.mean(means)) if means else 0.0


def warp_error(ab: Array, before: Array, flow: Flow) -> float:
    """Mean of |ab − ab of the frame before, moved|, CIELAB units, where the true film's flow is
    trusted. All at flow size."""
    moved = carry(before, flow.back, np.ones_like(flow.back_trust))
    trusted = flow.back_trust > AGREED_CONFIDENCE
    return float(np.abs(ab - moved)[trusted].mean()) if trusted.any() else 0.0


def moving_things(flow: Flow) -> Any:
    """h×w bool: what moves otherwise than most of the picture."""
    height, width = flow.back_trust.shape
    grid = np.dstack(
        np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    )
    steps = flow.back - grid
    return np.linalg.norm(steps - np.median(steps, axis=(0, 1)), axis=-1) > MOVING_PIXELS


@dataclass(frozen=True)
class Clip:
    """A true film in memory. rgb: H×W×3 uint8 a frame. flows: from the frame before, the first
    None."""

    name: str
    path: Path
    rgb: list[Pixels]
    flows: list[Flow | None]

    @property
    def cuts(self) -> list[int]:
        return [0, *(n for n, flow in enumerate(self.flows) if flow is not None and flow.cut)]


def read_clip(path: Path, limit: int | None = None) -> Clip:
    """A color film, whole in memory. Raises FilmError if it cannot be read."""
    source = FilmSource(path)
    views, flows = [], []
    for frame in source.frames():
        views.append(MotionInput.of(gray_of(frame.luma, source.pixel_format)))
        flows.append(flow_between(views[-2], views[-1]) if len(views) > 1 else None)
        if len(views) == limit:
            break
    with av.open(str(path)) as container:
        rgb = [
            frame.to_ndarray(format="rgb24")
            for frame, _ in zip(container.decode(video=0), views, strict=False)
        ]
    return Clip(path.name, path, rgb, flows)


@dataclass(frozen=True)
class Painted:
    """rgb: H×W×3 uint8. ab: at flow size, CIELAB units, not rounded."""

    rgb: Pixels
    ab: Array


def paint_film(clip: Clip, colorizer: Colorizer, by_frame: bool = False) -> Iterator[Painted]:
    """The film's luma with the system's colors; by_frame: each frame as a photograph."""
    source = FilmSource(clip.path)
    frames = (frame for frame, _ in zip(source.frames(), clip.rgb, strict=False))
    if by_frame:
        for frame in frames:
            gray = Photo(picture_of(frame.luma, None, source.pixel_format))
            yield as_painted(np.asarray(colorizer.colorize_photo(gray).pixels))
        return
    with ThreadPoolExecutor(2) as pool:
        steady = SteadyColors(KeyColorizer(colorizer, source.pixel_format), pool)
        for window in color_frames(frames, source.pixel_format, steady):
            for colored in window:
                rendered = render(colored, source.pixel_format)
                height, width = rendered.gray.shape
                yield Painted(
                    picture_of(rendered.frame.luma, rendered.chroma, source.pixel_format),
                    resized(rendered.ab, shrunk_size(height, width, FLOW_PIXELS)),
                )


def as_painted(rgb: Pixels) -> Painted:
    """A picture that is there already."""
    half = (rgb.shape[0] + 1) // 2, (rgb.shape[1] + 1) // 2
    return Painted(
        rgb,
        np.ascontiguousarray(
            srgb_to_lab(resized(rgb, shrunk_size(*half, FLOW_PIXELS)).astype(np.float32) / 255)[
                ..., 1:
            ]
        ),
    )


def measure_film(clip: Clip, painted: Iterable[Painted]) -> dict[str, float]:
    """Means over the frames: psnr (dB; of frames that differ from the truth), colorfulness, hues,
    cdc (× 1000), warp_error and moving_error (CIELAB units).

    moving_error: |ab − true ab| inside things that move, which color that is left behind raises.
    """
    rows: dict[str, list[float]] = {
        key: [] for key in ("psnr", "colorfulness", "warp_error", "moving_error")
    }
    shots: list[list[Array]] = []
    counted: Any = 0
    before: Array | None = None
    cuts = set(clip.cuts)
    for n, picture in enumerate(painted):
        truth, flow, ab = clip.rgb[n], clip.flows[n], picture.ab
        if n in cuts:
            shots.append([])
            before = None
        shots[-1].append(histograms(picture.rgb))
        rows["psnr"].append(
            psnr(picture.rgb.astype(np.float32) / 255, truth.astype(np.float32) / 255)
        )
        rows["colorfulness"].append(colorfulness(picture.rgb[::2, ::2].astype(np.float32) / 255))
        counted = counted + hue_histogram(ab)
        if flow is not None and before is not None:
            rows["warp_error"].append(warp_error(ab, before, flow))
            moving = moving_things(flow)
            if moving.sum() > 20:
                error = np.linalg.norm(ab - as_painted(truth).ab, axis=-1)
                rows["moving_error"].append(float(error[moving].mean()))
        before = ab
    finite = [value for value in rows["psnr"] if np.isfinite(value)]
    rows["psnr"] = finite or rows["psnr"]
    means = {key: float(np.mean(values)) if values else 0.0 for key, values in rows.items()}
    return means | {"cdc": color_consistency(shots), "hues": float(hues(counted))}


def evaluate_films(
    names: Sequence[str],
    data: Path,
    limit: int | None = None,
    show: Callable[[str], None] = lambda _: None,
) -> dict[str, list[dict[str, Any]]]:
    """Every system on every color film of a folder (or one file).

    names: `truth`, `gray`, a network's name or file, steady, or with `:frames` behind it each frame
    by itself. limit: frames a film. Returns for each system a row a film: its name and the
    measures. Raises DataError if there is no film.
    """
    paths = find_films(data)
    systems = {
        name: (
            name if name in ("truth", "gray") else Colorizer(name.removesuffix(BY_FRAME), threads=1)
        )
        for name in names
    }
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for path in paths:
        clip = read_clip(path, limit)
        for name, system in systems.items():
            painted: Iterable[Painted] = map(as_painted, clip.rgb)
            if system == "gray":
                grays = (cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY) for rgb in clip.rgb)
                painted = (as_painted(cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB)) for gray in grays)
            elif isinstance(system, Colorizer):
                painted = paint_film(clip, system, name.endswith(BY_FRAME))
            results[name].append({"film": path.name} | measure_film(clip, painted))
            show(f"{name}: {path.name}")
    return results


def write_film_report(output: Path, results: dict[str, list[dict[str, Any]]]) -> list[Path]:
    """NAME.json with every row and NAME.md with a table; returns both paths. Raises DataError if
    they cannot be written."""
    data, table = output.with_suffix(".json"), output.with_suffix(".md")
    lines = [f"| film | system | {' | '.join(MEASURES)} |", "|" + "---|" * (len(MEASURES) + 2)]
    for rows in zip(*results.values(), strict=True):
        for name, row in zip(results, rows, strict=True):
            lines.append(
                f"| {row['film']} | {name} | {' | '.join(f'{row[key]:.3f}' for key in MEASURES)} |"
            )
    write_text(data, json.dumps(without_inf(results), indent=1), DataError)
    write_text(table, "\n".join(lines) + "\n", DataError)
    return [data, table]
