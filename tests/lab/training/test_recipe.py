import pytest
from pydantic import ValidationError

from tintype.errors import RecipeError
from tintype.lab.training.recipe import Game, Loss, load_recipe, recipe_names


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_that_is_shipped_is_valid(name):
    assert load_recipe(name).stages


def test_overrides_reach_every_depth():
    recipe = load_recipe(
        "tintype",
        ["losses.bins.weight=0.05", "data.size=96", "stages.1.lr=1e-4", "data.guidance.points=0"],
    )
    assert recipe.losses["bins"].weight == 0.05
    assert recipe.data.size == 96
    assert recipe.stages[1].lr == 1e-4
    assert recipe.data.guidance.points == 0


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        ("data.batchsize=3", "did you mean 'batch_size'"),
        ("optimizr.lr=3", "did you mean 'optimizer'"),
        ("data.size=tall", "'data.size' is wrong"),
        ("data.size=7", "multiple of 32"),
        ("stages.9.lr=1", "not an index"),
        ("lr", "key=value"),
        ("losses.gan.game.objectiv=hinge", "did you mean 'objective'"),
        ("stages.0.weights.gradint=1", "did you mean 'gradient'"),
        ("data.size=100", "multiple of 32"),
        ("data.crop=[0.9, 0.5]", "least <= largest"),
        ("data.size=[", "is not valid YAML"),
        ("decision.temperatur=1", "did you mean 'temperature'"),
        ("losses={bins: {weight: 0}}", "stage 'wide' has no loss"),
        ("data.pairs={seen: a.png, target: b.png}", "must hold one \\*"),
    ],
)
def test_a_wrong_key_or_value_is_named(override, reason):
    with pytest.raises(RecipeError, match=reason):
        load_recipe("tintype", [override])


def test_an_unknown_recipe_names_the_nearest(tmp_path):
    with pytest.raises(RecipeError, match="did you mean 'tintype'"):
        load_recipe("tintpe")
    with pytest.raises(RecipeError, match="cannot be read"):
        load_recipe(str(tmp_path / "none.yaml"))
    (tmp_path / "bad.yaml").write_text("a: [")
    (tmp_path / "latin.yaml").write_bytes(b"summary: caf\xe9")
    with pytest.raises(RecipeError, match="cannot be read"):
        load_recipe(str(tmp_path / "latin.yaml"))
    with pytest.raises(RecipeError, match="not valid YAML"):
        load_recipe(str(tmp_path / "bad.yaml"))


def test_a_loss_and_a_game_ask_for_nothing_by_default():
    loss = Loss().model_dump()
    assert loss == {
        "weight": 1,
        "space": "ab",
        "teacher": None,
        "power": 0.5,
        "adjustment": 0,
        "over_parts": False,
        "beta": 5,
        "dice": 0.5,
        "recognition": 0,
        "jitter": 0,
        "game": None,
    }
    game = Game()
    assert (game.steps, game.from_step, game.coarse, game.pulling_away) == (1, 0, 1, 0)
    assert (game.betas, game.margin, game.penalty) == ((0, 0.99), 80, None)


def test_a_recipe_cannot_be_changed_in_place():
    recipe = load_recipe("tintype")
    with pytest.raises(ValidationError, match="frozen"):
        recipe.seed = 3
