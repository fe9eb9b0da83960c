from types import SimpleNamespace

import pytest
import torch

from tintype.errors import RecipeError
from tintype.lab.nets.lab import lab_to_rgb, rgb_to_lab
from tintype.lab.training.adversary import coarse_ab, objective_of, seen_ab, view
from tintype.lab.training.recipe import Game, load_recipe, teach


def game(**settings):
    return Game.model_validate(settings)


def test_those_who_look_on_see_the_mean_of_several_heads_where_there_are_some():
    alone, together = torch.ones(1, 2, 4, 4), torch.full((1, 2, 4, 4), 3.0)
    assert seen_ab({"ab": alone}) is alone
    assert seen_ab({"ab": alone, "seen_ab": together}) is together


def test_a_game_in_rgb_shows_both_colors_on_the_photograph_before_it_was_worn():
    torch.manual_seed(0)
    lab = torch.cat(
        [torch.full((2, 1, 32, 32), 60.0), 20 * torch.randn(2, 2, 1, 1).expand(-1, -1, 32, 32)], 1
    )
    rgb = lab_to_rgb(lab)
    ab = rgb_to_lab(rgb)[:, 1:]
    batch = SimpleNamespace(rgb=rgb, ab=ab, lightness=torch.full((2, 1, 32, 32), 90.0))
    seen = view(game(sees="rgb"), batch, {"ab": torch.zeros(2, 2, 16, 16)})
    torch.testing.assert_close((seen.true + 1) / 2, rgb, atol=2e-3, rtol=0)
    assert (seen.made.amax(1) - seen.made.amin(1)).max() < 1e-3
    torch.testing.assert_close(seen.made[:, :1], seen.given, atol=1e-3, rtol=0)


def test_coarse_colors_keep_their_mean_and_forget_their_specks():
    torch.manual_seed(0)
    specks = torch.randn(1, 2, 64, 64)
    coarse = coarse_ab(specks, 8)
    assert coarse.shape == specks.shape
    assert coarse.std() < 0.2 * specks.std()
    plain = torch.full((1, 2, 64, 64), 7.0)
    torch.testing.assert_close(coarse_ab(plain, 8), plain)
    assert coarse_ab(specks, 1) is specks


def test_a_penalty_is_for_objectives_that_have_one():
    assert objective_of(game(objective="relativistic", penalty=0.1)).weight == 0.1
    assert objective_of(game(objective="wasserstein")).weight == 10
    with pytest.raises(RecipeError, match="'hinge' has no penalty"):
        objective_of(game(objective="hinge", penalty=0.1))


def test_the_teacher_of_the_command_is_also_what_the_discriminator_looks_through():
    recipe = load_recipe("tintype", teach("tintype", [], "mobilenet_v2:t.safetensors"))
    assert recipe.losses["gan"].teacher == "mobilenet_v2:t.safetensors"
    assert recipe.losses["bins"].teacher is None
