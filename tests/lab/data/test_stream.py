import tarfile
from itertools import islice

import numpy as np
import pytest

from tintype.errors import DataError
from tintype.lab.data.photographs import load_photographs
from tintype.lab.data.settings import Data
from tintype.lab.data.stream import PhotoStream


@pytest.fixture(scope="module")
def shards(photo_folder, tmp_path_factory):
    """Four shards of two photographs."""
    folder = tmp_path_factory.mktemp("four")
    photos = sorted(photo_folder.glob("*.jpg"))
    for i in range(4):
        with tarfile.open(folder / f"{i}.tar", "w") as tar:
            for photo in photos[2 * i : 2 * i + 2]:
                tar.add(photo, photo.name)
    return folder


def keys_of(paths, rank=0, world=1, count=8, **options):
    stream = PhotoStream([paths], Data(**options), 0, rank, world)
    found = [sample.key for sample in islice(stream.encoded(), count)]
    stream.close()
    return found


@pytest.mark.parametrize("source", ["shards", "photo_folder"])
def test_processes_read_different_photographs_and_together_all(source, request):
    paths = request.getfixturevalue(source)
    first, second = (keys_of(paths, rank, 2, 4) for rank in (0, 1))
    assert not set(first) & set(second)
    assert len(set(first) | set(second)) == 8


def test_an_epoch_shows_each_once_and_the_next_in_another_order(shards):
    both = keys_of(shards, count=16)
    assert sorted(both[:8]) == sorted(both[8:])
    assert len(set(both[:8])) == 8
    assert both[:8] != both[8:]


def test_sources_are_drawn_as_often_as_asked(shards):
    keys = keys_of(shards, count=400, oversample={"cat": 3.0})
    cats = sum(key.startswith("cat") for key in keys) / len(keys)
    assert 0.4 < cats < 0.6  # 2 of 8 photographs, three times as often: one half


def test_sources_can_be_left_out(shards):
    data = {"oversample": {"cat": 1.0, "*": 0.0}}
    assert all(key.startswith("cat") for key in keys_of(shards, count=40, **data))
    assert all(
        key.startswith("cat") for key in load_photographs([shards], Data.model_validate(data)).keys
    )
    with pytest.raises(DataError, match="no photographs"):
        keys_of(shards, count=1, oversample={"*": 0.0})


def test_crops_are_drawn_and_what_cannot_be_read_is_named(photo_folder, tmp_path):
    for name in ("cat-0.jpg", "cat-1.jpg"):
        (tmp_path / name).write_bytes((photo_folder / name).read_bytes())
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    stream = PhotoStream([tmp_path], Data())
    crops = stream.draw(np.random.default_rng(0), 6, 64, (0.5, 1.0), slice(None))
    stream.close()
    assert crops.rgb.shape == (6, 3, 64, 64)
    assert stream.skipped == {"bad.jpg": "not a readable picture"}


def test_nothing_to_read_is_told(tmp_path):
    for name, reason in ((None, "no photographs"), ("bad.jpg", "no readable photographs")):
        if name:
            (tmp_path / name).write_bytes(b"no picture")
        with pytest.raises(DataError, match=reason):
            PhotoStream([tmp_path], Data()).draw(
                np.random.default_rng(0), 1, 64, (1.0, 1.0), slice(None)
            )
