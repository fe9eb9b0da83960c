"""Installing published networks: from a file to `--model NAME`, and nothing half-installed."""

import hashlib
import importlib.util
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from skimage import data
from typer.testing import CliRunner

from tests.lab.models.test_wrap import ab_tool
from tests.lab.nets.known_weights import known_state
from tintype.cli import app
from tintype.engine import Colorizer, Network, list_models
from tintype.engine.core.network import user_models_folder
from tintype.errors import ModelError, UsageError
from tintype.lab.models import catalog
from tintype.lab.models.convert import Origin, add, get
from tintype.lab.models.store import downloads_folder, installed, remove
from tintype.lab.nets import published

SMALL = replace(published.PUBLISHED["zhang17"], network={"width": 8})


@pytest.fixture(autouse=True)
def small_zhang17(monkeypatch):
    """The published architectures are too large for a test: zhang17 is an eighth as wide, and the
    only one."""
    monkeypatch.setattr(published, "PUBLISHED", {"zhang17": SMALL})
    published._shapes.cache_clear()
    yield
    published._shapes.cache_clear()


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    return known_state(SMALL.shapes())


def test_a_checkpoint_becomes_a_network_that_everything_knows_by_name(tmp_path, state):
    file = tmp_path / "siggraph.pth"
    torch.save({"params": state, "epoch": 3}, file)
    added = add("guided", file, Origin("https://authors.example/siggraph.pth"))
    assert added.architecture == "zhang17"
    assert added.difference < 0.5
    assert list_models()["guided"] == added.path == installed()["guided"]
    network = Network.load("guided", "cpu")
    result = network.metadata
    assert (result.system, result.size, result.shape, result.license) == (
        "zhang17",
        256,
        "square",
        "",
    ), "a stranger's weights are not under the license of the architecture's authors"
    assert result.source == "https://authors.example/siggraph.pth"
    assert result.sha256 == added.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    colored = np.asarray(Colorizer("guided", "cpu", size=64).colorize(data.camera()[:64, :96]))
    assert colored.shape == (64, 96, 3)
    with pytest.raises(UsageError, match="--replace"):
        add("guided", file)
    assert remove("guided") == added.path
    assert "guided" not in list_models()


def test_nothing_of_what_cannot_be_installed_stays(tmp_path, state):
    torch.save(state, tmp_path / "whole.pth")
    whole = (tmp_path / "whole.pth").read_bytes()
    torch.save({**state, "model1.0.weight": torch.zeros(3)}, tmp_path / "shape.pth")
    torch.save(replace(SMALL, network={}), tmp_path / "pickle.pth")
    torch.save([1, 2], tmp_path / "list.pth")
    save_file({"weight": torch.zeros(2)}, tmp_path / "other.safetensors")
    files = {
        "cut.pth": (whole[: len(whole) // 2], "damaged"),
        "text.pth": (b"<html>not found</html>", "not a PyTorch checkpoint"),
        "empty.bin": (b"", "not a PyTorch checkpoint"),
        "cut.safetensors": ((tmp_path / "other.safetensors").read_bytes()[:20], "safetensors"),
        "text.onnx": (b"<html>not found</html>", "not an ONNX file"),
        "shape.pth": (None, r"of another shape: model1\.0\.weight"),
        "pickle.pth": (None, "could run code"),
        "list.pth": (None, "no state dict"),
        "other.safetensors": (None, "none of the known systems"),
    }
    for name, (content, message) in files.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(ModelError, match=message):
            add("net", tmp_path / name)
    assert not installed()
    assert [path.name for path in user_models_folder().iterdir()] == []


@pytest.mark.parametrize("name", ["default", "fast", "../net", "Net", "", "a" * 80])
def test_names_that_cannot_be(tmp_path, name):
    with pytest.raises(UsageError):
        add(name, ab_tool(tmp_path / "tool.onnx"))


def test_without_pytorch_an_onnx_file_is_wrapped_and_a_checkpoint_refused(
    tmp_path, state, monkeypatch
):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert add("faces", ab_tool(tmp_path / "tool.onnx")).difference is None
    assert "faces" in list_models()
    torch.save(state, tmp_path / "whole.pth")
    with pytest.raises(UsageError, match=r"pip install 'tintype-color\[train\]'"):
        add("net", tmp_path / "whole.pth")


def test_a_known_network_is_fetched_and_installed(tmp_path, publisher, monkeypatch):
    content = ab_tool(tmp_path / "net.onnx").read_bytes()
    publisher.files["/net.onnx"] = content
    known = replace(
        catalog.KNOWN["zhang17"],
        source=f"{publisher.address}/net.onnx",
        sha256=hashlib.sha256(content).hexdigest()[:8],
    )
    monkeypatch.setitem(catalog.KNOWN, "zhang17", known)
    report = CliRunner().invoke(app, ["models", "get", "zhang17"], input="n\n")
    assert isinstance(report.exception, UsageError)
    assert not publisher.asked
    report = CliRunner().invoke(app, ["models", "get", "zhang17"], input="y\n")
    assert report.exit_code == 0, report.output
    assert "BSD-2-Clause" in report.output
    assert Network.load("zhang17", "cpu").metadata.source == known.source
    assert not list(downloads_folder().iterdir())
    report = CliRunner().invoke(
        app, ["models", "get", "zhang17", "--replace"]
    )  # is not asked again
    assert report.exit_code == 0, report.output
    assert "Do you accept" not in report.output
    content = ab_tool(tmp_path / "net.onnx", opset=18).read_bytes()
    publisher.files["/net.onnx"] = content
    monkeypatch.setitem(catalog.KNOWN, "zhang17", replace(known, sha256=""))
    with pytest.raises(ModelError, match="another file than the first time"):
        get("zhang17", replace=True)
    assert CliRunner().invoke(app, ["models", "remove", "zhang17"]).exit_code == 0
    assert not installed()


def test_a_wrong_hash_and_no_internet_install_nothing_and_say_what_to_do(publisher, monkeypatch):
    publisher.files["/net.pth"] = b"<html>moved</html>"
    for source, reason in (
        (f"{publisher.address}/net.pth", "should begin with df00044c"),
        ("http://127.0.0.1:9/net.pth", "cannot be"),
    ):
        monkeypatch.setitem(
            catalog.KNOWN, "zhang17", replace(catalog.KNOWN["zhang17"], source=source)
        )
        with pytest.raises(ModelError, match=f"{reason}.*run: tintype models add zhang17 FILE"):
            get("zhang17")
    assert not installed()
    with pytest.raises(UsageError, match="known are ddcolor, "):
        get("deepcolor")


def test_the_list_names_what_is_installed_and_what_can_be_had(tmp_path):
    add("faces", ab_tool(tmp_path / "tool.onnx"), Origin(license="Apache-2.0"))
    report = CliRunner().invoke(app, ["models"], env={"COLUMNS": "200"})
    assert report.exit_code == 0, report.output
    installed_part, _, known_part = report.output.partition("tintype models get")
    assert "faces" in installed_part and "default" in installed_part
    assert "ddcolor-tiny" in known_part and "Apache-2.0" in known_part
