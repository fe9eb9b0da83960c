"""Pictures whose sides a network with many halvings cannot take: filled up, and cut back
afterwards."""

from torch import Tensor
from torch.nn import functional as F


def pad_to_multiple(picture: Tensor, multiple: int) -> Tensor:
    """Repeat the last row and column until both sides are multiples: N×C×H×W in, N×C×H'×W' out."""
    height, width = picture.shape[2:]
    return F.pad(picture, (0, -width % multiple, 0, -height % multiple), mode="replicate")


def cut_back(picture: Tensor, like: Tensor, stride: int = 1) -> Tensor:
    """The part of an output at `stride` that belongs to a picture of the size of `like`."""
    return picture[:, :, : like.shape[2] // stride, : like.shape[3] // stride]
