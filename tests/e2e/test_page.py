import io
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.e2e.test_command import EXAMPLES, tintype
from tintype.color import srgb_to_lab

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

SEEN = """() => {
  const image = document.querySelector('.after'), canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  return canvas.toDataURL('image/png');
}"""


@pytest.fixture(scope="module")
def address(warm_network):
    command = [sys.executable, "-m", "tintype", "serve", "--port", "0", "--no-browser", "--model", str(warm_network)]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        told = server.stderr.readline()
        yield re.search(r"http://127\.0\.0\.1:\d+", told).group()
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(10) == 0


@pytest.fixture
def page(address):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1300, "height": 850})
        page.set_default_timeout(10_000)
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.goto(address)
        page.wait_for_selector("#model option", state="attached")
        page.select_option("#model", "default", force=True)
        yield page
        assert page.problems == []
        browser.close()


def open_files(page, *files: Path) -> None:
    page.set_input_files("#files", [str(file) for file in files])
    settle(page)


def settle(page) -> None:
    """Wait until the colors that were asked for are there."""
    page.wait_for_timeout(100)
    page.wait_for_selector("#save:enabled")
    page.wait_for_selector("#busy", state="hidden")


def seen(page) -> np.ndarray:
    """The colored picture on the page, as CIELAB."""
    import base64

    image = Image.open(io.BytesIO(base64.b64decode(page.evaluate(SEEN).split(",")[1])))
    return srgb_to_lab(np.asarray(image.convert("RGB"), np.float32) / 255)


def at(page, x: float, y: float) -> tuple[float, float]:
    box = page.locator(".frame").bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


@needs_chromium
def test_a_photograph_is_colored_dabbed_undone_and_saved(page, tmp_path):
    open_files(page, EXAMPLES / "eileen-collins.jpg")
    before = seen(page)
    assert np.abs(before[..., 1:]).mean() > 3
    page.click("text=Dab color")
    page.click("[aria-label=violet]")
    page.mouse.click(*at(page, 0.3, 0.8))
    settle(page)
    dabbed = seen(page)
    h, w = dabbed.shape[:2]
    around = np.s_[int(0.79 * h) : int(0.81 * h), int(0.29 * w) : int(0.31 * w)]
    assert dabbed[around][..., 2].mean() < before[around][..., 2].mean() - 15
    assert np.abs(dabbed[..., 0] - before[..., 0]).mean() < 1

    with page.expect_download() as download:
        page.click("#save")
    assert download.value.suggested_filename == "eileen-collins.color.jpg"
    download.value.save_as(tmp_path / "saved.jpg")
    saved = Image.open(tmp_path / "saved.jpg")
    assert saved.size == Image.open(EXAMPLES / "eileen-collins.jpg").size
    full = srgb_to_lab(np.asarray(saved, np.float32) / 255)
    assert full[around][..., 2].mean() < before[around][..., 2].mean() - 15

    page.keyboard.press("Control+z")
    settle(page)
    assert np.abs(seen(page) - before).max() < 0.5
    assert page.is_disabled("#undo")
    page.click("#redo")
    settle(page)
    assert np.abs(seen(page) - dabbed).max() < 0.5


@needs_chromium
def test_dabs_are_dragged_moved_by_keys_recolored_and_removed(page):
    open_files(page, EXAMPLES / "cat.jpg")
    page.click("text=Dab color")
    page.mouse.click(*at(page, 0.2, 0.5))
    settle(page)
    page.mouse.move(*at(page, 0.2, 0.5))
    page.mouse.down()
    page.mouse.move(*at(page, 0.6, 0.4), steps=5)
    page.mouse.up()
    settle(page)
    dab = page.locator(".dab")
    assert dab.evaluate("d => Math.round(parseFloat(d.style.left))") == 60
    dab.focus()
    page.keyboard.press("ArrowRight")
    settle(page)
    assert dab.evaluate("d => parseFloat(d.style.left)") > 60.3
    page.click("[aria-label=sky]")
    settle(page)
    assert dab.evaluate("d => d.style.getPropertyValue('--color')") == "#7fb0dc"
    dab.focus()
    page.keyboard.press("Delete")
    settle(page)
    assert dab.count() == 0
    for _ in range(5):
        page.click("#undo")
    settle(page)
    assert page.is_disabled("#undo")


@needs_chromium
def test_only_what_is_painted_is_colored(page):
    open_files(page, EXAMPLES / "cat.jpg")
    page.click("text=Only here")
    page.mouse.move(*at(page, 0.7, 0.1))
    page.mouse.down()
    page.mouse.move(*at(page, 0.7, 0.9), steps=10)
    page.mouse.up()
    settle(page)
    chroma = np.linalg.norm(seen(page)[..., 1:], axis=-1)
    w = chroma.shape[1]
    assert chroma[:, : w // 3].mean() < 1.5
    assert chroma[:, int(0.68 * w) : int(0.72 * w)].mean() > 5
    page.click("#clear-region")
    settle(page)
    assert np.linalg.norm(seen(page)[..., 1:], axis=-1)[:, : w // 3].mean() > 3


@needs_chromium
def test_several_photographs_lie_in_a_strip_and_a_bad_file_is_named(page, tmp_path):
    (tmp_path / "notes.jpg").write_text("no picture")
    open_files(page, EXAMPLES / "cat.jpg", tmp_path / "notes.jpg", EXAMPLES / "rocket.jpg")
    assert "notes.jpg: the file is not a picture" in page.inner_text("#messages")
    assert page.locator("#strip button").count() == 2
    assert page.inner_text("#file-name") == "cat.jpg"
    page.click("#strip button:nth-child(2)")
    settle(page)
    assert page.inner_text("#file-name") == "rocket.jpg"
    wide, high = Image.open(EXAMPLES / "rocket.jpg").size
    assert seen(page).shape == (high, wide, 3)


@needs_chromium
def test_a_network_from_a_file_colors_here_and_what_it_cannot_do_is_closed(page):
    open_files(page, EXAMPLES / "cat.jpg")
    page.click("text=Dab color")
    page.select_option("#model", "warm")
    settle(page)
    lab = seen(page)
    middle = (lab[..., 0] > 40) & (lab[..., 0] < 70)
    assert lab[middle][:, 1].mean() == pytest.approx(20, abs=3)
    assert page.is_disabled("input[value=dab]")
    assert page.is_checked("input[value=look]")
    assert "does not listen to" in page.inner_text("#model-told")


@needs_chromium
def test_the_line_between_before_and_after_moves_by_pointer_and_keys(page):
    open_files(page, EXAMPLES / "cat.jpg")
    page.mouse.move(*at(page, 0.5, 0.5))
    page.mouse.down()
    page.mouse.move(*at(page, 0.25, 0.5), steps=4)
    page.mouse.up()
    assert page.get_attribute(".grip", "aria-valuenow") == "25"
    page.focus(".grip")
    page.keyboard.press("ArrowRight")
    assert page.get_attribute(".grip", "aria-valuenow") == "27"
    page.keyboard.down(" ")
    assert page.locator(".after").evaluate("i => getComputedStyle(i).visibility") == "hidden"
    page.keyboard.up(" ")
    assert page.locator(".after").evaluate("i => getComputedStyle(i).visibility") == "visible"


@needs_chromium
@pytest.mark.parametrize("width", [360, 700, 1600])
def test_nothing_lies_beyond_the_edge_at_any_width(page, width):
    page.set_viewport_size({"width": width, "height": 740})
    open_files(page, EXAMPLES / "cat.jpg")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("tt-stage").bounding_box()["height"] > 200
    for tool in ("Dab color", "Only here", "Compare"):
        page.click(f"text={tool}")
        assert page.evaluate("document.querySelector('#tools').scrollWidth <= document.querySelector('#tools').clientWidth")
    page.locator("#undo").scroll_into_view_if_needed()
    box = page.locator("#undo").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width


def test_a_taken_port_is_told_in_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = tintype("serve", "--no-browser", "--port", taken.getsockname()[1])
    assert done.returncode == 1
    assert b"is taken; choose another with --port" in done.stderr
    assert b"Traceback" not in done.stderr
