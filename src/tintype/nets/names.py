"""What things are colored like, in words, and what the words mean in photographs.

Photographs teach which color a kind of thing has if they show it often. Of a school bus, a rose hip or a flamingo there is one or
none, yet everybody knows what color they are: `things.txt` says it, and a classifier says which kind of thing is in the picture.
"""

from pathlib import Path

import torch
from torch import Tensor, nn

THINGS = 1000
COLORS = ("neutral", "brown", "beige", "skin", "red", "orange", "yellow", "green", "turquoise", "blue", "purple", "pink")
LEVELS = 5
"""Of L*, evenly spaced: a dark orange is a brown, and a light brown a beige."""
DOUBT = 0.35
"""The share of what an object shows that its words do not tell."""
WEIGHT = 1.5
"""Of what is said; 1 is Bayes' rule. A network is surer than it should be of kinds that it has not seen."""


def read_things() -> Tensor:
    """The shares of COLORS in each of the kinds of ImageNet, in their usual order: 1000×12, each row summing to 1."""
    lines = Path(__file__).with_name("things.txt").read_text(encoding="utf-8").splitlines()
    shares = torch.zeros(THINGS, len(COLORS))
    for row, line in zip(shares, (line for line in lines if not line.startswith("#")), strict=True):
        words = line.partition(": ")[2].split()
        for word in words:
            if word == "any":
                row += 1 / len(COLORS) / len(words)
            else:
                row[COLORS.index(word)] += 1 / len(words)
    return shares


def levels_of(lightness: Tensor) -> Tensor:
    """N×1×h×w, L* 0..100, to how much of each of LEVELS it is: N×5×h×w, triangles around 10, 30, 50, 70 and 90."""
    place = (lightness * (LEVELS / 100) - 0.5).clamp(0, LEVELS - 1)
    return torch.cat([(1 - (place - level).abs()).clamp_min(0) for level in range(LEVELS)], 1)


class ColorNames(nn.Module):
    """How much likelier than usual each ab bin is for a thing of a known kind. What it holds is learned by `training/names.py`.

    meaning: 12×5×Q, the distribution over ab bins of each color name at each level of L*. usual: 5×Q, that of all objects. heed:
    1000, how far the words count, 0..1: not where photographs have taught the kind.
    """

    things: Tensor
    meaning: Tensor
    usual: Tensor
    heed: Tensor

    def __init__(self, bins: int) -> None:
        super().__init__()
        self.register_buffer("things", read_things(), persistent=False)
        self.register_buffer("meaning", torch.full((len(COLORS), LEVELS, bins), 1 / bins))
        self.register_buffer("usual", torch.full((LEVELS, bins), 1 / bins))
        self.register_buffer("heed", torch.zeros(THINGS))

    def words(self, kinds: Tensor) -> Tensor:
        """kinds: N×1000, their probabilities. Returns N×12, how much is said of each color; the rest of 1 is left open."""
        return (1 - DOUBT) * (kinds * self.heed) @ self.things

    def told(self, said: Tensor) -> Tensor:
        """said: N×12, as `words` gives it. Returns N×5×Q, the distribution over ab bins at each level of L*."""
        return torch.einsum("nk,klq->nlq", said, self.meaning) + (1 - said.sum(1))[:, None, None] * self.usual

    def forward(self, kinds: Tensor, lightness: Tensor) -> Tensor:
        """kinds: N×1000, their probabilities. lightness: N×1×h×w, L* 0..100. Returns N×Q×h×w, to be added to the logits over bins:
        WEIGHT times the logarithm of how much likelier than usual each color is."""
        likelier = (self.told(self.words(kinds)) / self.usual).log()
        return torch.einsum("nlhw,nlq->nqhw", levels_of(lightness), WEIGHT * likelier)
