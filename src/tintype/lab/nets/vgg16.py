"""VGG-16 (Simonyan and Zisserman 2015, configuration D), its tensors named as torchvision's."""

from torch import Tensor, nn

from tintype.errors import ModelError, UsageError
from tintype.lab.nets.reading import read_tensors
from tintype.lab.nets.shuffled import IMAGENET_DEVIATION, IMAGENET_MEAN

STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Channels and convolutions of each stage; a pooling ends it."""
CONV3_3 = 15
"""Layers of `features` up to conv3_3, without its ReLU."""


class Vgg16(nn.Module):
    """A classifier of ImageNet's 1000 classes. Pictures are N×3×H×W sRGB, 0..1, H and W at least
    32; torchvision's weights were trained at 224."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        c_in = 3
        for channels, repeats in STAGES:
            for _ in range(repeats):
                layers += [nn.Conv2d(c_in, channels, 3, padding=1), nn.ReLU()]
                c_in = channels
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(7)
        hidden = [nn.Linear(49 * c_in, 4096), nn.ReLU(), nn.Dropout()]
        hidden += [nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout()]
        self.classifier = nn.Sequential(*hidden, nn.Linear(4096, 1000))

    def conv3_3(self, rgb: Tensor) -> Tensor:
        """N×256×H/4×W/4: what SCGAN's perceptual loss compares."""
        features: Tensor = self.features[:CONV3_3](_standardized(rgb))
        return features

    def pooled(self, rgb: Tensor) -> Tensor:
        """The N×4096 features that the last layer sees."""
        seen = self.avgpool(self.features(_standardized(rgb))).flatten(1)
        features: Tensor = self.classifier[:-1](seen)
        return features

    def forward(self, rgb: Tensor) -> Tensor:
        """Logits, N×1000."""
        logits: Tensor = self.classifier[-1](self.pooled(rgb))
        return logits


def _standardized(rgb: Tensor) -> Tensor:
    return (rgb - rgb.new_tensor(IMAGENET_MEAN)[:, None, None]) / rgb.new_tensor(
        IMAGENET_DEVIATION
    )[:, None, None]


def load_vgg16(path: str) -> Vgg16:
    """VGG-16 with the weights of a file of torchvision's, or of the installed torchvision for an
    empty path; for inference.

    Raises UsageError if torchvision is missing, ModelError for a file of another network.
    """
    if path:
        state = read_tensors(path)
    else:
        try:
            from torchvision.models import VGG16_Weights
        except ImportError as error:
            raise UsageError(
                "vgg16 needs torchvision, which brings its weights (pip install torchvision), or"
                " a file of them: vgg16:FILE"
            ) from error
        state = VGG16_Weights.IMAGENET1K_V1.get_state_dict(progress=False)
    net = Vgg16()
    try:
        net.load_state_dict(state)
    except (RuntimeError, AttributeError, TypeError) as error:
        raise ModelError(f"{path or 'torchvision'} does not hold the weights of vgg16") from error
    return net.eval()
