import os
import shutil
import tarfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import settings
from onnx import TensorProto, helper
from PIL import Image

from tests.pictures import jpeg, pictures
from tests.values import Recorded
from tintype.contract import KEY, VERSION

# the networks of the tests are tiny: threads cost them more than they bring
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("tintype", deadline=None, derandomize=True)
settings.load_profile("tintype")

TESTS = Path(__file__).parent
MARKED_PLACES = {
    "film/": "film",
    "lab/evaluation/test_film.py": "film",
    "web/test_films.py": "film",
    "web/test_pages.py::test_the_shots_of_a_film": "film",
    "lab/training/": "training",
    "archive/test_cluster.py": "cluster",
    "archive/test_killed.py": "slow",
    "archive/test_run.py": "slow",
    "browser/": "slow",
    "cli/test_loudness.py": "slow",
    "e2e/": "slow",
    "engine/test_blend.py": "slow",
    "engine/test_sanity.py": "slow",
    "jobs/test_extras.py::test_comparisons": "slow",
    "jobs/test_faces.py": "slow",
    "lab/evaluation/test_compare.py": "slow",
    "lab/evaluation/test_probe.py": "slow",
    "lab/evaluation/test_protocol.py": "slow",
    "lab/evaluation/test_report.py": "slow",
    "lab/evaluation/test_study.py": "slow",
    "lab/models/test_models.py": "slow",
    "lab/models/test_rgb.py": "slow",
    "lab/models/test_values.py": "slow",
    "lab/nets/test_published.py": "slow",
    "lab/nets/test_systems.py::test_artifacts": "slow",
    "lab/nets/test_systems.py::test_deoldifys": "slow",
    "lab/nets/test_vgg16.py": "slow",
    "pack/test_pack.py": "slow",
    "photo/test_cases.py::test_forty_pages": "slow",
    "photo/test_fuzz.py": "slow",
    "photo/test_thin_lines.py": "slow",
    "test_isolation.py": "slow",
    "test_package.py": "slow",
    "web/test_attacks.py": "slow",
    "web/test_guard.py": "slow",
    "web/test_schema.py": "slow",
    "web/test_zip.py": "slow",
}
"""Where tests need seconds of a core, alone or together, by the beginning of their names."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        name = f"{item.path.relative_to(TESTS).as_posix()}::{item.name}"
        for start, marker in MARKED_PLACES.items():
            if name.startswith(start):
                item.add_marker(marker)
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


def pytest_collection_finish(session: pytest.Session) -> None:
    """In continuous integration the tests of the page are never skipped for want of a browser."""
    chosen = any(item.get_closest_marker("browser") for item in session.items)
    if chosen and os.environ.get("CI") and not shutil.which("chromium"):
        raise pytest.UsageError("the tests of the page need Chromium")


@pytest.fixture(scope="session")
def play():
    """Playwright, of which a process holds one at a time."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playing:
        yield playing


@pytest.fixture
def recorded(request) -> Recorded:
    return Recorded(request.path, request.node.name)


@pytest.fixture(scope="session")
def warm_network(tmp_path_factory) -> Path:
    """A network of one layer that listens to lightness alone: every place gets a* = 20, b* = L* /
    2."""
    size = ["n", 1, "h", "w"]
    weight = helper.make_tensor("weight", TensorProto.FLOAT, [2, 1, 1, 1], [0.0, 0.5])
    bias = helper.make_tensor("bias", TensorProto.FLOAT, [2], [20.0, 0.0])
    graph = helper.make_graph(
        [helper.make_node("Conv", ["lightness", "weight", "bias"], ["ab"])],
        "warm",
        [helper.make_tensor_value_info("lightness", TensorProto.FLOAT, size)],
        [helper.make_tensor_value_info("ab", TensorProto.FLOAT, ["n", 2, "h", "w"])],
        [weight, bias],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, {KEY: VERSION, "system": "warm"})
    path = tmp_path_factory.mktemp("network") / "warm.onnx"
    onnx.save(model, path)
    return path


@pytest.fixture(scope="session")
def photo_folder(tmp_path_factory) -> Path:
    """Eight crops of photographs, each with a saliency map that is bright in the middle."""
    folder = tmp_path_factory.mktemp("photos")
    y, x = np.mgrid[-1:1:48j, -1:1:48j]
    saliency = Image.fromarray((255 * (x**2 + y**2 < 0.4)).astype(np.uint8))
    for name, picture in pictures().items():
        (folder / f"{name}.jpg").write_bytes(jpeg(picture))
        saliency.save(folder / f"{name}.saliency.webp", lossless=True)
    return folder


@pytest.fixture(scope="session")
def shard(photo_folder, tmp_path_factory) -> Path:
    """The same as a WebDataset shard."""
    path = tmp_path_factory.mktemp("shards") / "train-0.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for file in sorted(photo_folder.iterdir()):
            tar.add(file, file.name)
    return path
