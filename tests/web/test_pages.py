"""Files of several pages, each colored with its own guidance and network."""

import io
import time

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.pictures import EXAMPLES
from tintype.photo import read_photo

V1 = "/api/v1"


@pytest.fixture(scope="module")
def scan(service):
    """The path of an open TIFF of three pages."""
    whole = io.BytesIO()
    with tifffile.TiffWriter(whole) as tiff:
        for name in ("cat", "rocket", "coffee"):
            tiff.write(
                np.asarray(Image.open(EXAMPLES / f"{name}.jpg").resize((150, 100)).convert("L")),
                photometric="minisblack",
            )
    return f"{V1}/photos/" + service.post(f"{V1}/photos", content=whole.getvalue()).json()["id"]


def saved(service, path, body, model="default"):
    response = service.post(f"{path}/file", params={"model": model}, json=body)
    assert response.status_code == 200, response.text
    return [
        read_photo(response.content, page).pixels.astype(int) for page in range(3)
    ], response.content


def test_each_page_is_colored_with_its_own_network_or_else_that_of_the_request(service, scan):
    careful, quick = (saved(service, scan, {}, model)[0] for model in ("default", "fast"))
    mixed, data = saved(
        service, scan, {"pages": [{}, {"model": "fast"}, {"model": "default", "saturation": 0}]}
    )
    assert np.array_equal(mixed[0], careful[0])
    assert np.array_equal(mixed[1], quick[1])
    assert np.abs(careful[1] - quick[1]).max() > 4
    assert np.ptp(mixed[2], axis=-1).max() < 2
    assert b"default, fast" in data


def test_colors_at_places_stay_on_their_page_and_colors_of_the_whole_hold_on_later_ones(
    service, scan
):
    left = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]
    places = {
        "region": {"kind": "polygons", "polygons": [left]},
        "hints": [{"x": 0.25, "y": 0.5, "color": "#c02020", "radius": 0.1}],
        "strokes": [{"points": [[0.1, 0.1], [0.4, 0.1]], "color": "#2020c0"}],
    }
    pale, _ = saved(service, scan, {"pages": [{"saturation": 0.5}]})
    placed, _ = saved(service, scan, {"pages": [{"saturation": 0.5, **places}]})
    assert np.ptp(placed[0][:, 90:], axis=-1).max() < 3  # gray outside of the region
    assert np.abs(placed[0] - pale[0]).max() > 20
    for page in (1, 2):
        assert np.array_equal(placed[page], pale[page])


def test_a_network_of_a_page_that_is_not_there_is_named(service, scan):
    answer = service.post(f"{scan}/file", json={"pages": [{}, {"model": "slow"}]})
    assert answer.status_code == 404
    assert "there is no network 'slow'" in answer.json()["detail"]


def test_the_shots_of_a_film_have_one_network(service, tmp_path):
    av = pytest.importorskip("av")
    with av.open(str(tmp_path / "film.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for packet in [
            *stream.encode(av.VideoFrame.from_ndarray(np.full((64, 96, 3), 120, np.uint8))),
            *stream.encode(),
        ]:
            container.mux(packet)
    data = (tmp_path / "film.mp4").read_bytes()
    opened = service.post(f"{V1}/photos", params={"name": "film.mp4"}, content=data).json()

    def color(*models):
        path = service.post(
            f"{V1}/photos/{opened['id']}/jobs",
            json={"pages": [{"model": model} for model in models]},
        ).headers["location"]
        while (result := service.get(path).json())["status"] in ("waiting", "running"):
            time.sleep(0.05)
        return result["status"], result["problem"]

    assert color("default") == ("done", None)
    assert color("fast", "fast") == ("done", None)
    status, problem = color("fast", "default")
    assert status == "failed"
    assert "one network colors the whole film" in problem
