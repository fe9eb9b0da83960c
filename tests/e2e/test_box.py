"""A box of scans: folders in and out, a grid by keyboard, failures that stay, work in the
background."""

import io
import shutil
import zipfile

import pytest
from PIL import Image

from tests.e2e.pages import needs_chromium, open_files, ready, seen, settle, until
from tests.pictures import EXAMPLES

pytestmark = needs_chromium
WRITTEN = "import('/store.js').then((store) => !store.unwritten())"
NAMES = ("cat", "coffee", "rocket")


@pytest.fixture
def folder(tmp_path):
    """A folder of three photographs, one of them a level deeper, and what a desktop leaves."""
    (tmp_path / "album" / "inner").mkdir(parents=True)
    for name in NAMES:
        place = tmp_path / "album" / ("inner" if name == "coffee" else "")
        shutil.copy(EXAMPLES / f"{name}.jpg", place)
    (tmp_path / "album" / ".DS_Store").write_bytes(b"x")
    return tmp_path / "album"


def count(page, number: int) -> None:
    until(page, f"document.querySelectorAll('#strip button').length === {number}")


def states(page) -> list[str]:
    return page.eval_on_selector_all("#box .scan", "(all) => all.map((e) => e.dataset.state)")


def open_box(page, *names: str) -> None:
    open_files(page, *(EXAMPLES / f"{name}.jpg" for name in names))
    page.keyboard.press("g")
    page.wait_for_selector("#box[open]")


def test_a_folder_is_chosen_or_dropped_with_all_that_is_in_it(page, folder):
    page.set_input_files("#folder", str(folder))
    count(page, 3)
    settle(page)
    assert page.locator("#failures").is_hidden()
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 300, "data": data})
    count(page, 6)
    settle(page)
    names = page.eval_on_selector_all("#strip button", "(all) => all.map((e) => e.title)")
    assert [name.partition(",")[0] for name in names[3:]] == ["cat.jpg", "coffee.jpg", "rocket.jpg"]


def test_what_failed_stays_listed_and_a_cut_photograph_is_opened_as_it_is(page, tmp_path):
    (tmp_path / "notes.jpg").write_text("no picture")
    whole = (EXAMPLES / "cat.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    open_files(
        page, tmp_path / "notes.jpg", EXAMPLES / "coffee.jpg", tmp_path / "cut.jpg",
        EXAMPLES / "rocket.jpg",
    )  # fmt: skip
    count(page, 2)
    assert page.inner_text("#failures-title") == "2 files failed"
    listed = page.locator("#failed li").all_inner_texts()
    assert listed[0].startswith("notes.jpg") and "--damaged" not in listed[1]
    page.click("#failed >> text=Open what is there")
    count(page, 3)
    settle(page)
    until(page, "document.querySelector('#file-name').textContent === 'cut.jpg'")
    assert page.inner_text("#failures-title") == "1 file failed"
    top, bottom = seen(page)[20:40, :, 0], seen(page)[-40:-20, :, 0]
    assert top.std() > 3 > bottom.std()
    page.click("#failures summary")
    page.click("#failures-close")
    assert page.locator("#failures").is_hidden()


def test_a_box_is_looked_through_by_keyboard_and_keeps_its_marks(page):
    open_box(page, *NAMES)
    assert page.locator("#box .scan .name").all_inner_texts() == [f"{name}.jpg" for name in NAMES]
    page.keyboard.press("a")
    page.keyboard.press("s")
    page.keyboard.press("a")
    until(page, "document.querySelectorAll('#box [data-state=done]').length === 2")
    assert states(page) == ["done", "look at", "done"]
    page.select_option("#box-filter", "look at")
    assert states(page) == ["look at"]
    page.select_option("#box-filter", "all")
    page.locator("#box .scan button").nth(1).focus()
    before = page.locator("#box img").nth(1).get_attribute("src")
    page.keyboard.press("r")
    until(page, f"document.querySelectorAll('#box img')[1].getAttribute('src') !== '{before}'")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('#file-name').textContent === 'coffee.jpg'")
    assert page.is_enabled("#undo")
    until(page, WRITTEN)
    page.reload()
    ready(page)
    page.keyboard.press("g")
    until(page, "document.querySelectorAll('#box [data-state=done]').length === 2")


def test_several_are_set_and_removed_at_once(page):
    open_box(page, *NAMES)
    page.click("#box-all")
    assert page.inner_text("#box-count") == "3 selected"
    page.locator("#box-strength").fill("0.5")
    page.click("#box-close")
    for number in (1, 2, 3):
        page.click(f"#strip button:nth-child({number})")
        assert page.inner_text("#saturation-value") == "0.5"
    page.keyboard.press("g")
    page.locator("#box input[type=checkbox]").first.uncheck()
    page.click("#box-remove")
    assert "Remove 2 photographs" in page.inner_text("#ask")
    page.click("#ask-yes")
    until(page, "document.querySelectorAll('#box .scan').length === 1")
    assert page.inner_text("#box .name") == "cat.jpg"


def test_saving_goes_on_in_the_background_and_what_is_done_when_stopped_is_kept(page, tmp_path):
    open_files(page, *(EXAMPLES / f"{name}.jpg" for name in NAMES))
    held = []

    def hold(route):
        if held:
            return  # the second waits for ever
        held.append(route)
        route.continue_()

    page.route("**/file?*", hold)
    page.click("#more")
    page.click("#save-all")
    until(page, "document.querySelector('#works').textContent.includes('Saving 2 of 3')")
    page.locator("#saturation").fill("0.5")  # the page is not blocked
    with page.expect_download() as download:
        page.click("#works button")
    download.value.save_as(tmp_path / "some.zip")
    with zipfile.ZipFile(tmp_path / "some.zip") as packed:
        assert packed.testzip() is None and packed.namelist() == ["cat.color.jpg"]
    assert "1 of 3 files saved" in page.inner_text("#message")


def test_all_are_saved_into_a_folder_under_names_that_are_free(page):
    open_files(page, EXAMPLES / "cat.jpg", EXAMPLES / "cat.jpg")
    page.evaluate("window.showDirectoryPicker = () => navigator.storage.getDirectory()")
    page.click("#more")
    page.click("#save-folder")
    until(page, "document.querySelector('#message').textContent.includes('2 of 2 files saved')")
    written = page.evaluate("""async () => {
      const folder = await navigator.storage.getDirectory(), all = {};
      for await (const [name, file] of folder.entries())
        all[name] = [...new Uint8Array(await (await file.getFile()).arrayBuffer())];
      return all;
    }""")
    assert sorted(written) == ["cat.color 2.jpg", "cat.color.jpg"]
    for data in written.values():
        assert Image.open(io.BytesIO(bytes(data))).size == Image.open(EXAMPLES / "cat.jpg").size


def test_a_color_photograph_is_left_colored_or_keeps_its_colors(page, tmp_path):
    photo = Image.open(EXAMPLES / "coffee.jpg").convert("L").convert("RGB")
    photo.paste((200, 60, 40), (0, 0, photo.width // 2, photo.height))
    photo.save(tmp_path / "half.png")
    open_files(page, tmp_path / "half.png")
    gray = seen(page)
    page.click("#keep-color")
    settle(page)
    kept, half = seen(page), gray.shape[1] // 2
    assert abs(kept[:, : half - 20] - gray[:, : half - 20]).mean() < 2
    assert abs(kept[:, half + 20 :, 1:]).mean() > abs(gray[:, half + 20 :, 1:]).mean() + 2
    page.click("#keep-color")
    page.click("#recolor")
    settle(page)
    assert abs(seen(page)[:, : half - 20] - gray[:, : half - 20]).mean() > 5


def test_the_keyboard_goes_on_where_it_was_when_a_card_leaves_what_is_shown(page):
    open_box(page, *NAMES)
    page.select_option("#box-filter", "look at")
    page.locator("#box .scan button").nth(1).focus()
    page.keyboard.press("A")  # as with caps lock
    assert page.locator("#box .name").all_inner_texts() == [f"{NAMES[0]}.jpg", f"{NAMES[2]}.jpg"]
    focused = "document.activeElement.ariaLabel.split(',')[0]"
    assert page.evaluate(focused) == f"{NAMES[2]}.jpg"
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(focused) == f"{NAMES[0]}.jpg"


def test_the_photograph_on_the_stage_stays_when_another_one_is_removed(page):
    open_box(page, *NAMES)
    shown = page.inner_text("#file-name")
    others = [name for name in NAMES if f"{name}.jpg" != shown]
    page.locator(f"#box .scan button:has-text('{others[-1]}')").focus()
    page.keyboard.press("Delete")
    until(page, "document.querySelectorAll('#box .scan').length === 2")
    page.click("#box-close")
    assert page.inner_text("#file-name") == shown


def test_closing_the_chooser_of_a_folder_is_no_problem(page):
    open_files(page, *(EXAMPLES / f"{name}.jpg" for name in NAMES[:2]))
    page.evaluate(
        """() => { window.showDirectoryPicker = async () => {
             throw new DOMException("The user aborted a request.", "AbortError"); }; }"""
    )
    page.evaluate("document.querySelector('#save-folder').click()")
    assert not page.locator("#close-message").is_visible()
