import os

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from skimage import data

from tests.pictures import jpeg
from tintype.errors import DataError, ModelError
from tintype.lab.data.saliency_maps import make_maps, map_of, open_detector, plan_maps, saliency_map
from tintype.lab.data.samples import decode, read_samples


def cat_on_a_wall() -> tuple[np.ndarray, np.ndarray]:
    """A cat's face before a plain wall, and where it is."""
    wall = np.linspace(90, 150, 220)[:, None, None]
    scene = np.tile(wall, (1, 300, 3)).astype(np.uint8)
    face = cv2.resize(data.chelsea()[20:260, 100:340], (80, 80), interpolation=cv2.INTER_AREA)
    y, x = np.mgrid[-1:1:80j, -1:1:80j]
    inside = x**2 + y**2 < 1
    scene[70:150, 110:190][inside] = face[inside]
    there = np.zeros((220, 300), bool)
    there[70:150, 110:190] = inside
    return scene, there


def red_detector(path, shape, channels=3):
    """A network that finds red: the red channel less the blue one."""
    kernel = np.zeros((1, channels, 1, 1), np.float32)
    kernel[0, 0], kernel[0, -1] = 1, -1
    graph = helper.make_graph(
        [helper.make_node("Conv", ["picture", "kernel"], ["map"])],
        "red",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("map", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(kernel, "kernel")],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path
    )
    return str(path)


def share_inside(found: np.ndarray, there: np.ndarray) -> tuple[float, float]:
    """Mean saliency of the object and of the background."""
    small = cv2.resize(there.astype(np.float32), found.shape[::-1], interpolation=cv2.INTER_AREA)
    return float(found[small > 0.8].mean()), float(found[small == 0].mean())


@pytest.mark.parametrize("name", ["spectral-residual", "fine-grained", "default"])
def test_an_object_draws_the_eye_more_than_the_wall_behind_it(name):
    scene, there = cat_on_a_wall()
    found = saliency_map(scene, open_detector(name))
    assert found.shape == (48, 65)
    inside, outside = share_inside(found, there)
    assert inside > 3 * outside


@pytest.mark.parametrize("shape", [["n", 3, "h", "w"], [1, 3, 64, 96]])
def test_a_detector_may_be_any_network_file(tmp_path, shape):
    scene = np.full((100, 150, 3), (60, 90, 120), np.uint8)
    scene[20:60, 90:130] = (220, 40, 30)
    found = saliency_map(scene, open_detector(red_detector(tmp_path / "red.onnx", shape)))
    assert found.shape == (48, 72)
    assert found[12:27, 46:60].min() == 255
    assert found[:, :40].max() == 0


def test_a_detector_that_is_none_gets_a_sentence(tmp_path):
    with pytest.raises(
        ModelError,
        match="no saliency detector 'u3net'; available: spectral-residual, fine-grained, default",
    ):
        open_detector("u3net")
    (tmp_path / "broken.onnx").write_bytes(b"no network")
    with pytest.raises(ModelError, match=r"broken.onnx is not a network file"):
        open_detector(str(tmp_path / "broken.onnx"))
    with pytest.raises(
        ModelError, match=r"it must take one picture, N×3×H×W float32, but takes picture"
    ):
        open_detector(red_detector(tmp_path / "gray.onnx", [1, 1, 64, 64], 1))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "cat.jpg").write_bytes(jpeg(data.chelsea()))
    (tmp_path / "deep" / "cup.jpg").write_bytes(jpeg(data.coffee()))
    return tmp_path


def count_calls(calls):
    def detect(picture):
        calls.append(picture.shape)
        return np.full(picture.shape[:2], 0.5, np.float32)

    return detect


def test_maps_lie_beside_and_reach_the_training(folder):
    plan = plan_maps([folder])
    assert dict(make_maps(plan.todo, count_calls([]))) == {
        folder / "cat.jpg": None,
        folder / "deep" / "cup.jpg": None,
    }
    samples = [decode(encoded) for encoded in read_samples(folder)]
    assert [sample.key for sample in samples] == ["cat.jpg", "deep/cup.jpg"]
    assert all(abs(int(sample.saliency.mean()) - 128) <= 1 for sample in samples)


def test_cached_maps_are_not_made_again(folder):
    calls = []
    list(make_maps(plan_maps([folder]).todo, count_calls(calls)))
    assert len(calls) == 2
    map_of(folder / "cat.jpg").unlink()
    plan = plan_maps([folder, folder / "deep"])
    assert (plan.todo, plan.kept) == ([folder / "cat.jpg"], 1)
    os.utime(map_of(folder / "deep" / "cup.jpg"), (0, 0))
    list(make_maps(plan.todo, count_calls(calls)))
    assert len(calls) == 3
    assert map_of(folder / "deep" / "cup.jpg").stat().st_mtime == 0
    assert len(plan_maps([folder], overwrite=True).todo) == 2


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(folder):
    (folder / "broken.jpg").write_bytes(b"no picture")
    (folder / "empty.jpg").touch()
    result = dict(make_maps(plan_maps([folder]).todo, count_calls([])))
    assert result[folder / "broken.jpg"] == result[folder / "empty.jpg"] == "not a readable picture"
    assert result[folder / "cat.jpg"] is None
    assert not map_of(folder / "broken.jpg").exists()


def test_two_photographs_do_not_share_a_map(folder):
    (folder / "cat.png").write_bytes((folder / "cat.jpg").read_bytes())
    plan = plan_maps([folder])
    assert plan.failed == {
        folder / "cat.png": "its map would be that of cat.jpg; give them different names"
    }
    assert folder / "cat.png" not in plan.todo


def test_stopping_leaves_whole_maps_only(folder):
    for i in range(20):
        (folder / f"{i:02d}.jpg").write_bytes((folder / "cat.jpg").read_bytes())
    stopping = make_maps(plan_maps([folder]).todo, count_calls([]))
    next(stopping)
    with pytest.raises(KeyboardInterrupt):
        stopping.throw(KeyboardInterrupt)
    assert not list(folder.rglob("*.part"))
    maps = list(folder.rglob("*.saliency.webp"))
    assert maps
    assert all(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE).shape[0] == 48 for path in maps)


def test_no_folder_and_an_empty_one_get_a_sentence(tmp_path):
    with pytest.raises(DataError, match="there are no photographs in"):
        plan_maps([tmp_path])
    with pytest.raises(DataError, match="is not a folder of photographs"):
        plan_maps([tmp_path / "none"])
