"""Choices instead of settings: first colorings side by side, likely colors, other colorings,
history and versions."""

import numpy as np
from PIL import Image

from tests.e2e.pages import (
    at,
    drag,
    needs_chromium,
    open_files,
    seen,
    settle,
    until,
    use,
    window,
)
from tests.pictures import EXAMPLES

pytestmark = needs_chromium


def test_three_first_colorings_are_offered_once_and_remembered(browser, address):
    page = window(browser, address, coloring=None)
    page.set_input_files("#files", str(EXAMPLES / "coffee.jpg"))
    page.wait_for_selector(".card.colored:nth-child(3)")
    assert page.locator(".card").all_inner_texts() == ["Calm", "Natural", "Vivid"]
    boxes = [card.bounding_box() for card in page.locator(".card").all()]
    gallery = page.locator("#cards").bounding_box()
    assert all(box["y"] + box["height"] <= gallery["y"] + gallery["height"] for box in boxes)
    page.locator(".card button").nth(2).focus()
    page.keyboard.press("Enter")
    settle(page)
    assert page.inner_text("#saturation-value") == "1.4"
    assert page.is_disabled("#undo")  # it is how the photograph begins, and no step
    assert "not saved" not in page.inner_text("#message")
    open_files(page, EXAMPLES / "cat.jpg")
    until(page, "document.querySelector('#file-name').textContent === 'cat.jpg'")
    settle(page)
    assert not page.is_visible("#gallery")
    assert page.inner_text("#saturation-value") == "1.4"
    page.context.close()


def test_tones_of_a_dark_scan_are_stretched_by_a_button(page, tmp_path):
    dark = np.asarray(Image.open(EXAMPLES / "cat.jpg").convert("L")) // 4
    Image.fromarray(dark).save(tmp_path / "dark.png")
    open_files(page, tmp_path / "dark.png")
    assert seen(page)[..., 0].max() < 30
    page.click("#tone")
    settle(page)
    assert page.get_attribute("#tone", "aria-pressed") == "true"
    assert seen(page)[..., 0].max() > 95
    page.keyboard.press("Control+z")
    settle(page)
    assert seen(page)[..., 0].max() < 30


def test_the_color_brush_draws_strokes_that_are_chosen_changed_and_copied(page):
    open_files(page, EXAMPLES / "coffee.jpg", EXAMPLES / "cat.jpg")
    page.click("#strip button:nth-child(1)")
    use(page, "dab")
    page.check("input[name=mark][value=strokes]", force=True)
    page.click("[aria-label=sky]")
    drag(page, at(page, 0.1, 0.1), at(page, 0.5, 0.1))
    settle(page)
    stroke = page.locator(".stroke")
    assert stroke.get_attribute("aria-label").startswith("Stroke 1, sky blue")
    painted = seen(page)
    height, width = painted.shape[:2]
    along = np.s_[int(0.095 * height) : int(0.105 * height), int(0.15 * width) : int(0.45 * width)]
    assert painted[along][..., 2].mean() < -5
    page.locator("#confidence").fill("0.1")
    settle(page)
    assert seen(page)[along][..., 2].mean() > painted[along][..., 2].mean() + 1
    page.keyboard.press("Control+c")
    page.click("#strip button:nth-child(2)")
    page.keyboard.press("Control+v")
    settle(page)
    assert stroke.count() == 1
    stroke.focus()
    page.keyboard.press("Delete")
    assert stroke.count() == 0
    assert page.evaluate("document.activeElement.tagName") == "TT-STAGE"


def test_holding_the_button_shows_the_original_in_every_tool(page):
    open_files(page, EXAMPLES / "cat.jpg")
    visibility = "getComputedStyle(document.querySelector('.pane.color')).visibility"
    box = page.locator("#before").bounding_box()
    for tool in ("look", "dab", "region", "looks"):
        use(page, tool)
        page.mouse.move(box["x"] + 8, box["y"] + 8)
        page.mouse.down()
        assert page.evaluate(visibility) == "hidden", tool
        page.mouse.up()
        assert page.evaluate(visibility) == "visible", tool
    page.mouse.move(*at(page, 0.5, 0.5))  # in Style the picture itself can be held, too
    page.mouse.down()
    until(page, f"{visibility} === 'hidden'")
    page.mouse.up()
    assert page.evaluate(visibility) == "visible"


def test_other_colorings_the_history_and_versions_lead_back_and_forth(page):
    open_files(page, EXAMPLES / "coffee.jpg")
    plain = seen(page)
    use(page, "looks")
    page.click("#vary")
    until(page, "!document.querySelector('.card:not(.colored)')")
    assert 4 <= page.locator(".card").count() <= 9
    use(page, "dab")
    assert page.locator("#gallery").is_hidden()
    use(page, "looks")
    page.click("#vary")
    until(page, "!document.querySelector('.card:not(.colored)')")
    page.click("#gallery-more")
    page.click(".card:nth-child(3) button")
    settle(page)
    varied = seen(page)
    assert np.abs(varied - plain).max() > 10
    page.click("#colorings button:has-text('Vivid')")
    page.click("#history")
    assert page.locator("#step-list button").all_inner_texts() == [
        "Opened",
        "Other coloring",
        "Vividness 1.4",
    ]
    page.click("#keep-version")
    page.click("#step-list button >> nth=1")
    page.keyboard.press("Escape")
    settle(page)
    assert np.abs(seen(page) - varied).max() < 0.5
    page.click("#history")
    page.click("#show-versions")
    page.fill(".card:nth-child(2) input", "for Aunt Clara")
    page.keyboard.press("Tab")
    page.click(".card:nth-child(2) .take")
    settle(page)
    assert page.inner_text("#saturation-value") == "1.4"
    page.click("#history")
    page.click("#show-versions")
    assert page.input_value(".card:nth-child(2) input") == "for Aunt Clara"
    page.click(".card:nth-child(2) .close")
    assert page.locator(".card").count() == 1


def test_parts_of_people_are_areas_and_take_colors(page):
    open_files(page, EXAMPLES / "eileen-collins.jpg")
    plain = seen(page)
    use(page, "region")
    page.check("input[name=where][value=hair]", force=True)
    settle(page)
    hair = np.linalg.norm(seen(page)[..., 1:], axis=-1) > 4
    assert 0.01 < hair.mean() < 0.2
    for _ in range(2):
        page.click("#where label:has-text('Sky')")
        until(page, "document.querySelector('#message').textContent.includes('no sky can be')")
        page.click("#close-message")
        page.click("#clear-region")
        settle(page)
    use(page, "dab")
    page.check("input[name=mark][value=parts]", force=True)
    page.click("[aria-label=sky]")
    page.click("[data-part=hair]")
    settle(page)
    change = seen(page)[..., 2] - plain[..., 2]
    assert change[hair].mean() < change[~hair].mean() - 15
    assert page.get_attribute("[data-part=hair]", "aria-pressed") == "true"
    page.click("[data-part=hair]")
    settle(page)
    assert np.abs(seen(page) - plain).max() < 0.5
