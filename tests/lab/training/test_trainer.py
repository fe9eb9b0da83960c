import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tests.lab.training.small import SMALL
from tintype.color import lightness
from tintype.engine import Network
from tintype.errors import ModelError, RecipeError, TintypeError, UsageError
from tintype.lab.data.photographs import load_photographs
from tintype.lab.nets.classifiers import CLASSIFIERS, MobileNetV2
from tintype.lab.training.artifact import read_weights
from tintype.lab.training.checkpoint import claim, load_state
from tintype.lab.training.export import export_run
from tintype.lab.training.quantize import quantize
from tintype.lab.training.recipe import load_recipe
from tintype.lab.training.schedule import follow, pace, stage_at
from tintype.lab.training.systems import build_network, decided
from tintype.lab.training.trainer import Job, Progress, train


def job(photos: Path, output: Path, overrides: list[str] | None = None, **options) -> Job:
    recipe = load_recipe("tintype", [*SMALL, *(overrides or [])])
    return Job(
        recipe, [photos], output, options.pop("validation", []), accelerator="cpu", **options
    )


def losses_of(given: Job) -> list[dict[str, float]]:
    told: list[Progress] = []
    train(given, told.append)
    return [progress.losses for progress in told]


@pytest.fixture(scope="module")
def run(photo_folder, tmp_path_factory) -> Path:
    """A finished run."""
    output = tmp_path_factory.mktemp("runs") / "whole"
    train(job(photo_folder, output, validation=[photo_folder]))
    return output


def test_the_loss_falls_on_a_handful_of_photographs(photo_folder, tmp_path):
    overrides = [
        "stages=[{name: one, steps: 40, size: 32}]",
        "data.worn=0",
        "data.wishes={}",
        "optimizer.warmup=0",
        "optimizer.lr=0.003",
        "losses.bins.power=0.5",
    ]
    losses = losses_of(job(photo_folder, tmp_path / "a", overrides))
    first, last = (np.mean([entry["bins"] for entry in part]) for part in (losses[:5], losses[-5:]))
    assert last < 0.9 * first


def test_resuming_gives_the_losses_of_a_run_that_never_stopped(photo_folder, tmp_path):
    whole = losses_of(job(photo_folder, tmp_path / "a"))
    losses_of(job(photo_folder, tmp_path / "b", steps=2))
    rest = losses_of(job(photo_folder, tmp_path / "b", resume=True))
    assert len(rest) == 4
    for expected, found in zip(whole[2:], rest, strict=True):
        assert found == pytest.approx(expected, rel=1e-4)


def test_ctrl_c_saves_and_the_run_goes_on(photo_folder, tmp_path):
    command = [
        sys.executable,
        "-m",
        "tintype",
        "train",
        "tintype",
        "--data",
        str(photo_folder),
        "--output",
        str(tmp_path / "a"),
    ]
    command += [
        part for override in [*SMALL, "stages.0.steps=4000"] for part in ("--set", override)
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        while not (tmp_path / "a" / "state.pt").exists():
            assert running.poll() is None
            time.sleep(0.1)
        running.send_signal(signal.SIGINT)
        told = running.communicate(timeout=60)[1]
    assert running.returncode == 130
    assert "stopped and saved; continue with --resume" in told
    stood = load_state(tmp_path / "a")["step"]
    subprocess.run([*command, "--resume", "--minutes", "0"], check=True, capture_output=True)
    assert load_state(tmp_path / "a")["step"] == stood + 1


def test_the_adversarial_stage_is_played_and_resumed(photo_folder, tmp_path):
    torch.manual_seed(0)
    save_file(MobileNetV2().state_dict(), tmp_path / "t.safetensors")
    stage = "stages=[{name: game, steps: 4, size: 64, weights: {gan: 0.1}}]"
    overrides = [
        stage,
        "losses.gan.game.from_step=1",
        f"losses.gan.teacher=mobilenet_v2:{tmp_path / 't.safetensors'}",
    ]
    whole = losses_of(job(photo_folder, tmp_path / "a", overrides))
    assert "gan" not in whole[0]
    assert all({"gan", "gan/opponent"} <= set(entry) for entry in whole[1:])
    losses_of(job(photo_folder, tmp_path / "b", overrides, steps=2))
    rest = losses_of(job(photo_folder, tmp_path / "b", overrides, resume=True))
    for expected, found in zip(whole[2:], rest, strict=True):
        assert found == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_teachers_look_on(kind, photo_folder, tmp_path):
    torch.manual_seed(0)
    net = CLASSIFIERS[kind]()
    for weight in net.features.parameters():
        if weight.ndim > 1:
            torch.nn.init.kaiming_normal_(weight)  # else what is seen dies away on its way up
    save_file(net.state_dict(), tmp_path / "t.safetensors")
    teacher = f"{kind}:{tmp_path / 't.safetensors'}"
    overrides = [
        f"losses.{name}={{weight: 0.5, teacher: {teacher!r}}}"
        for name in ("distillation", "perceptual")
    ]
    first, *_ = losses_of(
        job(
            photo_folder,
            tmp_path / "a",
            [*overrides, f"encoder={teacher}", f"network.encoder={kind}"],
            steps=2,
        )
    )
    assert first["distillation"] > 0
    assert first["perceptual"] > 0


def test_mirror_images_are_learned_from_where_a_stage_asks_for_it(photo_folder, tmp_path):
    stages = (
        "stages=[{name: wide, steps: 2, size: 32}, {name: mirrored, steps: 2, size: 32, weights:"
        " {mirrored: 1}}]"
    )
    losses = losses_of(
        job(photo_folder, tmp_path / "a", [stages, "losses.mirrored={weight: 0, beta: 2}"])
    )
    assert ["mirrored" in entry for entry in losses] == [False, False, True, True]
    assert all(entry["mirrored"] > 0 for entry in losses[2:])


def test_a_killed_run_goes_on_from_its_last_saved_step(photo_folder, tmp_path):
    script = (
        "import os, signal\n"
        "from tests.lab.training.test_trainer import job\n"
        "from tintype.lab.training.trainer import train\n"
        "from pathlib import Path\n"
        f"train(job(Path({str(photo_folder)!r}), Path({str(tmp_path / 'a')!r})),\n"
        "      lambda p: os.kill(os.getpid(), signal.SIGKILL) if p.step == 4 else None)\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True, cwd=Path.cwd()
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert load_state(tmp_path / "a")["step"] == 2
    rest = losses_of(job(photo_folder, tmp_path / "a", resume=True))
    whole = losses_of(job(photo_folder, tmp_path / "b"))
    for expected, found in zip(whole[2:], rest, strict=True):
        assert found == pytest.approx(expected, rel=1e-4)


def test_a_run_leaves_sheets_numbers_and_its_recipe(run):
    assert (run / "step-0000006.png").exists()
    assert any(run.glob("events.out.tfevents.*"))
    assert json.loads((run / "recipe.json").read_text())["system"] == "tintype"


def test_a_run_is_exported_and_runs_as_it_was_trained(run, tmp_path):
    difference = export_run(run, tmp_path / "made" / "a.onnx")
    assert difference < 0.1
    network = Network.load(tmp_path / "made" / "a.onnx", "cpu")
    assert network.metadata.system == "tintype"
    assert network.metadata.detail_size == round(network.size * load_recipe("tintype").detail)
    assert b"export.py" not in (tmp_path / "made" / "a.onnx").read_bytes(), (
        "it tells of its maker's folders"
    )
    lightness = np.random.default_rng(0).uniform(0, 100, (1, 1, 64, 96)).astype(np.float32)
    trained = build_network(load_recipe("tintype", SMALL), fresh=False)
    trained.load_state_dict(load_state(run)["average"])
    with torch.no_grad():
        answering = decided(trained, load_recipe("tintype").decision, load_state(run)["bin_share"])
        expected = answering.eval()(torch.from_numpy(lightness))["ab"].numpy()
    assert np.abs(network.predict(lightness).ab - expected).max() < 0.1
    restored = build_network(load_recipe("tintype", SMALL), fresh=False)
    weights = read_weights(tmp_path / "made" / "a.safetensors")
    torch.testing.assert_close(weights.prior, load_state(run)["bin_share"])
    restored.load_state_dict(weights.state)
    for name, value in trained.state_dict().items():
        if value.dtype.is_floating_point:
            assert torch.allclose(value, restored.state_dict()[name], atol=2e-3), name


def test_an_8_bit_artifact_colors_nearly_as_the_whole_one(run, photo_folder, tmp_path):
    export_run(run, tmp_path / "a.onnx")
    store = load_photographs([photo_folder])
    quantize(tmp_path / "a.onnx", tmp_path / "b.onnx", store)
    whole, small = (Network.load(tmp_path / f"{name}.onnx", "cpu") for name in "ab")
    assert small.metadata.variant == "int8"
    assert small.metadata.system == "tintype"
    picture = lightness(store.picture(3)[:192, :256].astype(np.float32) / 255)[None, None]
    expected = whole.predict(picture)
    found = small.predict(picture)
    assert np.abs(found.ab - expected.ab).mean() < 0.3 * np.abs(expected.ab).mean() + 0.1
    assert np.corrcoef(found.ab_logits.ravel(), expected.ab_logits.ravel())[0, 1] > 0.95


def test_two_runs_do_not_share_a_folder_and_a_recipe_does_not_change_midway(run, photo_folder):
    with pytest.raises(RecipeError, match="already holds a run"):
        train(job(photo_folder, run))
    with pytest.raises(RecipeError, match="another recipe"):
        train(job(photo_folder, run, ["seed=7"], resume=True))


def test_two_processes_do_not_train_into_one_folder_at_once(photo_folder, tmp_path):
    with claim(tmp_path / "a"), pytest.raises(RecipeError, match="another run works on"):
        train(job(photo_folder, tmp_path / "a"))


def test_a_full_disk_leaves_the_state_before(photo_folder, tmp_path):
    losses_of(job(photo_folder, tmp_path / "a", steps=2))
    before = (tmp_path / "a" / "state.pt").read_bytes()
    script = (
        "import resource\nfrom tests.lab.training.test_trainer import job\nfrom"
        " tintype.lab.training.trainer import train\nfrom tintype.errors import TintypeError\nfrom"
        f" pathlib import Path\nresource.setrlimit(resource.RLIMIT_FSIZE, ({len(before) // 2},"
        f" {len(before) // 2}))\ntry:\n    train(job(Path({str(photo_folder)!r}),"
        f" Path({str(tmp_path / 'a')!r}), resume=True))\nexcept TintypeError as error:\n   "
        " print(error)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True, cwd=Path.cwd()
    )
    assert "cannot be written" in told.stdout, told.stderr
    assert (tmp_path / "a" / "state.pt").read_bytes() == before
    assert not list((tmp_path / "a").glob("*.part*"))


ALIKE = (
    "system=tests.lab.training.plain:Plain",
    "network={}",
    "encoder=null",
    "losses={l2: {weight: 1}}",
    "data.worn=0",
    "data.pages=0",
    "data.wishes={}",
    "stages=[{name: one, steps: 3, size: 32}]",
    "data.batch_size=4",
    "frozen=0",
    "optimizer.warmup=0",
)
GAME = (
    "losses.gan={weight: 0.1, game: {objective: wasserstein, discriminator: patch, network: {width:"
    " 8}, sees: ab, lr: 0.001}}"
)


def trained(photo_folder, output, *more, options=ALIKE):
    """A run by the command, as a process of its own. Returns its state."""
    settings = [part for option in options for part in ("--set", option)]
    told = subprocess.run(
        [
            sys.executable,
            "-m",
            "tintype",
            "train",
            "tintype",
            "--data",
            str(photo_folder),
            "--output",
            str(output),
            *settings,
            *more,
        ],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), "CUDA_VISIBLE_DEVICES": ""},
    )
    assert told.returncode == 0, told.stderr
    return load_state(output)


@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_two_processes_with_half_a_batch_each_learn_as_one_with_the_whole(
    photo_folder, tmp_path, strategy
):
    one = trained(photo_folder, tmp_path / "one")["network"]
    two = trained(photo_folder, tmp_path / strategy, "--devices", "2", "--strategy", strategy)[
        "network"
    ]
    for name, value in one.items():
        assert torch.allclose(value, two[name], atol=2e-5), (strategy, name)
    start = build_network(load_recipe("tintype", list(ALIKE)), fresh=False)
    assert any((one[name] - value).abs().max() > 1e-3 for name, value in start.state_dict().items())


def test_a_sharded_game_goes_on_as_one_process_would_have(photo_folder, tmp_path):
    options = (*ALIKE, GAME)
    whole = trained(photo_folder, tmp_path / "whole", options=options)
    sharded = ("--devices", "2", "--strategy", "fsdp")
    trained(photo_folder, tmp_path / "parts", *sharded, "--steps", "2", options=options)
    parts = trained(photo_folder, tmp_path / "parts", *sharded, "--resume", options=options)
    assert set(parts["network"]) == set(whole["network"])
    assert parts["step"] == 3
    for name, value in parts["network"].items():
        assert value.shape == whole["network"][name].shape
        assert (
            value - whole["network"][name]
        ).abs().max() < 5e-3  # the game draws its own slopes in each process


def test_a_stream_trains_and_resumes_as_it_would_have_gone_on(shard, tmp_path):
    overrides = ["data.loader=stream"]
    whole = losses_of(job(shard, tmp_path / "a", overrides))
    losses_of(job(shard, tmp_path / "b", overrides, steps=2))
    rest = losses_of(job(shard, tmp_path / "b", overrides, resume=True))
    for expected, found in zip(whole[2:], rest, strict=True):
        assert found == pytest.approx(expected, rel=1e-4)


def test_what_is_missing_is_told(photo_folder, tmp_path):
    with pytest.raises(RecipeError, match="no run to resume"):
        train(job(photo_folder, tmp_path / "none", resume=True))
    with pytest.raises(RecipeError, match="needs a teacher"):
        train(job(photo_folder, tmp_path / "a", ["losses.distillation.weight=0.5"]))
    with pytest.raises(RecipeError, match="a classifier: --teacher KIND:FILE"):
        train(job(photo_folder, tmp_path / "g", ["losses.gan.weight=1"]))
    with pytest.raises(UsageError, match="cannot train with what was asked for"):
        train(job(photo_folder, tmp_path / "e", strategy="teleport"))
    with pytest.raises(RecipeError, match="there is no loss 'smoth'"):
        train(job(photo_folder, tmp_path / "b", ["losses.smoth={weight: 1}"]))
    with pytest.raises(RecipeError, match="does not take"):
        train(job(photo_folder, tmp_path / "c", ["network={breadth: 3}"]))
    with pytest.raises(ModelError, match="weights of mobilenet_v2"):
        train(
            job(
                photo_folder,
                tmp_path / "d",
                [f"encoder=mobilenet_v2:{tmp_path / 'none.safetensors'}"],
            )
        )
    with pytest.raises(
        RecipeError, match="no encoder 'vgg'; known are mobilenet_v2, efficientnet_lite1"
    ):
        train(job(photo_folder, tmp_path / "h", ["network.encoder=vgg"]))
    with pytest.raises(RecipeError, match="no system 'unett'"):
        train(job(photo_folder, tmp_path / "e", ["system=unett"]))
    with pytest.raises(RecipeError, match="cannot be imported"):
        train(job(photo_folder, tmp_path / "f", ["system=nowhere:Net"]))
    with pytest.raises(RecipeError, match="holds no saved run"):
        export_run(tmp_path, tmp_path / "x.onnx")


def test_a_loss_that_is_no_number_stops_the_run_and_names_the_photographs(photo_folder, tmp_path):
    with pytest.raises(TintypeError, match="no longer finite at step 0"):
        train(job(photo_folder, tmp_path / "a", ["losses.bins.weight=1e39"]))
    assert (
        "cat" in (tmp_path / "a" / "not-finite.txt").read_text()
        or "step 0" in (tmp_path / "a" / "not-finite.txt").read_text()
    )


def test_stages_follow_one_another_and_the_rate_follows_its_schedule():
    recipe = load_recipe("tintype", SMALL)
    assert [stage_at(recipe, step)[0].name for step in (0, 3, 4, 5)] == [
        "wide",
        "wide",
        "fine",
        "fine",
    ]
    assert stage_at(recipe, 5)[1] == 1
    settings = recipe.optimizer.model_copy(update={"warmup": 10})
    assert pace(settings, 0, 100) == pytest.approx(0.1)
    assert pace(settings, 50, 100) == pytest.approx(0.51)
    halved = settings.model_copy(update={"schedule": "halve", "halvings": 4, "warmup": 0})
    assert pace(halved, 45, 100) == 0.25


def test_the_average_follows_the_weights():
    average, network = torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)
    torch.nn.init.zeros_(average.weight)
    torch.nn.init.ones_(network.weight)
    follow(average, network, 0.75)
    assert float(average.weight.detach()) == pytest.approx(0.25)
