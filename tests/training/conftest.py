import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

SMALL = [
    "network={widths: [8, 16, 16, 24, 32], depths: [1, 1, 1, 1], wish_widths: [8, 8, 16, 16]}",
    "encoder=null", "frozen=0", "data.size=64", "data.batch_size=4", "data.short_side=96",
    "save_every=2", "names=0", "stages=[{name: wide, steps: 4, size: 32}, {name: fine, steps: 2, size: 64}]",
]  # fmt: skip
"""Overrides that make the default recipe small enough for a test."""


def pictures() -> dict[str, np.ndarray]:
    found = {"cat": data.chelsea(), "coffee": data.coffee(), "face": data.astronaut(), "rocket": data.rocket()}
    return {f"{name}-{i}": picture[40 * i : 40 * i + 200, :260] for name, picture in found.items() for i in range(2)}


def jpeg(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=95)
    return file.getvalue()


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
