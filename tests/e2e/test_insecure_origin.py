"""The page over plain HTTP, as a phone in the same network opens it: browsers keep much from it."""

import re

import pytest

from tests.e2e.pages import (
    INSECURE_HOST,
    Service,
    at,
    drop,
    needs_chromium,
    open_files,
    ready,
    settle,
    until,
    use,
    window,
)
from tests.pictures import EXAMPLES, jpeg, pictures
from tintype.photo import is_color, read_photo

pytestmark = needs_chromium


@pytest.fixture
def phone(browser, address):
    page = window(
        browser,
        address.replace("127.0.0.1", INSECURE_HOST),
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
    )
    yield page
    page.context.close()
    assert page.problems == []


def test_the_page_opens_colors_keeps_and_saves_on_an_insecure_origin(phone):
    assert not phone.evaluate("isSecureContext") and not phone.evaluate("'randomUUID' in crypto")
    drop(phone, "main", EXAMPLES / "eileen-collins.jpg")
    settle(phone)
    until(phone, "document.querySelector('#file-name').textContent === 'eileen-collins.jpg'")
    use(phone, "dab")
    phone.touchscreen.tap(*at(phone, 0.5, 0.7))
    settle(phone)
    assert phone.locator(".dab").count() == 1
    with phone.expect_download() as download:
        phone.click("#save")
    assert download.value.suggested_filename == "eileen-collins.color.jpg"
    assert is_color(read_photo(download.value.path()))
    open_files(phone, EXAMPLES / "cat.jpg")
    until(phone, "import('/store.js').then((store) => !store.unwritten())")
    phone.reload()
    ready(phone)
    settle(phone)
    assert phone.locator("#strip button").count() == 2


def test_every_file_of_an_insecure_page_gets_a_key_of_its_own(phone):
    for _ in range(3):
        open_files(phone, EXAMPLES / "cat.jpg")
    assert phone.locator("#strip button").count() == 3


def test_a_phone_goes_on_where_the_computer_was(browser, tmp_path):
    service = Service("--token", "open-sesame", "--allow-host", INSECURE_HOST)
    address = service.address.replace("127.0.0.1", INSECURE_HOST)
    computer = window(browser, f"{address}/#token=open-sesame")
    open_files(computer, EXAMPLES / "cat.jpg")
    computer.locator("#saturation").fill("0.4")
    settle(computer)
    computer.click("#more")
    computer.click("#phone-open")
    computer.wait_for_selector("#phone[open]")
    assert computer.locator("#phone-code").evaluate("each => each.decode().then(() => true)")
    link = computer.get_attribute("#phone-link a", "href")
    phone = window(browser, link, viewport={"width": 390, "height": 844}, has_touch=True)
    until(phone, "document.querySelector('#file-name').textContent === 'cat.jpg'")
    settle(phone)
    assert phone.text_content("#saturation-value") == "0.4"
    assert "#" not in phone.url
    until(phone, "import('/store.js').then((store) => !store.unwritten())")
    phone.reload()
    ready(phone)
    assert phone.text_content("#file-name") == "cat.jpg"
    for page in (computer, phone):
        assert page.problems == []
        page.context.close()
    service.stop()


def test_lan_prints_a_link_that_works_once(browser):
    service = Service("--lan")
    lines = [service.process.stderr.readline() for _ in range(2)]
    link = re.search(r"http://\S+#pair=\S+", "".join(lines))
    if link is None:
        service.stop()
        pytest.skip("this machine is in no network")
    page = window(browser, link.group())
    assert page.locator("#welcome").is_visible() and page.problems == []
    page.context.close()
    second = browser.new_context().new_page()
    questions = []
    second.on("dialog", lambda dialog: (questions.append(dialog.message), dialog.dismiss()))
    second.goto(link.group())
    ready(second)
    assert questions == ["This service needs a token"]
    second.context.close()
    service.stop()


@pytest.mark.parametrize("kind", ["in color", "cut"])
def test_a_phone_goes_on_with_what_was_opened_in_a_special_manner(browser, address, tmp_path, kind):
    photo = tmp_path / "photo.jpg"
    if kind == "cut":
        whole = (EXAMPLES / "cat.jpg").read_bytes()
        photo.write_bytes(whole[: len(whole) // 2])
    else:
        photo.write_bytes(jpeg(pictures()["cat-0"]))
    computer = window(browser, address.replace("127.0.0.1", INSECURE_HOST))
    computer.set_input_files("#files", str(photo))
    computer.click("#recolor" if kind == "in color" else "#failed >> text=Open what is there")
    settle(computer)
    computer.click("#more")
    computer.click("#phone-open")
    computer.wait_for_selector("#phone[open]")
    phone = window(browser, computer.get_attribute("#phone-link a", "href"))
    until(phone, "document.querySelector('#file-name').textContent === 'photo.jpg'")
    settle(phone)
    assert phone.locator("#in-color").is_hidden() and phone.locator("#failures").is_hidden()
    for page in (computer, phone):
        assert page.problems == []
        page.context.close()
