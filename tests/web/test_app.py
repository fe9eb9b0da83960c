import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tintype.color import srgb_to_lab
from tintype.errors import ModelError, PhotoError
from tintype.photo import read_photo
from tintype.web import create_app
from tintype.web.shelf import NotOpenError, Shelf, shrink_photo

EXAMPLES = Path(__file__).parents[2] / "examples"
CAT = (EXAMPLES / "cat.jpg").read_bytes()


@pytest.fixture(scope="module")
def service():
    with TestClient(create_app(hosts=["testserver"])) as client:
        yield client


@pytest.fixture(scope="module")
def cat(service):
    return service.post("/api/photos", params={"name": "our cat.jpg"}, content=CAT).json()


def picture(response) -> np.ndarray:
    assert response.status_code == 200, response.text
    return np.asarray(Image.open(io.BytesIO(response.content)).convert("RGB"))


def lab(pixels: np.ndarray) -> np.ndarray:
    return srgb_to_lab(pixels.astype(np.float32) / 255)


def png(mask: np.ndarray) -> str:
    whole = io.BytesIO()
    Image.fromarray(mask).save(whole, "png")
    return base64.b64encode(whole.getvalue()).decode()


def test_a_photograph_is_opened_shown_colored_and_given_back_as_a_file(service, cat):
    assert (cat["width"], cat["height"], cat["pages"]) == (*Image.open(io.BytesIO(CAT)).size, 1)
    shown = picture(service.get(f"/api/photos/{cat['id']}"))
    assert np.abs(lab(shown)[..., 1:]).max() < 3
    seen = service.post(f"/api/photos/{cat['id']}/preview", json={})
    assert np.abs(lab(picture(seen))[..., 1:]).mean() > 3
    file = service.post(f"/api/photos/{cat['id']}/file", json={})
    assert picture(file).shape == (cat["height"], cat["width"], 3)
    assert Image.open(io.BytesIO(file.content)).format == "JPEG"
    assert file.headers["content-disposition"] == "attachment; filename*=UTF-8''our%20cat.color.jpg"


def test_the_file_keeps_depth_and_format_and_can_have_another(service):
    whole = io.BytesIO()
    Image.fromarray(np.tile(np.arange(0, 60000, 600, np.uint16), (80, 1))).save(whole, "tiff")
    opened = service.post("/api/photos", params={"name": "scan.tiff"}, content=whole.getvalue()).json()
    kept = service.post(f"/api/photos/{opened['id']}/file", json={})
    assert kept.headers["content-disposition"].endswith("scan.color.tiff")
    assert read_photo(kept.content).pixels.dtype == np.uint16
    other = service.post(f"/api/photos/{opened['id']}/file", params={"format": "png"}, json={})
    assert other.headers["content-disposition"].endswith("scan.color.png")
    assert other.headers["content-type"] == "image/png"


def test_a_large_photograph_is_shown_small_and_its_hints_fall_where_they_were_put(service):
    wide = np.full((1000, 4000), 128, np.uint8)
    wide[:, 2000:] = np.random.default_rng(0).integers(60, 200, (1000, 2000), np.uint8)
    whole = io.BytesIO()
    Image.fromarray(wide).save(whole, "png")
    opened = service.post("/api/photos", content=whole.getvalue()).json()
    hint = {"x": 3500, "y": 500, "color": "#c03030", "radius": 100}
    seen = lab(picture(service.post(f"/api/photos/{opened['id']}/preview", json={"hints": [hint]})))
    assert seen.shape == (400, 1600, 3)
    assert seen[190:210, 1390:1410, 1].mean() > 25


def test_only_the_region_is_colored(service, cat):
    mask = np.zeros((50, 60), np.uint8)
    mask[:, 30:] = 255
    seen = lab(picture(service.post(f"/api/photos/{cat['id']}/preview", json={"region": png(mask)})))
    chroma = np.linalg.norm(seen[..., 1:], axis=-1)
    width = chroma.shape[1]
    assert chroma[:, : width // 2 - 20].mean() < 1.5
    assert chroma[:, width // 2 + 20 :].mean() > 4


def test_saturation_and_network_are_followed(service, cat):
    gray = lab(picture(service.post(f"/api/photos/{cat['id']}/preview", json={"saturation": 0})))
    assert np.abs(gray[..., 1:]).max() < 3
    default, fast = (
        service.post(f"/api/photos/{cat['id']}/preview", params={"model": m}, json={}).content for m in ("default", "fast")
    )
    assert default != fast


def test_a_program_colors_in_one_request(service):
    done = service.post("/api/colorize", params={"format": "png"}, content=CAT)
    assert done.headers["content-type"] == "image/png"
    assert np.abs(lab(picture(done))[..., 1:]).mean() > 3


@pytest.mark.parametrize(
    ("path", "sent", "status", "sentence"),
    [
        ("/api/photos", {"content": b"no picture"}, 422, "the file is not a picture"),
        ("/api/photos", {"content": CAT[:2000]}, 422, "damaged or cut off"),
        ("/api/photos", {"content": b""}, 422, "empty"),
        ("/api/photos/none/preview", {"json": {}}, 404, "open it again"),
        ("/api/photos/{cat}/preview?model=best", {"json": {}}, 422, "no network 'best' here; there are default, fast"),
        ("/api/photos/{cat}/preview", {"json": {"saturation": 9}}, 422, "saturation is 0 to 4, not 9"),
        ("/api/photos/{cat}/preview", {"json": {"colour": 1}}, 422, "colour: Extra inputs are not permitted"),
        ("/api/photos/{cat}/preview", {"json": {"hints": [{"x": 1, "y": 1, "color": "#zz"}]}}, 422, "'#zz' is not a color"),
        ("/api/photos/{cat}/preview", {"json": {"hints": [{"x": 9999, "y": 1, "color": "red"}]}}, 422, "outside of the photograph"),
        ("/api/photos/{cat}/preview", {"json": {"region": "!"}}, 422, "not a base64-coded picture"),
        ("/api/photos/{cat}/file?format=doc", {"json": {}}, 422, "'doc' is not a format that is written"),
        ("/api/photos/{cat}/preview", {"content": b"{"}, 422, "should be a valid dictionary"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(service, cat, path, sent, status, sentence):
    answer = service.post(path.format(cat=cat["id"]), **sent)
    assert answer.status_code == status
    assert sentence in answer.json()["detail"]


def test_a_file_that_is_too_large_is_refused(service, monkeypatch):
    monkeypatch.setattr("tintype.web.app.MOST_UPLOADED", 1000)
    answer = service.post("/api/photos", content=CAT)
    assert answer.status_code == 422
    assert "larger than" in answer.json()["detail"]


def test_pages_of_other_sites_are_turned_away(service):
    assert service.get("/api/models", headers={"host": "evil.example"}).status_code == 400
    policy = service.get("/").headers["content-security-policy"]
    assert "default-src 'self'" in policy


def test_a_network_of_ones_own_is_offered_first_and_what_it_lacks_is_said(warm_network):
    with TestClient(create_app([warm_network], hosts=["testserver"])) as client:
        models = client.get("/api/models").json()
        assert [model["name"] for model in models] == ["warm", "default", "fast"]
        assert models[0]["listens_to"] == []
        opened = client.post("/api/photos", content=CAT).json()
        path = f"/api/photos/{opened['id']}/preview?model=warm"
        assert client.post(path, json={}).status_code == 200
        refused = client.post(path, json={"hints": [{"x": 5, "y": 5, "color": "red"}]})
        assert "does not listen to a hint" in refused.json()["detail"]


def test_a_file_that_is_no_network_stops_the_service_before_it_starts(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="not a network file"):
        create_app([tmp_path / "a.onnx"])


def test_the_shelf_lets_go_of_what_was_longest_out_of_use():
    shelf = Shelf()
    first = shelf.open(CAT, "a.jpg")
    shelf.most_bytes = 2 * first.weight + 10
    second = shelf.open(CAT, "b.jpg")
    assert shelf[first.id] is first
    shelf.open(CAT, "c.jpg")
    assert shelf[first.id] is first
    with pytest.raises(NotOpenError):
        shelf[second.id]
    with pytest.raises(PhotoError):
        shelf.open(b"", "d.jpg")


def test_a_preview_keeps_shape_and_alpha():
    whole = io.BytesIO()
    Image.new("LA", (3000, 20), (90, 120)).save(whole, "png")
    small = shrink_photo(read_photo(whole.getvalue()), 1600)
    assert small.pixels.shape[:2] == (11, 1600)
    assert small.alpha is not None
    assert small.alpha.shape == (11, 1600)


def test_the_api_describes_itself(service):
    described = service.get("/openapi.json").json()
    assert "/api/photos/{id}/preview" in described["paths"]
    assert json.dumps(described).count("upright") >= 2
