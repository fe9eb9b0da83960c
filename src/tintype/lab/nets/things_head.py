"""What belongs together, and what people are made of: the head that reads the features of the
default network.

Each place at stride 4 has a key k and a query q of `AFFINITY_DIMS` numbers, two biases and a decay.
Place j belongs to the thing at place i with log-odds q_i·k_j / √D + bias_i − 4·decay_i·d², where d²
is the squared distance of both places by the area of the picture. It looks like the thing at i with
log-odds q_i·k_j / √D + alike_bias_i.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.contract import AFFINITY_CHANNELS, AFFINITY_DIMS, PARTS
from tintype.lab.nets.blocks import DenseBlock, conv_bn, up

WIDTH, DEEP_WIDTH = 64, 96
DISTANCE_FACTOR = 4.0
"""Factor of the decay with the squared distance."""


class ThingsHead(nn.Module):
    """The encoder's levels from coarse to fine, joined at stride 4 with the decoder's features and
    the picture.

    levels: channels of the encoder's features at strides 4, 8, 16 and 32. deep: of the last ones at
    stride 32. decoder: of the decoder's features at stride 4.
    """

    def __init__(self, levels: tuple[int, ...], deep: int, decoder: int) -> None:
        super().__init__()
        c4, c8, c16, c32 = levels
        self.from4, self.from8 = conv_bn(c4, WIDTH, 1), conv_bn(c8, WIDTH, 1)
        self.from16, self.from32 = conv_bn(c16, DEEP_WIDTH, 1), conv_bn(c32, DEEP_WIDTH, 1)
        self.from_deep = conv_bn(deep, DEEP_WIDTH, 1)
        self.from_decoder = conv_bn(decoder, WIDTH, 1)
        self.from_picture = nn.Sequential(
            nn.Conv2d(1, WIDTH, 8, 4, 2, bias=False), nn.BatchNorm2d(WIDTH)
        )
        self.at16 = nn.Sequential(
            conv_bn(DEEP_WIDTH, DEEP_WIDTH, 7, groups=DEEP_WIDTH),
            conv_bn(DEEP_WIDTH, DEEP_WIDTH, 1),
        )
        self.to8 = conv_bn(DEEP_WIDTH, WIDTH, 1)
        self.at8 = conv_bn(WIDTH, WIDTH)
        self.at4 = DenseBlock(WIDTH)
        self.out = nn.Conv2d(WIDTH, AFFINITY_CHANNELS + len(PARTS), 1)

    def forward(self, levels: list[Tensor], decoder: Tensor, gray: Tensor) -> tuple[Tensor, Tensor]:
        """levels: the encoder's, at strides 4, 8, 16, 32 and 32 again (deep). decoder: N×C×h×w at
        stride 4. gray: N×1×4h×4w, -1..1.

        Returns `affinity`, N×35×h×w: keys, queries, bias, alike bias and decay; and logits of
        `PARTS`, N×7×h×w.
        """
        s4, s8, s16, s32, deep = levels
        x = F.relu(self.from32(s32) + self.from_deep(deep))
        x = F.relu(self.from16(s16) + up(x))
        x = F.relu(x + self.at16(x))
        x = F.relu(self.from8(s8) + up(self.to8(x)))
        x = F.relu(x + self.at8(x))
        x = self.from4(s4) + self.from_decoder(decoder) + self.from_picture(gray) + up(x)
        affinity, parts = self.out(self.at4(F.relu(x))).split([AFFINITY_CHANNELS, len(PARTS)], 1)
        vectors, biases, decay = affinity.split([2 * AFFINITY_DIMS, 2, 1], 1)
        return torch.cat([vectors, biases, F.softplus(decay)], 1), parts


def affinity_logits(affinity: Tensor, at: Tensor) -> tuple[Tensor, Tensor]:
    """Log-odds that the places of a picture belong to the things at some of them.

    affinity: 35×h×w, one picture's of `ThingsHead`. at: A×2, rows and columns. Returns two of
    A×h×w: belongs to the thing, and looks like it.
    """
    keys, queries, biases, decay = affinity.split([AFFINITY_DIMS, AFFINITY_DIMS, 2, 1])
    height, width = affinity.shape[1:]
    rows, columns = at.unbind(1)
    alike = torch.einsum("da,dhw->ahw", queries[:, rows, columns], keys) / AFFINITY_DIMS**0.5
    y = torch.arange(height, device=at.device)[None, :, None] - rows[:, None, None]
    x = torch.arange(width, device=at.device)[None, None] - columns[:, None, None]
    distance = (y**2 + x**2) / (height * width)
    bias, alike_bias = biases[:, rows, columns, None, None]
    decay = decay[0, rows, columns, None, None]
    return alike + bias - DISTANCE_FACTOR * decay * distance, alike + alike_bias
