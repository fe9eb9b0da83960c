"""A black-and-white photograph in, the same photograph in color out."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tintype.engine.hints import honor_hints, shrink_hint, spread_hints
from tintype.engine.network import Network
from tintype.engine.render import is_monochrome, lightness_of, render, shrink
from tintype.engine.tone import stretch_tone, visible_share
from tintype.engine.upsample import clean_edges, upsample_ab
from tintype.engine.working import Working
from tintype.errors import UsageError
from tintype.guidance import Guidance, draw_hints
from tintype.photo import Photo, Picture, as_photo
from tintype.photo.photo import to_uint8

Array = NDArray[np.floating[Any]]

MIDDLE_PIXELS = 800_000
"""ab goes up to this size along the edges of L*; the last, small factor is bilinear."""
GRID = 2
"""Hints are spread on a grid this much coarser than the working size."""
BROAD = 0.0375
"""Colors that reach further than this, by the length of a side, are broad ones (the standard deviation of a Gaussian)."""


@dataclass(frozen=True)
class _View:
    working: Working
    shown: Array  # L* at working size


@dataclass(frozen=True)
class _Plan:
    views: list[_View]  # of the whole picture, and where the network wants it, one more at a larger working size
    middle: Array  # L* at the size at which ab is guided
    factor: int = 1  # by which the photograph is larger than the middle
    visible: float = 1.0  # how much of the network's color is kept: none for a blank picture

    @property
    def working(self) -> Working:
        return self.views[0].working


class Colorizer:
    """Colors photographs with one network, loaded once; threads may share it.

    model: the name of a network that comes with the package, or an ONNX file. device: "auto", "cpu", "cuda", "coreml",
    "directml" or "openvino". size: the network sees about size×size pixels, in the photograph's own shape; None: as many as it
    was made for, and things once more from nearer.
    threads: cores for the network; 0 leaves it to ONNX Runtime.
    Raises ModelError for an unknown network, UsageError for an unknown device or size.
    """

    def __init__(self, model: str | Path = "default", device: str = "auto", size: int | None = None, threads: int = 0) -> None:
        if size is not None and not 64 <= size <= 2048:
            raise UsageError(f"size is 64 to 2048, not {size}")
        self.network = Network.load(model, device, threads)
        self.size = size or self.network.size
        self.near = None if size else self.network.near

    def colorize(self, photo: Picture, guidance: Guidance | None = None) -> Image.Image:
        """Color a photograph at its own size and lightness.

        photo: a path, a file's bytes, a binary file, a PIL image, or an array: H×W or H×W×3, uint8, uint16 or float (0..1).
        Returns an 8-bit RGB image, RGBA where the photograph has alpha. Raises PhotoError and UsageError, in one sentence.
        """
        colored = self.colorize_photo(as_photo(photo), guidance)
        rgb = to_uint8(colored.pixels)
        if colored.alpha is not None:
            rgb = np.dstack([rgb, to_uint8(colored.alpha)])
        return Image.fromarray(rgb)

    def colorize_many(self, photos: Iterable[Picture], workers: int = 2) -> Iterator[Image.Image]:
        """Color photographs one after the other, `workers` at once, in their order; memory for twice as many is used."""
        remaining = iter(photos)
        with ThreadPoolExecutor(workers) as pool:
            waiting: deque[Future[Image.Image]] = deque()
            waiting.extend(pool.submit(self.colorize, photo) for photo in islice(remaining, 2 * workers))
            while waiting:
                yield waiting.popleft().result()
                waiting.extend(pool.submit(self.colorize, photo) for photo in islice(remaining, 1))

    def colorize_photo(self, photo: Photo, guidance: Guidance | None = None) -> Photo:
        """Color a `Photo`, keeping its kind of pixels, alpha, format and metadata. As `colorize` otherwise."""
        guidance = guidance or Guidance()
        pixels = photo.pixels
        if is_monochrome(pixels):
            pixels = np.ascontiguousarray(pixels[..., 0])
        height, width = pixels.shape[:2]
        plan = self._plan(pixels)
        hint = draw_hints(guidance.hints, (height, width), plan.working.size) if guidance.hints else None
        region = self._region(guidance, plan, (height, width))
        small_region = None if region is None else plan.working.shrink(region)
        ab = _raised(self._ab(plan, hint, small_region, guidance.palette_wish(), guidance.saturation), plan, region)
        if guidance.hints:
            ab = honor_hints(ab, plan.middle, draw_hints(guidance.hints, (height, width), plan.middle.shape))
        return photo.with_pixels(render(pixels, ab, plan.factor, region))

    def predict(
        self, lightness: Array, hint: Array | None = None, region: Array | None = None, palette: Array | None = None
    ) -> Array:
        """ab of a picture given as L*: network, hints and guided upsampling alone, without tone and gamut.

        lightness: H×W float32, 0..100. hint: H×W×3 float32 (a*, b*, sureness), region: H×W float32, palette: K float32.
        Returns H×W×2 float32, CIELAB units. Raises UsageError for wrong shapes or values.
        """
        if lightness.ndim != 2 or not np.isfinite(lightness).all() or lightness.min() < -1 or lightness.max() > 101:
            raise UsageError(f"lightness must be H×W, 0 to 100, but has shape {lightness.shape}")
        for name, value, shape in (("hint", hint, (*lightness.shape, 3)), ("region", region, lightness.shape)):
            if value is not None and value.shape != shape:
                raise UsageError(f"{name} must have shape {shape}, but has {value.shape}")
        lightness = np.ascontiguousarray(lightness, np.float32)
        plan = _Plan(self._views(lightness), lightness)
        small_hint = None if hint is None else shrink_hint(hint, plan.working.size)
        small_region = None if region is None else plan.working.shrink(region)
        ab = _raised(self._ab(plan, small_hint, small_region, palette), plan, region)
        return ab if hint is None else honor_hints(ab, plan.middle, hint)

    def _plan(self, pixels: NDArray[Any]) -> _Plan:
        height, width = pixels.shape[:2]
        factor = max(1, round((height * width / MIDDLE_PIXELS) ** 0.5))
        middle = lightness_of(shrink(pixels, factor))
        views = self._views(middle)
        visible = visible_share(views[0].shown)
        return _Plan([_View(view.working, stretch_tone(view.shown)) for view in views], middle, factor, visible)

    def _views(self, lightness: Array) -> list[_View]:
        workings = [Working.of(lightness.shape[0], lightness.shape[1], size) for size in (self.size, self.near) if size]
        return [_View(working, working.shrink(lightness)) for working in workings]

    def _ab(self, plan: _Plan, hint: Array | None, region: Array | None, palette: Array | None, saturation: float = 1.0) -> Array:
        """ab at the network's own size; with hints, at working size."""
        strength = np.float32(self.network.vividness * plan.visible * saturation)
        plain, logits = self._answer(plan, None, region, palette)
        if hint is None:
            return plain * strength
        # the network spreads a hint by what things are, the process by what they are like: half of each is better than both
        both = (plain + self._answer(plan, hint, region, palette)[0]) / 2 * strength
        small = plan.working.size if np.less_equal(plan.working.size, plan.middle.shape).all() else plan.middle.shape
        lightness = _shrunk(plan.middle, small)
        grid = max(1, small[0] // GRID), max(1, small[1] // GRID)
        ab, alone, light = (_shrunk(plane, grid) for plane in (both, plain * strength, lightness))
        told = spread_hints(ab, alone, light, shrink_hint(hint, small), logits)
        return upsample_ab(both, lightness) + upsample_ab(told, lightness)

    def _answer(self, plan: _Plan, hint: Array | None, region: Array | None, palette: Array | None) -> tuple[Array, Array | None]:
        """ab, and the logits over ab bins where the network tells them, each at its own size.

        Things are colored as they look from nearer, where a face is a face; what surrounds them has its broad colors from the
        whole picture, its details from nearer.
        """
        ab, _, logits = self._look(plan.views[0], hint, region, palette)
        for view in plan.views[1:]:
            closer, there, _ = self._look(view, hint, region, palette)
            if there is not None:
                size = closer.shape[:2]
                apart = cv2.GaussianBlur(closer - _grown(ab, size), (0, 0), BROAD * (size[0] * size[1]) ** 0.5)
                ab = closer - (1 - _grown(there, size)[..., None]) * apart
        size = min(ab.shape[0], plan.middle.shape[0]), min(ab.shape[1], plan.middle.shape[1])
        return _shrunk(ab, size), logits

    def _look(
        self, view: _View, hint: Array | None, region: Array | None, palette: Array | None
    ) -> tuple[Array, Array | None, Array | None]:
        """ab, saliency and logits over ab bins, H×W×…, each at the network's own size. hint, region: at any working size."""
        working = view.working
        if hint is not None and hint.shape[:2] != working.size:
            hint = shrink_hint(hint, working.size)
        found = self.network.predict(
            working.pad(view.shown),
            None if hint is None else working.pad(hint, edge=False),
            None if region is None else working.pad(working.shrink(region)),
            None if palette is None else palette[None],
        )
        saliency, logits = (None if told is None else working.crop(told) for told in (found.saliency, found.ab_logits))
        return working.crop(found.ab), None if saliency is None else saliency[..., 0], logits

    def _region(self, guidance: Guidance, plan: _Plan, size: tuple[int, int]) -> Array | None:
        """The wished region at the guided size, its edge drawn to the edges of L*."""
        if guidance.region is None:
            return None
        if guidance.region.shape != size:
            raise UsageError(f"region must have the photograph's shape {size}, but has {guidance.region.shape}")
        given = guidance.region.astype(np.float32) / (255 if guidance.region.dtype == np.uint8 else 1)
        mask = cv2.resize(given, plan.middle.shape[::-1], interpolation=cv2.INTER_AREA)
        feathered = cv2.ximgproc.guidedFilter(plan.middle / 100, mask, 4, 1e-4)
        return np.asarray(np.clip(feathered, 0, 1), np.float32)


def _raised(ab: Array, plan: _Plan, region: Array | None) -> Array:
    """ab at the size at which it is guided, with clean edges."""
    return clean_edges(upsample_ab(ab, plan.middle), ab, plan.middle, region)


def _shrunk(picture: Array, size: tuple[int, ...]) -> Array:
    """H×W or H×W×C to another size (H, W), by the mean."""
    if picture.shape[:2] == tuple(size):
        return picture
    return np.asarray(cv2.resize(picture, (size[1], size[0]), interpolation=cv2.INTER_AREA), np.float32)


def _grown(picture: Array, size: tuple[int, ...]) -> Array:
    """H×W or H×W×C to another size (H, W), bilinearly."""
    return np.asarray(cv2.resize(picture, (size[1], size[0]), interpolation=cv2.INTER_LINEAR), np.float32)
