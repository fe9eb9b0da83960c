"""Every command and every program that the documents show, run as it is written.

Each document has a folder of its own. What its commands take is made there, small (world.py). The
only changes are those that make a command short: few steps, small pictures, a free port.
"""

import contextlib
import os
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from PIL import Image

from tests.documents.blocks import DOCUMENTS, ROOT, Block, blocks, commands
from tests.documents.world import provide
from tintype.cli import app, main

NOT_RUN = {
    r"^tintype data people": "needs LiteRT and four networks that do not come with it",
    r"^(sudo )?(apt(-get)?|brew|pip|pipx|uv|uvx|npm) |-m pip ": "installs packages",
    r"^(podman|docker|systemctl|ray|git|pre-commit) ": "needs programs of the system",
    r"^make ": "sets up an environment of its own; continuous integration runs it",
    r"\b(s3|gs)://|--address": "needs an object store or a cluster; tests/archive has them",
    r"https://": "needs the internet",
    r"ILSVRC2012": "needs ImageNet",
    r"folder:published": "needs a published network",
    r"^tintype models get ": "needs the internet",
    r"^tintype models (add|remove) ": "needs a published network; tests/lab/models makes one",
    r"^tintype colorize .*--model (?!a\.|my_net|vivid|runs)\w": "needs a published network",
    r"--objectives ": "needs networks of several objectives; tests/lab/evaluation makes them",
    r"study anna": "needs a study and its answers; docs/measuring.md makes one",
    r"--detector ": "needs a detector of salient objects",
    r"--devices [2-9]|--strategy": "needs several devices",
    r"serve .*--(app|menu)": "opens a window or writes to the start menu",
    r"^(vspipe|vapoursynth) ": "needs VapourSynth, of Python 3.12; make vapoursynth runs its tests",
    r"^import efficientnet|_pytorch_model": "needs a package of 20 MB that holds a classifier",
}
"""Commands that cannot run in a test, and why; their options are checked all the same."""
SHORTENED = {
    r"train ": (
        "--steps 1",
        "--set data.batch_size=2",
        "--set data.short_side=96",
        "--set data.size=32",
    ),
    r"train (colorful|graynet|nir|scgan|underwater|yal-unet) ": ("--set network.width=8",),
    r"evaluate ": ("--limit 2", "--size 64"),
    r"compare ": ("--cell 32",),
    r"probe ": ("--size 64", "--per-label 8"),
    r"film ": ("--overwrite",),
}
"""What is added to a command so that it ends soon, or may repeat what one before it wrote; not
where the command has that option itself."""
MARKS = {
    "films.md": [pytest.mark.film, pytest.mark.slow],
    "home-movies.md": [pytest.mark.film, pytest.mark.slow],
    "film-editing.md": [pytest.mark.film, pytest.mark.slow],
    "laboratory.md": [pytest.mark.training, pytest.mark.slow],
    "researcher.md": [pytest.mark.training, pytest.mark.slow],
    "adding-a-system.md": [pytest.mark.training, pytest.mark.slow],
    "measuring.md": [pytest.mark.training, pytest.mark.film, pytest.mark.slow],
    "options.md": [pytest.mark.training, pytest.mark.film, pytest.mark.slow],
    "README.md": [pytest.mark.film, pytest.mark.slow],
}
RUNNABLE = [
    pytest.param(document, marks=MARKS.get(document.name, [pytest.mark.slow]), id=document.name)
    for document in DOCUMENTS
    if any(block.language in ("bash", "python") for block in blocks(document))
]
LIMIT = 300
"""Processor seconds that the commands of one document may take."""


class Session:
    """Runs the blocks of one document, in order, in one folder."""

    def __init__(self, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capfd = capfd
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.port = free_port()
        self.service: subprocess.Popen[bytes] | None = None
        programs = folder / ".programs"
        programs.mkdir()
        for name, start in (("tintype", "-P -m tintype"), ("python", "")):
            (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} {start} "$@"\n')
            (programs / name).chmod(0o755)
        self.environment = {
            **os.environ,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT / "src"),
        }

    def run(self, block: Block) -> None:
        if block.file:
            (self.folder / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            provide(block.text, self.folder)
            exec(compile(block.text, "document", "exec"), self.names)
        elif block.language == "bash":
            for command in commands(block):
                self.command(command)

    def command(self, command: str) -> None:
        reason = next((why for form, why in NOT_RUN.items() if re.search(form, command)), None)
        words = shlex.split(re.sub(r"^[A-Z_]+=\S+ ", "", command))
        if words[0] == "tintype":
            parse(words[1:])
        if reason:
            return
        command = self.shortened(command)
        provide(command, self.folder)
        if re.search(r"\btintype serve\b", command):
            self.serve(command)
        elif words[0] == "tintype" and not re.search(r"[|>*;&$]", unquoted(command)):
            self.call(shlex.split(command)[1:], command)
        else:
            done = subprocess.run(
                ["bash", "-ec", command],
                cwd=self.folder,
                env=self.environment,
                capture_output=True,
                check=False,
            )
            assert done.returncode == 0, f"{command}\n{done.stderr.decode()}"

    def shortened(self, command: str) -> str:
        command = re.sub(r"(\w+):FILE\b", r"\1:\1.safetensors", command)
        command = re.sub(r"/mnt/scans", str(self.folder / "scans"), command)
        command = command.replace("src/tintype/weights/", "weights/")
        command = command.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}")
        present = set(command.split()) - {"--set"}
        for form, additions in SHORTENED.items():
            if re.match(f"tintype {form}", command):
                fitting = (each for each in additions if each.split()[0] not in present)
                command = " ".join((command, *fitting))
        return command

    def call(self, words: list[str], command: str) -> None:
        """The command in this process, as the installed program calls it."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["tintype", *words])
            patch.setattr("tintype.lab.training.trainer.SummaryWriter", Silent, raising=False)
            try:
                main()
                status: object = 0
            except SystemExit as stop:
                status = stop.code
        assert not status, f"{command}\n{self.capfd.readouterr().err}"

    def serve(self, command: str) -> None:
        """Start the service as the document says, on a free port, and wait until it answers."""
        self.stop()
        self.port, before = free_port(), self.port
        command = re.sub(r" --port \d+", "", command).replace(str(before), str(self.port))
        command = command.replace(" --no-browser", "") + f" --port {self.port} --no-browser"
        self.service = subprocess.Popen(
            ["bash", "-c", re.sub(r"\btintype\b", "exec tintype", command, count=1)],
            cwd=self.folder,
            env=self.environment,
            stderr=subprocess.PIPE,
        )
        address = f"http://127.0.0.1:{self.port}/api/v1/health"
        for _ in range(300):
            assert self.service.poll() is None, f"{command}\n{self.service.communicate()[1]!r}"
            with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=1):
                return
            time.sleep(0.1)
        raise AssertionError(f"{command} does not answer")

    def stop(self) -> None:
        if self.service is not None:
            self.service.terminate()
            self.service.communicate(timeout=30)
            self.service = None


class Silent:
    """Takes what TensorBoard would, which needs seconds to import."""

    def __init__(self, *_: object) -> None: ...

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def unquoted(command: str) -> str:
    return re.sub(r"'[^']*'|\"[^\"]*\"", "", command)


def parse(words: list[str]) -> None:
    """Raises what the command raises for a name or an option that it does not have."""
    words = words[: next((i for i, word in enumerate(words) if word in ("|", ">", "&&")), None)]
    command: Any = typer.main.get_command(app)
    name = "tintype"
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        name, *words = words
        assert name in command.commands, f"there is no command {name}"
        command = command.commands[name]
    if not hasattr(command, "commands"):
        command.make_context(name, list(words))


@pytest.fixture
def session(tmp_path, monkeypatch, capfd) -> Iterator[Session]:
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setattr(Image.Image, "show", lambda _: None)
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    session = Session(folder, capfd)
    yield session
    session.stop()


@pytest.mark.parametrize("document", RUNNABLE)
def test_what_a_document_shows_runs(document, session):
    start = time.process_time()
    for block in blocks(document):
        session.run(block)
    assert time.process_time() - start < LIMIT
