import pytest
import torch

from tests.lab.training.small import SMALL
from tintype.errors import RecipeError
from tintype.lab.training.recipe import Optimizer, load_recipe
from tintype.lab.training.schedule import follow, make_optimizer, pace, set_rate, stage_at
from tintype.lab.training.systems import build_network

RECIPE = load_recipe("tintype", SMALL)


def settings(**values) -> Optimizer:
    return Optimizer.model_validate(values)


def test_stages_follow_one_another_and_the_last_one_stays():
    stages = [stage_at(RECIPE, step) for step in (0, 3, 4, 5, 6, 99)]
    assert [(stage.name, within) for stage, within in stages] == [
        ("wide", 0),
        ("wide", 3),
        ("fine", 0),
        ("fine", 1),
        ("fine", 1),
        ("fine", 1),
    ]


def test_warm_up_reaches_the_full_rate_at_its_last_step():
    warm = settings(schedule="constant", warmup=10)
    assert [pace(warm, step, 100) for step in (0, 4, 9, 10, 99)] == [0.1, 0.5, 1, 1, 1]
    assert pace(settings(schedule="constant"), 0, 100) == 1


def test_cosine_falls_to_2_percent():
    cosine = settings(schedule="cosine")
    assert pace(cosine, 0, 100) == 1
    assert pace(cosine, 50, 100) == pytest.approx(0.51)
    assert pace(cosine, 100, 100) == pytest.approx(0.02)


def test_halvings_are_spread_evenly():
    halved = settings(schedule="halve", halvings=4)
    assert [pace(halved, step, 100) for step in (0, 19, 20, 45, 79, 80, 99)] == [
        1,
        1,
        0.5,
        0.25,
        0.125,
        0.0625,
        0.0625,
    ]
    assert pace(settings(schedule="halve", halvings=0), 99, 100) == 1


def test_the_encoder_learns_at_its_fraction_of_the_stages_rate():
    network = build_network(RECIPE, fresh=False)
    own = settings(lr=0.01, encoder=0.25, schedule="constant")
    optimizer = make_optimizer(network, own)
    set_rate(optimizer, own, RECIPE.stages[0], 0)
    rates = {group["base"]: group["lr"] for group in optimizer.param_groups}
    assert rates == {1.0: 0.01, 0.25: 0.0025}
    inside = {id(p) for p in network.encoder.parameters()}
    for group in optimizer.param_groups:
        assert {id(p) in inside for p in group["params"]} == {group["base"] == 0.25}
    set_rate(optimizer, own, RECIPE.stages[0].model_copy(update={"lr": 0.002}), 0)
    assert [group["lr"] for group in optimizer.param_groups] == [0.002, 0.0005]


def test_frozen_weights_are_not_in_the_optimizer():
    network = build_network(RECIPE.model_copy(update={"frozen": 3}), fresh=False)
    frozen = {id(p) for block in network.encoder.features[:3] for p in block.parameters()}
    learned = make_optimizer(network, settings()).param_groups
    assert not frozen & {id(p) for group in learned for p in group["params"]}
    assert all(p.requires_grad for p in network.encoder.features[3].parameters())
    with pytest.raises(RecipeError, match="does not accept its settings"):
        make_optimizer(network.requires_grad_(False), settings())


@pytest.mark.parametrize(("name", "kind"), [("adam", "Adam"), ("adamw", "AdamW")])
def test_the_optimizer_is_the_one_named(name, kind):
    optimizer = make_optimizer(torch.nn.Linear(1, 1), settings(name=name, weight_decay=0.1))
    assert type(optimizer).__name__ == kind
    assert optimizer.defaults["weight_decay"] == 0.1


def test_the_average_follows_weights_and_copies_counters():
    average, network = torch.nn.BatchNorm1d(1), torch.nn.BatchNorm1d(1)
    torch.nn.init.zeros_(average.weight)
    network.num_batches_tracked += 7
    follow(average, network, 0.75)
    assert float(average.weight.detach()) == pytest.approx(0.25)
    assert int(average.num_batches_tracked) == 7
