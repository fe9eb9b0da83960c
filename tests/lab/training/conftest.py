from pathlib import Path

import pytest

from tests.lab.training.small import small_job
from tintype.lab.training.trainer import train


@pytest.fixture(scope="session")
def run(photo_folder, tmp_path_factory) -> Path:
    """The folder of a finished run of the default recipe, in small."""
    output = tmp_path_factory.mktemp("runs") / "whole"
    train(small_job(photo_folder, output, validation=[photo_folder]))
    return output


@pytest.fixture(autouse=True)
def few_bin_batches(monkeypatch) -> None:
    """Measure the share of each ab bin from few photographs."""
    monkeypatch.setattr("tintype.lab.training.drawing.BIN_BATCHES", 2)
