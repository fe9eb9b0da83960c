"""Networks of every system, small enough for tests."""

from tintype.lab.nets.colorful import Colorful
from tintype.lab.nets.colornet import ColorNet
from tintype.lab.nets.scgan import Scgan
from tintype.lab.nets.unet import UNet

NETWORKS = {
    "unet": lambda: UNet(8, 6),
    "unet, residual, saliency": lambda: UNet(8, 6, residual=True, saliency=True),
    "unet, DCGAN": lambda: UNet(8, 6, "transposed", 0, skips=False),
    "colorful": lambda: Colorful(8),
    "colorful, regressing": lambda: Colorful(8, bins=False),
    "colornet": lambda: ColorNet(4),
    "colornet, mended": lambda: ColorNet(4, "lightness", "strided", "resize+conv", "centered"),
    "scgan": lambda: Scgan(8, 6),
}
