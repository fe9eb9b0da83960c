"""The edition that runs in a browser alone, over a plain static server, with and without the
headers that isolate a page."""

import functools
import hashlib
import http.server
import importlib.util
import io
import json
import re
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from tests.e2e.pages import INSECURE_HOST
from tests.pictures import EXAMPLES
from tintype.color import srgb_to_lab
from tintype.engine import Colorizer
from tintype.engine.core.network import find_model
from tintype.photo import as_photo, stretched
from tintype.photo.label import read_label

ROOT = Path(__file__).parents[2]
PATIENCE_MS = 30_000
ISOLATING = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}


class Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        for name, value in ISOLATING.items() if self.server.isolating else ():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *args: object) -> None:
        """Says nothing."""


Handler.extensions_map |= {".mjs": "text/javascript", ".wasm": "application/wasm"}


@pytest.fixture(scope="session")
def edition(tmp_path_factory) -> Path:
    """The edition's folder."""
    spec = importlib.util.spec_from_file_location("build_edition", ROOT / "browser" / "build.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    try:
        build.fetch_runtime()
    except OSError as error:
        pytest.skip(f"needs ONNX Runtime Web from npm ({error})")
    folder = tmp_path_factory.mktemp("edition") / "try"
    build.build(folder)
    return folder


@pytest.fixture(scope="session")
def serve(edition):
    """A function that starts a static server: its address."""
    servers = []

    def start(isolating: bool = False) -> str:
        handler = functools.partial(Handler, directory=str(edition))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.isolating = isolating
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()


@pytest.fixture(scope="session")
def address(serve) -> str:
    return serve()


def visit(browser, address: str, coloring: str | None = "Natural", **options):
    """A page that is ready. page.foreign: what it requested from elsewhere. coloring: chosen before
    for new photographs; None: the page asks."""
    context = browser.new_context(bypass_csp=True, **options)
    if coloring:
        context.add_init_script(f"localStorage.coloring ??= '{coloring}'")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.foreign, page.problems = [], []
    page.on(
        "request",
        lambda each: (
            each.url.startswith((address, "blob:", "data:")) or page.foreign.append(each.url)
        ),
    )
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.goto(address)
    page.wait_for_selector("body[data-ready=true]")
    return page


@pytest.fixture
def page(browser, address):
    page = visit(browser, address)
    yield page
    page.context.close()
    assert page.problems == [] and page.foreign == []


def open_files(page, *files: Path | dict[str, object]) -> None:
    page.set_input_files("#files", [*files])


def wait_for_color(page) -> None:
    page.wait_for_selector(".after[src]", state="attached")
    page.wait_for_function("!document.querySelector('#busy').checkVisibility()")


def save(page, folder: Path) -> Path:
    with page.expect_download() as download:
        page.click("#save")
    target = folder / download.value.suggested_filename
    download.value.save_as(target)
    return target


def lab(picture: np.ndarray) -> np.ndarray:
    return srgb_to_lab(picture.astype(np.float32) / 255)


def gray(picture: np.ndarray) -> np.ndarray:
    return np.dstack([cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)] * 3)


def upload(name: str, picture: np.ndarray, kind: str, **options: object) -> dict[str, object]:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, kind, **options)
    return {"name": name, "mimeType": f"image/{kind.lower()}", "buffer": file.getvalue()}


@pytest.mark.parametrize("isolating", [False, True])
def test_a_photograph_is_colored_and_saved_without_any_other_server(
    isolating, browser, serve, tmp_path
):
    page = visit(browser, serve(isolating))
    assert page.evaluate("crossOriginIsolated") is isolating
    open_files(page, EXAMPLES / "eileen-collins.jpg")
    wait_for_color(page)
    saved = save(page, tmp_path)
    assert saved.name == "eileen-collins.color.jpg"
    expected = np.asarray(Colorizer(device="cpu").colorize(EXAMPLES / "eileen-collins.jpg"))
    picture = np.asarray(Image.open(saved))
    apart = np.linalg.norm(lab(picture) - lab(expected), axis=-1)
    assert picture.shape == expected.shape and apart.mean() < 2  # JPEG with halved chroma
    label = read_label(saved)
    assert label is not None and label.network == "default"
    assert page.foreign == [] and page.problems == []
    page.context.close()


def test_png_stays_png_and_16_bits_are_told(page, tmp_path):
    deep = (gray(data.coffee()[:120, :160])[..., 0].astype(np.uint16)) * 257
    file = io.BytesIO()
    Image.fromarray(deep).save(file, "PNG")
    open_files(page, {"name": "deep.png", "mimeType": "image/png", "buffer": file.getvalue()})
    wait_for_color(page)
    page.wait_for_selector("#message:has-text('16 bits')")
    saved = save(page, tmp_path)
    with Image.open(saved) as image:
        assert image.format == "PNG" and image.size == (160, 120)
    assert read_label(saved) is not None


def test_a_sideways_photograph_comes_out_upright_with_its_exif(page, tmp_path):
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "Aunt Clara"
    open_files(page, upload("side.jpg", gray(data.coffee()[:200, :300]), "JPEG", exif=exif))
    wait_for_color(page)
    with Image.open(save(page, tmp_path)) as image:
        assert image.size == (200, 300)
        assert image.getexif()[0x010E] == "Aunt Clara" and image.getexif()[0x0112] == 1


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("words.jpg", b"no picture at all", "it is no picture that this browser can read"),
        ("empty.jpg", b"", "it is empty (0 bytes)"),
        ("scan.tif", b"II*\0", "save it as JPEG or PNG first"),
        ("film.mp4", b"\0\0\0\x18ftypmp42", "films need the installed Tintype"),
    ],
)
def test_bad_input_gets_a_sentence_and_costs_nothing(name, content, sentence, page):
    open_files(page, EXAMPLES / "cat.jpg")
    wait_for_color(page)
    kind = "video/mp4" if name.endswith("mp4") else "image/jpeg"
    open_files(page, {"name": name, "mimeType": kind, "buffer": content})
    page.wait_for_selector(f"#message:has-text('{sentence}')")
    assert page.locator("#file-name").inner_text() == "cat.jpg"


def cut(share: float, **options: object) -> bytes:
    """A JPEG of which a share of the bytes is there."""
    whole = upload("whole.jpg", data.coffee(), "JPEG", quality=92, **options)["buffer"]
    return whole[: int(share * len(whole))]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (cut(0.5), r"cut off: [3-6]\d % of the picture is missing at its end"),
        (cut(0.9), r"cut off: \d{1,2} % of the picture is missing at its end"),
        (cut(0.8, progressive=True), "cut off: its finest details are missing"),
    ],
)
def test_what_is_there_of_a_photograph_that_is_cut_off_is_opened(content, sentence, page, tmp_path):
    open_files(page, {"name": "cut.jpg", "mimeType": "image/jpeg", "buffer": content})
    page.wait_for_selector("#failures[open]")
    assert re.search(sentence, page.inner_text("#failed"))
    assert page.locator(".after[src]").count() == 0
    page.click("button:has-text('Open what is there')")
    wait_for_color(page)
    with Image.open(save(page, tmp_path)) as image:
        assert image.size == (600, 400)


def test_a_photograph_without_its_end_marker_is_opened(page):
    whole = cut(1)
    assert whole.endswith(b"\xff\xd9")
    open_files(page, {"name": "whole.jpg", "mimeType": "image/jpeg", "buffer": whole[:-2]})
    wait_for_color(page)


@pytest.mark.parametrize(
    ("name", "kind", "share"), [("cut.jpg", "JPEG", 0.005), ("cut.png", "PNG", 0.5)]
)
def test_a_cut_file_that_cannot_be_read_gets_a_sentence(name, kind, share, page):
    whole = upload(name, data.coffee(), kind)
    whole["buffer"] = whole["buffer"][: int(share * len(whole["buffer"]))]
    open_files(page, whole)
    page.wait_for_selector("#message:has-text('this browser cannot read what is there')")


def test_a_large_photograph_is_read_in_strips(page, tmp_path):
    small = gray(data.coffee())
    large = cv2.resize(small, (5001, 3334), interpolation=cv2.INTER_CUBIC)
    open_files(page, upload("large.jpg", large, "JPEG", quality=90))
    wait_for_color(page)
    for _ in range(2):  # its pixels are decoded again for each
        with Image.open(save(page, tmp_path)) as image:
            assert image.size == (5001, 3334)
            saved = np.asarray(image.resize((600, 400), Image.Resampling.BOX))
    apart = np.abs(lab(saved)[..., 0] - lab(small)[..., 0])
    assert apart.mean() < 2
    expected = np.asarray(Colorizer(device="cpu").colorize(small))
    assert np.linalg.norm(lab(saved) - lab(expected), axis=-1).mean() < 4


def test_three_first_colorings_are_offered_and_one_click_takes_one(browser, serve):
    page = visit(browser, serve(), coloring=None)
    open_files(page, EXAMPLES / "coffee.jpg")
    page.wait_for_selector(".card.colored:nth-child(3)")
    pictures = page.locator(".card img").evaluate_all("all => all.map(each => each.src)")
    assert len(set(pictures)) == 3
    page.click(".card button:has-text('Calm')")
    wait_for_color(page)
    assert page.locator("#saturation").input_value() == "0.7"
    assert page.is_disabled("#undo")
    open_files(page, EXAMPLES / "cat.jpg")
    page.wait_for_selector("#file-name:has-text('cat.jpg')")
    wait_for_color(page)
    assert not page.is_visible("#gallery")
    assert page.locator("#saturation").input_value() == "0.7"
    page.context.close()


def test_a_dab_colors_what_it_is_on_and_likely_colors_are_shown(page, tmp_path):
    open_files(page, EXAMPLES / "coffee.jpg")
    wait_for_color(page)
    page.check("input[value=dab]", force=True)
    page.fill("#color", "#2040d0")
    box = page.locator("#stage").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("#likely [data-color]")
    wait_for_color(page)
    picture = np.asarray(Image.open(save(page, tmp_path)))
    height, width = picture.shape[:2]
    middle = picture[height // 2 - 2 : height // 2 + 2, width // 2 - 2 : width // 2 + 2]
    assert lab(middle)[..., 2].mean() < -2  # what is light has little room for blue


def chroma(path: Path) -> np.ndarray:
    return np.linalg.norm(lab(np.asarray(Image.open(path).convert("RGB")))[..., 1:], axis=-1)


def test_areas_of_people_and_things_are_chosen_by_name_and_by_a_click(page, tmp_path):
    open_files(page, EXAMPLES / "eileen-collins.jpg")
    wait_for_color(page)
    whole = chroma(save(page, tmp_path))
    page.check("input[name=tool][value=region]", force=True)
    shares = {}
    for kind in ("person", "hair", "lips", "objects"):
        page.check(f"input[name=where][value={kind}]", force=True)
        if kind == "objects":
            page.wait_for_selector("#where-help:has-text('Choose a thing')")
            box = page.locator("#stage").bounding_box()
            page.mouse.click(box["x"] + 0.55 * box["width"], box["y"] + 0.9 * box["height"])
        wait_for_color(page)
        part = chroma(save(page, tmp_path))
        shares[kind] = float(part.sum() / whole.sum())
    assert 0.2 < shares["person"] < 0.95, shares
    assert 0 < shares["lips"] < shares["hair"] < shares["person"], shares
    assert 0 < shares["objects"] < 0.95, shares


def test_a_dab_reaches_as_far_as_is_asked(page, tmp_path):
    open_files(page, EXAMPLES / "coffee.jpg")
    wait_for_color(page)
    plain = lab(np.asarray(Image.open(save(page, tmp_path))))
    page.check("input[name=tool][value=dab]", force=True)
    page.fill("#color", "#2040d0")
    changed = {}
    for reach in ("0", "1"):
        page.fill("#reach", reach)
        box = page.locator("#stage").bounding_box()
        page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 0.75 * box["height"])
        wait_for_color(page)
        moved = lab(np.asarray(Image.open(save(page, tmp_path)))) - plain
        changed[reach] = (np.linalg.norm(moved, axis=-1) > 10).mean()
        page.keyboard.press("Control+z")
        wait_for_color(page)
    assert 0 < changed["0"] < changed["1"]


def test_a_dark_scan_is_named_and_its_tones_are_stretched(page, tmp_path):
    dark = gray(data.chelsea()) // 4
    open_files(page, upload("dark.png", dark, "PNG"))
    wait_for_color(page)
    page.wait_for_selector("#message:has-text('it is dark')")
    page.click("#tone")
    wait_for_color(page)
    saved = np.asarray(Image.open(save(page, tmp_path)).convert("RGB"))
    assert saved.shape == dark.shape
    expected = stretched(as_photo(dark)).pixels
    assert np.abs(lab(saved)[..., 0] - lab(expected)[..., 0]).mean() < 1


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_is_colored(kind, page):
    frames = [Image.fromarray(gray(data.coffee()[:120, at : at + 160])) for at in (0, 100)]
    file = upload("still", np.asarray(frames[0]), kind)
    open_files(page, file)
    wait_for_color(page)
    assert "frames" not in page.inner_text("#message")
    file = upload("moving", np.asarray(frames[0]), kind, save_all=True, append_images=frames[1:])
    open_files(page, file)
    page.wait_for_selector("#message:has-text('moving: it has several frames; the first')")


def test_transparent_png_keeps_its_alpha(page, tmp_path):
    picture = np.dstack([gray(data.coffee()[:90, :120]), np.full((90, 120), 255, np.uint8)])
    picture[:30, :, 3] = 0
    open_files(page, upload("sticker.png", picture, "PNG"))
    wait_for_color(page)
    saved = np.asarray(Image.open(save(page, tmp_path)))
    np.testing.assert_array_equal(saved[..., 3], picture[..., 3])


def test_a_color_photograph_keeps_its_colors_where_nothing_else_is_asked_for(page, tmp_path):
    photo = data.astronaut()
    open_files(page, upload("photo.png", photo, "PNG"))
    wait_for_color(page)
    assert page.locator("#recolor").is_visible() and page.locator("#keep-color").is_hidden()
    page.check("input[name=tool][value=region]", force=True)
    page.click("label:has([value=hair])")
    wait_for_color(page)
    saved = np.asarray(Image.open(save(page, tmp_path)).convert("RGB")).astype(int)
    same = np.abs(saved - photo).max(-1) == 0
    assert same[:, -60:].all() and same.mean() > 0.8 and not same[40:120, 180:260].all()
    page.click("#undo")
    page.click("#recolor")
    wait_for_color(page)
    saved = np.asarray(Image.open(save(page, tmp_path)).convert("RGB")).astype(int)
    assert (np.abs(saved - photo).max(-1) > 0).mean() > 0.8


@pytest.mark.parametrize(
    ("guidance", "sentence"),
    [
        ({"hints": "x"}, "hints of the guidance must be a list"),
        ({"strokes": [{"points": [], "color": "red"}]}, "points of stroke 1 of the guidance"),
        ({"saturation": "much"}, "saturation of the guidance must be a number"),
        ({"line_art": True}, "line_art of the guidance needs the installed Tintype"),
        ({"region": {"kind": "mask", "mask": "A" * 60}}, "mask of region of the guidance: not a"),
    ],
)
def test_guidance_that_cannot_be_followed_is_refused_in_a_sentence(guidance, sentence, page):
    open_files(page, EXAMPLES / "cat.jpg")
    wait_for_color(page)
    text = json.dumps({"tintype": 1, **guidance}).encode()
    open_files(page, {"name": "a.json", "mimeType": "application/json", "buffer": text})
    page.wait_for_selector("#close-message", state="visible")
    assert page.inner_text("#message").startswith(f"a.json: {sentence}")
    assert page.is_disabled("#undo")


def test_colors_of_guidance_may_have_names(page, tmp_path):
    open_files(page, EXAMPLES / "cat.jpg")
    wait_for_color(page)
    hint = {"x": 0.5, "y": 0.5, "color": "royalblue", "radius": None}
    text = json.dumps({"tintype": 1, "hints": [hint]}).encode()
    open_files(page, {"name": "a.json", "mimeType": "application/json", "buffer": text})
    page.wait_for_selector(".dab", state="attached")
    wait_for_color(page)
    pixels = np.asarray(Image.open(save(page, tmp_path)))
    height, width = pixels.shape[:2]
    assert lab(pixels)[height // 2, width // 2, 2] < -20


def test_other_colorings_differ(page):
    open_files(page, EXAMPLES / "coffee.jpg")
    wait_for_color(page)
    page.check("input[value=looks]", force=True)
    page.click("#vary")
    page.wait_for_function("document.querySelectorAll('.card:not(.colored)').length === 0")
    pictures = page.locator(".card img").evaluate_all(
        "all => Promise.all(all.map(async (each) => (await (await fetch(each.src)).blob()).size))"
    )
    assert len(set(pictures)) == len(pictures) >= 4


def test_it_works_offline_and_isolated_after_the_first_visit(browser, serve):
    page = visit(browser, serve())
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("body[data-ready=true]")
    assert page.evaluate("crossOriginIsolated")
    open_files(page, EXAMPLES / "cat.jpg")
    wait_for_color(page)
    page.context.close()


def test_photographs_that_other_apps_share_are_opened(browser, serve):
    address = serve()
    page = visit(browser, address)
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.evaluate(
        """async () => {
          const form = new FormData();
          const blob = await (await fetch('example.jpg')).blob();
          form.append('photographs', new File([blob], 'shared one.jpg', { type: 'image/jpeg' }));
          await fetch('./share', { method: 'POST', body: form, redirect: 'manual' });
        }"""
    )
    page.goto(f"{address}?shared")
    page.wait_for_selector("#file-name:has-text('shared one.jpg')")
    wait_for_color(page)
    page.context.close()


def test_a_reload_loses_nothing(page):
    open_files(page, EXAMPLES / "cat.jpg")
    wait_for_color(page)
    page.locator("#saturation").fill("1.5")
    page.wait_for_timeout(600)
    page.reload()
    page.wait_for_selector("body[data-ready=true]")
    wait_for_color(page)
    assert page.locator("#saturation").input_value() == "1.5"


def test_it_colors_and_saves_on_an_insecure_origin(browser, address, tmp_path):
    page = visit(browser, address.replace("127.0.0.1", INSECURE_HOST))
    assert not page.evaluate("isSecureContext")
    open_files(page, EXAMPLES / "cat.jpg")
    wait_for_color(page)
    label = read_label(save(page, tmp_path))
    assert label.settings == "automatic"
    assert label.sha256 == hashlib.sha256(find_model("default").read_bytes()).hexdigest()
    page.locator("#saturation").fill("1.5")
    wait_for_color(page)
    assert json.loads(read_label(save(page, tmp_path)).settings) == {
        "guidance": {"saturation": 1.5}
    }
    assert page.foreign == [] and page.problems == []
    page.context.close()


def test_the_policy_allows_no_other_server(browser, address):
    page = browser.new_context().new_page()
    page.goto(address)
    refused = "fetch('https://example.org/').then(() => false, () => true)"
    assert page.evaluate(refused)
    page.context.close()


def test_a_browser_without_webassembly_is_told_so(browser, address):
    context = browser.new_context(bypass_csp=True)
    context.add_init_script("delete globalThis.WebAssembly")
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("#message:has-text('no WebAssembly')", timeout=PATIENCE_MS)
    context.close()
