"""Networks that others trained to compare pictures, for who has them: pictures in, a distance or
features out."""

from pathlib import Path

import numpy as np
import torch

from tintype.arrays import Array
from tintype.errors import ModelError, UsageError

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
