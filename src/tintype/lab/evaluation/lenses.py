"""Networks that others trained to judge pictures: classes, features, distances."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tintype.arrays import Array
from tintype.errors import ModelError, UsageError
from tintype.lab.nets.classifiers import CLASSIFIERS, InvertedResiduals, load_classifier
from tintype.lab.nets.shuffled import IMAGENET_DEVIATION, IMAGENET_MEAN
from tintype.lab.nets.vgg16 import Vgg16, load_vgg16

JUDGE_SIDE = 224
"""Side at which a classifier judges a picture, pixels."""
CLASSES = 1000


@dataclass(frozen=True)
class Judge:
    """A classifier that says what it sees (re-classification: Zhang et al. 2016, section 3.1,
    "semantic interpretability")."""

    net: nn.Module
    classify: Callable[[Tensor], tuple[Tensor, Tensor]]
    side: int = JUDGE_SIDE

    @classmethod
    def load(cls, name: str) -> "Judge":
        """name: `mobilenet_v2:FILE`, `efficientnet_lite1:FILE`, `vgg16:FILE`, or `vgg16` or
        `resnet50`, whose weights torchvision brings.

        Raises UsageError for another judge or where torchvision is missing, ModelError for a file
        that does not hold it.
        """
        kind, _, path = name.partition(":")
        if kind in CLASSIFIERS and path:
            net = load_classifier(kind, path).eval()
            return cls(net, lambda picture: _classify(net, picture))
        if kind == "vgg16":
            vgg16 = load_vgg16(path)
            return cls(vgg16, lambda picture: _classify_by_vgg16(vgg16, picture))
        if name == "resnet50":
            return cls(*_resnet50())
        raise UsageError(
            f"{name!r} is not a judge; choose {':FILE, '.join(CLASSIFIERS)}:FILE, vgg16 or resnet50"
        )

    @torch.inference_mode()
    def top_classes(self, rgb: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """rgb: H×W×3 float32 sRGB, 0..1. Returns the five likeliest of the classes 0..999, and the
        pooled features."""
        how = cv2.INTER_AREA if min(rgb.shape[:2]) >= self.side else cv2.INTER_LINEAR
        small = cv2.resize(np.asarray(rgb, np.float32), (self.side, self.side), interpolation=how)
        logits, features = self.classify(torch.from_numpy(small.transpose(2, 0, 1).copy())[None])
        return logits[0].topk(5).indices.numpy(), features[0].numpy()


def _classify(net: InvertedResiduals, picture: Tensor) -> tuple[Tensor, Tensor]:
    features = net.pooled(picture * 2 - 1)
    return (
        net.classifier(features)[:, -CLASSES:],
        features,
    )  # MobileNetV2 has "background" before them


def _classify_by_vgg16(net: Vgg16, picture: Tensor) -> tuple[Tensor, Tensor]:
    features = net.pooled(picture)
    return net.classifier[-1](features), features


def _resnet50() -> tuple[nn.Module, Callable[[Tensor], tuple[Tensor, Tensor]]]:
    try:
        from torchvision import models
    except ImportError as error:
        raise UsageError(
            "the judge resnet50 needs torchvision, which brings its weights: pip install"
            " torchvision"
        ) from error
    net = models.resnet50(weights="IMAGENET1K_V1").eval()
    mean, deviation = (torch.tensor(v)[:, None, None] for v in (IMAGENET_MEAN, IMAGENET_DEVIATION))
    last, net.fc = net.fc, nn.Identity()

    def classify(picture: Tensor) -> tuple[Tensor, Tensor]:
        features = net((picture - mean) / deviation)
        return last(features), features

    return net, classify


LPIPS_NETS = ("alex", "vgg", "squeeze")


class Lpips:
    """LPIPS (Zhang et al. 2018, "The Unreasonable Effectiveness of Deep Features as a Perceptual
    Metric"), by its own package.

    net: alex, vgg or squeeze. Raises UsageError for another, or where the package or the weights
    that it fetches are missing.
    """

    def __init__(self, net: str) -> None:
        if net not in LPIPS_NETS:
            raise UsageError(f"{net!r} is not a network of LPIPS; choose {', '.join(LPIPS_NETS)}")
        try:
            import lpips

            self.net = lpips.LPIPS(net=net, verbose=False).eval()
        except (ImportError, OSError) as error:
            raise UsageError(
                f"LPIPS needs its package and weights: pip install lpips ({error})"
            ) from error

    @torch.inference_mode()
    def distance(self, made: Array, true: Array) -> float:
        """Both H×W×3 float32 sRGB, 0..1. 0 for equal pictures."""
        one, other = (
            torch.from_numpy(np.ascontiguousarray(p.transpose(2, 0, 1), np.float32))[None] * 2 - 1
            for p in (made, true)
        )
        return float(self.net(one, other))


class Inception:
    """The features of the Fréchet Inception distance (Heusel et al. 2017), from the TorchScript
    file of the original weights.

    The file (known as inception-2015-12-05.pt) takes N×3×H×W uint8 and `return_features`, and
    resizes by itself.
    Raises ModelError for a file that is none such.
    """

    def __init__(self, path: Path) -> None:
        try:
            self.net = torch.jit.load(str(path), map_location="cpu").eval()
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelError(f"{path} is not a TorchScript file of Inception's weights") from error

    @torch.inference_mode()
    def features(self, rgb: Array) -> Array:
        """rgb: H×W×3 float32 sRGB, 0..1. Returns 2048 numbers."""
        picture = torch.from_numpy(np.rint(rgb.transpose(2, 0, 1) * 255).astype(np.uint8))[None]
        return np.asarray(self.net(picture, return_features=True)[0].float().numpy())
