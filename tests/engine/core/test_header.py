"""A network file is described without being loaded."""

import shutil

import onnx
import onnxruntime
import pytest
from fastapi.testclient import TestClient
from onnx import helper
from typer.testing import CliRunner

from tintype.cli import app
from tintype.contract import KEY, NetworkMetadata
from tintype.engine import describe_models, list_models
from tintype.engine.core.header import Header
from tintype.engine.core.network import user_models_folder
from tintype.errors import ModelError
from tintype.web import create_app


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The user's folder of networks, empty."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    user_models_folder().mkdir(parents=True)
    return user_models_folder()


def test_a_header_tells_what_the_loaded_network_is(warm_network):
    for path in (list_models()["default"], warm_network):
        header, session = Header.read(path), onnxruntime.InferenceSession(path)
        assert header.inputs == {
            entry.name for entry in (*session.get_inputs(), *session.get_overridable_initializers())
        }
        assert header.outputs == tuple(entry.name for entry in session.get_outputs())
        assert header.metadata == NetworkMetadata.read(session.get_modelmeta().custom_metadata_map)


def test_networks_are_listed_without_being_loaded(folder, warm_network, monkeypatch):
    shutil.copy(warm_network, folder / "a-warm.onnx")
    with TestClient(create_app(hosts=["testserver"])) as service:
        monkeypatch.setattr(onnxruntime, "InferenceSession", None)
        report = CliRunner().invoke(app, ["models"])
        assert report.exit_code == 0, report.output
        assert report.output.index(" default ") < report.output.index(" a-warm ")
        listed = service.get("/api/v1/models").json()
    assert [each["name"] for each in listed] == ["default", "fast", "a-warm"]
    own = {"system": "warm", "size": 256, "listens_to": [], "people": []}
    assert listed[2] == {"name": "a-warm", **own}


def test_the_running_service_offers_what_is_installed_now(folder, warm_network):
    with TestClient(create_app(hosts=["testserver"])) as service:
        shutil.copy(warm_network, folder / "warm.onnx")
        assert service.get("/api/v1/models").json()[-1]["name"] == "warm"
        (folder / "warm.onnx").unlink()
        assert service.get("/api/v1/models").json()[-1]["name"] == "fast"


def test_a_file_that_is_not_complete_is_no_network_and_a_damaged_one_does_not_hide_the_others(
    folder, warm_network
):
    (folder / ".tintype-abc.part.onnx").write_bytes(b"")
    (folder / "cut.onnx").write_bytes(warm_network.read_bytes()[:-20])
    shutil.copy(warm_network, folder / "warm.onnx")
    result = describe_models()
    assert list(result) == ["default", "fast", "cut", "warm"]
    assert isinstance(result["cut"], ModelError)
    report = CliRunner().invoke(app, ["models"])
    assert report.exit_code == 0
    assert "damaged" in report.output


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"<html>not found</html>", bytes(100), b"\xff" * 100]
)
def test_what_is_no_onnx_file_gets_a_sentence(tmp_path, content):
    (tmp_path / "file.onnx").write_bytes(content)
    with pytest.raises(ModelError, match="not an ONNX file, or a damaged one"):
        Header.read(tmp_path / "file.onnx")


def test_a_file_that_ends_before_its_metadata_is_no_network(tmp_path, warm_network):
    whole = warm_network.read_bytes()
    for length in range(whole.index(KEY.encode())):
        (tmp_path / "cut.onnx").write_bytes(whole[:length])
        with pytest.raises(ModelError):
            Header.read(tmp_path / "cut.onnx")


def test_an_onnx_file_of_another_kind_gets_a_sentence(tmp_path, warm_network):
    model = onnx.load(warm_network)
    model.graph.input[0].name = "x"
    for node in model.graph.node:
        node.input[0] = "x"
    onnx.save(model, tmp_path / "other.onnx")
    with pytest.raises(ModelError, match=r"has inputs \['x'\] .* not the contract's"):
        Header.read(tmp_path / "other.onnx")
    helper.set_model_props(model, {KEY: ""})
    del model.metadata_props[:]
    onnx.save(model, tmp_path / "plain.onnx")
    with pytest.raises(ModelError, match="not a Tintype network"):
        Header.read(tmp_path / "plain.onnx")
