"""Single keys of the page, and where things are on small, tall and very wide screens."""

import pytest

from tests.e2e.pages import (
    at,
    dab,
    needs_chromium,
    open_files,
    settle,
    until,
    use,
    window,
)
from tests.pictures import EXAMPLES

pytestmark = needs_chromium
TOOLS = ("look", "dab", "region", "looks")
PHONE = {"viewport": {"width": 390, "height": 844}}


def tab_to(page, expression: str, key: str = "Tab") -> None:
    for _ in range(40):
        if page.evaluate(f"document.activeElement.matches('{expression}')"):
            return
        page.keyboard.press(key)
    pytest.fail(f"the keyboard does not reach {expression}")


def lies_within_the_picture(page, selector: str) -> bool:
    box, stage = page.locator(selector).bounding_box(), page.locator("tt-stage").bounding_box()
    return all(
        stage[a] <= box[a] and box[a] + box[size] <= stage[a] + stage[size]
        for a, size in (("x", "width"), ("y", "height"))
    )


def test_a_color_is_picked_by_mouse_and_by_keys_and_recent_ones_come_back(page):
    open_files(page, EXAMPLES / "cat.jpg")
    use(page, "dab")
    page.click("#pick")
    page.mouse.click(*at(page, 0.5, 0.5))
    picked = page.input_value("#color")
    assert picked != "#b3303a"
    assert page.get_attribute("#pick", "aria-pressed") == "false"
    page.click("[aria-label=sky]")
    page.locator("#pick").focus()
    page.keyboard.press("Enter")
    page.locator("tt-stage").focus()
    page.keyboard.press("Enter")
    assert page.input_value("#color") == picked
    assert page.inner_text("#announcement").endswith("picked")
    page.click("#pick")
    page.keyboard.press("Escape")
    assert page.get_attribute("#pick", "aria-pressed") == "false"
    assert page.locator(".dab").count() == 0
    dab(page, 0.3, 0.3)
    page.click("[aria-label=sky]")
    page.click("#recent button")
    assert page.input_value("#color") == picked
    assert page.locator("#recent button").count() == 1


def test_the_brush_shows_its_size_while_keys_change_it(page):
    open_files(page, EXAMPLES / "cat.jpg")
    use(page, "region")
    page.mouse.move(*at(page, 0.5, 0.5))
    width = "document.querySelector('.brush').getBoundingClientRect().width"
    first = page.evaluate(width)
    page.keyboard.press("]")
    assert page.evaluate(width) == pytest.approx(1.25 * first, rel=0.01)
    for _ in range(20):
        page.keyboard.press("[")
    least = page.evaluate(width)
    page.keyboard.press("]")
    assert page.evaluate(width) > least


def test_a_dab_that_was_just_placed_is_removed_by_button_and_key(page):
    open_files(page, EXAMPLES / "cat.jpg")
    use(page, "dab")
    dab(page, 0.3, 0.3)
    page.click("#remove-dab")
    assert page.locator(".dab").count() == 0
    dab(page, 0.3, 0.3)
    page.keyboard.press("Delete")
    assert page.locator(".dab").count() == 0
    assert page.is_disabled("#remove-dab")


def test_the_keyboard_alone_dabs_an_enlarged_picture_in_a_narrow_window(browser, address):
    page = window(browser, address, **PHONE)
    tab_to(page, "#example")
    page.keyboard.press("Enter")
    settle(page)
    tab_to(page, "[name=tool]")
    page.keyboard.press("ArrowRight")
    tab_to(page, "tt-stage", "Shift+Tab")
    page.keyboard.press("1")
    for _ in range(4):
        page.keyboard.press("+")
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    assert lies_within_the_picture(page, ".crosshair")
    page.keyboard.press("Enter")
    settle(page)
    assert lies_within_the_picture(page, ".dab")
    for _ in range(4):
        page.keyboard.press("Shift+ArrowRight")
    assert not lies_within_the_picture(page, ".dab")
    tab_to(page, ".dab")
    assert lies_within_the_picture(page, ".dab")
    page.keyboard.press("Shift+ArrowRight")
    assert lies_within_the_picture(page, ".dab")
    assert page.evaluate(
        "[...document.querySelectorAll('.pane')].every((pane) => !pane.scrollLeft &&"
        " !pane.scrollTop)"
    )
    with page.expect_download():
        page.keyboard.press("Control+s")
    page.context.close()


@pytest.mark.parametrize("size", [(360, 640), (844, 390), (768, 1024), (820, 1180)])
def test_all_of_a_tool_fits_and_the_picture_stays_as_it_is(browser, address, size):
    page = window(
        browser,
        address,
        viewport={"width": size[0], "height": size[1]},
        has_touch=True,
        is_mobile=True,
    )
    open_files(page, EXAMPLES / "cat.jpg")
    pictures = set()
    for tool in TOOLS:
        use(page, tool)
        pictures.add(tuple(page.locator("tt-stage").bounding_box().values()))
        assert page.evaluate(
            "tools.scrollHeight <= tools.clientHeight && tools.scrollWidth <= tools.clientWidth"
        ), tool
    assert len(pictures) == 1
    page.context.close()


def test_the_picture_keeps_its_height_while_others_are_opened(page):
    page.evaluate("""() => {
      window.heights = new Set();
      const measure = () => stage.clientHeight && heights.add(stage.clientHeight);
      new ResizeObserver(measure).observe(stage);
    }""")
    open_files(page, EXAMPLES / "cat.jpg", EXAMPLES / "rocket.jpg")
    page.wait_for_selector("#strip button:nth-child(2)")
    settle(page)
    assert page.evaluate("heights.size") == 1


def test_a_phone_shows_messages_in_full_and_puts_things_in_line(browser, address, tmp_path):
    page = window(browser, address, **PHONE)
    choose, example = (
        page.locator("#choose").bounding_box(),
        page.locator("#example").bounding_box(),
    )
    assert choose["width"] == example["width"]
    assert example["y"] - choose["y"] - choose["height"] >= 6
    bad = (
        tmp_path
        / "my-grandmother-and-her-two-sisters-in-front-of-the-old-house-in-1911-second-print.jpg"
    )
    bad.write_text("no picture")
    open_files(page, EXAMPLES / "cat.jpg", EXAMPLES / "rocket.jpg")
    page.locator("#saturation").fill("0.5")
    until(page, "message.innerText.includes('not saved yet')")
    assert page.locator("#message span").bounding_box()["height"] < 25  # one line
    page.set_input_files("#files", str(bad))
    page.wait_for_selector("#close-message", state="visible")
    text = page.locator("#message span")
    assert text.evaluate("text => text.scrollHeight <= text.clientHeight && text.clientHeight > 40")
    stage = page.locator("tt-stage").bounding_box()
    assert page.locator("#message").bounding_box()["y"] > stage["y"] + 0.7 * stage["height"]
    page.context.close()


def test_the_controls_grow_on_very_large_screens_only(page):
    open_files(page, EXAMPLES / "cat.jpg")
    widths = []
    for width, height in ((1440, 900), (1920, 1080), (3840, 2160)):
        page.set_viewport_size({"width": width, "height": height})
        widths.append(page.locator("#tools").bounding_box()["width"])
    assert widths[0] == widths[1] == 312
    assert widths[2] > 1.5 * 312


def test_keys_that_a_control_needs_do_nothing_else(page):
    open_files(page, EXAMPLES / "cat.jpg", EXAMPLES / "coffee.jpg")
    name = page.inner_text("#file-name")
    other = page.locator("#strip button:not([aria-current])")
    page.focus("#saturation")
    page.keyboard.press("PageDown" if name == "cat.jpg" else "PageUp")
    settle(page)
    assert page.inner_text("#file-name") == name and page.is_enabled("#undo")
    page.focus("#model")
    page.keyboard.press("g")
    assert page.locator("#box[open]").count() == 0
    other.click()
    assert page.inner_text("#saturation-value") == "1" and page.is_disabled("#undo")


def test_text_is_edited_without_changing_the_photograph(page):
    open_files(page, EXAMPLES / "cat.jpg")
    use(page, "dab")
    dab(page, 0.4, 0.5)
    page.keyboard.press("Control+c")
    page.click("#history")
    page.click("#keep-version")
    page.click("#show-versions")
    page.fill(".card input", "for Clara")
    page.keyboard.press("Control+z")
    assert page.locator(".dab").count() == 1
    page.fill(".card input", "for Carl")
    for key in ("Control+a", "Control+c", "Control+v", "Escape"):
        page.keyboard.press(key)
    assert page.locator("#gallery").is_hidden() and page.locator(".dab").count() == 1
    page.click("#history")
    page.click("#show-versions")
    assert page.input_value(".card input") == "for Carl"
    page.keyboard.press("Escape")


def test_a_dab_that_is_undone_while_it_is_dragged_is_gone(page):
    open_files(page, EXAMPLES / "cat.jpg")
    use(page, "dab")
    dab(page, 0.3, 0.3)
    dab(page, 0.6, 0.6)
    for x, y, key, left in ((0.6, 0.6, "Control+z", 1), (0.3, 0.3, "Delete", 0)):
        page.mouse.move(*at(page, x, y))
        page.mouse.down()
        page.mouse.move(*at(page, x + 0.1, y), steps=3)
        page.keyboard.press(key)
        page.mouse.move(*at(page, x + 0.2, y), steps=3)
        page.mouse.up()
        settle(page)
        assert page.locator(".dab").count() == left


def test_all_kinds_of_files_that_can_be_read_can_be_chosen(page):
    with page.expect_file_chooser():
        page.click("#open")
    kinds = page.get_attribute("#files", "accept")
    assert {".pdf", ".jxl", ".tif", ".heic", ".mkv", ".json"} <= set(kinds.split(","))
