import base64
import io
import json
import logging
import time
from types import SimpleNamespace

import numpy as np
import pytest
import tifffile
from fastapi.testclient import TestClient
from PIL import Image
from skimage import data

from tests.pictures import EXAMPLES
from tintype.color import srgb_to_lab
from tintype.errors import ModelError
from tintype.guidance import Guidance
from tintype.jobs import color_files
from tintype.photo import count_pages, read_label, read_photo
from tintype.web import create_app
from tintype.web.limits import Limits
from tintype.web.pictures import shrink_photo
from tintype.web.problems import CODES
from tintype.web.shelf import MemoryBudget, Shelf

CAT = (EXAMPLES / "cat.jpg").read_bytes()
V1 = "/api/v1"


@pytest.fixture(scope="module")
def cat(service):
    return service.post(f"{V1}/photos", params={"name": "our cat.jpg"}, content=CAT).json()


def picture(response) -> np.ndarray:
    assert response.status_code == 200, response.text
    return np.asarray(Image.open(io.BytesIO(response.content)).convert("RGB"))


def lab(pixels: np.ndarray) -> np.ndarray:
    return srgb_to_lab(pixels.astype(np.float32) / 255)


def chroma(response) -> np.ndarray:
    return np.linalg.norm(lab(picture(response))[..., 1:], axis=-1)


def png(mask: np.ndarray) -> str:
    whole = io.BytesIO()
    Image.fromarray(mask).save(whole, "png")
    return base64.b64encode(whole.getvalue()).decode()


def coded(pixels: np.ndarray, kind: str) -> bytes:
    whole = io.BytesIO()
    Image.fromarray(pixels).save(whole, kind)
    return whole.getvalue()


def codes(response) -> list[str]:
    return [note["code"] for note in json.loads(response.headers.get("Tintype-Notes", "[]"))]


def test_a_photograph_is_opened_shown_colored_given_back_as_a_file_and_forgotten(service):
    cat = service.post(f"{V1}/photos", params={"name": "another cat.jpg"}, content=CAT).json()
    assert (cat["width"], cat["height"], cat["pages"]) == (*Image.open(io.BytesIO(CAT)).size, 1)
    path = f"{V1}/photos/{cat['id']}"
    assert chroma(service.get(path)).max() < 4
    assert chroma(service.post(f"{path}/preview", json={})).mean() > 3
    file = service.post(f"{path}/file", json={})
    assert picture(file).shape == (cat["height"], cat["width"], 3)
    assert file.headers["content-type"] == "image/jpeg"
    assert (
        file.headers["content-disposition"]
        == "attachment; filename*=UTF-8''another%20cat.color.jpg"
    )
    assert service.delete(path).status_code == 204
    assert service.get(path).status_code == service.delete(path).status_code == 404


def test_a_black_and_white_negative_is_left_unless_it_is_to_be_recolored(service):
    negative = 255 - np.asarray(Image.open(EXAMPLES / "grace-hopper.jpg").convert("L"))
    opened = service.post(f"{V1}/photos", content=coded(negative, "png")).json()
    box = {"x": 150, "y": 100, "width": 200, "height": 200}
    for what in ("preview", "file", "tile"):
        for recolor in (False, True):
            params = {**(box if what == "tile" else {}), "recolor": recolor}
            answer = service.post(f"{V1}/photos/{opened['id']}/{what}", params=params, json={})
            assert what == "tile" or "negative" in codes(answer)
            in_color = np.ptp(picture(answer).astype(int), axis=-1).max() > 8
            assert in_color == recolor, what


def test_a_color_photograph_is_left_as_it_is_unless_it_is_to_be_recolored(service):
    """As the command decides: the same bytes, and a notice with a code."""
    color = coded(data.coffee(), "jpeg")
    opened = service.post(f"{V1}/photos", params={"name": "cup.jpg"}, content=color).json()
    assert opened["in_color"]
    assert [notice["code"] for notice in opened["notices"]] == ["in-color"]
    path = f"{V1}/photos/{opened['id']}"
    for left in (
        service.post(f"{path}/file", json={}),
        service.post(f"{V1}/colorize", content=color),
    ):
        assert left.content == color
        assert codes(left) == ["in-color"]
    shown, before = (picture(service.post(f"{path}/preview", json={})), picture(service.get(path)))
    assert np.array_equal(shown, before)
    again = {"recolor": "true"}
    for recolored in (
        service.post(f"{path}/file", params=again, json={}),
        service.post(f"{V1}/colorize", params=again, content=color),
        service.post(f"{path}/preview", params=again, json={}),
    ):
        assert codes(recolored) == []
        assert np.abs(lab(picture(recolored)) - lab(data.coffee()))[..., 1:].mean() > 3
    hint = {"hints": [{"x": 0.5, "y": 0.5, "color": "#3050c0"}]}
    assert codes(service.post(f"{path}/preview", json=hint)) == []


def test_a_file_has_the_label_that_the_command_gives(service, cat, tmp_path):
    made = service.post(f"{V1}/photos/{cat['id']}/file", json={"saturation": 1.2}).content
    (tmp_path / "service.jpg").write_bytes(made)
    (tmp_path / "cat.jpg").write_bytes(CAT)
    outcomes = color_files(
        [tmp_path / "cat.jpg"], tmp_path / "command.jpg", Guidance(saturation=1.2)
    )
    assert [outcome.state for outcome in outcomes] == ["colored"]
    assert read_label(tmp_path / "service.jpg") == read_label(tmp_path / "command.jpg")
    assert (tmp_path / "command.jpg").read_bytes() == made


def test_the_file_keeps_depth_and_format_and_can_have_another(service):
    scan = coded(np.tile(np.arange(0, 60000, 600, np.uint16), (80, 1)), "tiff")
    opened = service.post(f"{V1}/photos", params={"name": "scan.tiff"}, content=scan).json()
    kept = service.post(f"{V1}/photos/{opened['id']}/file", json={})
    assert kept.headers["content-disposition"].endswith("scan.color.tiff")
    assert read_photo(kept.content).pixels.dtype == np.uint16
    other = service.post(f"{V1}/photos/{opened['id']}/file", params={"format": "png"}, json={})
    assert other.headers["content-disposition"].endswith("scan.color.png")
    assert other.headers["content-type"] == "image/png"


def test_a_large_photograph_is_shown_small_in_whole_and_at_full_size_in_parts(service):
    wide = np.full((1000, 4000), 128, np.uint8)
    wide[:, 2000:] = np.random.default_rng(0).integers(60, 200, (1000, 2000), np.uint8)
    opened = service.post(f"{V1}/photos", content=coded(wide, "png")).json()
    hint = {"x": 0.875, "y": 0.5, "color": "#c03030", "radius": 0.1}
    path = f"{V1}/photos/{opened['id']}"
    seen = lab(picture(service.post(f"{path}/preview", json={"hints": [hint]})))
    assert seen.shape == (400, 1600, 3)
    assert seen[190:210, 1390:1410, 1].mean() > 25
    box = {"x": 3400, "y": 400, "width": 200, "height": 200}
    part = lab(picture(service.post(f"{path}/tile", params=box, json={"hints": [hint]})))
    assert part.shape == (200, 200, 3)
    assert part[90:110, 90:110, 1].mean() > 25
    gray = picture(service.get(f"{path}/tile", params=box))
    assert np.abs(gray[..., 0].astype(int) - wide[400:600, 3400:3600]).mean() < 6
    assert service.get(f"{path}/tile", params=box | {"x": 5000}).status_code == 404
    assert service.get(f"{path}/tile", params=box | {"page": 2}).status_code == 404


def test_only_the_region_is_colored(service, cat):
    mask = np.zeros((100, 150), np.uint8)
    mask[:, 75:] = 255
    body = {"region": {"kind": "mask", "mask": png(mask)}}
    seen = chroma(service.post(f"{V1}/photos/{cat['id']}/preview", json=body))
    width = seen.shape[1]
    assert seen[:, : width // 2 - 20].mean() < 1.5
    assert seen[:, width // 2 + 20 :].mean() > 4


def test_a_thing_is_found_at_a_point(service):
    disk = np.full((200, 300), 60, np.uint8)
    rows, columns = np.ogrid[:200, :300]
    inside = (rows - 100) ** 2 + (columns - 90) ** 2 < 50**2
    disk[inside] = 190
    opened = service.post(f"{V1}/photos", content=coded(disk, "png")).json()
    mask = (
        picture(service.post(f"{V1}/photos/{opened['id']}/segment", json={"keep": [[0.3, 0.5]]}))[
            ..., 0
        ]
        > 127
    )
    assert (mask & inside).sum() > 0.9 * (mask | inside).sum()


def test_likely_colors_and_helpful_places_are_told(service, cat):
    path = f"{V1}/photos/{cat['id']}/suggest"
    colors = service.get(path, params={"x": 0.5, "y": 0.5, "count": 3}).json()["colors"]
    assert 1 <= len(colors) <= 3
    assert [each["share"] for each in colors] == sorted(
        (each["share"] for each in colors), reverse=True
    )
    places = service.get(path, params={"count": 3}).json()["places"]
    assert len(places) == 3
    assert all(0 <= value <= 1 for place in places for value in place)


def test_variations_come_with_the_guidance_that_gives_them(service, cat):
    path = f"{V1}/photos/{cat['id']}"
    found = service.post(
        f"{path}/variations", params={"count": 2, "seed": 5}, json={"saturation": 1.2}
    ).json()
    assert [each["guidance"]["seed"] for each in found] == [5, 6]
    assert all(each["guidance"]["bold"] and each["guidance"]["saturation"] == 1.2 for each in found)
    assert max(Image.open(io.BytesIO(base64.b64decode(found[0]["picture"]))).size) == 320
    assert found[0]["picture"] != found[1]["picture"]
    large = picture(service.post(f"{path}/preview", json=found[0]["guidance"]))
    small = np.asarray(Image.open(io.BytesIO(base64.b64decode(found[0]["picture"]))))
    shrunk = np.asarray(Image.fromarray(large).resize(small.shape[1::-1], Image.Resampling.BOX))
    assert np.abs(lab(shrunk) - lab(small))[..., 1:].mean() < 3


def test_saturation_and_network_are_followed(service, cat):
    path = f"{V1}/photos/{cat['id']}/preview"
    assert chroma(service.post(path, json={"saturation": 0})).max() < 4
    default, fast = (
        service.post(path, params={"model": name}, json={}).content for name in ("default", "fast")
    )
    assert default != fast


def test_a_program_colors_in_one_request_with_a_raw_body_or_a_form(service):
    raw = service.post(
        f"{V1}/colorize", params={"format": "png", "guidance": '{"saturation": 0.5}'}, content=CAT
    )
    assert raw.headers["content-type"] == "image/png"
    form = service.post(
        f"{V1}/colorize",
        params={"format": "png"},
        files={"photo": ("c.jpg", CAT)},
        data={"guidance": '{"saturation": 0.5}'},
    )
    assert form.headers["content-disposition"].endswith("c.color.png")
    assert form.content == raw.content
    assert 1 < chroma(raw).mean() < chroma(service.post(f"{V1}/colorize", content=CAT)).mean()


def test_work_that_is_known_is_not_done_again(service, cat):
    for answer, again in (
        (
            service.post(f"{V1}/colorize", content=CAT),
            lambda tag: service.post(f"{V1}/colorize", content=CAT, headers=tag),
        ),
        (
            service.get(f"{V1}/photos/{cat['id']}"),
            lambda tag: service.get(f"{V1}/photos/{cat['id']}", headers=tag),
        ),
    ):
        unchanged = again({"If-None-Match": answer.headers["etag"]})
        assert unchanged.status_code == 304
        assert unchanged.content == b""


def test_a_job_colors_every_page_in_the_background_and_is_forgotten(monkeypatch):
    whole = io.BytesIO()
    with tifffile.TiffWriter(whole) as tiff:
        for shade in (90, 120, 150):
            tiff.write(np.full((60, 80), shade, np.uint8), photometric="minisblack")
    with TestClient(create_app(hosts=["testserver"], limits=Limits(job_seconds=600))) as service:
        started = service.post(f"{V1}/jobs", params={"name": "album.tif"}, content=whole.getvalue())
        assert started.status_code == 202
        path = started.headers["location"]
        while (output := service.get(path).json())["status"] in ("waiting", "running"):
            time.sleep(0.02)
        assert output["status"] == "done"
        assert output["progress"] == 1
        result = service.get(f"{path}/result")
        assert result.headers["content-type"] == "image/tiff"
        assert result.headers["content-disposition"].endswith("album.color.tif")
        assert count_pages(result.content) == 3
        later = SimpleNamespace(monotonic=lambda: time.monotonic() + 601)
        with monkeypatch.context() as patched:
            patched.setattr("tintype.web.jobs.time", later)
            assert service.get(path).status_code == 404
        broken = service.post(f"{V1}/jobs", content=CAT[:-2000]).headers["location"]
        while (output := service.get(broken).json())["status"] in ("waiting", "running"):
            time.sleep(0.02)
        assert (output["status"], "damaged" in output["problem"]) == ("failed", True)
        assert service.get(f"{broken}/result").status_code == 409
        assert service.delete(broken).status_code == 204


@pytest.mark.parametrize(
    ("path", "sent", "status", "sentence"),
    [
        ("/photos", {"content": b"no picture"}, 415, "is not a picture"),
        ("/photos", {"content": CAT[:2000]}, 422, "cut off"),
        ("/photos", {"content": b""}, 422, "empty"),
        ("/photos", {"json": {}}, 415, "not as application/json"),
        ("/photos", {"files": {"picture": CAT}}, 422, "unknown part 'picture'"),
        ("/colorize", {"files": {"guidance": b"{}"}}, 422, "no file named 'photo'"),
        ("/colorize", {"data": {"image": "cat.jpg"}, "files": {"guidance": b"{}"}}, 422, "no file"),
        ("/colorize", {"files": {"photo": CAT, "image": CAT}}, 422, "must have one file"),
        ("/photos", {"files": [("file", CAT), ("file", CAT)]}, 422, "must have one file"),
        ("/photos", {"files": {"photo": CAT, "guidance": b"{}"}}, 422, "part 'guidance'"),
        (
            "/colorize",
            {"files": {"photo": CAT}, "data": {"guidance": ["{}", "{}"]}},
            422,
            "at most one guidance",
        ),
        (
            "/colorize",
            {"params": {"saturation": 0}, "content": CAT},
            422,
            "the query has an unknown parameter 'saturation'",
        ),
        ("/photos", {"params": {"nane": "a"}, "content": CAT}, 422, "did you mean 'name'"),
        ("/photos/{cat}/preview", {"params": {"paeg": 1}, "json": {}}, 422, "mean 'page'"),
        (
            "/colorize",
            {"content": CAT, "params": {"guidance": '{"hints":\n [}'}},
            422,
            "not valid JSON: Expecting value (line 2, column 3)",
        ),
        (
            "/colorize",
            {"content": CAT, "params": {"guidance": '{"hue": 1}'}},
            422,
            "the guidance: unknown key 'hue'",
        ),
        (
            "/colorize",
            {"content": CAT, "params": {"model": "best"}},
            404,
            "no network 'best' here; available: default, fast",
        ),
        ("/photos/none/preview", {"json": {}}, 404, "open it again"),
        ("/photos/{cat}/preview?page=3", {"json": {}}, 404, "1 pages, so there is no page 3"),
        (
            "/photos/{cat}/tile?x=0&y=0&width=9&height=9&page=3",
            {"json": {}},
            404,
            "1 pages, so there is no page 3",
        ),
        ("/photos/{cat}/file", {"json": {"pages": [{"seed": 0.5}]}}, 422, "seed of page 1"),
        (
            "/photos/{cat}/preview",
            {"json": {"saturation": 9}},
            422,
            "saturation of the body must be less than or equal to 4, not 9",
        ),
        ("/photos/{cat}/preview", {"content": b'{"mean_chroma": NaN}'}, 422, "finite"),
        (
            "/photos/{cat}/preview",
            {"json": {"colour": 1}},
            422,
            "the body: unknown key 'colour'",
        ),
        (
            "/photos/{cat}/preview",
            {"json": {"hints": [{"x": 0.1, "y": 0.1, "color": "#zz"}]}},
            422,
            "'#zz' is not a color",
        ),
        (
            "/photos/{cat}/preview",
            {"json": {"hints": [{"x": 1.5, "y": 0.1, "color": "red"}]}},
            422,
            "x of hint 1 of the body must be less than or equal to 1, not 1.5",
        ),
        (
            "/photos/{cat}/preview",
            {"json": {"hints": [{"x": 0.5, "y": 0.5, "color": "red", "radius": 1e6}]}},
            422,
            "radius",
        ),
        (
            "/photos/{cat}/preview",
            {"json": {"hints": [{"x": 0.5, "y": 0.5, "color": "red"}] * 2000}},
            422,
            "at most 500",
        ),
        (
            "/photos/{cat}/preview",
            {"json": {"region": {"kind": "mask", "mask": "!"}}},
            422,
            "not a base64-coded picture",
        ),
        ("/photos/{cat}/file?format=doc", {"json": {}}, 422, "format"),
        (
            "/photos/{cat}/preview",
            {"content": b"{"},
            422,
            "the body is not valid JSON: Expecting property name",
        ),
        ("/jobs", {"content": b"no picture"}, 415, "not a picture"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(service, cat, path, sent, status, sentence):
    headers = {"content-type": "application/json"} if "{cat}" in path and "content" in sent else {}
    answer = service.post(V1 + path.format(cat=cat["id"]), headers=headers, **sent)
    assert answer.status_code == status, answer.text
    assert sentence in answer.json()["detail"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["type"] == f"urn:tintype:problem:{answer.json()['code']}"


def test_what_is_not_there_and_what_is_not_allowed_are_called_so(service):
    assert (
        service.get(f"{V1}/nothing").status_code == service.get("/nothing.html").status_code == 404
    )
    for method, path, allowed in (
        ("GET", "/colorize", "OPTIONS, POST"),
        ("HEAD", "/colorize", "OPTIONS, POST"),
        ("DELETE", "/models", "GET, HEAD, OPTIONS"),
        ("POST", "/photos/a", "DELETE, GET, HEAD, OPTIONS"),
    ):
        refused = service.request(method, V1 + path)
        assert (refused.status_code, refused.headers["allow"]) == (405, allowed)
        options = service.options(V1 + path)
        assert (options.status_code, options.headers["allow"]) == (204, allowed)
        assert options.content == b""
    assert service.options("/").headers["allow"] == "GET, HEAD, OPTIONS"
    assert service.options(f"{V1}/nothing").status_code == 404


def test_head_is_get_without_the_body(service, cat):
    for path in ("/", f"{V1}/health", f"{V1}/models", f"{V1}/photos/{cat['id']}"):
        head, get = service.head(path), service.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(get.content))
        assert head.headers["content-type"] == get.headers["content-type"]
    assert service.head(f"{V1}/photos/none").status_code == 404


@pytest.mark.parametrize("part", ["photo", "file", "image"])
def test_the_file_of_a_form_has_any_of_three_names(service, part):
    opened = service.post(f"{V1}/photos", files={part: ("cat.jpg", CAT)})
    assert (opened.status_code, opened.json()["name"]) == (201, "cat.jpg")


def test_each_answer_has_the_id_of_its_request_and_so_has_the_log(service, caplog):
    with caplog.at_level(logging.INFO, "tintype.web"):
        for path, status in (("/health", 200), ("/nothing", 404)):
            answer = service.get(V1 + path)
            assert answer.status_code == status
            assert f"{answer.headers['x-request-id']} GET" in caplog.text
        mine = service.get(f"{V1}/health", headers={"x-request-id": "scan-12.3"})
        assert mine.headers["x-request-id"] == "scan-12.3" and "scan-12.3 GET" in caplog.text
    ids = [service.get(f"{V1}/health").headers["x-request-id"] for _ in range(2)]
    assert len(set(ids)) == 2
    for odd in ("a b", "x" * 65, "a;b"):
        answer = service.get(f"{V1}/health", headers={"x-request-id": odd})
        assert answer.headers["x-request-id"] != odd


def test_the_description_tells_of_the_token_where_there_is_one(service):
    scheme = {"token": {"type": "http", "scheme": "bearer"}}
    described = service.get(f"{V1}/openapi.json").json()
    assert described["components"]["securitySchemes"] == scheme and "security" not in described
    signed = create_app(hosts=["testserver"], token="open sesame").openapi()
    assert signed["components"]["securitySchemes"] == scheme
    assert signed["security"] == [{"token": []}]
    assert signed["paths"][f"{V1}/health"]["get"]["security"] == []
    assert "security" not in signed["paths"][f"{V1}/models"]["get"]


def test_a_network_of_ones_own_is_offered_first(warm_network):
    with TestClient(create_app([warm_network], hosts=["testserver"])) as client:
        models = client.get(f"{V1}/models").json()
        assert [model["name"] for model in models][:3] == ["warm", "default", "fast"]
        colored = lab(picture(client.post(f"{V1}/colorize", params={"model": "warm"}, content=CAT)))
        assert colored[..., 1].mean() > 10


def test_a_file_that_is_no_network_stops_the_service_before_it_starts(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="not an ONNX file"):
        create_app([tmp_path / "a.onnx"])


def test_the_shelf_lets_go_of_what_was_longest_out_of_use():
    shelf = Shelf[bytes](MemoryBudget(10), len)
    shelf.put("a", b"12345")
    shelf.put("b", b"1234")
    assert shelf.get("a") == b"12345"
    shelf.put("c", b"123")
    assert (shelf.get("a"), shelf.get("b"), shelf.get("c")) == (b"12345", None, b"123")
    shelf.put("d", b"larger than all there is room for")
    assert [shelf.get(name) is not None for name in "acd"] == [False, True, True]


def test_shelves_of_one_budget_make_room_for_each_other():
    budget = MemoryBudget(10)
    photos, made = Shelf[bytes](budget, len), Shelf[str](budget, len)
    photos.put("a", b"12345")
    made.put("a", "1234")
    photos.get("a")
    made.put("b", "123")
    assert (photos.get("a"), made.get("a"), made.get("b")) == (b"12345", None, "123")
    photos.put("a", b"1")
    made.put("c", "123456")
    assert (len(photos), len(made)) == (1, 2)
    photos.drop("a")
    assert list(budget.held) == [(made, "b"), (made, "c")]


def test_values_that_have_grown_take_the_room_of_others():
    shelf = Shelf[list[int]](MemoryBudget(10), len)
    grown = [1]
    for name, value in (("a", [1, 2]), ("b", grown), ("c", [3])):
        shelf.put(name, value)
    grown += [2] * 7
    shelf.put("d", [4])
    assert [shelf.get(name) is not None for name in "abcd"] == [False, True, True, True]


def test_an_open_file_stays_for_longer_than_what_is_made_of_it():
    """Its colored picture at full size fills the whole budget."""
    gray = coded(np.arange(600 * 800, dtype=np.uint8).reshape(600, 800), "png")
    with TestClient(create_app(limits=Limits(shelf=2**20)), "http://localhost") as service:
        path = f"{V1}/photos/{service.post(f'{V1}/photos', content=gray).json()['id']}"
        box = {"x": 0, "y": 0, "width": 64, "height": 64}
        for _ in range(2):
            assert picture(service.post(f"{path}/tile", params=box, json={})).shape == (64, 64, 3)
        other = coded(np.zeros((16, 16), np.uint8), "png")
        service.post(f"{V1}/photos", content=other).raise_for_status()
        assert service.post(f"{path}/preview", json={}).status_code == 200


def test_a_preview_keeps_shape_and_alpha():
    small = shrink_photo(read_photo(coded(np.full((20, 3000, 2), 90, np.uint8), "png")), 1600)
    assert small.pixels.shape[:2] == (11, 1600)
    assert small.alpha is not None
    assert small.alpha.shape == (11, 1600)


def test_the_service_describes_itself_truly(service):
    described = service.get(f"{V1}/openapi.json").json()
    colorize = described["paths"][f"{V1}/colorize"]["post"]
    assert {"image/*", "multipart/form-data"} <= set(colorize["requestBody"]["content"])
    assert "image/tiff" in colorize["responses"]["200"]["content"]
    assert {"304", "404", "408", "413", "415", "422", "429"} <= set(colorize["responses"])
    assert "Retry-After" in colorize["responses"]["429"]["headers"]
    assert "upright" in json.dumps(described["components"]["schemas"]["Hint"])
    page = service.get("/docs")
    assert page.status_code == 200
    assert "://" not in page.text  # nothing comes from elsewhere


def test_health_and_numbers(service):
    service.post(f"{V1}/photos", content=CAT)
    assert service.get(f"{V1}/health").json()["status"] == "ok"
    text = service.get(f"{V1}/metrics").text
    assert 'tintype_requests_total{method="POST",route="/api/v1/photos",status="201"}' in text
    assert "our cat" not in text


def test_the_description_tells_of_405_and_tags(service):
    output = service.get(f"{V1}/openapi.json").json()["paths"]
    for path, routes in output.items():
        for method, route in routes.items():
            assert "405" in route["responses"] or method == "get", (path, method)
    assert "405" in output[f"{V1}/colorize"]["post"]["responses"]
    for route in (
        output[f"{V1}/photos/{{id}}/suggest"]["get"],
        output[f"{V1}/photos/{{id}}/variations"]["post"],
    ):
        assert "ETag" in route["responses"]["200"]["headers"] and "304" in route["responses"]


def test_repeated_suggestions_and_variations_are_not_made_again(service, cat):
    for ask in (
        lambda headers: service.get(f"{V1}/photos/{cat['id']}/suggest", headers=headers),
        lambda headers: service.post(
            f"{V1}/photos/{cat['id']}/variations", params={"count": 1}, json={}, headers=headers
        ),
    ):
        first = ask({})
        assert first.status_code == 200 and first.headers["Content-Type"] == "application/json"
        assert ask({"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_each_error_has_a_code_and_no_other_form(service, cat):
    for method, path, status, code in (
        ("GET", "/nothing", 404, "not-found"),
        ("DELETE", "/models", 405, "method-not-allowed"),
        ("GET", "/photos/none", 404, "photo-not-open"),
        ("GET", f"/photos/{cat['id']}?page=1", 404, "no-such-page"),
        ("GET", "/jobs/none", 404, "no-such-job"),
        ("POST", "/colorize?model=best", 404, "no-such-network"),
        ("POST", "/photos", 415, "unsupported-file"),
    ):
        answer = service.request(method, V1 + path, content=b"no picture")
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["status"]) == (status, code, status)
        assert answer.headers["content-type"] == "application/problem+json"
        assert set(problem) == {"type", "title", "status", "detail", "code"}


def test_an_unexpected_error_is_a_problem_too(monkeypatch):
    with TestClient(create_app(hosts=["testserver"]), raise_server_exceptions=False) as client:
        monkeypatch.setattr(
            client.app.state.service.desk, "run", lambda *_: (_ for _ in ()).throw(KeyError("x"))
        )
        answer = client.post(f"{V1}/photos", content=CAT)
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["x-request-id"]
    assert (answer.json()["code"], answer.json()["detail"]) == (
        "internal-error",
        "the service failed (KeyError)",
    )


def test_every_code_is_described(service):
    about = service.get(f"{V1}/openapi.json").json()["info"]["description"]
    for code in CODES:
        assert f"`{code}`" in about


def test_a_guidance_file_is_checked_and_given_back_without_defaults(service):
    given = {"tintype": 1, "hints": [{"x": 0.5, "y": 0.25, "color": "red", "reach": "thing"}]}
    assert service.post(f"{V1}/guidance", json=given).json() == {
        "tintype": 1,
        "hints": [{"x": 0.5, "y": 0.25, "color": "#ff0000"}],
    }
    for text, sentence in (
        ("[]", "not guidance"),
        ('{"tintype": 2}', "newer Tintype"),
        ('{"tintype": 1,\n "seed": }', "line 2, column 10"),
        ('{"tintype": 1, "sede": 3}', "did you mean 'seed'"),
    ):
        answer = service.post(f"{V1}/guidance", content=text)
        assert answer.status_code == 422
        assert sentence in answer.json()["detail"]
