"""A classifier as judge: pictures in, classes and pooled features out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from tintype.errors import UsageError
from tintype.nets.mobilenet_v2 import MobileNetV2, load_mobilenet_v2

SIDE = 224


@dataclass(frozen=True)
class Judge:
    """MobileNetV2 that says what it sees (re-classification: Zhang et al. 2016, section 3.1, "semantic interpretability")."""

    net: MobileNetV2

    @classmethod
    def load(cls, name: str) -> "Judge":
        """name: `mobilenet_v2:PATH`. Raises UsageError for another judge, ModelError for a file that does not hold it."""
        kind, _, path = name.partition(":")
        if kind != "mobilenet_v2" or not path:
            raise UsageError(f"{name!r} is no judge; write mobilenet_v2:PATH with its safetensors file")
        return cls(load_mobilenet_v2(Path(path)).eval())

    @torch.inference_mode()
    def look(self, rgb: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """rgb: H×W×3 float32 sRGB, 0..1. Returns the five likeliest of the classes 0..999, and the 1280 features."""
        how = cv2.INTER_AREA if min(rgb.shape[:2]) >= SIDE else cv2.INTER_LINEAR
        small = cv2.resize(np.asarray(rgb, np.float32), (SIDE, SIDE), interpolation=how)
        picture = torch.from_numpy(small.transpose(2, 0, 1) * 2 - 1)[None]
        features = self.net.pooled(picture)
        # class 0 of the network is "background"
        likeliest = self.net.classifier(features)[0, 1:].topk(5).indices
        return likeliest.numpy(), features[0].numpy()
