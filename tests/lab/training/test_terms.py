"""Every loss term has the value of its formula, on pictures that are not square."""

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tintype.color import ab_bins
from tintype.contract import AB_SCALE, PARTS
from tintype.errors import RecipeError
from tintype.lab.data.batches import Batch
from tintype.lab.data.label_maps import BACKGROUND, LIPS, NOBODY, PERSON, SKY
from tintype.lab.nets.bins import rarity
from tintype.lab.nets.lab import lab_to_rgb, rgb_to_uv
from tintype.lab.training.label_terms import part_weights
from tintype.lab.training.recipe import Game, Loss
from tintype.lab.training.terms import (
    TERMS,
    Tools,
    jitter,
    missing_truth,
    rebalancing,
    sample,
    soft_cross_entropy,
)

HEIGHT, WIDTH = 8, 16
BINS = torch.from_numpy(ab_bins().copy())
UNIFORM = torch.full((len(BINS),), 1 / len(BINS))


def planes(*values: float, n: int = 1) -> torch.Tensor:
    """N×C×8×16, each channel of one value."""
    return torch.tensor(values).reshape(1, -1, 1, 1).repeat(n, 1, HEIGHT, WIDTH)


def batch(n: int = 1, **known: torch.Tensor) -> Batch:
    """A batch without hints, of a gray of L* 50, unless it says otherwise."""
    values = {
        "lightness": planes(50.0, n=n),
        "hint": planes(0.0, 0.0, 0.0, n=n),
        "region": planes(1.0, n=n),
        "palette": torch.zeros(n, 3),
        "ab": planes(0.0, 0.0, n=n),
        "rgb": planes(0.5, 0.5, 0.5, n=n),
        "saliency": planes(0.0, n=n),
        "has_saliency": torch.ones(n, dtype=torch.bool),
        "label": torch.full((n,), -1),
        "maps": torch.full((n, 3, HEIGHT // 4, WIDTH // 4), 255, dtype=torch.uint8),
    }
    return Batch(**{**values, **known}, keys=["a"] * n)


def term(name: str, out: dict, truth: Batch, tools: object = None, **settings) -> float:
    return float(TERMS[name](out, truth, Loss(**settings), tools))


def test_every_term_is_tested_here():
    source = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in TERMS if f'"{name}"' not in source] == []


@pytest.mark.parametrize(
    ("error", "beta", "expected"),
    [(1.0, 5.0, 0.5 * 1 / 5), (5.0, 5.0, 2.5), (9.0, 5.0, 9 - 2.5), (9.0, 2.0, 8.0)],
)
def test_smooth_l1_is_quadratic_below_beta(error, beta, expected):
    out = {"ab": planes(error, -error)}
    assert term("smooth_l1", out, batch(), beta=beta) == pytest.approx(expected)


def test_smooth_l1_counts_hints_three_times():
    hint = planes(0.0, 0.0, 0.0)
    hint[:, 2, :2, :4] = 1  # one of the 4×4 places of the network's answer
    truth = batch(hint=hint)
    out = {"ab": torch.full((1, 2, 4, 4), 9.0)}
    assert term("smooth_l1", out, truth) == pytest.approx(6.5 * (15 + 3) / 16)
    hint[:, 2, :2, :4] = 0.5
    assert term("smooth_l1", out, truth) == pytest.approx(6.5 * (15 + 2) / 16)


def test_soft_targets_have_the_width_of_sigma_5():
    center = BINS[len(BINS) // 2]
    squared = ((BINS - center) ** 2).sum(1)
    soft = torch.exp(-squared / (2 * 5**2))
    soft /= soft.sum()
    logits = torch.randn(len(BINS), generator=torch.Generator().manual_seed(0))
    expected = float(-(soft * torch.log_softmax(logits, 0)).sum())
    ab = center.reshape(1, 2, 1, 1).expand(1, 2, 2, 3)
    shaped = logits.reshape(1, -1, 1, 1).expand(1, -1, 2, 3)
    loss = soft_cross_entropy(shaped, ab, torch.ones(len(BINS))).mean()
    assert float(loss) == pytest.approx(expected, rel=1e-4)
    entropy = float(-(soft * soft.clamp_min(1e-30).log()).sum())
    perfect = soft.clamp_min(1e-30).log().reshape(1, -1, 1, 1).expand(1, -1, 2, 3)
    loss = soft_cross_entropy(perfect, ab, torch.ones(len(BINS))).mean()
    assert float(loss) == pytest.approx(entropy, rel=1e-3)


def test_each_place_counts_by_the_weight_of_its_own_bin():
    first, second = 3, len(BINS) - 4
    ab = torch.stack([BINS[first], BINS[second]], 1).reshape(1, 2, 1, 2)
    weights = torch.zeros(len(BINS))
    weights[first] = 2
    logits = torch.zeros(1, len(BINS), 1, 2)
    loss = float(soft_cross_entropy(logits, ab, weights).mean())
    assert loss == pytest.approx((2 * math.log(len(BINS)) + 0) / 2, rel=1e-5)
    logits[0, first, 0, 0] = 5  # in the right place only
    assert float(soft_cross_entropy(logits, ab, weights).mean()) < loss
    swapped = logits.flip(3)
    assert float(soft_cross_entropy(swapped, ab, weights).mean()) == pytest.approx(loss, rel=1e-5)


def test_bins_looks_at_a_quarter_of_the_places():
    logits = torch.zeros(1, len(BINS), 4, 8)
    tools = SimpleNamespace(bin_share=UNIFORM)
    assert term("bins", {"ab_logits": logits}, batch(), tools) == pytest.approx(
        math.log(len(BINS)), rel=1e-4
    )
    logits.requires_grad_()
    TERMS["bins"]({"ab_logits": logits}, batch(), Loss(), tools).backward()
    assert (logits.grad.abs().sum(1) > 0).sum() == 4 * 8 / 4


def test_rebalancing_has_mean_1_under_the_data_and_favors_the_rare():
    share = torch.tensor([0.7, 0.2, 0.1, 0.0])
    raw = [(0.5 * p + 0.125) ** -0.5 for p in share.tolist()]
    mean = sum(p * w for p, w in zip(share.tolist(), raw, strict=True))
    weights = rebalancing(share, 0.5)
    assert weights.tolist() == pytest.approx([w / mean for w in raw])
    assert float((weights * share).sum()) == pytest.approx(1)
    assert rebalancing(share, 0).tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("axis", [2, 3])
def test_gradient_sums_three_scales_along_both_axes(axis):
    ramp = torch.arange(WIDTH * 1.0)[:HEIGHT] if axis == 2 else torch.arange(WIDTH * 1.0)
    ramp = ramp[:, None].expand(HEIGHT, WIDTH) if axis == 2 else ramp.expand(HEIGHT, WIDTH)
    out = {"ab": 3 * ramp[None, None].repeat(1, 2, 1, 1)}
    # slopes of 3 a pixel, then of 6 and 12, along one axis
    assert term("gradient", out, batch()) == pytest.approx(3 + 6 + 12)
    assert term("gradient", out, batch(ab=out["ab"])) == 0
    assert term("gradient", {"ab": -out["ab"]}, batch(ab=out["ab"])) == pytest.approx(2 * 21)


def test_saliency_is_binary_cross_entropy_of_those_that_have_a_map():
    truth = batch(n=2, saliency=planes(1.0, n=2), has_saliency=torch.tensor([True, False]))
    out = {"saliency_logits": torch.full((2, 1, 4, 8), 0.7)}
    assert term("saliency", out, truth) == pytest.approx(math.log1p(math.exp(-0.7)) / 2)


def test_mirrored_compares_each_picture_with_its_own_mirror_image():
    ab = torch.zeros(2, 2, HEIGHT, WIDTH)
    ab[0, :, :, 0] = 20  # the left column
    mirrors = ab.flip(3)
    assert term("mirrored", {"ab": torch.cat([ab, mirrors])}, batch(), beta=2) == 0
    # unmirrored: two columns of one of two pictures are off by 20
    wrong = term("mirrored", {"ab": torch.cat([ab, ab])}, batch(), beta=2)
    assert wrong == pytest.approx(19 * 2 / (2 * WIDTH))


class Looking:
    """A teacher whose features are given."""

    def __init__(self, *features: torch.Tensor) -> None:
        self.features = list(features)

    def levels(self, rgb: torch.Tensor) -> list[torch.Tensor]:
        return self.features


def test_distillation_is_one_minus_cosine_at_strides_16_and_32():
    along, across = torch.tensor([1.0, 0.0]), torch.tensor([1.0, 1.0])
    levels = [torch.zeros(1, 2, 1, 2)] * 6
    levels[3] = along.reshape(1, 2, 1, 1).expand(1, 2, 1, 2)
    levels[5] = across.reshape(1, 2, 1, 1).expand(1, 2, 1, 2)
    same = [level.clone() for level in levels]
    tools = SimpleNamespace(teachers={"distillation": Looking(*levels)})
    assert term("distillation", {"levels": same}, batch(), tools) == pytest.approx(0, abs=1e-6)
    same[5] = 3 * levels[3]  # 45° away
    expected = 0.5 * (1 - math.cos(math.pi / 4))
    assert term("distillation", {"levels": same}, batch(), tools) == pytest.approx(expected)


def test_perceptual_is_relative_l1_of_features_and_divergence_of_classes():
    class Teacher:
        def classify(self, rgb):
            return [rgb, 2 * rgb], torch.stack([rgb.mean((1, 2, 3)), rgb.new_zeros(len(rgb))], 1)

    tools = SimpleNamespace(teachers={"perceptual": Teacher()})
    truth = batch(rgb=planes(0.5, 0.5, 0.5))
    out = {"rgb": planes(0.6, 0.6, 0.6)}
    plain = term("perceptual", out, truth, tools)
    assert plain == pytest.approx(2 * 0.1 / 0.5, rel=1e-5)
    p, q = (1 / (1 + math.exp(-value)) for value in (0.5, 0.6))
    divergence = p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))
    both = term("perceptual", out, truth, tools, recognition=100)
    assert both == pytest.approx(plain + 100 * divergence, rel=1e-3)


@pytest.mark.parametrize(("name", "expected"), [("l1", 0.75), ("l2", (0.5**2 + 1) / 2)])
def test_l1_and_l2_compare_in_their_space(name, expected):
    out = {"ab": planes(AB_SCALE / 2, -AB_SCALE)}
    assert term(name, out, batch()) == pytest.approx(expected)
    rgb = {"rgb": planes(0.6, 0.2, 0.5)}
    by_hand = (0.1 + 0.3 + 0) / 3 if name == "l1" else (0.01 + 0.09 + 0) / 3
    assert term(name, rgb, batch(), space="rgb") == pytest.approx(by_hand, rel=1e-5)
    region = planes(1.0)
    region[:, :, :, : WIDTH // 4] = 0
    red = planes(1.0, 0.0, 0.0)
    uv = rgb_to_uv(red)
    outside = float(uv.abs().mean() if name == "l1" else uv.square().mean()) / 4
    made = term(name, {"uv": uv}, batch(rgb=red, region=region), space="uv")
    assert made == pytest.approx(outside, rel=1e-5)


def test_attention_compares_rgb_times_saliency():
    truth = batch(n=2, saliency=planes(0.5, n=2), has_saliency=torch.tensor([True, False]))
    out = {"rgb": planes(0.8, 0.8, 0.8, n=2), "saliency": planes(0.25, n=2)}
    assert term("attention", out, truth) == pytest.approx(abs(0.8 * 0.25 - 0.5 * 0.5) / 2)


@pytest.mark.parametrize("axis", [2, 3])
def test_total_variation_is_the_mean_step_along_both_axes(axis):
    ab = torch.zeros(1, 2, HEIGHT, WIDTH)
    ab.narrow(axis, 0, 1)[:] = AB_SCALE  # one step of 1
    steps = (HEIGHT if axis == 2 else WIDTH) - 1
    assert term("total_variation", {"ab": ab}, batch()) == pytest.approx(1 / steps)


def test_colorfulness_is_hasler_and_suesstrunks():
    gray = {"rgb": planes(0.3, 0.3, 0.3)}
    assert term("colorfulness", gray, batch()) == pytest.approx(1, abs=1e-3)
    rgb = torch.cat([planes(1.0, 0.0, 0.0)[..., : WIDTH // 2], planes(0.0, 0.0, 1.0)[..., :8]], 3)
    pixels = rgb[0].permute(1, 2, 0).reshape(-1, 3).numpy() * 255
    rg, yb = pixels[:, 0] - pixels[:, 1], (pixels[:, 0] + pixels[:, 1]) / 2 - pixels[:, 2]
    value = np.hypot(rg.std(ddof=1), yb.std(ddof=1)) + 0.3 * np.hypot(rg.mean(), yb.mean())
    assert term("colorfulness", {"rgb": rgb}, batch()) == pytest.approx(1 - value / 100, rel=1e-4)


def test_imitation_is_one_minus_cosine_of_the_pooled_features():
    features = torch.zeros(1, 2, 2, 3)
    features[:, 0, 0, 0] = 6  # the mean is (1, 0)
    tools = SimpleNamespace(teachers={"imitation": Looking(features)})
    out = {"answer": torch.tensor([[3.0, 4.0]])}
    assert term("imitation", out, batch(), tools) == pytest.approx(1 - 0.6)


def test_classes_is_cross_entropy_of_those_that_have_a_label():
    out = {"answer": torch.tensor([[1.0, 0.0, 0.0], [5.0, 0.0, 0.0]])}
    truth = batch(n=2, label=torch.tensor([1, -1]))
    assert term("classes", out, truth) == pytest.approx(math.log(math.e + 2) / 2)
    assert term("classes", out, batch(n=2, label=torch.tensor([2, 0]))) > 0


def test_jitter_scales_turns_and_shifts_within_its_limits():
    torch.manual_seed(0)
    like, amount = torch.zeros(500, 1, HEIGHT, WIDTH), 0.4
    places = jitter(like, amount)
    assert places.shape == (500, HEIGHT, WIDTH, 2)
    right = places[:, HEIGHT // 2, -1] - places[:, HEIGHT // 2, 0]  # of 2 (1 - 1/16), unscaled
    scale = right.norm(dim=1) / (2 * (1 - 1 / WIDTH))
    angle = torch.atan2(right[:, 1], right[:, 0])
    shift = places.mean((1, 2))
    assert scale.max() <= math.exp(amount) + 1e-3 and scale.min() >= math.exp(-amount) - 1e-3
    assert scale.max() > 1.4 and scale.min() < 0.72
    assert 0.19 < float(angle.abs().max()) <= amount / 2 + 1e-3
    assert (shift.abs().amax(0) > 0.35).all() and (shift.abs() <= amount + 1e-3).all()


@pytest.mark.parametrize(
    ("name", "settings", "missing"),
    [
        ("saliency", {}, "saliency map"),
        ("attention", {}, "saliency map"),
        ("classes", {}, "label"),
        ("gan", {"game": Game(sees="attention")}, "saliency map"),
        ("gan", {"game": Game(sees="rgb")}, None),
        ("l1", {}, None),
    ],
)
def test_what_photographs_lack_is_named(name, settings, missing):
    lacking = batch(has_saliency=torch.tensor([False]))
    message = missing_truth(name, Loss(**settings), lacking)
    assert message is None if missing is None else missing in message
    whole = batch(label=torch.tensor([0]))
    assert missing_truth(name, Loss(**settings), whole) is None


def test_losses_in_rgb_color_the_pictures_own_lightness():
    lab = torch.cat([planes(60.0), planes(20.0, -30.0)], 1)
    truth = batch(lightness=planes(60.0), ab=planes(20.0, -30.0), rgb=lab_to_rgb(lab))
    out = {"ab": torch.tensor([20.0, -30.0]).reshape(1, 2, 1, 1).expand(1, 2, 4, 8)}
    assert term("l1", out, truth, space="rgb") == pytest.approx(0, abs=1e-5)


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
        maps=torch.zeros(2, 3, 2, 2, dtype=torch.uint8),
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


def test_features_that_are_all_zero_do_not_blow_up():
    class Teacher:
        def classify(self, rgb):
            return [rgb - rgb.detach() + (rgb - 0.5)], rgb.new_zeros(len(rgb), 2)

    tools = SimpleNamespace(teachers={"perceptual": Teacher()})
    loss = term("perceptual", {"rgb": planes(0.6, 0.6, 0.6)}, batch(), tools)
    assert loss == pytest.approx(0.1 / 1e-3, rel=1e-3)


def test_the_head_of_things_learns_from_maps_and_is_silent_without():
    """Two things side by side; keys and queries of ±3 in each dimension tell them apart."""
    truth = batch()
    out = {
        "affinity": torch.zeros(1, 35, 2, 4),
        "parts_logits": torch.zeros(1, len(PARTS), 2, 4),
    }
    for name in ("things", "alike", "parts"):
        assert term(name, out, truth) == 0
    truth.maps[0, 0] = truth.maps[0, 1] = torch.tensor([[1, 1, 2, 2]])
    monkey = pytest.MonkeyPatch()
    monkey.setattr("tintype.lab.training.label_terms.MIN_THING_PLACES", 2)
    # 4 of 8 places inside: 0.5 · 4 log 2 / 5 for either side; Dice 1 - 2 / (4 + 4 - 2 + 1)
    expected = 4 * math.log(2) / 5 + 0.5 * (1 - 2 / 7)
    assert term("things", out, truth) == pytest.approx(expected, rel=1e-5)
    assert term("alike", out, truth) == pytest.approx(expected, rel=1e-5)
    out["affinity"][:, :32, :, :2], out["affinity"][:, :32, :, 2:] = 3, -3
    perfect = 0.5 * (1 - 4 / 5)
    assert term("things", out, truth) == pytest.approx(perfect, abs=1e-5)
    monkey.undo()
    assert term("things", out, truth) == 0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (BACKGROUND, math.log(8)),
        (LIPS, 4 * math.log(8)),
        (SKY, math.log(8)),
        (PERSON, math.log(8 / 6)),
        (NOBODY, math.log(8 / 2)),
    ],
)
def test_parts_and_sky_are_told_and_what_may_be_several_is_one_of_these(value, expected):
    truth = batch()
    out = {"parts_logits": torch.zeros(1, len(PARTS), 2, 4)}
    truth.maps[0, 2, 0] = value  # the other half is unknown
    assert term("parts", out, truth) == pytest.approx(expected, rel=1e-4)


def test_each_part_of_a_picture_counts_as_much_as_the_others():
    truth = batch(2)
    truth.maps[0, 2, :, 0] = 1  # a quarter is skin, the rest unknown
    weights = part_weights(truth, (2, 4))
    expected = torch.tensor([2.0, 2 / 3, 2 / 3, 2 / 3]).expand(2, 4)
    torch.testing.assert_close(weights[0, 0], expected)
    torch.testing.assert_close(weights[1, 0], torch.ones(2, 4))
    wrong = planes(0.0, 0.0, n=2)
    wrong[0, :, :, :4] = 20.0
    plain, over = (
        term("smooth_l1", {"ab": wrong}, truth, over_parts=over) for over in (False, True)
    )
    assert over == pytest.approx(2 * plain, rel=1e-5)


def test_adjusted_logits_are_those_of_a_balanced_set():
    """Logits that know the prior alone say nothing once the prior is taken out (Menon et al.)."""
    share = torch.rand(len(BINS), generator=torch.Generator().manual_seed(0))
    share /= share.sum()
    tools = Tools(share, {})
    truth = batch(ab=planes(30.0, -20.0))
    flat = torch.zeros(1, len(BINS), 2, 4)
    prior = flat - rarity(share).log()[:, None, None]
    adjusted = term("bins", {"ab_logits": flat}, truth, tools, power=0, adjustment=1)
    plain = term("bins", {"ab_logits": prior}, truth, tools, power=0)
    assert adjusted == pytest.approx(plain, rel=1e-5)
    assert plain != pytest.approx(term("bins", {"ab_logits": flat}, truth, tools, power=0))
