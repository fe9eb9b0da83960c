from pathlib import Path

import cv2
import pytest
from skimage import data


@pytest.fixture(scope="module")
def photos(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("truth")
    for name in ("astronaut", "chelsea", "coffee"):
        picture = getattr(data, name)()
        cv2.imwrite(str(folder / f"set-{name}.png"), picture[:200, :220, ::-1])
    cv2.imwrite(str(folder / "set-gray.png"), data.camera()[:200, :200])
    return folder
