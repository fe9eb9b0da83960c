import io
import tarfile

import cv2
import numpy as np
import pytest
from PIL import Image

from tintype.errors import DataError
from tintype.lab.data.label_maps import cut_labels, label_key, read_labels
from tintype.lab.data.photographs import Cuts, load_photographs
from tintype.lab.data.settings import Data
from tintype.lab.data.stream import PhotoStream


def png(values) -> bytes:
    return cv2.imencode(".png", np.asarray(values, np.uint8))[1].tobytes()


def test_a_crop_has_the_values_at_its_own_places():
    values = np.arange(64).reshape(8, 8)
    labels = {"people": png(values)}
    whole = cut_labels(labels, (32, 32), np.array([0.0, 0, 32, 32]), False, 32)
    assert (whole[:2] == 255).all()
    np.testing.assert_array_equal(whole[2], values)
    part = cut_labels(labels, (32, 32), np.array([16.0, 8, 16, 16]), True, 16)
    np.testing.assert_array_equal(part[2], values[4:, 2:6][:, ::-1])


def test_a_map_that_is_no_gray_picture_is_refused():
    color = cv2.imencode(".png", np.zeros((4, 4, 3), np.uint8))[1].tobytes()
    for damaged in (color, b"no picture"):
        with pytest.raises(DataError, match="map of things"):
            cut_labels({"things": damaged}, (4, 4), np.array([0.0, 0, 4, 4]), False, 16)


@pytest.fixture
def photographs(tmp_path):
    """a.jpg, without maps, and deep/b.jpg with a map of things beside."""
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    for name in ("a.jpg", "deep/b.jpg"):
        Image.new("RGB", (64, 64), "teal").save(folder / name)
    (folder / "deep/b.things.png").write_bytes(png(np.full((64, 64), 5)))
    return folder


def test_maps_lie_beside_photographs_or_in_shards_of_their_own(photographs, tmp_path):
    shard = tmp_path / "labels.tar"
    with tarfile.open(shard, "w") as tar:
        for name, value in (("a.people.png", 1), ("deep/b.people.png", 6)):
            content = png(np.full((64, 64), value))
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    labels = read_labels([shard])
    store = load_photographs([photographs], Data(), labels)
    assert store.keys == ["a.jpg", "deep/b.jpg"]
    cuts = Cuts(np.array([[0.0, 0, 64, 64]] * 2), np.array([False, True]))
    maps = store.crops([0, 1], cuts, 32).maps
    assert maps.shape == (2, 3, 8, 8)
    assert maps[:, :, 0, 0].tolist() == [[255, 255, 1], [5, 255, 6]]
    stream = PhotoStream([photographs], Data(), labels=labels)
    try:
        drawn = stream.draw(np.random.default_rng(0), 2, 32, (1.0, 1.0), slice(None))
    finally:
        stream.close()
    assert {int(crop[2, 0, 0]) for crop in drawn.maps} <= {1, 6}


def test_what_holds_no_maps_is_refused(photographs, tmp_path):
    (photographs / "deep" / "b.things.png").unlink()
    with pytest.raises(DataError, match="holds no NAME"):
        read_labels([photographs])
    (tmp_path / "a.tar").write_bytes(b"no shard")
    with pytest.raises(DataError, match="cannot be read"):
        read_labels([tmp_path / "a.tar"])


def test_the_key_of_a_photograph_is_its_name_without_the_ending():
    assert label_key("deep/b.jpg") == "deep/b"
    assert label_key("bsds-0012") == "bsds-0012"
