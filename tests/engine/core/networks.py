"""Networks that are plain functions, for tests of what happens around a network."""

from pathlib import Path

import numpy as np

from tintype.contract import NetworkMetadata
from tintype.engine.core.network import Outputs


class Fake:
    """ab is (L*/10, 0) plus the hint's color and the palette's first value where there is a region;
    saliency is 1 in the right half. calls: the inputs of each pass."""

    path = Path("fake.onnx")
    partners = ()

    def __init__(self, inputs=("lightness", "hint", "region", "palette"), size=64, **metadata):
        self.inputs, self.size, self.sizes = frozenset(inputs), size, [size]
        self.metadata = NetworkMetadata(size=size, **metadata)
        self.calls = []

    def predict(self, lightness, hint=None, region=None, palette=None, wanted=("ab",)):
        self.calls.append({"lightness": lightness, "hint": hint, "region": region})
        ab = np.concatenate([lightness / 10, np.zeros_like(lightness)], 1)
        if hint is not None:
            ab = ab + hint[:, :2] * hint[:, 2:]
        if palette is not None:
            ab = ab + palette[0, 0]
        if region is not None:
            ab = ab * region
        saliency = np.zeros_like(lightness)
        saliency[..., lightness.shape[3] // 2 :] = 1
        return Outputs(ab.astype(np.float32), saliency)
