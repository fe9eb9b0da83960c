import numpy as np
import pytest
import torch
from PIL import Image

from tintype.errors import DataError
from tintype.lab.data.photographs import Cuts, load_photographs
from tintype.lab.data.settings import plain_data


def test_a_folder_and_a_shard_hold_the_same(photo_folder, shard):
    folder, tar = load_photographs([photo_folder]), load_photographs([shard])
    assert [key.removesuffix(".jpg") for key in folder.keys] == tar.keys
    assert torch.equal(folder.pixels, tar.pixels)
    assert torch.equal(folder.saliency, tar.saliency)
    assert folder.has_saliency.all()


def test_a_crop_is_a_part_of_its_photograph(photo_folder):
    store = load_photographs([photo_folder])
    cuts = Cuts.draw(store.shapes[[0]].numpy(), (1.0, 1.0), np.random.default_rng(3))
    crops = store.crops([0], cuts, 200)
    cut = (crops.rgb[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    whole = store.picture(0)
    found = any(
        np.abs(whole[:200, left : left + 200].astype(int) - candidate).mean() < 12
        for left in range(whole.shape[1] - 199)
        for candidate in (cut, cut[:, ::-1])
    )
    assert found


def test_crops_on_the_device_agree_with_those_on_the_cpu(photo_folder):
    store = load_photographs([photo_folder])
    box = np.array([[10.0, 20.0, 150.0, 150.0], [0.0, 0.0, 190.0, 190.0], [5.0, 7.0, 100.0, 120.0]])
    cuts = Cuts(box, np.array([False, True, False]))
    on_cpu = store.crops([0, 3, 5], cuts, 64)
    rgb, saliency, _ = store._cut_on_device(torch.tensor([0, 3, 5]), cuts, 64)
    assert (on_cpu.rgb - rgb).abs().mean() < 0.02
    assert (on_cpu.saliency - saliency).abs().mean() < 0.05


def test_processes_share_out_a_batch(photo_folder):
    store = load_photographs([photo_folder])
    whole, first, second = (
        store.draw(np.random.default_rng(5), 6, 32, (0.5, 1.0), share)
        for share in (slice(None), slice(0, None, 2), slice(1, None, 2))
    )
    assert torch.equal(whole.rgb[::2], first.rgb)
    assert torch.equal(whole.rgb[1::2], second.rgb)
    assert whole.keys[::2] == first.keys


def test_what_cannot_be_read_is_left_out_and_named(photo_folder, tmp_path):
    (tmp_path / "good.jpg").write_bytes((photo_folder / "cat-0.jpg").read_bytes())
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    store = load_photographs([tmp_path])
    assert store.keys == ["good.jpg"]
    assert list(store.skipped) == ["bad.jpg"]
    (tmp_path / "good.jpg").unlink()
    with pytest.raises(DataError, match="no readable photographs"):
        load_photographs([tmp_path])
    pairs = plain_data(pairs={"seen": "nir/*.png", "target": "rgb/*.png"})
    with pytest.raises(DataError, match=r"no readable pairs of nir/\*\.png and rgb/\*\.png"):
        load_photographs([tmp_path], pairs)
    with pytest.raises(DataError, match="neither a folder"):
        load_photographs([tmp_path / "nowhere"])


def test_sources_are_drawn_as_often_as_asked():
    weight = [
        plain_data(oversample={"people": 2.0}).factor(key)
        for key in ("people-1", "cats-1", "cats-2")
    ]
    assert weight == [2.0, 1.0, 1.0]


def test_photographs_with_rare_hues_are_drawn_more_often(tmp_path):
    for i, color in enumerate(["firebrick"] * 4 + ["seagreen", "gray"]):
        Image.new("RGB", (64, 64), color).save(tmp_path / f"{i}.png")
    data = plain_data(rare_hues=0.5)
    weights = load_photographs([tmp_path], data).weights
    np.testing.assert_allclose(weights, [1, 1, 1, 1, 2, 1])
    assert (load_photographs([tmp_path]).weights == 1).all()
