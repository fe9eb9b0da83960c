"""Runs as processes: interrupted, killed, without space, and shared among several."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.lab.training.small import SMALL, assert_same, small_job
from tintype.cli import app
from tintype.errors import TintypeError
from tintype.lab.training.checkpoint import load_state
from tintype.lab.training.recipe import load_recipe
from tintype.lab.training.systems import build_network
from tintype.lab.training.trainer import TrainingJob, train

PATHS = os.pathsep.join([str(Path.cwd()), os.environ.get("PYTHONPATH", "")])
PLAIN = (
    "system=tests.lab.training.plain:Plain",
    "network={}",
    "encoder=null",
    "losses={l2: {weight: 1}}",
    "data.worn=0",
    "data.pages=0",
    "data.guidance={}",
    "stages=[{name: one, steps: 3, size: 32}]",
    "data.batch_size=4",
    "frozen=0",
    "optimizer.warmup=0",
)
"""A run without chance: every number of processes must give the same weights."""
GAME = (
    "losses.gan={weight: 0.1, game: {objective: least-squares, discriminator: patch,"
    " network: {width: 8}, sees: ab, lr: 0.001}}"
)


def command(photographs: Path, output: Path, overrides: tuple[str, ...], *more: str) -> list[str]:
    settings = [part for override in overrides for part in ("--set", override)]
    paths = ["--data", str(photographs), "--output", str(output)]
    return ["train", "tintype", *paths, *settings, *more]


def trained_apart(photographs: Path, output: Path, *more: str, overrides=PLAIN) -> dict:
    """The state of a run by the installed command, in processes of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tintype", *command(photographs, output, overrides, *more)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": PATHS, "CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.returncode == 0, done.stderr
    return load_state(output)


def trained_here(photographs: Path, output: Path, overrides=PLAIN) -> dict:
    recipe = load_recipe("tintype", list(overrides))
    train(TrainingJob(recipe, [photographs], output, accelerator="cpu"))
    return load_state(output)


def test_ctrl_c_saves_and_the_run_goes_on(photo_folder, tmp_path):
    words = command(photo_folder, tmp_path / "a", (*SMALL, "stages.0.steps=4000"))
    starting = [sys.executable, "-m", "tintype", *words]
    with subprocess.Popen(starting, stderr=subprocess.PIPE, text=True) as running:
        while not (tmp_path / "a" / "state.pt").exists():
            assert running.poll() is None
            time.sleep(0.1)
        running.send_signal(signal.SIGINT)
        message = running.communicate(timeout=60)[1]
    assert running.returncode == 130
    assert "stopped and saved; continue with --resume" in message
    stopped = load_state(tmp_path / "a")["step"]
    before = signal.getsignal(signal.SIGINT)
    result = CliRunner().invoke(app, [*words, "--resume", "--minutes", "0"])
    assert result.exit_code == 0, result.output
    assert load_state(tmp_path / "a")["step"] == stopped + 1
    assert signal.getsignal(signal.SIGINT) is before


def test_a_killed_run_goes_on_as_if_it_had_not_been(run, photo_folder, tmp_path):
    script = (
        "import os, signal\n"
        "from tests.lab.training.small import small_job\n"
        "from tintype.lab.training.trainer import train\n"
        "from pathlib import Path\n"
        f"train(small_job(Path({str(photo_folder)!r}), Path({str(tmp_path / 'a')!r})),\n"
        "      lambda p: os.kill(os.getpid(), signal.SIGKILL) if p.step == 4 else None)\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True, cwd=Path.cwd()
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert load_state(tmp_path / "a")["step"] == 2
    train(small_job(photo_folder, tmp_path / "a", resume=True))
    assert_same(load_state(tmp_path / "a"), load_state(run))


def test_a_full_disk_leaves_the_state_before(photo_folder, tmp_path):
    train(small_job(photo_folder, tmp_path / "a", steps=2))
    before = (tmp_path / "a" / "state.pt").read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, hard))
    try:
        with pytest.raises(TintypeError, match="cannot be written"):
            train(small_job(photo_folder, tmp_path / "a", resume=True))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / "a" / "state.pt").read_bytes() == before
    assert not list((tmp_path / "a").glob("*.part*"))


def test_two_processes_with_half_a_batch_each_learn_as_one_with_the_whole(photo_folder, tmp_path):
    one = trained_here(photo_folder, tmp_path / "one")
    two = trained_apart(photo_folder, tmp_path / "two", "--devices", "2", "--strategy", "ddp")
    assert_same(two["network"], one["network"], atol=2e-5)
    start = build_network(load_recipe("tintype", list(PLAIN)), fresh=False).state_dict()
    assert any((one["network"][name] - value).abs().max() > 1e-3 for name, value in start.items())


def test_two_processes_learn_of_things_though_one_of_them_may_see_no_map(photo_folder, tmp_path):
    (tmp_path / "labels").mkdir()
    only = min(photo_folder.glob("*.*")).stem
    Image.new("L", (64, 64), 1).save(tmp_path / "labels" / f"{only}.things.png")
    settings = (
        *SMALL,
        "network.things=true",
        "losses.things={weight: 0.25}",
        "losses.parts={weight: 0.2}",
        "stages=[{name: one, steps: 3, size: 32}]",
    )
    more = "--devices", "2", "--strategy", "ddp", "--labels", str(tmp_path / "labels")
    state = trained_apart(photo_folder, tmp_path / "run", *more, overrides=settings)
    assert state["step"] == 3


def test_a_sharded_game_goes_on_as_one_process_would_have(photo_folder, tmp_path):
    overrides = (*PLAIN, GAME)
    whole = trained_here(photo_folder, tmp_path / "whole", overrides)
    sharded = ("--devices", "2", "--strategy", "fsdp")
    trained_apart(photo_folder, tmp_path / "parts", *sharded, "--steps", "2", overrides=overrides)
    parts = trained_apart(
        photo_folder, tmp_path / "parts", *sharded, "--resume", overrides=overrides
    )
    assert parts["step"] == 3
    for part in ("network", "average", "opponents"):
        assert_same(parts[part], whole[part], atol=1e-4)
