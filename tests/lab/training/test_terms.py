from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional as F

from tintype.errors import RecipeError
from tintype.lab.data.batches import Batch
from tintype.lab.training.recipe import Loss
from tintype.lab.training.terms import TERMS, jitter, missing_truth, sample


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


@pytest.mark.parametrize("name", ["attention", "saliency", "classes"])
def test_a_loss_is_zero_for_pictures_that_lack_what_it_compares_with(name):
    torch.manual_seed(0)
    maps = {
        "rgb": torch.rand(2, 3, 16, 16),
        "saliency": torch.rand(2, 1, 16, 16),
        "lightness": torch.rand(2, 1, 16, 16) * 100,
    }
    answer = {
        "saliency": torch.rand(2, 1, 4, 4),
        "saliency_logits": torch.randn(2, 1, 4, 4),
        "answer": torch.randn(2, 5),
    }
    out = {**answer, "rgb": torch.rand(2, 3, 16, 16), "saliency": torch.rand(2, 1, 16, 16)}

    def loss(*known: bool) -> float:
        label = torch.tensor([3 if one else -1 for one in known])
        batch = SimpleNamespace(**maps, has_saliency=torch.tensor(known), label=label)
        assert (missing_truth(name, Loss(), batch) is None) == all(known)
        return float(TERMS[name](out, batch, Loss(), None))

    assert loss(False, False) == 0
    assert loss(True, False) > 0
    assert loss(True, True) == pytest.approx(loss(True, False) + loss(False, True))


def test_a_label_that_is_no_class_is_told():
    with pytest.raises(RecipeError, match="label 7 is beyond the network's 5 classes"):
        TERMS["classes"](
            {"answer": torch.randn(1, 5)}, SimpleNamespace(label=torch.tensor([7])), Loss(), None
        )


def test_mirror_images_are_to_be_colored_alike():
    torch.manual_seed(0)
    ab, loss = 30 * torch.randn(2, 2, 16, 16), Loss(beta=2)
    alike = torch.cat([ab, ab.flip(3)])
    assert TERMS["mirrored"]({"ab": ab, "seen_ab": alike}, None, loss, None) == 0
    assert TERMS["mirrored"]({"ab": torch.cat([ab, ab])}, None, loss, None) > 1


def test_a_batch_with_mirrors_shows_and_asks_everything_twice():
    torch.manual_seed(0)
    maps = {
        name: torch.rand(2, n, 8, 8)
        for name, n in (
            ("lightness", 1),
            ("hint", 3),
            ("region", 1),
            ("ab", 2),
            ("rgb", 3),
            ("saliency", 1),
        )
    }
    batch = Batch(
        **maps,
        palette=torch.rand(2, 5),
        has_saliency=torch.tensor([True, False]),
        label=torch.tensor([3, -1]),
        keys=["a", "b"],
    )
    double = batch.with_mirrors()
    for name, values in maps.items():
        torch.testing.assert_close(getattr(double, name), torch.cat([values, values.flip(3)]))
    torch.testing.assert_close(double.palette, batch.palette.repeat(2, 1))
    assert double.label.tolist() == [3, -1, 3, -1] and double.has_saliency.tolist() == [
        True,
        False,
        True,
        False,
    ]
    assert double.keys == ["a", "b", "a", "b"]
