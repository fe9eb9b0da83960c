from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional as F

from tintype.errors import DataError
from tintype.training.terms import TERMS, jitter, sample


def test_without_jitter_a_picture_is_looked_at_as_it_is():
    picture = torch.rand(2, 3, 32, 32)
    assert jitter(picture, 0) is None
    assert sample(picture, None) is picture


def test_jitter_moves_each_picture_elsewhere_and_two_copies_alike():
    torch.manual_seed(0)
    smooth = F.interpolate(torch.rand(1, 3, 4, 4), size=(32, 32), mode="bilinear")
    places = jitter(smooth.expand(2, -1, -1, -1), 0.3)
    first, second = sample(smooth, places[:1]), sample(smooth, places[1:])
    assert (first - smooth).abs().mean() > 0.01
    assert (first - second).abs().mean() > 0.01
    torch.testing.assert_close(sample(2 * smooth, places[:1]), 2 * first)


@pytest.mark.parametrize("name", ["attention", "saliency"])
def test_a_loss_on_saliency_without_maps_is_told(name):
    batch = SimpleNamespace(has_saliency=torch.tensor([False, False]))
    with pytest.raises(DataError, match="saliency map beside"):
        TERMS[name]({}, batch, None, None)
