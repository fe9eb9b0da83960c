"""The keys of a shot in; the same keys with their broad colors drawn together, out.

A network sees each key by itself, and may take a road for gray here and for lawn later. Places of
two keys that are alike by the features of the network's encoder are one thing, which has one color
in a shot: the mean of what all keys say of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import cv2
import numpy as np

from tintype.arrays import Array
from tintype.film.motion import resized

OPINIONS = 10
"""Keys of earlier windows, and of this one, to which a key is compared."""
SHARPNESS = 12.5
"""How strongly the places of a key that are most alike count, by cosine."""
UNLIKE_COSINE, ALIKE_COSINE = 0.1, 0.4
"""Cosines of the best place of another key at which that key's opinion begins to count, and
counts in full."""
LIGHTNESS_SCALE = 17.0
"""Difference of L* that costs a match a cosine of 1."""
OWN_WEIGHT = 0.5
"""Weight of what a key says itself, to one other key."""
BLENDED_SHARE = 0.5
"""How far a key is compared as blended as the opinions of others: 1 keeps all of its contrast, and
its stains with it; 0 loses both."""
MAX_GAIN = 1.2
"""Limit of the factor that gives the chroma back which averaging takes."""


@dataclass(frozen=True)
class KeyColors:
    """A key as the network colors it.

    ab: h×w×2 float32, CIELAB units, at flow size. features: H×W×C float32, of the encoder; two
    places have the sum of their products as cosine; None: unknown. light: H×W, L*. change: h×w×2,
    what hints and strokes add to ab, as it is.
    """

    ab: Array
    features: Array | None = None
    light: Array | None = None
    change: Array | None = None


@dataclass(frozen=True)
class _Opinion:
    """Every second place of every second row of a key. features: n×C. ab: n×2. light: n; float16
    all."""

    features: Any
    ab: Any
    light: Any

    @classmethod
    def of(cls, key: KeyColors, ab: Array) -> "_Opinion":
        assert key.features is not None and key.light is not None
        planes = key.features, resized(ab, key.light.shape), key.light[..., None]
        features, colors, light = (
            plane[::2, ::2].reshape(-1, plane.shape[-1]).astype(np.float16) for plane in planes
        )
        return cls(features, colors, light[:, 0])


@dataclass
class ShotPalette:
    """What the keys of a shot so far say. gain: factor of all chroma of the shot."""

    opinions: list[_Opinion] = field(default_factory=list)
    gain: float | None = None

    def drawn_together(self, keys: Sequence[KeyColors], settled: int) -> list[Array]:
        """The ab of each key, h×w×2, with the broad colors that it shares with the others.

        settled: how many of the keys, from the first, belong to frames that are done; later windows
        follow these.
        """
        known = [n for n, key in enumerate(keys) if key.features is not None]
        opinions = {n: _Opinion.of(keys[n], keys[n].ab) for n in known}
        colors = [key.ab for key in keys]
        for n in known:
            others = _spread([m for m in known if m != n])
            if chosen := [opinions[m] for m in others] + self.opinions:
                colors[n] = _drawn_to(keys[n], opinions[n], chosen)
        if self.gain is None and len(known) > 1:
            before, after = (
                sum(float(np.square(ab).sum()) for ab in each)
                for each in ([key.ab for key in keys], colors)
            )
            self.gain = float(np.clip((before / max(after, 1e-6)) ** 0.5, 1, MAX_GAIN))
        self.opinions += [_Opinion.of(keys[n], colors[n]) for n in known if n < settled]
        del self.opinions[1 : max(1, len(self.opinions) - OPINIONS + 1)]  # the first one stays
        gained = (ab * np.float32(self.gain or 1) for ab in colors)
        return [
            np.asarray(ab if key.change is None else ab + key.change, np.float32)
            for key, ab in zip(keys, gained, strict=True)
        ]

    def to_arrays(self) -> dict[str, Any]:
        arrays: dict[str, Any] = {} if self.gain is None else {"palette-gain": self.gain}
        for n, each in enumerate(self.opinions):
            arrays |= {f"palette-{n}-{name}": value for name, value in vars(each).items()}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> "ShotPalette":
        """The inverse of `to_arrays`."""

        def opinions() -> Iterator[_Opinion]:
            for n in count():
                if f"palette-{n}-ab" not in arrays:
                    return
                yield _Opinion(
                    **{
                        name: arrays[f"palette-{n}-{name}"]
                        for name in _Opinion.__dataclass_fields__
                    }
                )

        gain = float(arrays["palette-gain"]) if "palette-gain" in arrays else None
        return cls(list(opinions()), gain)


def _spread(numbers: Sequence[int]) -> list[int]:
    """At most `OPINIONS` of the numbers, evenly spread."""
    if len(numbers) <= OPINIONS:
        return list(numbers)
    return [numbers[round(n)] for n in np.linspace(0, len(numbers) - 1, OPINIONS)]


def _drawn_to(key: KeyColors, own: _Opinion, opinions: Sequence[_Opinion]) -> Array:
    """The ab of a key, changed by how the opinions of others differ from its own.

    The opinions of one place blend many alike places, which alone would take contrast. So the key's
    own opinion is partly blended, too.
    """
    assert key.features is not None and key.light is not None
    size = key.light.shape
    features, light = key.features.reshape(key.light.size, -1), key.light.reshape(-1, 1)

    def cosines(opinion: _Opinion) -> Any:
        cosine = features @ opinion.features.astype(np.float32).T
        difference = (light - opinion.light.astype(np.float32)) / np.float32(LIGHTNESS_SCALE)
        return np.asarray(cosine - np.square(difference), np.float32)

    total, weights, likeness = np.float32(0), np.float32(0), np.float32(0)
    for each in opinions:
        cosine = cosines(each)
        best = cosine.max(1, keepdims=True)
        trust = np.clip((best - UNLIKE_COSINE) / (ALIKE_COSINE - UNLIKE_COSINE), 0, 1)
        total = total + trust * _blended(cosine, best, each)
        weights, likeness = weights + trust, likeness + trust * best
    best = likeness / np.maximum(weights, np.float32(1e-6))
    ab: Any = resized(key.ab, size).reshape(-1, 2)
    blended = _blended(np.minimum(cosines(own), best), best, own)
    ab = ab + np.float32(BLENDED_SHARE) * (blended - ab)
    change = ((total - weights * ab) / (weights + np.float32(OWN_WEIGHT))).reshape(*size, 2)
    smooth = cv2.GaussianBlur(change.astype(np.float32), (0, 0), 1)
    return np.asarray(key.ab + resized(smooth, key.ab.shape[:2], cv2.INTER_LINEAR), np.float32)


def _blended(cosine: Any, best: Any, opinion: _Opinion) -> Any:
    """n×2: for each place the mean ab of an opinion's m places, weighted by their cosines (n×m).
    best: n×1, their maximum."""
    shares: Any = cv2.exp((cosine - best) * np.float32(SHARPNESS))
    return (shares @ opinion.ab.astype(np.float32)) / shares.sum(1, keepdims=True)
