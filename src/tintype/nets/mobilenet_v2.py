"""MobileNetV2 with folded batch normalization (Sandler et al. 2018): an RGB or gray picture in, features and classes out."""

from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.errors import ModelError

# expansion, channels, repeats, stride of the first: table 2 of the paper
STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
LEVEL_ENDS = (1, 3, 6, 13, 17)
"""The last block of each level: strides 2, 4, 8, 16 and 32."""
LEVEL_CHANNELS = (16, 24, 32, 96, 320)
HEAD_CHANNELS = 1280


class SameConv(nn.Module):
    """A convolution padded as TensorFlow's "SAME": for stride 2 and an even size, nothing before and one after."""

    def __init__(self, c_in: int, c_out: int, kernel: int, stride: int = 1, groups: int = 1, active: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, kernel, stride, padding=kernel // 2 if stride == 1 else 0, groups=groups)
        self.stride, self.active = stride, active

    def forward(self, x: Tensor) -> Tensor:
        if self.stride == 2:
            x = F.pad(x, (0, 1, 0, 1))
        x = self.conv(x)
        return F.relu6(x) if self.active else x


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project; added to its input where the shapes agree."""

    def __init__(self, c_in: int, c_out: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = c_in * expansion
        expand = [SameConv(c_in, wide, 1)] if expansion > 1 else []
        self.layers = nn.Sequential(*expand, SameConv(wide, wide, 3, stride, groups=wide), SameConv(wide, c_out, 1, active=False))
        self.residual = stride == 1 and c_in == c_out

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return x + y if self.residual else y


class MobileNetV2(nn.Module):
    """The classifier. Pictures are N×3×H×W in -1..1 (sRGB), or N×1×H×W for `channels=1`; H and W even at every level."""

    def __init__(self, channels: int = 3, classes: int = 1001) -> None:
        super().__init__()
        blocks: list[nn.Module] = [SameConv(channels, 32, 3, 2)]
        width = 32
        for expansion, c_out, repeats, stride in STAGES:
            for i in range(repeats):
                blocks.append(InvertedResidual(width, c_out, stride if i == 0 else 1, expansion))
                width = c_out
        blocks.append(SameConv(width, HEAD_CHANNELS, 1))
        self.features = nn.ModuleList(blocks)
        self.classifier = nn.Linear(HEAD_CHANNELS, classes)

    def levels(self, picture: Tensor) -> list[Tensor]:
        """Features at strides 2, 4, 8, 16, 32 (16, 24, 32, 96, 320 channels) and the 1280 channels at stride 32."""
        found = []
        x = picture
        for i, block in enumerate(self.features):
            x = block(x)
            if i in LEVEL_ENDS:
                found.append(x)
        return [*found, x]

    def pooled(self, picture: Tensor) -> Tensor:
        """The N×1280 features that the classifier sees."""
        return self.levels(picture)[-1].mean((2, 3))

    def forward(self, picture: Tensor) -> Tensor:
        """Logits, N×1001: 0 is "background", then the 1000 classes of ImageNet in their usual order."""
        logits: Tensor = self.classifier(self.pooled(picture))
        return logits


def load_mobilenet_v2(path: str | Path, channels: int = 3) -> MobileNetV2:
    """Read weights from a safetensors file. For `channels=1` the filters of the first layer are summed over RGB.

    Raises ModelError if the file is missing or holds another network.
    """
    try:
        state = {key: value.float() for key, value in load_file(str(path)).items()}
        if channels == 1:
            first = "features.0.conv.weight"
            state[first] = state[first].sum(1, keepdim=True)
        net = MobileNetV2(channels)
        net.load_state_dict(state)
    except (OSError, RuntimeError, KeyError) as error:
        raise ModelError(f"{path} does not hold a MobileNetV2 with folded batch normalization: {error}") from error
    return net
