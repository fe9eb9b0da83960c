"""What a network predicts of one picture, seen at one or two resolutions."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from tintype.arrays import Array
from tintype.contract import COLOR_OUTPUTS
from tintype.engine.core.network import Network
from tintype.engine.core.sizes import InputView, resize, shrink_hint, shrink_to

# Standard deviation of the Gaussian that separates broad colors from detail, by the mean side.
BROAD_SIGMA = 0.0375


@dataclass(frozen=True, eq=False)
class Prediction:
    """A network's outputs for one picture at its own sizes, without padding: ab h×w×2 in CIELAB
    units; where it has them, saliency h×w (0..1), logits over ab bins h×w×Q and features h×w×C."""

    ab: Array
    saliency: Array | None = None
    logits: Array | None = None
    features: Array | None = None

    @cached_property
    def roots(self) -> Array | None:
        """Square roots of the distributions over ab bins, h×w×Q: their Euclidean distance is √2
        times Hellinger's."""
        if self.logits is None:
            return None
        odds = np.exp(self.logits - self.logits.max(-1, keepdims=True))
        return np.asarray(np.sqrt(odds / odds.sum(-1, keepdims=True)))

    @property
    def certainty(self) -> Array | None:
        """h×w, 0 where all colors are as likely, 1 where one alone is: 1 less the entropy of the
        distribution over ab bins, as a share of the largest. None without logits."""
        if self.roots is None:
            return None
        shares = np.square(self.roots)
        entropy = -(shares * np.log(np.maximum(shares, 1e-12))).sum(-1)
        return np.asarray(1 - entropy / np.log(shares.shape[-1]), np.float32)


@dataclass(frozen=True, eq=False)
class Conditioning:
    """Inputs of a network besides lightness, at any size: hint H×W×3 (a*, b*, confidence), region
    H×W (0..1), palette K. None: not given."""

    hint: Array | None = None
    region: Array | None = None
    palette: Array | None = None

    def accepted_by(self, network: Network) -> "Conditioning":
        """The inputs that this network accepts."""
        return Conditioning(**{name: v for name, v in vars(self).items() if name in network.inputs})

    @property
    def is_empty(self) -> bool:
        """Whether no input is given."""
        return self.hint is None and self.region is None and self.palette is None


UNCONDITIONED = Conditioning()


def predict(
    network: Network,
    views: Sequence[InputView],
    max_size: tuple[int, ...],
    conditioning: Conditioning = UNCONDITIONED,
) -> Prediction:
    """Show the network a picture at each resolution and merge the ab.

    views: the whole picture first, then at higher resolutions, which color the salient objects;
    the surroundings keep the broad colors of the first view and take their detail from the next.
    max_size: (H, W) that ab does not exceed.
    """
    first = predict_view(network, views[0], COLOR_OUTPUTS, conditioning)
    ab = first.ab
    for view in views[1:]:
        closer = predict_view(network, view, ("ab", "saliency"), conditioning)
        if closer.saliency is not None:
            size = closer.ab.shape[:2]
            broad = cv2.GaussianBlur(
                closer.ab - resize(ab, size), (0, 0), BROAD_SIGMA * (size[0] * size[1]) ** 0.5
            )
            ab = closer.ab - (1 - resize(closer.saliency, size)[..., None]) * broad
    return Prediction(shrink_to(ab, max_size), first.saliency, first.logits, first.features)


def predict_view(
    network: Network,
    view: InputView,
    wanted: Sequence[str] = COLOR_OUTPUTS,
    conditioning: Conditioning = UNCONDITIONED,
) -> Prediction:
    """The network's prediction for one view. wanted: names of outputs, `ab` among them."""
    hint, region, palette = conditioning.hint, conditioning.region, conditioning.palette
    outputs = network.predict(
        view.pad(view.lightness),
        None if hint is None else view.pad(shrink_hint(hint, view.size), mirror=False),
        None if region is None else view.pad(resize(region, view.size)),
        None if palette is None else palette[None],
        wanted,
    )
    saliency, logits, features = (
        None if output is None else view.crop(output)
        for output in (outputs.saliency, outputs.ab_logits, outputs.features)
    )
    saliency = None if saliency is None else saliency[..., 0]
    return Prediction(view.crop(outputs.ab), saliency, logits, features)
