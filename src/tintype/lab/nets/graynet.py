"""GrayNet: VGG-16 with BatchNorm on gray pictures; the last convolution of a stage halves, in place
of a pool."""

from torch import Tensor, nn

from tintype.lab.nets.lab import lightness_to_gray

STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Channels (at width 64) and 3×3 convolutions of each stage (Simonyan and Zisserman 2015,
configuration D)."""


class GrayNet(nn.Module):
    """A gray picture in; features at stride 32 (8·width channels) and, from their mean, `classes`
    logits out.

    It is trained to classify gray pictures where there are labels, else to answer as a teacher does
    who sees them in color.
    """

    inputs = ("lightness",)

    def __init__(self, width: int = 64, classes: int = 1280) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        c_in = 1
        for channels, count in STAGES:
            c_out = channels * width // 64
            for stride in [1] * (count - 1) + [2]:
                layers += [
                    nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False),
                    nn.BatchNorm2d(c_out),
                    nn.ReLU(),
                ]
                c_in = c_out
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(c_in, classes)

    @property
    def encoder(self) -> "GrayNet":
        """All of it is an encoder."""
        return self

    def forward(self, lightness: Tensor) -> dict[str, Tensor]:
        return {"answer": self.classifier(self.seen(lightness_to_gray(lightness)).mean((2, 3)))}

    def seen(self, gray: Tensor) -> Tensor:
        """gray: N×1×H×W, 0..1. Features at stride 32."""
        features: Tensor = self.features(gray * 2 - 1)
        return features
