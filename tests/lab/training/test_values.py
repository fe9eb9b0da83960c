"""Losses, weights and rates on drawn batches: they change only on purpose."""

import json
import os
from pathlib import Path

import pytest
import torch

from tintype.color import ab_bins
from tintype.contract import AFFINITY_CHANNELS, PALETTE_SIZE
from tintype.lab.data.batches import Batch
from tintype.lab.training.adversary import coarse_ab, view
from tintype.lab.training.label_terms import balanced_loss, draw_anchors, part_weights
from tintype.lab.training.objectives import OBJECTIVES
from tintype.lab.training.recipe import Game, Loss, Optimizer, checked_recipe
from tintype.lab.training.schedule import pace
from tintype.lab.training.terms import TERMS, Tools, jitter, rebalancing, sample

H, W, N = 32, 64, 3
BINS = len(ab_bins())
DEFAULTS = Path(__file__).with_name("defaults.json")


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def batch() -> Batch:
    maps = (drawn(N, 3, H // 4, W // 4, seed=1) * 3).to(torch.uint8)
    maps[2] = 255
    maps[:, 2] = (drawn(N, H // 4, W // 4, seed=2) * 9).to(torch.uint8)
    maps[:, 2][maps[:, 2] == 8] = 255
    hint = drawn(N, 3, H, W, seed=3) * 40 - 20
    hint[:, 2] = (drawn(N, H, W, seed=4) > 0.97).float()
    return Batch(
        lightness=drawn(N, 1, H, W, seed=5) * 100,
        hint=hint,
        region=(drawn(N, 1, H, W, seed=6) > 0.3).float(),
        palette=drawn(N, PALETTE_SIZE, seed=7),
        ab=drawn(N, 2, H, W, seed=8) * 120 - 60,
        rgb=drawn(N, 3, H, W, seed=9),
        saliency=drawn(N, 1, H, W, seed=10),
        has_saliency=torch.tensor([True, False, True]),
        label=torch.tensor([1, -1, 4]),
        maps=maps,
        keys=["a", "b", "c"],
    )


def answers() -> dict[str, torch.Tensor]:
    small = (H // 4, W // 4)
    return {
        "ab": drawn(N, 2, H // 2, W // 2, seed=11) * 100 - 50,
        "ab_logits": drawn(N, BINS, *small, seed=12) * 4,
        "saliency": drawn(N, 1, H, W, seed=13),
        "saliency_logits": drawn(N, 1, H, W, seed=14) * 6 - 3,
        "uv": drawn(N, 2, H, W, seed=15) * 2 - 1,
        "answer": drawn(N, 5, seed=16) * 3,
        "affinity": drawn(N, AFFINITY_CHANNELS, *small, seed=17) * 2 - 1,
    }


SETTINGS = {
    "smooth_l1": ({}, {"beta": 2.0, "over_parts": True}),
    "bins": ({}, {"power": 1.0, "adjustment": 0.5}, {"over_parts": True}),
    "gradient": ({},),
    "saliency": ({},),
    "l1": ({}, {"space": "rgb"}, {"space": "uv"}),
    "l2": ({}, {"space": "rgb"}, {"space": "uv"}),
    "attention": ({},),
    "total_variation": ({},),
    "colorfulness": ({},),
    "classes": ({},),
    "things": ({}, {"dice": 2.0}),
    "alike": ({},),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_loss(name, recorded):
    share = drawn(BINS, seed=19)
    tools = Tools(share / share.sum(), {})
    for settings in SETTINGS[name]:
        torch.manual_seed(1)
        value = TERMS[name](answers(), batch(), Loss(**settings), tools)
        recorded.check({f"{name} {json.dumps(settings)}": value}, 1e-4)


def test_the_mirrored_loss_is_that_of_the_mirror_image():
    ab = drawn(2, 2, 8, 12)
    out = {"ab": torch.cat([ab, ab.flip(3)])}
    assert float(TERMS["mirrored"](out, batch(), Loss(), None)) == 0
    out["seen_ab"] = torch.cat([ab, ab.flip(2)])
    assert float(TERMS["mirrored"](out, batch(), Loss(), None)) > 0


@pytest.mark.parametrize("sees", ["ab", "rgb", "uv", "attention"])
def test_what_a_game_sees(sees, recorded):
    seen = view(Game(sees=sees, coarse=4), batch(), answers())
    recorded.check({f"{sees} {key}": value for key, value in vars(seen).items()}, 1e-3)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_an_objective(name, recorded):
    objective = OBJECTIVES[name]()
    real, fake = (drawn(N, 2, 3, 5, seed=seed) * 90 - 10 for seed in (20, 21))
    weights = drawn(2, 3, 5, seed=22) / 9
    torch.manual_seed(2)
    penalty = objective.penalty(lambda x: (x * weights).flatten(1).sum(1, keepdim=True), real, fake)
    made = [objective.discriminator_loss(real, fake), objective.generator_loss(real, fake), penalty]
    recorded.check({name: made, f"{name} every": objective.penalty_every}, 1e-4)


def test_labels_and_weights(recorded):
    truth = torch.zeros(12, 20, dtype=torch.uint8)
    truth[2:5, 3:9], truth[7:9, 1:4], truth[9:, 15:], truth[0, :5] = 1, 2, 3, 255
    torch.manual_seed(3)
    places = draw_anchors(truth)
    assert set(truth[places[:, 0], places[:, 1]].tolist()) == {1, 2, 3}
    small = torch.zeros(9, 9, dtype=torch.uint8)
    small[0, :5] = 1
    assert draw_anchors(small).shape == (0, 2), "five places are too few"
    small[0, :6] = 1
    assert draw_anchors(small).shape == (40, 2)
    logits, same = drawn(4, 5, 7) * 6 - 3, (drawn(4, 5, 7, seed=23) > 0.6).float()
    known = drawn(5, 7, seed=24) > 0.2
    made = {
        "places": places,
        "balanced": balanced_loss(logits, same, known, 0.7),
        "parts": part_weights(batch(), (8, 16)),
        "rebalancing": rebalancing(drawn(40, seed=25) / 20),
        "coarse": coarse_ab(drawn(1, 2, 16, 24), 4),
    }
    recorded.check(made, 1e-4)
    torch.manual_seed(4)
    turned = sample(drawn(N, 3, 16, 16), jitter(torch.zeros(N, 3, 16, 16), 0.4))
    recorded.check({"turned": turned}, 1e-3)


def test_rates(recorded):
    made = {}
    for schedule in ("constant", "cosine", "halve"):
        settings = Optimizer(schedule=schedule, warmup=7)
        made[schedule] = [pace(settings, step, 60) for step in range(60)]
    recorded.check(made, 1e-6)


def test_what_a_recipe_does_not_say():
    """All defaults; `TINTYPE_RECORD=1` writes them anew."""
    least = {"system": "unet", "summary": "", "stages": [{"name": "one", "steps": 3}]}
    least |= {"decision": {}}
    result = checked_recipe(least | {"losses": {"l1": {}, "gan": {"game": {}}}})
    result = result.model_dump(mode="json")
    if os.environ.get("TINTYPE_RECORD"):
        DEFAULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    assert result == json.loads(DEFAULTS.read_text(encoding="utf-8"))
