"""Colorful Image Colorization (Zhang, Isola, Efros 2016): L in, a distribution over ab bins out;
or, as YAL uses it, ab itself."""

import torch
from torch import Tensor, nn

from tintype.color.bins import ab_bins
from tintype.contract import AB_SCALE
from tintype.lab.nets.bins import annealed_mean

# of each block: channels as multiples of 64, convolutions, stride of the last, dilation
BLOCKS = (
    (1, 2, 2, 1),
    (2, 2, 2, 1),
    (4, 3, 2, 1),
    (8, 3, 1, 1),
    (8, 3, 1, 2),
    (8, 3, 1, 2),
    (8, 3, 1, 1),
)
PUBLISHED_BINS = 313


class Colorful(nn.Module):
    """Eight blocks of 3×3 convolutions, each closed by BatchNorm, at strides 1 to 8 and back to 4.

    bins: classify over the ab bins of `tintype.color.bins` (those of the sRGB gamut, 261 at a grid
    of 10; the paper's 313 hold neighbors outside of it), and take the annealed mean; False: regress
    ab through tanh. temperature: of the annealed mean.
    published: classify over the paper's 313 bins, whose colors come with its weights; the contract
    has no place for their logits.
    """

    inputs = ("lightness",)
    centers: Tensor

    def __init__(
        self, width: int = 64, bins: bool = True, temperature: float = 0.38, published: bool = False
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        c_in = 1
        for share, count, stride, dilation in BLOCKS:
            c_out = width * share
            for i in range(count):
                step = stride if i == count - 1 else 1
                layers += [nn.Conv2d(c_in, c_out, 3, step, dilation, dilation), nn.ReLU()]
                c_in = c_out
            layers.append(nn.BatchNorm2d(c_out))
        last = width * 4
        layers += [nn.ConvTranspose2d(c_in, last, 4, 2, 1), nn.ReLU()]
        layers += [
            nn.Conv2d(last, last, 3, 1, 1),
            nn.ReLU(),
            nn.Conv2d(last, last, 3, 1, 1),
            nn.ReLU(),
        ]
        self.body = nn.Sequential(*layers)
        centers = (
            torch.zeros(PUBLISHED_BINS, 2) if published else torch.from_numpy(ab_bins().copy())
        )
        self.head = nn.Conv2d(last, len(centers) if bins else 2, 1)
        self.bins, self.temperature, self.published = bins, temperature, published
        self.register_buffer("centers", centers, persistent=published)

    def forward(self, lightness: Tensor) -> dict[str, Tensor]:
        answer = self.head(self.body((lightness - 50) / 50))
        if not self.bins:
            return {"ab": torch.tanh(answer) * AB_SCALE}
        ab = annealed_mean(answer, self.centers, self.temperature)
        return {"ab": ab} if self.published else {"ab": ab, "ab_logits": answer}


def published_name(name: str) -> str:
    """The name in the authors' checkpoint, as model3.4.weight, of a tensor of
    `Colorful(published=True)`."""
    place, _, rest = name.partition(".")
    if place != "body":
        return "model_out.weight" if place == "centers" else f"model8.6.{rest}"
    index, _, part = rest.partition(".")
    position, number = int(index), 1
    # a block has a convolution and a ReLU for each of its convolutions, then its norm
    for _, count, _, _ in BLOCKS:
        if position < 2 * count + 1:
            break
        position, number = position - 2 * count - 1, number + 1
    return f"model{number}.{position}.{part}"


def own_value(name: str, value: Tensor) -> Tensor:
    """The value in `Colorful(published=True)` of a tensor that its authors call `name`.

    They show (L* - 50) / 100 and answer with ab / 110; both factors go into the weights.
    """
    if name == "model_out.weight" and value.ndim == 4:
        return value[:, :, 0, 0].T * AB_SCALE
    return value / 2 if name == "model1.0.weight" else value
