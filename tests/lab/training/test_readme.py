"""The training commands of the documents work as they are written, here with small pictures and few
steps."""

import re
import shlex
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner

from tintype.cli import app
from tintype.lab.nets.classifiers import CLASSIFIERS
from tintype.lab.training.artifact import save_weights
from tintype.lab.training.recipe import load_recipe
from tintype.lab.training.systems import build_network

ROOT = Path(__file__).parents[3]
COMMANDS = {
    " ".join(line.split("#")[0].split())
    for document in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    for line in document.read_text(encoding="utf-8").splitlines()
    if re.match(r"\s*tintype train tintype", line)
}
SMALL = ["data.batch_size=2", "data.short_side=96", "data.size=32"]


@pytest.fixture
def here(photo_folder, tmp_path, monkeypatch):
    """A folder with what the commands name: plain photographs without saliency maps, a teacher and
    an encoder's weights."""
    for name in ("photos", "held-out"):
        (tmp_path / name).mkdir()
        for photograph in list(photo_folder.glob("*.jpg"))[:2]:
            (tmp_path / name / photograph.name).write_bytes(photograph.read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_documented_training_command_runs_on_plain_photographs(command, here, monkeypatch):
    torch.manual_seed(0)
    teacher = re.search(r"--teacher (\w+):(\S+)", command)
    if teacher:
        save_file(CLASSIFIERS[teacher[1]]().state_dict(), here / "teacher.safetensors")
        command = command.replace(teacher[0], f"--teacher {teacher[1]}:teacher.safetensors")
    words = shlex.split(command)[1:]
    for word in list(words):
        if word.startswith("start=") and word.endswith(".safetensors"):
            kind = [part for part in words if part.startswith("network.encoder=")]
            network = build_network(load_recipe("tintype", ["encoder=null", *kind]))
            save_weights(here / word.removeprefix("start="), network)
    words += [part for override in SMALL for part in ("--set", override)] + ["--steps", "1"]
    monkeypatch.setattr("tintype.lab.training.trainer.SummaryWriter", lambda *_: None)
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert next(here.glob("runs/*/state.pt"))


def test_the_documents_tell_how_to_train():
    assert len(COMMANDS) >= 3
