"""The page by keyboard, by touch, at every width, and for those who do not see it."""

import pytest

from tests.e2e.pages import at, needs_chromium, open_files, settle, until, use, window
from tests.pictures import EXAMPLES

pytestmark = needs_chromium
TOOLS = ("look", "dab", "region", "looks")


@pytest.fixture
def phone(browser, address):
    page = window(
        browser, address, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    yield page
    page.context.close()
    assert page.problems == []


def touch(page, kind: str, *points) -> None:
    """Fingers on the screen, as Chromium's own protocol sends them."""
    session = getattr(page, "fingers", None) or page.context.new_cdp_session(page)
    page.fingers = session
    session.send(
        "Input.dispatchTouchEvent",
        {
            "type": kind,
            "touchPoints": [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)],
        },
    )


@pytest.mark.parametrize("size", [(390, 844), (820, 1180), (1440, 900)])
def test_axe_finds_nothing_in_any_state(browser, address, tmp_path, size):
    """All rules in light colors; on the largest screen what colors decide in dark ones, too."""
    from axe_playwright_python.sync_playwright import Axe

    page = window(browser, address, viewport={"width": size[0], "height": size[1]})
    axe, found = Axe(), {}

    def look(state: str) -> None:
        page.emulate_media(color_scheme="light")
        found[state] = axe.run(page)
        if size[0] < 1440:
            return
        page.emulate_media(color_scheme="dark")
        found[f"{state}, dark"] = axe.run(
            page, options={"runOnly": ["color-contrast", "link-in-text-block"]}
        )

    look("welcome")
    page.select_option("#model", "default", force=True)
    (tmp_path / "notes.jpg").write_text("no picture")
    page.set_input_files("#files", str(tmp_path / "notes.jpg"))
    page.wait_for_selector("#close-message", state="visible")
    look("message")
    open_files(page, EXAMPLES / "cat.jpg", EXAMPLES / "rocket.jpg")
    for tool in TOOLS:
        use(page, tool)
        if tool == "dab":
            page.mouse.click(*at(page, 0.5, 0.5))
            settle(page)
            page.wait_for_selector("#likely [data-color]")
        look(tool)
    page.click("#vary")
    until(page, "!document.querySelector('.card:not(.colored)')")
    look("other colorings")
    page.keyboard.press("Escape")
    page.click("#history")
    page.click("#keep-version")
    look("history")
    page.click("#show-versions")
    until(page, "!document.querySelector('.card:not(.colored)')")
    look("versions")
    page.keyboard.press("Escape")
    page.click("#more")
    look("menu")
    page.locator("#saturation").fill("0.5")
    page.click("#remove")
    look("dialog")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    look("grid")
    page.click("#box-all")
    page.click("#box-remove")
    look("grid, dialog")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.set_input_files("#files", [str(tmp_path / "notes.jpg")] * 2)
    page.wait_for_selector("#failures[open]")
    look("failures")
    page.click("#failures-close")
    page.evaluate("document.querySelector('#phone').showModal()")
    look("phone")
    page.goto(f"{address}/docs")
    page.wait_for_selector("summary")
    page.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)")
    look("docs")
    page.context.close()
    result = {
        state: [(each["id"], each["nodes"][0]["html"][:90]) for each in done.response["violations"]]
        for state, done in found.items()
    }
    assert {state: problems for state, problems in result.items() if problems} == {}


def test_the_keyboard_alone_opens_colors_moves_describes_and_saves(page):
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.id") != "example":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    settle(page)
    steps = 0
    while page.evaluate("document.activeElement.name") != "tool":
        page.keyboard.press("Tab")
        steps += 1
        assert steps < 25
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.parentElement.id") == "swatches"
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    color = page.evaluate("document.activeElement.dataset.color")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "color"  # the swatches are one stop
    while page.evaluate("document.activeElement.tagName") != "TT-STAGE":
        page.keyboard.press("Shift+Tab")
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    settle(page)
    dab = page.locator(".dab")
    assert dab.evaluate("d => d.style.getPropertyValue('--color')") == color
    label = dab.get_attribute("aria-label")
    assert label.startswith("Dab 1, ")
    assert "center of the picture (42 % across, 50 % down)" in label
    assert "placed" in page.inner_text("#announcement")
    until(page, "/, on the .+ of a .*thing, /.test(document.querySelector('.dab').ariaLabel)")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className").startswith("dab")
    page.keyboard.press("Shift+ArrowDown")
    settle(page)
    assert "55 % down" in dab.get_attribute("aria-label")
    with page.expect_download() as download:
        page.keyboard.press("Control+s")
    assert download.value.suggested_filename == "example.color.jpg"
    page.keyboard.press("Delete")
    settle(page)
    assert dab.count() == 0
    assert page.evaluate("document.activeElement.tagName") == "TT-STAGE"


def test_a_finger_dabs_and_two_fingers_only_enlarge(phone):
    open_files(phone, EXAMPLES / "eileen-collins.jpg")
    use(phone, "dab")
    x, y = at(phone, 0.5, 0.7)
    touch(phone, "touchStart", (x, y))
    touch(phone, "touchEnd")
    settle(phone)
    assert phone.locator(".dab").count() == 1
    before = phone.locator(".overlay .frame").bounding_box()["width"]
    touch(phone, "touchStart", (x - 30, y - 60))
    touch(phone, "touchStart", (x - 30, y - 60), (x + 30, y - 60))
    for apart in (40, 60, 80, 100):
        touch(phone, "touchMove", (x - apart, y - 60), (x + apart, y - 60))
    touch(phone, "touchEnd")
    settle(phone)
    assert phone.locator(".overlay .frame").bounding_box()["width"] > 2 * before
    assert phone.locator(".dab").count() == 1
    use(phone, "region")
    touch(phone, "touchStart", (x, y - 80))
    touch(phone, "touchStart", (x, y - 80), (x + 50, y - 80))
    touch(phone, "touchEnd")
    assert phone.evaluate("document.querySelector('#clear-region').disabled")


def test_a_phone_shows_all_of_a_tool_at_once_and_the_picture_does_not_jump(phone):
    open_files(phone, EXAMPLES / "eileen-collins.jpg", EXAMPLES / "cat.jpg")
    sizes = set()
    for tool in TOOLS:
        use(phone, tool)
        box = phone.locator("tt-stage").bounding_box()
        sizes.add((box["width"], box["height"]))
        assert phone.evaluate(
            "document.querySelector('#tools').scrollHeight <="
            " document.querySelector('#tools').clientHeight + 1"
        ), tool
    assert len(sizes) == 1
    assert sizes.pop()[1] > 300
    assert phone.locator(".help.touch").first.is_visible() or phone.locator("#where-help").count()
    assert not phone.locator(".help.mouse").first.is_visible()


@pytest.mark.parametrize("size", [(360, 740), (820, 1180), (1440, 900), (3840, 2160)])
def test_nothing_lies_beyond_the_edge_at_any_size(browser, address, size):
    page = window(browser, address, viewport={"width": size[0], "height": size[1]})
    open_files(page, EXAMPLES / "cat.jpg")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert page.locator("tt-stage").bounding_box()["height"] > 0.3 * size[1]
    for tool in TOOLS:
        use(page, tool)
        assert page.evaluate(
            "document.querySelector('#tools').scrollWidth <="
            " document.querySelector('#tools').clientWidth"
        )
    for control in ("#undo", "#save", "#more", "#zoom-full"):
        box = page.locator(control).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size[0]
    page.context.close()


def test_messages_do_not_cover_the_picture_and_reduced_motion_is_kept(browser, address, tmp_path):
    (tmp_path / "notes.jpg").write_text("no picture")
    page = window(browser, address, reduced_motion="reduce")
    open_files(page, EXAMPLES / "cat.jpg")
    before = page.locator("tt-stage").bounding_box()
    page.set_input_files("#files", str(tmp_path / "notes.jpg"))
    page.wait_for_selector("#close-message", state="visible")
    assert page.locator("tt-stage").bounding_box() == before
    assert page.locator("#message").bounding_box()["y"] >= before["y"] + before["height"]
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.reach')).animationName") == "none"
    )
    page.context.close()
