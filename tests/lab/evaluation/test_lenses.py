import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from skimage import data
from torch import nn

from tintype.errors import ModelError, UsageError
from tintype.lab.evaluation.lenses import Inception, Lpips
from tintype.lab.evaluation.protocol import Protocol, find_pictures, run
from tintype.lab.evaluation.report import summarize


class Means(nn.Module):
    """Stands in for Inception: the mean of each channel, and of each half."""

    def forward(self, picture: torch.Tensor, return_features: bool = False) -> torch.Tensor:
        assert return_features and picture.dtype == torch.uint8
        return torch.cat([picture.float().mean((2, 3)), picture[:, :, 50:].float().mean((2, 3))], 1)


@pytest.fixture
def inception(tmp_path):
    torch.jit.script(Means()).save(str(tmp_path / "inception.pt"))
    return tmp_path / "inception.pt"


@pytest.fixture
def package(monkeypatch):
    """Stands in for the package lpips: the mean absolute difference."""
    made = SimpleNamespace(
        LPIPS=lambda net, verbose: SimpleNamespace(eval=lambda: lambda a, b: (a - b).abs().mean())
    )
    monkeypatch.setitem(sys.modules, "lpips", made)


def test_inception_gives_a_distance_of_its_own_name(photos, inception, package, tmp_path):
    protocol = Protocol(str(photos), size=96, fid=str(inception), lpips="alex")
    results = run(["gray", "truth"], protocol, find_pictures(protocol), tmp_path / "rows")
    gray, truth = summarize(results)
    assert truth["fid"] == pytest.approx(0, abs=1e-3)
    assert gray["fid"] > 1
    assert truth["lpips"] < 0.01 < gray["lpips"]
    assert "frechet" not in gray


def test_features_are_those_of_the_eight_bit_picture(inception):
    picture = data.chelsea()[:100, :100].astype(np.float32) / 255
    assert Inception(inception).features(picture)[:3] == pytest.approx(
        data.chelsea()[:100, :100].mean((0, 1)), abs=0.01
    )


def test_what_is_missing_is_told(tmp_path, monkeypatch):
    (tmp_path / "a.pt").write_bytes(b"none")
    with pytest.raises(ModelError, match="is not a TorchScript file"):
        Inception(tmp_path / "a.pt")
    with pytest.raises(UsageError, match="choose alex, vgg, squeeze"):
        Lpips("resnet")
    monkeypatch.setitem(sys.modules, "lpips", None)
    with pytest.raises(UsageError, match="pip install lpips"):
        Lpips("alex")
