import threading

import numpy as np
import onnx
import pytest
from onnx import helper

from tintype.contract import KEY, OUTPUTS
from tintype.engine.core.network import Network, models_folder, networks_in
from tintype.errors import ModelError, UsageError

FLAT = np.full((1, 1, 64, 96), 50, np.float32)


def test_the_default_network_keeps_the_contract():
    out = Network.load("default", "cpu").predict(np.repeat(FLAT, 2, 0))
    assert out.ab.shape == (2, 2, 32, 48)
    assert out.saliency.shape == (2, 1, 16, 24)
    assert 0 <= out.saliency.min() <= out.saliency.max() <= 1
    assert out.ab_logits.shape == (2, 261, 16, 24)
    assert out.affinity is out.parts is None
    out = Network.load("default", "cpu").predict(np.repeat(FLAT, 2, 0), wanted=OUTPUTS)
    assert out.affinity.shape == (2, 35, 16, 24)
    assert out.parts.shape == (2, 8, 16, 24)


def test_every_network_that_is_shipped_is_small_and_says_what_it_is():
    models = networks_in(models_folder())
    assert "default" in models
    for path in models.values():
        assert path.stat().st_size < 13e6
        metadata = Network.load(path, "cpu").metadata
        assert metadata.system == "tintype"
        assert metadata.license
        assert metadata.data


def test_the_fast_network_is_the_default_one_at_a_smaller_size():
    fast, default = Network.load("fast", "cpu"), Network.load("default", "cpu")
    assert fast.path == default.path
    assert fast.size < default.size
    assert len(fast.sizes) == 1
    assert default.sizes[0] == default.size < default.sizes[1]


def test_a_batch_gives_what_its_pictures_give_alone():
    network = Network.load("default", "cpu")
    pictures = np.random.default_rng(0).uniform(0, 100, (3, 1, 64, 64)).astype(np.float32)
    together = network.predict(pictures).ab
    alone = np.concatenate([network.predict(picture[None]).ab for picture in pictures])
    assert np.abs(together - alone).max() < 1e-2


def test_threads_may_share_one_network():
    network = Network.load("default", "cpu")
    pictures = np.random.default_rng(1).uniform(0, 100, (4, 1, 1, 64, 64)).astype(np.float32)
    expected = [network.predict(picture).ab for picture in pictures]
    found = [None] * 4

    def work(i: int) -> None:
        found[i] = network.predict(pictures[i]).ab

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.abs(a - b).max() < 1e-3 for a, b in zip(expected, found, strict=True))


def test_an_input_that_a_network_does_not_take_is_left_out(warm_network):
    network = Network.load(warm_network)
    assert network.predict(FLAT, hint=np.zeros((1, 3, 64, 96), np.float32)).ab[
        0, :, 0, 0
    ].tolist() == [20, 25]


def test_wrong_shapes_and_devices_get_a_sentence(warm_network):
    network = Network.load(warm_network)
    with pytest.raises(UsageError, match="multiples of 32"):
        network.predict(np.zeros((1, 1, 30, 64), np.float32))
    with pytest.raises(UsageError, match="there is no device 'toaster'"):
        Network.load(warm_network, "toaster")


def test_files_that_are_no_network_get_a_sentence(tmp_path, warm_network):
    with pytest.raises(ModelError, match="there is no network 'nope'"):
        Network.load("nope")
    (tmp_path / "text.onnx").write_text("hello")
    with pytest.raises(ModelError, match="not an ONNX file, or a damaged one"):
        Network.load(tmp_path / "text.onnx")
    foreign = onnx.load(warm_network)
    helper.set_model_props(foreign, {KEY: "99"})
    onnx.save(foreign, tmp_path / "foreign.onnx")
    with pytest.raises(ModelError, match="version 99"):
        Network.load(tmp_path / "foreign.onnx")


def test_a_second_look_without_saliency_is_refused_when_the_network_is_loaded(
    tmp_path, warm_network
):
    blind = onnx.load(warm_network)
    helper.set_model_props(blind, {KEY: "1", "system": "warm", "size": "64", "detail_size": "128"})
    onnx.save(blind, tmp_path / "blind.onnx")
    with pytest.raises(ModelError, match="predicts no saliency"):
        Network.load(tmp_path / "blind.onnx")


@pytest.mark.parametrize(
    "broken", [{"size": "big"}, {"size": "-3"}, {"vividness": "[1]"}, {"detail_size": "20"}]
)
def test_damaged_metadata_gets_a_sentence(tmp_path, warm_network, broken):
    model = onnx.load(warm_network)
    helper.set_model_props(model, {KEY: "1", "system": "warm", **broken})
    onnx.save(model, tmp_path / "broken.onnx")
    with pytest.raises(ModelError, match="metadata"):
        Network.load(tmp_path / "broken.onnx")
