import tarfile

import cv2
import numpy as np
import pytest
import tifffile
import torch
from skimage import data

from tests.pictures import jpeg
from tintype.errors import DataError
from tintype.lab.data.batches import mix_channels
from tintype.lab.data.photographs import load_photographs
from tintype.lab.data.samples import decode, find_sources, read_samples
from tintype.lab.data.settings import Data, Pairs

PAIRS = Pairs(seen="nir/*.png", target="rgb/*_rgb.png")


def write_pair(folder, name, seen, target):
    for side in ("nir", "rgb"):
        (folder / side).mkdir(exist_ok=True)
    cv2.imwrite(str(folder / "nir" / f"{name}.png"), seen)
    cv2.imwrite(str(folder / "rgb" / f"{name}_rgb.png"), target[:, :, ::-1])


def test_pairs_show_the_one_and_teach_the_other(tmp_path):
    cat = data.chelsea()
    write_pair(tmp_path, "cat", 255 - cat[:, :, 0], cat)
    store = load_photographs([tmp_path], Data(pairs=PAIRS))
    assert store.keys == ["cat"]
    assert np.array_equal(store.picture(0), cat)
    crops = store.draw(np.random.default_rng(0), 2, 64, (0.5, 1.0), slice(None))
    assert abs(float((crops.seen + crops.rgb[:, :1]).mean()) - 1) < 0.01


def test_the_saliency_of_a_pair_lies_beside_its_color_picture(tmp_path):
    cat = data.chelsea()
    write_pair(tmp_path, "cat", 255 - cat[:, :, 0], cat)
    (plain,) = read_samples(tmp_path, PAIRS)
    assert plain.saliency is None
    cv2.imwrite(str(tmp_path / "rgb" / "cat_rgb.saliency.webp"), np.full((8, 8), 255, np.uint8))
    store = load_photographs([tmp_path], Data(pairs=PAIRS))
    assert store.keys == ["cat"] and bool(store.has_saliency[0])
    assert float(store.saliency[0].float().mean()) > 0


def test_channels_of_one_deep_file_are_a_setting(tmp_path):
    cat = data.chelsea().astype(np.uint16) * 257
    tifffile.imwrite(tmp_path / "cat.tiff", np.dstack([cat, cat[:, :, :1] // 2]))
    pairs = Pairs(seen="*.tiff", target="*.tiff", seen_channels=[3], target_channels=[2, 1, 0])
    (encoded,) = read_samples(tmp_path, pairs)
    pixels = decode(encoded, None, pairs).pixels
    assert np.array_equal(pixels[:, :, :3], data.chelsea()[:, :, ::-1])
    assert np.abs(pixels[:, :, 3].astype(int) - data.chelsea()[:, :, 0] // 2).max() <= 1
    with pytest.raises(DataError, match="there is no channel 7 in a picture of 4"):
        decode(encoded, None, pairs.model_copy(update={"seen_channels": [7]}))


def test_near_infrared_scenes_are_read_as_they_are_published(tmp_path):
    """country/0000_nir.tiff beside country/0000_rgb.tiff, in one folder a scene: the names of
    folders belong to the key."""
    for number, scene in enumerate(("country", "street")):
        (tmp_path / scene).mkdir()
        picture = data.chelsea()[number * 50 :][:200]
        tifffile.imwrite(tmp_path / scene / "0000_rgb.tiff", picture.astype(np.uint16) * 257)
        tifffile.imwrite(
            tmp_path / scene / "0000_nir.tiff", (255 - picture[:, :, 0]).astype(np.uint16) * 257
        )
    store = load_photographs([tmp_path], Data(pairs=Pairs(seen="*_nir.tiff", target="*_rgb.tiff")))
    assert store.keys == ["country/0000", "street/0000"]
    for index in range(2):
        assert np.abs(store.seen(index) - (1 - store.picture(index)[:, :, 0] / 255)).max() < 1e-6


def test_of_several_channels_each_picture_shows_another_mixture(tmp_path):
    cat = data.chelsea()
    write_pair(tmp_path, "cat", 255 - cat[:, :, 0], cat)
    (tmp_path / "heat").mkdir()
    cv2.imwrite(str(tmp_path / "heat" / "cat.png"), cat[:, :, 1])
    settings = Data(pairs=Pairs(seen=["nir/*.png", "heat/*.png"], target="rgb/*_rgb.png"))
    store = load_photographs([tmp_path], settings)
    crops = store.draw(np.random.default_rng(0), 32, 64, (0.5, 1.0), slice(None))
    assert crops.seen.shape == (32, 2, 64, 64)
    rng = np.random.default_rng(1)
    mixed = mix_channels(crops.seen, rng)
    first, second, mean = crops.seen[:, :1], crops.seen[:, 1:], crops.seen.mean(1, keepdim=True)
    alike = [((mixed - one).abs().amax((1, 2, 3)) < 1e-5).sum() for one in (first, second, mean)]
    assert all(3 <= count <= 20 for count in alike) and sum(alike) < 30, (
        "each alone, their mean, and other mixtures"
    )
    low, high = torch.minimum(first, second) - 1e-5, torch.maximum(first, second) + 1e-5
    assert ((mixed >= low) & (mixed <= high)).all()


def test_pairs_of_different_channels_are_told(tmp_path):
    cat = data.chelsea()
    write_pair(tmp_path, "cat", cat[:, :, 0], cat)
    write_pair(tmp_path, "dog", cat, cat)
    with pytest.raises(DataError, match="3 channels are seen of 'dog', and 1 of 'cat'"):
        load_photographs([tmp_path], Data(pairs=PAIRS))


def test_pairs_that_do_not_match_are_told(tmp_path):
    cat = data.chelsea()
    write_pair(tmp_path, "cat", cat[:, :100, 0], cat)
    with pytest.raises(
        DataError, match="the pair 'cat' does not match: 100×300 pixels are seen, and 451×300"
    ):
        load_photographs([tmp_path], Data(pairs=PAIRS))
    (tmp_path / "nir" / "cat.png").rename(tmp_path / "nir" / "dog.png")
    with pytest.raises(DataError, match=r"2 pictures in .* have no partner, the first is 'cat'"):
        load_photographs([tmp_path], Data(pairs=PAIRS))


def test_masks_and_labels_lie_beside(photo_folder, tmp_path):
    cat = data.chelsea()
    cv2.imwrite(str(tmp_path / "cat.png"), cat)
    mask = np.zeros(cat.shape[:2], np.uint8)
    mask[:, :200] = 255
    cv2.imwrite(str(tmp_path / "cat.mask.png"), mask)
    (tmp_path / "cat.cls").write_text("281")
    store = load_photographs([tmp_path])
    assert store.keys == ["cat.png"]
    assert store.label.tolist() == [281]
    assert bool(store.has_mask.all())
    assert abs(float(store.mask.float().mean()) / 255 - 200 / 451) < 0.01
    cv2.imwrite(str(tmp_path / "cat.mask.png"), mask[::2])
    with pytest.raises(
        DataError,
        match=r"the mask of 'cat.png' is of 451×150 pixels, and its photograph of 451×300",
    ):
        load_photographs([tmp_path])


def test_a_damaged_shard_is_told(shard, tmp_path):
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(shard.read_bytes()[:5000])
    with pytest.raises(DataError, match=r"the shard .*cut.tar.gz is damaged"):
        load_photographs([cut])


def test_a_label_is_read_from_a_shard(photo_folder, tmp_path):
    (tmp_path / "a.cls").write_text("7")
    with tarfile.open(tmp_path / "s.tar", "w") as tar:
        tar.add(photo_folder / "cat-0.jpg", "a.jpg")
        tar.add(tmp_path / "a.cls", "a.cls")
    (encoded,) = read_samples(tmp_path / "s.tar")
    assert (encoded.key, encoded.label) == ("a", 7)


def test_a_label_that_is_no_number_is_told(tmp_path):
    (tmp_path / "a.jpg").write_bytes(jpeg(data.chelsea()))
    (tmp_path / "a.cls").write_text("cat")
    with pytest.raises(DataError, match=r"label of 'a.jpg' must be the number of a class"):
        list(read_samples(tmp_path))


def test_shards_are_read_in_the_order_of_their_names_and_stand_for_their_folder(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"beside shards, photographs are not read")
    for name in ("train-10.tar", "train-02.tar.gz", "train-01.tgz"):
        (tmp_path / name).write_bytes(b"")
    names = [source.name for source in find_sources([tmp_path, tmp_path / "train-10.tar"])]
    assert names == ["train-01.tgz", "train-02.tar.gz", "train-10.tar", "train-10.tar"]
