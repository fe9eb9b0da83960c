"""A classifier as judge: pictures in, classes and pooled features out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tintype.errors import UsageError
from tintype.lab.nets.classifiers import CLASSIFIERS, InvertedResiduals, load_classifier

SIDE = 224
CLASSES = 1000
TORCHVISION = ("vgg16", "resnet50")


@dataclass(frozen=True)
class Judge:
    """A classifier that says what it sees (re-classification: Zhang et al. 2016, section 3.1,
    "semantic interpretability")."""

    net: nn.Module
    classify: Callable[[Tensor], tuple[Tensor, Tensor]]
    side: int = SIDE

    @classmethod
    def load(cls, name: str) -> "Judge":
        """name: `mobilenet_v2:PATH`, `efficientnet_lite1:PATH`, `vgg16` or `resnet50`, whose
        weights torchvision brings.

        Raises UsageError for another judge or where torchvision is missing, ModelError for a file
        that does not hold it.
        """
        kind, _, path = name.partition(":")
        if kind in CLASSIFIERS and path:
            net = load_classifier(kind, path).eval()
            return cls(net, lambda picture: _look(net, picture))
        if name in TORCHVISION:
            return cls(*_torchvision(name))
        raise UsageError(
            f"{name!r} is not a judge; choose {':PATH, '.join(CLASSIFIERS)}:PATH,"
            f" {' or '.join(TORCHVISION)}"
        )

    @torch.inference_mode()
    def look(self, rgb: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """rgb: H×W×3 float32 sRGB, 0..1. Returns the five likeliest of the classes 0..999, and the
        pooled features."""
        how = cv2.INTER_AREA if min(rgb.shape[:2]) >= self.side else cv2.INTER_LINEAR
        small = cv2.resize(np.asarray(rgb, np.float32), (self.side, self.side), interpolation=how)
        logits, features = self.classify(torch.from_numpy(small.transpose(2, 0, 1).copy())[None])
        return logits[0].topk(5).indices.numpy(), features[0].numpy()


def _look(net: InvertedResiduals, picture: Tensor) -> tuple[Tensor, Tensor]:
    features = net.pooled(picture * 2 - 1)
    return (
        net.classifier(features)[:, -CLASSES:],
        features,
    )  # MobileNetV2 has "background" before them


def _torchvision(name: str) -> tuple[nn.Module, Callable[[Tensor], tuple[Tensor, Tensor]]]:
    try:
        from torchvision import models
    except ImportError as error:
        raise UsageError(
            f"the judge {name} needs torchvision, which brings its weights: pip install torchvision"
        ) from error
    net = getattr(models, name)(weights="IMAGENET1K_V1").eval()
    mean, deviation = (
        torch.tensor(v)[:, None, None] for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    )
    seen: list[Tensor] = []
    last = net.fc if name == "resnet50" else net.classifier[-1]
    last.register_forward_pre_hook(lambda _, given: seen.append(given[0]))

    def classify(picture: Tensor) -> tuple[Tensor, Tensor]:
        seen.clear()
        logits = net((picture - mean) / deviation)
        return logits, seen[0]

    return net, classify
