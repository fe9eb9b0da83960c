import io
import json
import os
import re
import socket
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest
import tifffile
from PIL import Image
from skimage import data

from tests.e2e.pages import (
    Service,
    at,
    dab,
    drag,
    drop,
    needs_chromium,
    open_files,
    ready,
    seen,
    settle,
    until,
    use,
    window,
)
from tests.e2e.test_command import tintype
from tests.pictures import EXAMPLES
from tintype.color import srgb_to_lab
from tintype.photo import count_pages, read_photo

pytestmark = needs_chromium

MOMENT_MS = 1600


def chroma(lab):
    return np.linalg.norm(lab[..., 1:], axis=-1)


def test_a_photograph_is_opened_dabbed_saved_and_a_step_taken_back(page, tmp_path):
    open_files(page, EXAMPLES / "eileen-collins.jpg")
    before = seen(page)
    use(page, "dab")
    page.click("[aria-label=sky]")
    dab(page, 0.5, 0.9)
    assert page.locator(".dab").count() == 1
    dabbed = seen(page)
    h, w = dabbed.shape[:2]
    around = np.s_[int(0.89 * h) : int(0.91 * h), int(0.49 * w) : int(0.51 * w)]
    assert dabbed[around][..., 2].mean() < before[around][..., 2].mean() - 15
    assert np.abs(dabbed[..., 0] - before[..., 0]).mean() < 1
    with page.expect_download() as download:
        page.click("#save")
    assert download.value.suggested_filename == "eileen-collins.color.jpg"
    assert page.is_hidden("#likely")
    download.value.save_as(tmp_path / "saved.jpg")
    full = srgb_to_lab(np.asarray(Image.open(tmp_path / "saved.jpg"), np.float32) / 255)
    assert full.shape == before.shape
    assert full[around][..., 2].mean() < before[around][..., 2].mean() - 15
    until(page, "document.querySelector('#message').textContent.includes('saved')")
    page.keyboard.press("Control+z")
    settle(page)
    assert np.abs(seen(page) - before).max() < 0.5
    assert "not saved" in page.inner_text("#message")
    page.keyboard.press("Control+y")
    settle(page)
    assert np.abs(seen(page) - dabbed).max() < 0.5


def test_dabs_of_one_photograph_never_reach_another_that_is_being_colored(page):
    open_files(page, EXAMPLES / "cat.jpg")
    page.evaluate("window.hold(true)")
    page.set_input_files("#files", [str(EXAMPLES / "coffee.jpg"), str(EXAMPLES / "rocket.jpg")])
    page.wait_for_selector("#strip button:nth-child(2)")
    page.click("#strip button:nth-child(1)")
    use(page, "dab")
    page.mouse.click(*at(page, 0.5, 0.5))
    page.click("#strip button:nth-child(2)")
    page.evaluate("window.asked = []; window.hold(false)")
    page.wait_for_selector("#strip button:nth-child(3)")
    settle(page)
    assert page.inner_text("#file-name") == "coffee.jpg"
    assert page.locator(".dab").count() == 0
    mixed = seen(page)
    alone = window(page.context.browser, page.url)
    open_files(alone, EXAMPLES / "coffee.jpg")
    alone.select_option("#model", "default")
    settle(alone)
    assert np.abs(seen(alone) - mixed).max() < 0.5
    alone.context.close()


def test_an_answer_that_comes_late_does_not_cover_a_newer_one(page):
    page.evaluate("window.hold(true)")
    page.set_input_files("#files", str(EXAMPLES / "cat.jpg"))
    page.wait_for_selector("#saturation")
    until(page, "window.asked.length === 1")
    page.locator("#saturation").fill("0")
    page.evaluate("window.hold(false)")
    settle(page)
    assert chroma(seen(page)).max() < 4


def test_dabs_are_dragged_moved_by_keys_recolored_and_removed(page):
    open_files(page, EXAMPLES / "cat.jpg")
    use(page, "dab")
    dab(page, 0.2, 0.5)
    drag(page, at(page, 0.2, 0.5), at(page, 0.6, 0.4))
    settle(page)
    mark = page.locator(".dab")
    assert mark.evaluate("d => Math.round(parseFloat(d.style.left))") == 60
    mark.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert mark.evaluate("d => parseFloat(d.style.left)") > 62
    page.click("[aria-label=sky]")
    settle(page)
    assert mark.evaluate("d => d.style.getPropertyValue('--color')") == "#7fb0dc"
    page.locator("#dab-size").focus()  # the dab stays selected
    page.keyboard.press("Delete")
    settle(page)
    assert mark.count() == 0
    for _ in range(5):  # removed, recolored, moved by keys (one step), dragged, placed
        assert page.is_enabled("#undo")
        page.keyboard.press("Control+z")
    settle(page)
    assert page.is_disabled("#undo")


def test_a_slider_that_is_moved_is_one_step_and_the_network_can_be_taken_back(page):
    open_files(page, EXAMPLES / "cat.jpg")
    steps = page.evaluate("document.querySelector('#undo').disabled")
    page.locator("#saturation").focus()
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    assert page.inner_text("#saturation-value") == "0.7"
    page.click("#undo")
    assert page.inner_text("#saturation-value") == "1"
    page.select_option("#model", "fast")
    settle(page)
    quick = seen(page)
    page.click("#undo")
    settle(page)
    assert page.locator("#model").input_value() == "default"
    assert np.abs(seen(page) - quick).max() > 2
    assert page.is_disabled("#undo") == steps


def test_space_shows_the_photograph_as_it_came_whatever_has_the_focus(page):
    open_files(page, EXAMPLES / "cat.jpg")
    visibility = "getComputedStyle(document.querySelector('.pane.color')).visibility"
    use(page, "dab")
    for control in (
        "#swatches [tabindex='0']",
        "#dab-size",
        "#clear-dabs",
        "#undo",
        "#color",
        "input[value=dab]",
        "#model",
        "#pick",
        "tt-stage",
    ):
        page.locator(control).evaluate("e => e.focus()")
        page.keyboard.down(" ")
        assert page.evaluate(visibility) == "hidden", control
        page.keyboard.up(" ")
        assert page.evaluate(visibility) == "visible", control
    assert page.locator("#pick").get_attribute("aria-pressed") == "false"
    assert page.locator(".dab").count() == 0


def test_only_what_is_painted_is_colored_and_erasing_first_leaves_the_rest(page):
    open_files(page, EXAMPLES / "cat.jpg")
    plain = chroma(seen(page))
    use(page, "region")
    drag(page, at(page, 0.7, 0.1), at(page, 0.7, 0.9))
    settle(page)
    painted = chroma(seen(page))
    w = painted.shape[1]
    assert painted[:, : w // 3].mean() < 1.5
    assert painted[:, int(0.68 * w) : int(0.72 * w)].mean() > 5
    page.click("#clear-region")
    page.click("#erase")
    drag(page, at(page, 0.7, 0.1), at(page, 0.7, 0.9))
    settle(page)
    erased = chroma(seen(page))
    assert erased[:, int(0.69 * w) : int(0.71 * w)].mean() < 2
    assert erased[:, : w // 3].mean() > 0.8 * plain[:, : w // 3].mean()


def test_the_line_belongs_to_the_window_and_the_picture_can_be_enlarged_and_moved_in_every_tool(
    page,
):
    open_files(page, EXAMPLES / "cat.jpg")
    stage = page.locator("tt-stage").bounding_box()
    middle = (stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2)
    page.keyboard.press("1")
    assert page.inner_text("#percent") == "100 %"
    page.mouse.move(*middle)
    for _ in range(4):
        page.mouse.wheel(0, -400)
    assert page.inner_text("#percent") == "800 %"
    grip = page.locator(".grip").bounding_box()
    assert abs(grip["x"] + grip["width"] / 2 - middle[0]) < 2
    drag(page, middle, (middle[0] - 200, middle[1]))  # the line, although the picture is enlarged
    grip = page.locator(".grip").bounding_box()
    assert abs(grip["x"] + grip["width"] / 2 - middle[0] + 200) < 2
    for tool in ("look", "dab", "region"):
        use(page, tool)
        before = page.locator(".overlay .frame").bounding_box()["x"]
        drag(page, middle, (middle[0] + 30, middle[1] + 10), "middle")
        page.keyboard.down(" ")
        drag(page, middle, (middle[0] + 30, middle[1] + 10))
        page.keyboard.up(" ")
        assert page.locator(".overlay .frame").bounding_box()["x"] == pytest.approx(
            before + 60, abs=1
        ), tool
    assert page.locator(".dab").count() == 0
    page.click("#zoom-fit")
    frame = page.locator(".overlay .frame").bounding_box()
    assert frame["height"] == pytest.approx(stage["height"], abs=1) or frame[
        "width"
    ] == pytest.approx(stage["width"], abs=1)


def test_details_come_at_full_size_when_the_picture_is_enlarged(page, tmp_path):
    stripes = np.full((1200, 3600), 120, np.uint8)
    stripes[:, ::2] = 180  # seen at full size only
    Image.fromarray(stripes).save(tmp_path / "stripes.png")
    open_files(page, tmp_path / "stripes.png")
    assert page.locator(".tiles img").count() == 0
    page.click("#zoom-full")
    until(page, "document.querySelectorAll('.pane.color .tiles img').length >= 1")
    spread = page.locator(".pane.color .tiles img").first.evaluate("""image => {
      const canvas = document.createElement('canvas'); canvas.width = 64; canvas.height = 1;
      const context = canvas.getContext('2d');
      context.drawImage(image, 100, 100, 64, 1, 0, 0, 64, 1);
      const values = [...context.getImageData(0, 0, 64, 1).data].filter((_, i) => i % 4 === 1);
      return Math.max(...values) - Math.min(...values);
    }""")
    assert spread > 40
    page.click("#zoom-fit")
    assert page.locator(".pane.color .tiles").is_hidden()


STORED = """new Promise((done) => {
  const open = indexedDB.open('tintype');
  open.onsuccess = () => {
    const all = open.result.transaction('photos').objectStore('photos').getAll();
    all.onsuccess = () => {
      open.result.close();
      done(all.result.some((kept) => kept.settings.saturation === %f));
    };
  };
})"""


def test_a_reload_loses_nothing(page):
    open_files(page, EXAMPLES / "cat.jpg", EXAMPLES / "rocket.jpg")
    page.click("#strip button:nth-child(2)")
    use(page, "dab")
    dab(page, 0.4, 0.4)
    page.locator("#saturation").fill("0.6")
    settle(page)
    before = seen(page)
    until(page, STORED % 0.6)
    page.reload()
    ready(page)
    settle(page)
    assert page.inner_text("#file-name") == "rocket.jpg"
    assert page.locator("#strip button").count() == 2
    assert np.abs(seen(page) - before).max() < 0.5
    page.click("#undo")
    settle(page)
    assert page.locator("#saturation").input_value() == "1"


def test_the_page_goes_on_when_the_service_was_stopped_and_started_and_carries_its_token(browser):
    first = Service("--token", "open sesame")
    page = window(browser, f"{first.address}/#token=open%20sesame")
    assert "token" not in page.url
    open_files(page, EXAMPLES / "cat.jpg")
    use(page, "dab")
    first.stop()
    page.mouse.click(*at(page, 0.5, 0.5))
    until(page, "document.querySelector('#message').textContent.includes('does not answer')")
    second = Service("--token", "open sesame", port=int(first.address.rpartition(":")[2]))
    settle(page)
    assert page.locator(".dab").count() == 1
    assert "does not answer" not in page.inner_text("#message")
    page.context.close()
    second.stop()


def test_a_photograph_waits_for_the_service_and_says_so(browser):
    first = Service()
    page = window(browser, first.address)
    first.stop()
    page.set_input_files("#files", str(EXAMPLES / "cat.jpg"))
    until(page, "document.querySelector('#message').textContent.includes('does not answer')")
    second = Service(port=int(first.address.rpartition(":")[2]))
    until(page, "document.querySelector('#file-name').textContent === 'cat.jpg'")
    settle(page)
    assert "does not answer" not in page.inner_text("#message") and page.problems == []
    page.context.close()
    second.stop()


def test_a_wrong_token_is_called_wrong_and_none_is_in_the_log(browser):
    service = Service("--token", "open-sesame", "--log")
    for path in ("/", "/docs"):
        page = browser.new_context().new_page()
        questions = []

        def answer(dialog, questions=questions):
            questions.append(dialog.message)
            dialog.accept(["“open-sesame”", "open-barley", "open-sesame"][len(questions) - 1])

        page.on("dialog", answer)
        page.goto(service.address + path)
        page.wait_for_selector("summary" if path == "/docs" else "body[data-ready=true]")
        until(page, "localStorage.getItem('token') === 'open-sesame'")
        assert questions == ["This service needs a token", *2 * ["The token is wrong"]]
        page.context.close()
    service.stop()
    log = service.greeting + service.process.stderr.read()
    assert "Tintype is at" in log and "/api/v1/models" in log
    assert "sesame" not in log and "barley" not in log


def test_what_is_not_saved_is_asked_about_before_it_is_removed(page):
    open_files(page, EXAMPLES / "cat.jpg", EXAMPLES / "rocket.jpg")
    page.locator("#saturation").fill("0.5")
    page.wait_for_selector("#strip [data-state='not saved']")
    page.click("#more")
    page.click("#remove")
    assert "not saved" in page.inner_text("#ask")
    page.click("#ask button[value=no]")
    assert page.locator("#strip button").count() == 2
    page.click("#more")
    page.click("#remove")
    page.click("#ask-yes")
    page.wait_for_selector("#strip", state="hidden")
    assert page.inner_text("#file-name") == "rocket.jpg"
    page.click("#more")
    page.click("#remove")  # nothing was done to it
    page.wait_for_selector("#welcome", state="visible")
    page.reload()
    ready(page)
    assert page.locator("#welcome").is_visible()


def test_all_are_saved_as_zip_with_their_progress(page, tmp_path):
    open_files(page, EXAMPLES / "cat.jpg", EXAMPLES / "rocket.jpg")
    page.click("#more")
    with page.expect_download() as download:
        page.click("#save-all")
        assert re.search("of 2", page.inner_text("#works"))
    download.value.save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as packed:
        assert packed.testzip() is None
        assert packed.namelist() == ["cat.color.jpg", "rocket.color.jpg"]
        assert (
            Image.open(io.BytesIO(packed.read("cat.color.jpg"))).size
            == Image.open(EXAMPLES / "cat.jpg").size
        )
    assert page.locator("#strip [data-state=saved]").count() == 2


def test_guidance_is_saved_and_opened(page, tmp_path):
    open_files(page, EXAMPLES / "cat.jpg")
    use(page, "dab")
    dab(page, 0.25, 0.5)
    page.locator("#reach").fill("0")  # of the dab that was just placed
    settle(page)
    use(page, "region")
    drag(page, at(page, 0.2, 0.2), at(page, 0.6, 0.8))
    settle(page)
    wanted = seen(page)
    page.click("#more")
    with page.expect_download() as download:
        page.click("#save-guidance")
    assert download.value.suggested_filename == "cat.tintype.json"
    path = tmp_path / "cat.tintype.json"
    download.value.save_as(path)
    guidance = json.loads(path.read_text())
    assert guidance["tintype"] == 1
    assert guidance["hints"][0]["x"] == pytest.approx(0.25, abs=0.01)
    assert guidance["hints"][0]["reach"] == "place"
    for _ in range(3):  # painted, reach, placed
        page.click("#undo")
    page.set_input_files("#files", str(path))
    settle(page)
    assert np.abs(seen(page) - wanted).mean() < 0.3
    path.write_text('{"tintype": 2}')
    page.set_input_files("#files", str(path))
    until(page, "document.querySelector('#message').textContent.includes('version 2')")
    page.click("#close-message")
    assert "version 2" not in page.inner_text("#message")


def test_every_page_of_a_tiff_is_shown_and_saved(page, tmp_path):
    with tifffile.TiffWriter(tmp_path / "scan.tif") as tiff:
        for name in ("cat", "rocket", "coffee"):
            tiff.write(
                np.asarray(Image.open(EXAMPLES / f"{name}.jpg").resize((300, 200)).convert("L")),
                photometric="minisblack",
            )
    open_files(page, tmp_path / "scan.tif")
    assert page.locator("#strip button").count() == 3
    page.click("#strip button:nth-child(2)")
    page.locator("#saturation").fill("0")
    settle(page)
    with page.expect_download() as download:
        page.click("#save")
    download.value.save_as(tmp_path / "saved.tif")
    assert count_pages(tmp_path / "saved.tif") == 3
    strength = [
        chroma(
            srgb_to_lab(read_photo(tmp_path / "saved.tif", i).pixels.astype(np.float32) / 255)
        ).mean()
        for i in range(3)
    ]
    assert strength[1] < 1 < min(strength[0], strength[2])


def test_a_film_shows_its_shots_and_a_dab_holds_for_one(page, tmp_path):
    av = pytest.importorskip("av")
    shots = [
        np.asarray(Image.open(EXAMPLES / f"{name}.jpg").convert("L").resize((160, 96)))
        for name in ("rocket", "cat")
    ]
    with av.open(str(tmp_path / "film.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for gray in shots:
            for _ in range(6):
                for packet in stream.encode(
                    av.VideoFrame.from_ndarray(np.dstack([gray] * 3), format="rgb24")
                ):
                    container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    open_files(page, tmp_path / "film.mp4")
    assert page.locator("#strip button").count() == 2
    page.click("#strip button:nth-child(2)")
    assert page.inner_text("#file-name") == "film.mp4, shot 2"
    assert " · 1 s" in page.inner_text("#message")
    page.click("#play")
    page.wait_for_selector("#clip", timeout=60_000)
    until(page, "document.querySelector('#clip').currentTime > 0")
    page.keyboard.press("Escape")
    assert not page.is_visible("#player")
    page.locator("#saturation").fill("0")
    settle(page)
    with page.expect_download(timeout=60_000) as download:
        page.click("#save")
        page.click("#save")
        page.wait_for_selector(".work:has-text('film.mp4')")
        assert page.locator(".work").count() == 1
    assert download.value.suggested_filename == "film.color.mp4"
    download.value.save_as(tmp_path / "colored.mp4")
    with av.open(str(tmp_path / "colored.mp4")) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    strength = [chroma(srgb_to_lab(frame.astype(np.float32) / 255)).mean() for frame in frames]
    assert len(frames) == 12
    assert min(strength[:6]) > 2 * max(strength[6:])


def test_a_bad_file_is_named_and_the_message_can_be_closed(page, tmp_path):
    (tmp_path / "notes.jpg").write_text("no picture")
    page.set_input_files("#files", str(tmp_path / "notes.jpg"))
    until(
        page,
        "document.querySelector('#message').textContent.includes('notes.jpg: the file is not a"
        " picture')",
    )
    page.click("#close-message")
    assert "notes.jpg" not in page.inner_text("body")


def test_a_network_from_a_file_colors_here(page):
    open_files(page, EXAMPLES / "cat.jpg")
    page.select_option("#model", "warm")
    settle(page)
    lab = seen(page)
    middle = (lab[..., 0] > 40) & (lab[..., 0] < 70)
    assert lab[middle][:, 1].mean() == pytest.approx(20, abs=3)
    assert page.locator("#model option").all_inner_texts() == ["warm", "Best", "Fast"]


def test_likely_colors_of_a_dab_are_tried_and_taken_and_helpful_places_are_marked(page):
    open_files(page, EXAMPLES / "cat.jpg")
    use(page, "dab")
    page.click("#helpful")
    page.wait_for_selector(".helpful i")
    assert page.locator(".helpful i").count() == 3
    assert "would help" in page.inner_text("#announcement")
    dab(page, 0.5, 0.5)
    page.wait_for_selector("#likely [data-color]")
    stage, box = page.locator("tt-stage").bounding_box(), page.locator("#likely").bounding_box()
    assert box["y"] >= stage["y"] + stage["height"]  # not where the next dab is placed
    likely = page.locator("#likely [data-color]").first
    label = likely.get_attribute("aria-label")
    assert re.match(r"likely here: .+, \d+ %", label)
    dabbed, shown = seen(page), page.get_attribute(".after", "src")
    likely.hover()
    until(page, f"document.querySelector('.after').getAttribute('src') !== {shown!r}")
    tried, shown = seen(page), page.get_attribute(".after", "src")
    assert np.abs(tried - dabbed).max() > 10
    page.mouse.move(*at(page, 0.5, 0.1))
    until(page, f"document.querySelector('.after').getAttribute('src') !== {shown!r}")
    assert np.abs(seen(page) - dabbed).max() < 0.5
    likely.click()
    settle(page)
    assert np.abs(seen(page) - tried).max() < 0.5
    assert page.locator(".dab").count() == 1
    assert page.locator(".dab").evaluate("d => d.style.getPropertyValue('--color')") != "#b3303a"
    page.click("[aria-label=sky]")  # the next dab's color
    assert page.locator(".dab").evaluate("d => d.style.getPropertyValue('--color')") != "#7fb0dc"


def test_a_thing_the_subject_and_the_rest_are_chosen_by_a_click(page):
    open_files(page, EXAMPLES / "coffee.jpg")
    use(page, "region")
    page.check("input[name=where][value=objects]", force=True)
    page.mouse.click(*at(page, 0.45, 0.45))
    settle(page)
    thing = chroma(seen(page))
    h, w = thing.shape
    assert thing[: h // 12, : w // 12].mean() < 1
    assert thing[int(0.4 * h) : int(0.5 * h), int(0.4 * w) : int(0.5 * w)].mean() > 3
    shares = []
    for where in ("subject", "background"):
        page.wait_for_timeout(MOMENT_MS)  # choices within a moment are one step back
        page.check(f"input[name=where][value={where}]", force=True)
        settle(page)
        shares.append((chroma(seen(page)) > 3).mean())
    assert 0.3 < sum(shares) < 1.3
    page.click("#undo")
    page.click("#undo")
    assert page.is_checked("input[name=where][value=objects]")
    page.click("#clear-region")
    settle(page)
    everything = chroma(seen(page)).mean()
    assert everything > thing.mean()
    page.check("input[name=where][value=subject]", force=True)
    settle(page)
    subject = chroma(seen(page)).mean()
    assert subject < everything
    page.click("#clear-region")
    page.check("input[name=where][value=subject]", force=True)  # once more
    settle(page)
    assert chroma(seen(page)).mean() == pytest.approx(subject, abs=0.01)


def test_another_picture_that_is_dropped_gives_its_colors(page, tmp_path):
    open_files(page, EXAMPLES / "cat.jpg")
    plain = seen(page)
    use(page, "looks")
    rows = np.mgrid[:60, :80][0][..., None] / 60
    Image.fromarray((rows * [30, 60, 220] + (1 - rows) * [160, 190, 250]).astype(np.uint8)).save(
        tmp_path / "blue.png"
    )
    drop(page, "#reference", EXAMPLES / "coffee.jpg")
    until(page, "document.querySelector('#message').textContent.includes('is gray')")
    drop(page, "#reference", tmp_path / "blue.png")
    until(page, "!document.querySelector('#reference-shown').hidden")
    settle(page)
    assert page.evaluate(
        "document.querySelector('#tools').scrollWidth <="
        " document.querySelector('#tools').clientWidth"
    )
    assert seen(page)[..., 2].mean() < plain[..., 2].mean() - 3
    assert page.locator("#strip button").count() == 1  # it was not opened
    page.click("#remove-reference")
    settle(page)
    assert np.abs(seen(page) - plain).max() < 0.5
    (tmp_path / "notes.txt").write_text("no picture")
    drop(page, "#reference", tmp_path / "notes.txt")
    until(
        page, "document.querySelector('#message').textContent.includes('cannot read that picture')"
    )


def test_a_file_that_is_dropped_is_opened_and_what_is_odd_about_it_is_told(page, tmp_path):
    frames = [Image.fromarray(np.full((40, 60), shade, np.uint8)) for shade in (90, 160)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    drop(page, "main", tmp_path / "moving.gif")
    until(
        page,
        "document.querySelector('#message').textContent.includes('2 frames; the first is read')",
    )


def test_notices_are_shown_with_the_photograph_that_they_are_about(page, tmp_path):
    dark = Image.fromarray(data.camera()[::2, ::2] // 6)
    dark.save(tmp_path / "moving.gif", save_all=True, append_images=[dark.rotate(90)])
    open_files(page, EXAMPLES / "cat.jpg", tmp_path / "moving.gif")
    until(page, "document.querySelectorAll('#strip button').length === 2")
    settle(page)
    assert page.inner_text("#file-name") == "cat.jpg"
    assert page.locator("#close-message").is_hidden()
    page.click("#strip button:nth-child(2)")
    message = page.inner_text("#message")
    assert message.startswith("moving.gif: ")
    assert "2 frames; the first is read" in message and "it is dark" in message


def test_a_color_photograph_is_left_as_it_is_until_it_is_to_be_colored_anyway(page, tmp_path):
    coffee = data.coffee()[::4, ::4]
    Image.fromarray(coffee).save(tmp_path / "color.png")
    open_files(page, tmp_path / "color.png")
    until(page, "document.querySelector('#message').textContent.includes('left as it is')")
    original = srgb_to_lab(coffee.astype(np.float32) / 255)
    assert np.abs(seen(page) - original).mean() < 2
    with page.expect_download() as download:
        page.click("#save")
    download.value.save_as(tmp_path / "left.png")
    assert (tmp_path / "left.png").read_bytes() == (tmp_path / "color.png").read_bytes()
    page.click("#recolor")
    settle(page)
    assert page.locator("#in-color").is_hidden()
    assert np.abs(seen(page) - original)[..., 1:].mean() > 3
    page.click("#undo")
    settle(page)
    assert page.locator("#in-color").is_visible()


def test_palettes_and_warmth_change_the_look(page):
    open_files(page, EXAMPLES / "cat.jpg")
    plain = seen(page)
    use(page, "looks")
    page.select_option("#palette", "agfacolor-1940")
    settle(page)
    assert np.abs(seen(page) - plain).max() > 3
    page.click("#undo")
    assert page.input_value("#palette") == ""
    page.locator("#warmth").fill("0.8")
    settle(page)
    assert seen(page)[..., 2].mean() > plain[..., 2].mean() + 3


def test_the_example_is_one_click_away(page):
    page.click("#example")
    settle(page)
    assert chroma(seen(page)).mean() > 3


def test_a_taken_port_is_told_in_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = tintype("serve", "--no-browser", "--port", taken.getsockname()[1])
    assert done.returncode == 1
    assert b"is taken; choose another with --port" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="the browser is a shell script here")
def test_a_window_of_its_own_is_opened_again_by_a_second_start_and_ends_the_service_when_closed(
    tmp_path, monkeypatch
):
    program = tmp_path / "chromium"
    program.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/opened\nwhile [ ! -e {tmp_path}/closed ]; do sleep'
        " 0.1; done\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    service = Service("--app")
    until_written(tmp_path / "opened", 1)
    again = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tintype",
            "serve",
            "--app",
            "--port",
            service.address.rpartition(":")[2],
        ]
    )
    until_written(tmp_path / "opened", 2)
    (tmp_path / "closed").touch()
    assert again.wait(15) == service.process.wait(15) == 0
    first, second = (tmp_path / "opened").read_text().splitlines()
    assert f"--app={service.address}/" in first
    assert f"--app={service.address}/" in second


def until_written(path, lines: int) -> None:
    end = time.monotonic() + 30
    while not path.exists() or path.read_text().count("\n") < lines:
        assert time.monotonic() < end
        time.sleep(0.05)
