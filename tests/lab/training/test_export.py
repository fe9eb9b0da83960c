"""What an export inherits from the weights that its run started from."""

import numpy as np
import onnxruntime as ort
import pytest
import torch
from skimage import data

from tests.lab.training.small import SMALL, assert_same
from tintype.color import lightness
from tintype.contract import PALETTE_SIZE, PARTS
from tintype.engine import Network
from tintype.engine.core.onnx_bytes import without_defaults
from tintype.engine.core.segments import predict_segments
from tintype.errors import ModelError, RecipeError, UsageError
from tintype.lab.data.photographs import load_photographs
from tintype.lab.nets.tintype import Tintype
from tintype.lab.training.artifact import read_weights, save_weights
from tintype.lab.training.checkpoint import load_state
from tintype.lab.training.export import describe, export_run
from tintype.lab.training.quantize import quantize
from tintype.lab.training.recipe import Deciding, load_recipe, read_recipe
from tintype.lab.training.systems import decided, read_start, restore_network
from tintype.lab.training.trainer import TrainingJob, train


@pytest.fixture(scope="module")
def untouched(photo_folder, tmp_path_factory):
    """A run that starts from the default network and takes no step, exported."""
    folder = tmp_path_factory.mktemp("untouched")
    recipe = load_recipe(
        "tintype", ["start=default", "stages=[{name: mine, steps: 2000, lr: 0.0003}]"]
    )
    train(TrainingJob(recipe, [photo_folder], folder / "run", steps=0, accelerator="cpu"))
    export_run(folder / "run", folder / "a.onnx")
    return folder


def test_a_run_that_takes_no_step_colors_as_the_network_it_started_from(untouched):
    default, exported = Network.load("default", "cpu"), Network.load(untouched / "a.onnx", "cpu")
    for picture in (data.astronaut(), data.chelsea()[:256, :384], data.coffee()[:384, :512]):
        seen = lightness(picture[: len(picture) // 32 * 32].astype(np.float32) / 255)[None, None]
        assert np.abs(default.predict(seen).ab - exported.predict(seen).ab).max() < 1e-3
    for key in ("size", "detail_size", "vividness", "license", "data"):
        assert getattr(exported.metadata, key) == getattr(default.metadata, key), key
    own, before = (Deciding.model_validate(n.metadata.decision) for n in (exported, default))
    assert own == before
    torch.testing.assert_close(
        read_weights(untouched / "a.safetensors").prior, read_start("default").prior
    )


def test_an_artifact_answers_as_the_decided_average_and_tells_nothing_of_its_maker(untouched):
    state, recipe = load_state(untouched / "run"), read_recipe(untouched / "run")
    trained = restore_network(recipe, state["average"], "the run")
    weights = read_weights(untouched / "a.safetensors")
    torch.testing.assert_close(weights.prior, state["bin_share"])
    assert_same(weights.state, trained.state_dict(), atol=2e-3)
    exported = Network.load(untouched / "a.onnx", "cpu")
    seen = np.random.default_rng(0).uniform(0, 100, (1, 1, 64, 96)).astype(np.float32)
    settings = Deciding.model_validate(exported.metadata.decision)
    with torch.no_grad():
        expected = decided(trained, settings, state["bin_share"])(torch.from_numpy(seen))
    assert np.abs(exported.predict(seen).ab - expected["ab"].numpy()).max() < 0.1
    assert b"export.py" not in (untouched / "a.onnx").read_bytes()


def test_lightness_alone_runs_and_all_inputs_can_be_fed(untouched):
    def session(path):
        return ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    artifact = session(untouched / "a.onnx")
    seen = np.random.default_rng(0).uniform(0, 100, (2, 1, 64, 96)).astype(np.float32)
    neutral = {
        "hint": np.zeros((2, 3, 64, 96), np.float32),
        "region": np.ones((2, 1, 64, 96), np.float32),
        "palette": np.zeros((2, PALETTE_SIZE), np.float32),
    }
    (alone,) = artifact.run(["ab"], {"lightness": seen})
    (fed,) = artifact.run(["ab"], {"lightness": seen, **neutral})
    np.testing.assert_array_equal(alone, fed)
    hint = neutral["hint"].copy()
    hint[:, :, 20:40, 20:40] = np.array([60, 40, 1], np.float32)[:, None, None]
    (hinted,) = artifact.run(["ab"], {"lightness": seen, "hint": hint})
    assert (hinted - alone)[:, 0, 12:18, 12:18].mean() > 20

    every = without_defaults((untouched / "a.onnx").read_bytes())
    (untouched / "all.onnx").write_bytes(every)
    whole = session(untouched / "all.onnx")
    assert {each.name for each in whole.get_inputs()} == {"lightness", *neutral}
    (same,) = whole.run(["ab"], {"lightness": seen, **neutral, "hint": hint})
    np.testing.assert_array_equal(same, hinted)


def test_an_8_bit_artifact_colors_nearly_as_the_whole_one(photo_folder, tmp_path):
    recipe = load_recipe(
        "colorful", ["network.width=8", "stages.0.steps=1", "data.size=32", "data.batch_size=4"]
    )
    train(TrainingJob(recipe, [photo_folder], tmp_path / "run", accelerator="cpu"))
    assert export_run(tmp_path / "run", tmp_path / "made" / "a.onnx") < 0.1
    store = load_photographs([photo_folder])
    quantize(tmp_path / "made" / "a.onnx", tmp_path / "b.onnx", store)
    whole = Network.load(tmp_path / "made" / "a.onnx", "cpu")
    small = Network.load(tmp_path / "b.onnx", "cpu")
    assert (small.metadata.variant, small.metadata.system) == ("int8", "colorful")
    picture = lightness(store.picture(3)[:192, :256].astype(np.float32) / 255)[None, None]
    expected, result = whole.predict(picture), small.predict(picture)
    assert np.abs(result.ab - expected.ab).mean() < 0.3 * np.abs(expected.ab).mean() + 0.1
    assert np.corrcoef(result.ab_logits.ravel(), expected.ab_logits.ravel())[0, 1] > 0.95


def test_a_recipe_overrides_what_it_would_inherit():
    inherited = {
        "size": 192,
        "detail_size": 320,
        "vividness": 1.2,
        "license": "MIT",
        "data": "a million",
        "decision": {},
    }
    bare = load_recipe("tintype", [*SMALL, "decision=null", "detail=null"])
    kept = {
        name: inherited[name]
        for name in ("size", "detail_size", "vividness", "license", "decision")
    }
    assert describe(bare, inherited) == kept, (
        "what is told of other photographs is not true of a network that learned on"
    )
    assert describe(bare, inherited, trained=False) == inherited
    changed = load_recipe(
        "tintype",
        [
            *SMALL,
            "size=256",
            "detail=1.5",
            "vividness=1",
            "license=CC0",
            "decision={temperature: 1}",
        ],
    )
    assert describe(changed, inherited) == {
        "size": 256,
        "detail_size": 384,
        "vividness": 1,
        "license": "CC0",
        "decision": Deciding(temperature=1).model_dump(),
    }
    assert describe(bare, {})["size"] == 64


def test_an_export_decides_otherwise_without_another_training(photo_folder, tmp_path, monkeypatch):
    train(
        TrainingJob(
            load_recipe("tintype", SMALL),
            [photo_folder],
            tmp_path / "run",
            steps=1,
            accelerator="cpu",
        )
    )
    written = []
    monkeypatch.setattr(
        "tintype.lab.training.export.export",
        lambda network, target, about, _: written.append((network, about)) or 0.0,
    )
    export_run(tmp_path / "run", tmp_path / "a.onnx", ["decision.exponent=-0.5", "vividness=1.3"])
    ((network, about),) = written
    assert network.decision.exponent == about.decision["exponent"] == -0.5
    assert about.vividness == 1.3
    with pytest.raises(RecipeError, match="cannot change after training"):
        export_run(tmp_path / "run", tmp_path / "b.onnx", ["data.size=96"])
    with pytest.raises(UsageError, match="must state its license"):
        export_run(tmp_path / "run", tmp_path / "default.onnx", licensed=True)
    with pytest.raises(UsageError, match=r"should be called NAME\.onnx"):
        export_run(tmp_path / "run", tmp_path / "b.onx")
    assert not (tmp_path / "default.safetensors").exists()


def test_weights_come_back_with_what_is_told_of_them(tmp_path):
    network = Tintype((8, 16, 16, 24, 32), (1, 1, 1, 1), (8, 8, 16, 16))
    prior = torch.rand(261)
    save_weights(tmp_path / "a.safetensors", network, prior, {"license": "CC0"})
    weights = read_weights(tmp_path / "a.safetensors")
    assert weights.about == {"license": "CC0"}
    assert torch.equal(weights.prior, prior)
    assert weights.state.keys() == network.state_dict().keys()


def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(untouched, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelError, match=r"a\.onnx cannot be written"):
        export_run(untouched / "run", tmp_path / "file" / "deep" / "a.onnx")


def test_the_head_of_things_comes_with_the_export(photo_folder, tmp_path):
    recipe = load_recipe("tintype", [*SMALL, "network.things=true", "losses.parts={weight: 0.1}"])
    job = TrainingJob(recipe, [photo_folder], tmp_path / "run", steps=1, accelerator="cpu")
    train(job)
    export_run(tmp_path / "run", tmp_path / "a.onnx")
    network = Network.load(tmp_path / "a.onnx", "cpu")
    assert network.metadata.affinity_dims == 16
    seen = np.random.default_rng(0).uniform(0, 100, (1, 1, 64, 96)).astype(np.float32)
    found = network.predict(seen, wanted=("ab", "affinity", "parts"))
    trained = restore_network(recipe, load_state(tmp_path / "run")["average"], "the run")
    with torch.no_grad():
        expected = trained(torch.from_numpy(seen))
    np.testing.assert_allclose(found.affinity, expected["affinity"], atol=0.02)
    np.testing.assert_allclose(found.parts, expected["parts"], atol=0.01)
    segments = predict_segments(network, seen[0, 0])
    assert segments.parts.names == tuple(PARTS)
