"""What the page keeps in the browser: across reloads, tabs, a full disk, a server that is off."""

import re

from tests.e2e.pages import (
    Service,
    at,
    dab,
    needs_chromium,
    open_files,
    ready,
    settle,
    until,
    use,
    window,
)
from tests.pictures import EXAMPLES

pytestmark = needs_chromium
WRITTEN = "import('/store.js').then((store) => !store.unwritten())"
ALONE = "delete window.BroadcastChannel"


def second_tab(page, script: str | None = None):
    other = page.context.new_page()
    other.set_default_timeout(15_000)
    if script:
        other.add_init_script(script)
    other.goto(page.url)
    ready(other)
    settle(other)
    return other


def dabs(page, count: int) -> None:
    until(page, f"document.querySelectorAll('.dab').length === {count}")


def test_a_reload_colors_nothing_again(page):
    open_files(page, EXAMPLES / "cat.jpg", EXAMPLES / "coffee.jpg")
    until(page, WRITTEN)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    ready(page)
    settle(page)
    page.click("#strip button:nth-child(1)")
    settle(page)
    assert not [url for url in asked if "/preview" in url or re.search(r"/photos/[^/]+$", url)]
    assert page.locator("#strip img[src]").count() == 2


def test_two_tabs_see_each_others_work(page):
    open_files(page, EXAMPLES / "cat.jpg")
    until(page, WRITTEN)
    other = second_tab(page)
    for each, place in ((page, 0.3), (other, 0.6)):
        use(each, "dab")
        dab(each, place, 0.5)
        until(each, WRITTEN)
    dabs(page, 2)
    page.reload()
    ready(page)
    use(page, "dab")
    dabs(page, 2)
    open_files(other, EXAMPLES / "coffee.jpg")
    until(page, "document.querySelectorAll('#strip button').length === 2")
    other.click("#more")
    other.click("#remove")
    until(page, "document.querySelector('#strip').hidden")


def test_what_two_tabs_do_at_once_is_merged_and_undo_brings_the_others_back(page):
    open_files(page, EXAMPLES / "cat.jpg")
    until(page, WRITTEN)
    other = second_tab(page, ALONE)  # it hears of nothing
    use(page, "dab")
    dab(page, 0.3, 0.5)
    until(page, WRITTEN)
    other.locator("#saturation").fill("0.5")
    settle(other)
    until(other, WRITTEN)
    assert other.text_content("#saturation-value") == "0.5"
    other.click("#undo")
    settle(other)
    use(other, "dab")
    dabs(other, 1)


def test_versions_of_tabs_that_work_at_once_are_all_kept(page):
    open_files(page, EXAMPLES / "cat.jpg")
    until(page, WRITTEN)
    other = second_tab(page, ALONE)
    for each, saturation in ((page, "0.5"), (other, "1.5")):
        each.locator("#saturation").fill(saturation)
        settle(each)
        each.click("#history")
        each.click("#keep-version")
        until(each, WRITTEN)
    other.click("#show-versions")
    other.wait_for_selector("#gallery .card:nth-child(3)")
    assert other.locator("#gallery .card").count() == 3  # as it is now, and both


def test_a_browser_without_room_says_so_at_once(page):
    session = page.context.new_cdp_session(page)
    quota = {"origin": re.match(r"https?://[^/]+", page.url).group(), "quotaSize": 20_000}
    session.send("Storage.overrideQuotaForOrigin", quota)
    page.set_input_files("#files", str(EXAMPLES / "cat.jpg"))
    until(page, "document.querySelector('#message').textContent.includes('no room left')")
    settle(page)
    until(page, "import('/store.js').then((store) => store.unwritten())")
    session.send("Storage.overrideQuotaForOrigin", {"origin": quota["origin"]})
    page.locator("#saturation").fill("0.5")
    settle(page)
    until(page, WRITTEN)
    page.reload()
    ready(page)
    assert page.text_content("#file-name") == "cat.jpg"


def test_a_browser_that_keeps_nothing_says_so_and_colors(browser, address):
    context = browser.new_context()
    context.add_init_script(
        """for (const name of ["localStorage", "indexedDB"])
             Object.defineProperty(window, name, {get() {
               throw new DOMException("Access is denied for this document.", "SecurityError");
             }});"""
    )
    page = context.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(address)
    ready(page)
    page.set_input_files("#files", str(EXAMPLES / "cat.jpg"))
    page.wait_for_selector(".card.colored:nth-child(3)")
    assert "does not keep your work" in page.inner_text("#message")
    page.click(".card:nth-child(1) .take")
    settle(page)
    page.set_input_files("#files", str(EXAMPLES / "coffee.jpg"))
    until(page, "document.querySelector('#file-name').textContent === 'coffee.jpg'")
    settle(page)
    assert page.inner_text("#saturation-value") == "0.7" and page.locator("#gallery").is_hidden()
    page.click("#more")
    page.click("#remove")
    until(page, "document.querySelector('#file-name').textContent === 'cat.jpg'")
    assert "does not keep your work" in page.inner_text("#message") and problems == []
    context.close()


def test_a_reload_while_the_server_is_off_says_so_and_loses_nothing(browser):
    first = Service()
    page = window(browser, first.address)
    open_files(page, EXAMPLES / "cat.jpg")
    use(page, "dab")
    dab(page, 0.4, 0.5)
    until(page, WRITTEN)
    until(page, "navigator.serviceWorker.ready.then(() => true)")
    first.stop()
    page.reload()
    until(page, "document.querySelector('#message').textContent.includes('is not running')")
    settle(page)
    use(page, "dab")
    dabs(page, 1)
    again = Service(port=int(first.address.rpartition(":")[2]))
    ready(page)
    page.mouse.click(*at(page, 0.6, 0.6))
    settle(page)
    dabs(page, 2)
    assert page.problems == []
    page.context.close()
    again.stop()


def test_what_another_app_shares_is_opened(page):
    until(page, "navigator.serviceWorker.ready.then(() => true)")
    page.reload()  # now the service worker answers
    ready(page)
    page.evaluate("""async () => {
      const form = new FormData();
      const blob = await (await fetch('example.jpg')).blob();
      form.append('photographs', new File([blob], 'shared one.jpg', { type: 'image/jpeg' }));
      await fetch('/share', { method: 'POST', body: form, redirect: 'manual' });
    }""")
    page.goto(f"{page.url}?shared")
    ready(page)
    settle(page)
    assert page.text_content("#file-name") == "shared one.jpg"
    assert "?" not in page.url
