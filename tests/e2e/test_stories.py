"""Four people with what they came for, from opening to saving, at three sizes of screen and by
mouse, finger and keyboard alone. At each step all controls are within reach."""

import os
import shutil

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.e2e.hands import HANDS, Keys, Mouse
from tests.e2e.pages import INSECURE_HOST, needs_chromium, settle, until, window
from tests.pictures import EXAMPLES

pytestmark = needs_chromium
SIZES = {"phone": (390, 844), "tablet": (820, 1180), "desk": (1440, 900)}
FINGER_PX = 36
"""The least side of what a finger presses; most are of 44 pixels, seventeen colors in two rows
are narrower on a phone."""
UNREACHABLE = """(least) => {
  const modal = document.querySelector("dialog[open], :popover-open");
  const all = (modal ?? document).querySelectorAll("button, select, input, summary, a");
  const moves = "#strip, #cards, #box-grid, #step-list, #recent, tt-stage";
  return [...all].flatMap((control) => {
    if (!control.checkVisibility({visibilityProperty: true}) || control.closest("[inert]"))
      return [];
    const whole = control.type === "radio" || control.type === "checkbox"
      ? control.closest("label") : control;
    const {left, top, right, bottom, width, height} = whole.getBoundingClientRect();
    const name = control.id || control.ariaLabel || control.value || control.textContent.trim();
    if (Math.min(width, height) < least && !control.closest("tt-stage"))
      return [`${name} is small: ${width} x ${height}`];
    if (control.closest(moves)) return [];
    if (left < 0 || top < 0 || right > innerWidth || bottom > innerHeight)
      return [`${name} is outside`];
    const panel = control.closest("#tools")?.getBoundingClientRect();
    if (panel && bottom > panel.bottom) return [`${name} is below the fold`];
    const above = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    const reached = whole.contains(above) || above?.contains(whole);
    return control.disabled || reached ? [] : [`${name} is covered by ${above?.id}`];
  });
}"""


class Person:
    """Somebody before a screen, with a way to use it."""

    def __init__(self, hand: Mouse) -> None:
        self.hand, self.page = hand, hand.page

    def look(self) -> None:
        least = FINGER_PX if "has_touch" in self.hand.context else 0
        assert "\n".join(self.page.evaluate(UNREACHABLE, least)) == ""

    def open(self, *files) -> None:
        self.look()
        with self.page.expect_file_chooser() as chooser:
            self.hand.press("#choose")
        chooser.value.set_files([str(file) for file in files])
        self.page.wait_for_selector(".card.colored:nth-child(3)")
        self.look()

    def take(self, card: int) -> None:
        self.hand.press(f".card:nth-child({card}) .take")
        settle(self.page)
        self.look()

    def use(self, tool: str) -> None:
        self.hand.choose("tool", tool)
        self.look()

    def save(self, button: str = "#save") -> str:
        with self.page.expect_download(timeout=60_000) as download:
            self.hand.press(button)
        settle(self.page)
        self.look()
        return download.value.suggested_filename


def a_grandmother_colors_a_portrait(me: Person, files) -> None:
    me.open(files["portrait"])
    me.take(3)
    me.hand.divide(0.2)
    me.use("dab")
    me.hand.touch(0.5, 0.8)
    me.page.wait_for_selector("#likely [data-color]")
    me.look()
    me.hand.press("#likely [data-color]")
    settle(me.page)
    assert me.page.locator(".dab").count() == 1
    with me.hand.hold("#before"):
        assert me.page.locator("tt-stage.held").count() == 1
    assert me.save() == "eileen-collins.color.jpg"
    assert "saved in Downloads as eileen-collins.color.jpg" in me.page.inner_text("#message")


def an_artist_tries_colors_areas_and_versions(me: Person, files) -> None:
    me.open(files["portrait"])
    me.take(2)
    me.use("dab")
    me.hand.choose("mark", "strokes")
    me.hand.draw((0.4, 0.8), (0.6, 0.8))
    me.hand.slide("#confidence", 0.5)
    me.use("region")
    for _ in range(2):
        me.hand.choose("where", "hair")
        settle(me.page)
        me.look()
        me.hand.press("#clear-region")
    me.use("looks")
    me.hand.press("#vary")
    me.page.wait_for_selector(".card.colored:nth-child(3)")
    me.look()
    me.take(3)
    me.hand.press("#history")
    me.look()
    me.hand.press("#keep-version")
    me.hand.press("#step-list li:first-child button")
    me.hand.press("#show-versions")
    me.page.wait_for_selector(".card.colored:nth-child(2)")
    me.look()
    me.take(2)
    assert me.page.locator(".stroke").count() == (3 if isinstance(me.hand, Keys) else 1)


def an_archivist_looks_through_a_box(me: Person, files) -> None:
    me.open(files["letter"], files["cat"], files["album"], files["rocket"])
    me.take(2)
    until(me.page, "document.querySelectorAll('#strip button').length === 5")
    settle(me.page)
    me.page.wait_for_selector("#failures[open]")
    me.look()
    me.hand.press("#failures-close")
    me.hand.press("#more")
    me.look()
    me.hand.press("#box-open")
    me.look()
    me.hand.press("#box-accept")
    me.hand.press("#box-redo")
    for number in (3, 4):
        if isinstance(me.hand, Keys):
            me.hand.focus(f".scan:nth-child({number}) button")
            me.page.keyboard.press("x")
        else:
            me.hand.press(f".scan:nth-child({number}) .check")
    assert me.page.inner_text("#box-count") == "2 selected"
    me.hand.press("#box-remove")
    me.page.wait_for_selector("#ask[open]")
    me.look()
    me.hand.press("#ask-yes")
    until(me.page, "document.querySelectorAll('.scan').length === 3")
    settle(me.page)
    me.look()
    me.hand.press("#box-enter")
    me.hand.press("#more")
    assert me.save("#save-all") == "tintype.zip"


def a_family_watches_and_colors_a_film(me: Person, files) -> None:
    me.open(files["film"])
    me.take(2)
    me.hand.press("#strip button:nth-child(2)")
    settle(me.page)
    me.hand.press("#play")
    me.page.wait_for_selector("#clip", timeout=60_000)
    me.look()
    me.hand.press("#clip-toggle")
    me.hand.press("#clip-close")
    me.use("dab")
    me.hand.touch(0.5, 0.6)
    assert me.page.locator(".dab").count() == 1
    assert me.save() == "film.color.mp4"


STORIES = (
    a_grandmother_colors_a_portrait,
    an_artist_tries_colors_areas_and_versions,
    an_archivist_looks_through_a_box,
    a_family_watches_and_colors_a_film,
)


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    av = pytest.importorskip("av")
    folder = tmp_path_factory.mktemp("stories")
    files = {"portrait": EXAMPLES / "eileen-collins.jpg"}
    for name in ("cat", "rocket"):
        files[name] = shutil.copy(EXAMPLES / f"{name}.jpg", folder)
    files["letter"] = folder / "letter.jpg"
    files["letter"].write_text("no picture")
    grays = [
        np.asarray(Image.open(EXAMPLES / f"{name}.jpg").convert("L").resize((160, 96)))
        for name in ("rocket", "cat", "coffee")
    ]
    files["album"], files["film"] = folder / "album.tif", folder / "film.mp4"
    with tifffile.TiffWriter(files["album"]) as tiff:
        for gray in grays:
            tiff.write(gray, photometric="minisblack")
    with av.open(str(files["film"]), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for gray in grays[:2]:
            frame = av.VideoFrame.from_ndarray(np.dstack([gray] * 3), format="rgb24")
            for _ in range(5):
                container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return files


def trials():
    """Each story at each size and by each way of input; all 36 with TINTYPE_ALL_STORIES."""
    for i, story in enumerate(STORIES):
        for j, size in enumerate(SIZES):
            for k, hand in enumerate(HANDS):
                if (i + j + k) % 3 == 0 or os.environ.get("TINTYPE_ALL_STORIES"):
                    yield pytest.param(story, size, hand, id=f"{story.__name__}-{size}-{hand}")


@pytest.mark.parametrize(("story", "size", "hand"), list(trials()))
def test_a_story_goes_through(browser, address, files, story, size, hand):
    width, height = SIZES[size]
    page = window(
        browser,
        address.replace("127.0.0.1", INSECURE_HOST),
        coloring=None,
        viewport={"width": width, "height": height},
        **HANDS[hand].context,
    )
    page.select_option("#model", "default", force=True)
    story(Person(HANDS[hand](page)), files)
    page.context.close()
    assert page.problems == []
