"""A photograph made ready to be colored again and again: its lightness at the sizes that are
needed, and the network's own answer."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import cv2
import numpy as np

from tintype.arrays import Array, Pixels
from tintype.contract import OUTPUTS
from tintype.engine.core.network import Network
from tintype.engine.core.render import lightness_of, shrink, single_channel
from tintype.engine.core.sizes import Working, resize, shrink_hint
from tintype.engine.core.tone import stretch_tone, visible_share
from tintype.engine.core.upsample import clean_edges, upsample_ab
from tintype.once import once
from tintype.photo import Photo

T = TypeVar("T")

GUIDED_PIXELS = 400_000
"""ab is brought to this size along the edges of L*; the last, small factor is bilinear."""
PAGE = 4
"""A picture with parts is guided at a size with so many times more pixels, since each part is to
have edges of its own."""
BROAD = 0.0375
"""Standard deviation of the Gaussian that parts broad colors from details, by the length of a
side."""
KEPT_ANSWERS = 16
"""Answers to wishes that are kept, so that to take a wish back costs no network pass."""
HINTED = 2 / 3
"""Hints are shown to the network at this share of its size: what they change is smooth, and takes
half the time."""


@dataclass(frozen=True)
class Look:
    """The picture as the network sees it once. shown: L* at working size."""

    working: Working
    shown: Array


@dataclass(frozen=True, eq=False)
class Answer:
    """What a network says at its own sizes, the padding cut away: ab h×w×2; where it has them,
    saliency h×w (0..1), logits over ab bins h×w×Q and features h×w×C."""

    ab: Array
    saliency: Array | None = None
    logits: Array | None = None
    features: Array | None = None

    @once
    def roots(self) -> Array | None:
        """The square roots of the distributions over ab bins, h×w×Q: their Euclidean distance is √2
        times Hellinger's."""
        if self.logits is None:
            return None
        odds = np.exp(self.logits - self.logits.max(-1, keepdims=True))
        return np.sqrt(odds / odds.sum(-1, keepdims=True))


@dataclass(frozen=True)
class Wish:
    """What a network can be asked for, at any size: hint H×W×3, region H×W, palette K."""

    hint: Array | None = None
    region: Array | None = None
    palette: Array | None = None

    def heard(self, network: Network) -> "Wish":
        """What of it the network takes."""
        return Wish(
            **{
                name: getattr(self, name)
                for name in ("hint", "region", "palette")
                if name in network.inputs
            }
        )

    @property
    def is_empty(self) -> bool:
        return self.hint is None and self.region is None and self.palette is None


NOTHING = Wish()


@dataclass(frozen=True)
class Part:
    """pixels: the part, upright. corners: 4×2, where its corners lie in the picture (x, y in
    pixels; top left, top right, bottom right, bottom left). weight: h×w at any size, 0..1, how much
    its own coloring counts at each of its places.
    """

    pixels: Pixels
    corners: Array
    weight: Array

    def lay(self, found: Array, size: tuple[int, ...], factor: int) -> Array:
        """What was computed for the part, h×w or h×w×C at any size, where the part lies in a copy
        of the picture that is `factor` times smaller and has `size`: H×W or H×W×C, 0 elsewhere."""
        height, width = found.shape[:2]
        own = np.array(
            [(-0.5, -0.5), (width - 0.5, -0.5), (width - 0.5, height - 0.5), (-0.5, height - 0.5)],
            np.float32,
        )
        there = ((self.corners + 0.5) / factor - 0.5).astype(np.float32)
        return np.asarray(
            cv2.warpPerspective(found, cv2.getPerspectiveTransform(own, there), (size[1], size[0])),
            np.float32,
        )


@dataclass(frozen=True, eq=False)
class Prepared:
    """A photograph and what is known of it before anything is asked. Threads may share it.

    pixels: the photograph's, H×W where all channels are alike. lightness: L*, h×w, at the guided
    size, `factor` times smaller than the photograph. visible: how much there is to color, 0..1.
    parts: what is seen by itself, such as the photographs on an album page. ink: where that page is
    no paper, h×w of any size, 0..1, or None.
    """

    photo: Photo
    pixels: Pixels
    lightness: Array
    looks: tuple[Look, ...]
    network: Network
    factor: int = 1
    visible: float = 1.0
    parts: tuple[tuple[Part, "Prepared"], ...] = ()
    ink: Array | None = None
    _answers: "OrderedDict[Hashable, Answer]" = field(default_factory=OrderedDict, repr=False)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _kept: dict[str, Any] = field(default_factory=dict, repr=False)

    def keep(self, name: str, find: Callable[[], T]) -> T:
        """What another part of the engine finds out about the photograph, once."""
        with self.lock:
            if name in self._kept:
                return self._kept[name]  # type: ignore[no-any-return]
        found = find()
        with self.lock:
            return self._kept.setdefault(name, found)  # type: ignore[no-any-return]

    @once
    def answer(self) -> Answer:
        """The network's answer when nothing is asked."""
        return ask(self.network, self.looks, self.lightness.shape, Wish())

    @property
    def strength(self) -> float:
        """The factor that multiplies the network's ab: a regression predicts a mean of the possible
        colors, which is too pale."""
        return self.network.metadata.vividness * self.visible

    @once
    def plain(self) -> Array:
        """ab when nothing is asked, h×w×2 at the network's own size, CIELAB units."""
        return np.asarray(self.answer.ab * np.float32(self.strength), np.float32)

    @once
    def raised(self) -> Array:
        """ab when nothing is asked at the size of `lightness`, with clean edges."""
        whole = raise_ab(self.plain, self.lightness)
        if not self.parts:
            return whole
        size = self.lightness.shape
        total, weights = np.zeros_like(whole), np.zeros(size, np.float32)
        for part, prepared in self.parts:
            weight = part.lay(resize(part.weight, prepared.lightness.shape), size, self.factor)
            total += weight[..., None] * part.lay(prepared.raised, size, self.factor)
            weights += weight
        alone = np.clip(1 - weights, 0, 1)
        paper = alone if self.ink is None else alone * resize(self.ink, size)
        return np.asarray(
            (total + paper[..., None] * whole) / (weights + alone)[..., None], np.float32
        )

    @once
    def coarse(self) -> Array:
        """`raised` at the network's own size."""
        return resize(self.raised, self.plain.shape) if self.parts else self.plain

    @property
    def saliency(self) -> Array | None:
        """How much each place belongs to a foreground object: h×w, 0..1, where the network predicts
        it."""
        return self.answer.saliency

    @property
    def logits(self) -> Array | None:
        """The network's unnormalized log-probabilities over `ab_bins()`: h×w×Q, where it predicts
        them."""
        return self.answer.logits

    def looks_of(self, network: Network) -> tuple[Look, ...]:
        """The whole picture as another network sees it."""
        look = _look(network, self.lightness, network.size)
        return (Look(look.working, stretch_tone(look.shown)),)

    def asked(self, wish: Wish, key: Hashable) -> Answer:
        """The network's answer to a wish, cached. key: identifies the wish."""
        heard = wish.heard(self.network)
        if heard.is_empty:
            return self.answer
        return self._remember(
            ("asked", key), lambda: ask(self.network, self.looks, self.lightness.shape, heard)
        )

    def moved(self, wish: Wish, hints: Hashable, rest: Hashable) -> Array:
        """What the hints of a wish change in the network's ab: h×w×2, smaller than its answer. One
        pass; two for the first hints.

        hints, rest: identify the wish's hints and the rest of it.
        """
        heard = wish.heard(self.network)
        if heard.hint is None:
            return np.zeros((1, 1, 2), np.float32)
        before = replace(heard, hint=None)
        with_hints = self._remember(
            ("hinted", hints, rest), lambda: answer_to(self.network, self.hinted, ("ab",), heard)
        )
        without = self._remember(
            ("unhinted", rest), lambda: answer_to(self.network, self.hinted, ("ab",), before)
        )
        return with_hints.ab - without.ab

    @once
    def hinted(self) -> Look:
        """The picture as the network sees it with hints."""
        height, width = self.looks[0].working.size
        smaller = round(HINTED * (height * width) ** 0.5)
        working = Working.of(height, width, smaller, self.network.metadata.shape == "square")
        return Look(working, resize(self.looks[0].shown, working.size))

    def _remember(self, key: Hashable, find: Callable[[], Answer]) -> Answer:
        with self.lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return self._answers[key]
        found = find()
        with self.lock:
            self._answers[key] = found
            while len(self._answers) > KEPT_ANSWERS:
                self._answers.popitem(last=False)
        return found


def prepare(
    network: Network,
    photo: Photo,
    sizes: list[int],
    parts: Sequence[Part] = (),
    ink: Array | None = None,
) -> Prepared:
    """Compute lightness at the sizes that are needed; the network runs later.

    parts, ink: what of the picture is processed separately, as of `Prepared`.
    """
    whole = _prepare(
        network, photo.with_pixels(single_channel(photo.pixels)), sizes, PAGE if parts else 1
    )
    each = tuple((part, _prepare(network, Photo(part.pixels), sizes)) for part in parts)
    return replace(whole, photo=photo, parts=each, ink=ink)


def _prepare(network: Network, photo: Photo, sizes: list[int], larger: int = 1) -> Prepared:
    height, width = photo.pixels.shape[:2]
    factor = max(1, round((height * width / (GUIDED_PIXELS * larger)) ** 0.5))
    lightness = lightness_of(shrink(photo.pixels, factor))
    looks = [_look(network, lightness, size) for size in sizes]
    stretched = tuple(Look(look.working, stretch_tone(look.shown)) for look in looks)
    return Prepared(
        photo, photo.pixels, lightness, stretched, network, factor, visible_share(looks[0].shown)
    )


def prepare_lightness(network: Network, lightness: Array, sizes: list[int]) -> Prepared:
    """As `prepare`, of L* (H×W float32, 0..100) as it is: without stretched tones, at its own
    size."""
    lightness = np.ascontiguousarray(lightness, np.float32)
    looks = tuple(_look(network, lightness, size) for size in sizes)
    return Prepared(Photo(lightness / np.float32(100)), lightness, lightness, looks, network)


def _look(network: Network, lightness: Array, size: int) -> Look:
    working = Working.of(
        lightness.shape[0], lightness.shape[1], size, network.metadata.shape == "square"
    )
    return Look(working, resize(lightness, working.size))


def ask(network: Network, looks: tuple[Look, ...], largest: tuple[int, ...], wish: Wish) -> Answer:
    """Show the network the picture at each size and join what it says.

    Objects are colored as seen at the higher resolution, where a face is a face; what surrounds
    them has its broad colors from the whole picture, its details from the higher resolution.
    largest: ab come no larger than this.
    """
    answer = answer_to(network, looks[0], wish=wish)
    ab = answer.ab
    for look in looks[1:]:
        closer = answer_to(network, look, ("ab", "saliency"), wish)
        if closer.saliency is not None:
            size = closer.ab.shape[:2]
            apart = cv2.GaussianBlur(
                closer.ab - resize(ab, size), (0, 0), BROAD * (size[0] * size[1]) ** 0.5
            )
            ab = closer.ab - (1 - resize(closer.saliency, size)[..., None]) * apart
    ab = resize(ab, (min(ab.shape[0], largest[0]), min(ab.shape[1], largest[1])))
    return Answer(ab, answer.saliency, answer.logits, answer.features)


def answer_to(
    network: Network, look: Look, wanted: Sequence[str] = OUTPUTS, wish: Wish = NOTHING
) -> Answer:
    """The network's answer to the picture seen once. wanted: outputs, ab among them."""
    working = look.working
    found = network.predict(
        working.pad(look.shown),
        (
            None
            if wish.hint is None
            else working.pad(shrink_hint(wish.hint, working.size), edge=False)
        ),
        None if wish.region is None else working.pad(resize(wish.region, working.size)),
        None if wish.palette is None else wish.palette[None],
        wanted,
    )
    ab = working.crop(found.ab)
    saliency, logits, features = (
        None if told is None else working.crop(told)
        for told in (found.saliency, found.ab_logits, found.features)
    )
    return Answer(ab, None if saliency is None else saliency[..., 0], logits, features)


def raise_ab(ab: Array, lightness: Array, region: Array | None = None) -> Array:
    """ab, h×w×2, at the size of lightness, H×W, with clean edges. region: H×W, outside of which ab
    tell nothing, or None."""
    return clean_edges(upsample_ab(ab, lightness), ab, lightness, region)
