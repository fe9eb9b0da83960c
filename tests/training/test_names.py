import numpy as np
import pytest
import torch

from tests.training.test_trainer import job
from tintype.color import ab_bins
from tintype.nets.names import COLORS, LEVELS, ColorNames, levels_of, read_things
from tintype.training.checkpoint import load_state
from tintype.training.names import count_colors, fit_names
from tintype.training.recipe import load_recipe
from tintype.training.systems import build_network
from tintype.training.trainer import train

CENTERS = torch.tensor(ab_bins())
RED, GREEN = (int((CENTERS - torch.tensor(at)).square().sum(1).argmin()) for at in ((60.0, 40.0), (-40.0, 40.0)))


def kind(word: str) -> torch.Tensor:
    """1000 probabilities: sure of a kind of which nothing but one color is told."""
    things = read_things()[:, COLORS.index(word)]
    return torch.nn.functional.one_hot(things.argmax(), 1000).float()


def test_each_of_a_thousand_things_has_colors():
    things = read_things()
    assert things.shape == (1000, len(COLORS))
    assert torch.allclose(things.sum(1), torch.ones(1000))
    assert things[1].argmax() == COLORS.index("orange")  # a goldfish
    assert things[949].argmax() == COLORS.index("red")  # a strawberry


def test_every_lightness_is_one_level_or_between_two():
    levels = levels_of(torch.linspace(0, 100, 41).reshape(1, 1, 1, 41))
    assert torch.allclose(levels.sum(1), torch.ones(1, 1, 41))
    assert levels[0, :, 0, 20].tolist() == [0, 0, 1, 0, 0]


def test_before_anything_is_learned_no_word_is_heard():
    names = ColorNames(len(CENTERS))
    assert names(kind("red")[None], torch.full((1, 1, 2, 2), 50.0)).abs().max() == 0


def test_words_get_the_meaning_that_the_objects_have(monkeypatch):
    monkeypatch.setattr("tintype.training.names.SELDOM", 1.0)
    generator = torch.Generator().manual_seed(0)
    kinds = torch.stack([kind("red"), kind("green")]).repeat(60, 1)
    counts = torch.rand(120, LEVELS, len(CENTERS), generator=generator) * 1e-4
    counts[::2, 2, RED] += 0.3
    counts[1::2, 2, GREEN] += 0.3
    names = ColorNames(len(CENTERS))
    fit_names(names, kinds, counts)
    assert names.heed[kinds[0].argmax()] == pytest.approx(2 / 3)  # half of the pictures show it
    assert names.heed[0] == 1
    said = names(kinds[:2], torch.full((2, 1, 1, 1), 50.0))[:, :, 0, 0]
    assert said[0, RED] > said[0, GREEN] + 0.3
    assert said[1, GREEN] > said[1, RED] + 0.3


def test_the_shipped_words_mean_what_they_say():
    names = build_network(load_recipe("tintype", ["start=default"])).names
    mean = dict(zip(COLORS, (names.meaning[:, 2] @ CENTERS).tolist(), strict=True))
    assert max(map(abs, mean["neutral"])) < 6
    assert mean["red"][0] > 25
    assert mean["yellow"][1] > 25
    assert mean["blue"][1] < -8
    assert mean["green"][0] < mean["red"][0] - 20
    assert names.heed[985] < 0.2  # a daisy, of which the photographs show many
    assert names.heed[1] > 0.8  # a goldfish


def test_colors_are_counted_where_the_object_is():
    lab = torch.zeros(1, 3, 2, 2)
    lab[:, 0] = 50
    lab[0, 1:, 0, 0] = torch.tensor([60.0, 40.0])
    inside = torch.zeros(1, 1, 2, 2, dtype=torch.bool)
    inside[..., 0, 0] = True
    counts = count_colors(lab, inside, CENTERS)
    assert counts.sum() == pytest.approx(0.25)
    assert counts[0, 2, RED] == pytest.approx(0.25)


def test_a_run_learns_its_names_at_the_end_and_once(photo_folder, tmp_path):
    wanted = job(photo_folder, tmp_path / "a", ["names=8"])
    seen = []
    train(wanted, lambda progress: seen.append(progress.stage))
    names = {key: value for key, value in load_state(tmp_path / "a")["average"].items() if key.startswith("names.")}
    assert seen[-1] == "names"
    assert 0 < float(names["names.heed"].min()) < float(names["names.heed"].max()) < 1
    assert np.allclose(names["names.meaning"].sum(-1), 1, atol=1e-3)
    again = []
    train(job(photo_folder, tmp_path / "a", ["names=8"], resume=True), lambda progress: again.append(progress.stage))
    assert again == []
