"""Choices instead of settings: first colorings side by side, likely colors, other colorings,
history and versions."""

from tests.e2e.pages import needs_chromium, open_files, settle, until, window
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
