"""The folder of a run may come from anyone: nothing in it is executed."""

import json
import sys

import pytest
import torch

from tests.lab.nets.test_reading import Bomb
from tests.lab.training.plain import Plain
from tests.lab.training.small import SMALL
from tintype.errors import ModelError, RecipeError
from tintype.lab.evaluation.probe import open_encoder
from tintype.lab.training.checkpoint import STATE, load_state, save_state
from tintype.lab.training.export import export_run
from tintype.lab.training.recipe import RECIPE, load_recipe
from tintype.lab.training.systems import build_network

PLAIN = ("system=tests.lab.training.plain:Plain", "network={}", "decision=null")


def state_of(network: torch.nn.Module) -> dict:
    """What a run saves that has just begun."""
    weights = network.state_dict()
    return {
        "network": weights,
        "average": weights,
        "optimizer": {},
        "opponents": {},
        "step": 1,
        "bin_share": torch.full((261,), 1 / 261),
        "measured": True,
        "inherited": {},
        "data": [],
    }


@pytest.fixture
def run(tmp_path):
    """A run of a system outside of the package."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / RECIPE).write_text(load_recipe("tintype", [*SMALL, *PLAIN]).model_dump_json())
    save_state(folder, state_of(Plain()))
    return folder


def test_a_malicious_state_is_refused_and_runs_nothing(run, tmp_path):
    torch.save({**state_of(Plain()), "step": Bomb(tmp_path / "ran")}, run / STATE)
    for work in (
        lambda: export_run(run, tmp_path / "a.onnx", trusted=True),
        lambda: open_encoder(str(run), trusted=True),
        lambda: load_state(run),
    ):
        with pytest.raises(RecipeError, match="could run code"):
            work()
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("state", [[], {"average": {}}, {}])
def test_a_state_that_lacks_parts_is_named(run, state):
    torch.save(state, run / STATE)
    with pytest.raises(RecipeError, match="is not the state of a run"):
        load_state(run)


def test_code_of_a_run_is_imported_only_if_it_is_trusted(run, tmp_path, monkeypatch):
    with pytest.raises(RecipeError, match=r"code outside of Tintype.*--trust-code"):
        export_run(run, tmp_path / "a.safetensors")
    with pytest.raises(RecipeError, match="--trust-code"):
        open_encoder(str(run))
    assert not list(tmp_path.glob("a.*"))
    assert export_run(run, tmp_path / "a.safetensors", trusted=True) is None
    assert list(tmp_path.glob("a.*")) == [tmp_path / "a.safetensors"]
    values = json.loads((run / RECIPE).read_text())
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nNet = print")
    monkeypatch.chdir(tmp_path)
    for system in ("evil:Net", "subprocess:Popen", "os:system"):
        (run / RECIPE).write_text(json.dumps({**values, "system": system}))
        with pytest.raises(RecipeError, match="--trust-code"):
            export_run(run, tmp_path / "b.onnx")
    with pytest.raises(RecipeError, match="'os:system' is not a PyTorch module"):
        export_run(run, tmp_path / "b.onnx", trusted=True)
    assert not (tmp_path / "ran").exists() and "evil" not in sys.modules


def test_weights_of_another_network_are_named(run, tmp_path):
    save_state(run, state_of(torch.nn.Linear(1, 1)))
    with pytest.raises(ModelError, match="do not fit the recipe's network"):
        export_run(run, tmp_path / "a.onnx", trusted=True)


def test_graynet_is_exported_as_weights_that_scgan_starts_from(tmp_path):
    recipe = load_recipe("graynet", ["network.width=8"])
    gray = build_network(recipe)
    (tmp_path / RECIPE).write_text(recipe.model_dump_json())
    save_state(tmp_path, state_of(gray))
    for name in ("gray.safetensors", "gray.onnx"):
        assert export_run(tmp_path, tmp_path / name) is None
        assert not (tmp_path / "gray.onnx").exists()
        start = ["network.width=8", f"encoder=graynet:{tmp_path / 'gray.safetensors'}"]
        scgan = build_network(load_recipe("scgan", start))
        weight = scgan.encoder.features[0].weight
        torch.testing.assert_close(weight, gray.features[0].weight, atol=1e-3, rtol=0)
        (tmp_path / "gray.safetensors").unlink()


@pytest.mark.parametrize("recipe", ["nir", "underwater", "scgan"])
def test_an_encoder_without_its_file_says_which_option_gives_it(recipe):
    with pytest.raises(RecipeError, match="--set encoder=graynet:FILE, or --set encoder=null"):
        build_network(load_recipe(recipe))
    with pytest.raises(RecipeError, match="--teacher KIND:FILE, or --set encoder=null"):
        build_network(load_recipe("tintype", ["encoder=teacher"]))
