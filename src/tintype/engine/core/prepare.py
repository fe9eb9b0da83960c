"""A photograph prepared once, to be colored often: L* at the sizes that are needed, and what the
network predicted so far."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from tintype.arrays import Array, Pixels
from tintype.cache import Cache, weight_of
from tintype.engine.core.network import Network
from tintype.engine.core.predict import Conditioning, Prediction, predict, predict_view
from tintype.engine.core.render import lightness_of, shrink, single_channel
from tintype.engine.core.screen import without_screen
from tintype.engine.core.sizes import InputView, resize
from tintype.engine.core.tone import chroma_share, stretch_tone, visible_share
from tintype.engine.core.upsample import clean_edges, upsample_ab
from tintype.photo import Photo

# Pixels to which ab is upsampled along the edges of L*; the last, small factor is bilinear.
GUIDED_PIXELS = 400_000
# A picture with parts is upsampled with this many times more guide pixels.
PAGE_PIXELS_FACTOR = 4
# Bytes of predictions and other results kept with a photograph, and with a part of one.
MAX_CACHE_BYTES, MAX_PART_CACHE_BYTES = 48 * 2**20, 12 * 2**20
# Resolution at which the effect of hints is predicted, as a share of the first view's: the effect
# is smooth, and takes half the time.
HINT_VIEW_SCALE = 2 / 3


@dataclass(frozen=True)
class Part:
    """A part of a picture that is colored separately. pixels: the part, upright. corners: 4×2,
    its corners in the picture (x, y in pixels; top left, top right, bottom right, bottom left).
    weight: h×w at any size, 0..1, how much its own coloring counts at each of its places."""

    pixels: Pixels
    corners: Array
    weight: Array

    def lay(self, values: Array, size: tuple[int, ...], factor: int) -> Array:
        """Values of the part, h×w or h×w×C at any size, at their place in a copy of the picture
        that is `factor` times smaller and has `size`: H×W or H×W×C, 0 elsewhere."""
        height, width = values.shape[:2]
        own = np.array(
            [(-0.5, -0.5), (width - 0.5, -0.5), (width - 0.5, height - 0.5), (-0.5, height - 0.5)],
            np.float32,
        )
        target = ((self.corners + 0.5) / factor - 0.5).astype(np.float32)
        transform = cv2.getPerspectiveTransform(own, target)
        return np.asarray(cv2.warpPerspective(values, transform, (size[1], size[0])), np.float32)


@dataclass(frozen=True, eq=False, repr=False)
class Prepared:
    """A photograph, and what is known of it before any guidance. Threads may share it.

    pixels: the photograph's, H×W where all channels are equal. lightness: L*, h×w, without a
    printing screen, at the guided size, `factor` times smaller than the photograph. views: as the
    network sees it. visible: how much there is to color, 0..1. parts: what is colored separately,
    such as the photographs on an album page. ink: where that page is no paper, h×w of any size,
    0..1, or None. cache: all that was computed since, here and by the assistants.
    """

    photo: Photo
    pixels: Pixels
    lightness: Array
    views: tuple[InputView, ...]
    network: Network
    factor: int = 1
    visible: float = 1.0
    parts: tuple[tuple[Part, "Prepared"], ...] = ()
    ink: Array | None = None
    cache: Cache = field(default_factory=lambda: Cache(MAX_CACHE_BYTES))

    def __repr__(self) -> str:
        return f"<Prepared {self.photo!r} for {self.network!r}>"

    def _repr_png_(self) -> bytes:
        return self.photo._repr_png_()

    @property
    def weight(self) -> int:
        """Bytes that it takes now."""
        photo = self.photo.pixels, self.photo.alpha
        own = () if self.pixels is self.photo.pixels else (self.pixels,)
        parts = sum(prepared.weight for _, prepared in self.parts)
        return weight_of((photo, own, self.lightness, self.views)) + self.cache.weight + parts

    @property
    def prediction(self) -> Prediction:
        """The network's prediction without conditioning."""
        return self.cache.get(
            "prediction", lambda: predict(self.network, self.views, self.lightness.shape)
        )

    @property
    def strength(self) -> float:
        """The factor that multiplies the network's ab: a regression predicts the mean of the
        possible colors, which is too pale."""
        return self.network.metadata.vividness * self.visible

    @property
    def plain(self) -> Array:
        """ab without guidance, h×w×2 at the network's own size, CIELAB units."""
        return self.cache.get("plain", self._plain)

    def _plain(self) -> Array:
        own = np.asarray(self.prediction.ab * np.float32(self.strength), np.float32)
        return own if self.blend is None else own + self.blend

    @property
    def blend(self) -> Array | None:
        """What partners of the network add to its ab without guidance, h×w×2; None without them."""
        if not self.network.partners:
            return None
        return self.cache.get("blend", self._blend)

    def _blend(self) -> Array:
        own, size = self.prediction, self.prediction.ab.shape[:2]
        certain = own.certainty
        weight = np.full(size, 0.5, np.float32) if certain is None else resize(certain, size)
        total, weights = np.zeros_like(own.ab), weight.copy()
        for partner in self.network.partners:
            views = [stretched(_view(partner, self.lightness, each)) for each in partner.sizes]
            other = predict(partner, views, self.lightness.shape)
            # who predicts no distribution counts where the first network is in doubt
            share = 1 - weight if other.certainty is None else resize(other.certainty, size)
            strength = partner.metadata.vividness * self.visible
            total += share[..., None] * (resize(other.ab, size) * strength - own.ab * self.strength)
            weights += share
        return np.asarray(total / np.maximum(weights, 1e-6)[..., None], np.float32)

    @property
    def raised(self) -> Array:
        """ab without guidance at the size of `lightness`, with clean edges."""
        return self.cache.get("raised", self._raised)

    def _raised(self) -> Array:
        whole = raise_ab(self.plain, self.lightness)
        if not self.parts:
            return whole
        size = self.lightness.shape
        total, weights = np.zeros_like(whole), np.zeros(size, np.float32)
        for part, prepared in self.parts:
            weight = part.lay(resize(part.weight, prepared.lightness.shape), size, self.factor)
            total += weight[..., None] * part.lay(prepared.raised, size, self.factor)
            weights += weight
        rest = np.clip(1 - weights, 0, 1)
        colored = rest if self.ink is None else rest * resize(self.ink, size)
        return np.asarray(
            (total + colored[..., None] * whole) / (weights + rest)[..., None], np.float32
        )

    @property
    def coarse(self) -> Array:
        """`raised` at the network's own size."""
        if not self.parts:
            return self.plain
        return self.cache.get("coarse", lambda: resize(self.raised, self.plain.shape))

    def view_for(self, network: Network) -> InputView:
        """The whole picture as another network sees it."""
        return stretched(_view(network, self.lightness, network.size))

    def conditioned(self, conditioning: Conditioning, key: Hashable) -> Prediction:
        """The network's prediction with a conditioning, which `key` identifies."""
        return self.cache.get(
            ("conditioned", key),
            lambda: predict(self.network, self.views, self.lightness.shape, conditioning),
        )

    def hint_effect(self, conditioning: Conditioning, hints: Hashable, key: Hashable) -> Array:
        """Difference of the network's ab with and without hints: h×w×2, smaller than its
        prediction. One pass; two for the first hints.

        hints, key: identify the hints and the rest of the conditioning.
        """
        accepted = conditioning.accepted_by(self.network)
        if accepted.hint is None:
            return np.zeros((1, 1, 2), np.float32)
        return self._hint_view_ab(accepted, ("hinted", hints, key)) - self._hint_view_ab(
            replace(accepted, hint=None), ("unhinted", key)
        )

    def _hint_view_ab(self, conditioning: Conditioning, key: Hashable) -> Array:
        first = self.views[0]
        size = round(HINT_VIEW_SCALE * (first.size[0] * first.size[1]) ** 0.5)
        return self.cache.get(
            key,
            lambda: (
                predict_view(
                    self.network, _view(self.network, first.lightness, size), ("ab",), conditioning
                ).ab
            ),
        )


def prepare(
    network: Network,
    photo: Photo,
    sizes: Sequence[int],
    parts: Sequence[Part] = (),
    ink: Array | None = None,
) -> Prepared:
    """Compute L* at the sizes that are needed; the network runs later.

    sizes: of the views. parts, ink: as of `Prepared`.
    """
    whole = photo.with_pixels(single_channel(photo.pixels))
    pixels_factor = PAGE_PIXELS_FACTOR if parts else 1
    return replace(
        _prepare(network, whole, sizes, Cache(MAX_CACHE_BYTES), pixels_factor),
        photo=photo,
        parts=tuple(
            (part, _prepare(network, Photo(part.pixels), sizes, Cache(MAX_PART_CACHE_BYTES)))
            for part in parts
        ),
        ink=ink,
    )


def _prepare(
    network: Network, photo: Photo, sizes: Sequence[int], cache: Cache, pixels_factor: int = 1
) -> Prepared:
    factor = guided_factor(photo.pixels, pixels_factor)
    lightness = without_screen(lightness_of(shrink(photo.pixels, factor)))
    views = [_view(network, lightness, size) for size in sizes]
    return Prepared(
        photo,
        photo.pixels,
        lightness,
        tuple(map(stretched, views)),
        network,
        factor,
        visible_share(views[0].lightness),
        cache=cache,
    )


def prepare_lightness(network: Network, lightness: Array, sizes: Sequence[int]) -> Prepared:
    """As `prepare`, from L* (H×W float32, 0..100) at its own size, without stretched tones."""
    lightness = np.ascontiguousarray(lightness, np.float32)
    views = tuple(_view(network, lightness, size) for size in sizes)
    return Prepared(Photo(lightness / np.float32(100)), lightness, lightness, views, network)


def guided_factor(pixels: Pixels, pixels_factor: int = 1) -> int:
    """How many times smaller than a picture ab is guided, so that it has about `GUIDED_PIXELS` ·
    pixels_factor."""
    area = pixels.shape[0] * pixels.shape[1]
    return max(1, round((area / (GUIDED_PIXELS * pixels_factor)) ** 0.5))


def stretched(view: InputView) -> InputView:
    """The view with its tones stretched, if they are faded."""
    return InputView(stretch_tone(view.lightness))


def _view(network: Network, lightness: Array, size: int) -> InputView:
    return InputView.of(lightness, size, network.metadata.shape == "square")


def raise_ab(ab: Array, lightness: Array, region: Array | None = None) -> Array:
    """ab, h×w×2, at the size of lightness, H×W, with clean edges; where the picture is very faded,
    its black stays gray. region: H×W, where ab is valid, 0..1; None: everywhere."""
    clean = clean_edges(upsample_ab(ab, lightness), ab, lightness, region)
    share = chroma_share(lightness)
    return clean if share is None else clean * share[..., None]
