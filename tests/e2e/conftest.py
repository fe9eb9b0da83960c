import pytest

from tests.e2e.pages import CHROMIUM, INSECURE_HOST, NO_CHROMIUM, Service, window


@pytest.fixture(scope="session")
def browser(request):
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    play = request.getfixturevalue("play")
    rule = f"--host-resolver-rules=MAP {INSECURE_HOST} 127.0.0.1"
    browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", rule])
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def address(warm_network):
    service = Service("--model", str(warm_network), "--allow-host", INSECURE_HOST)
    yield service.address
    service.stop()


@pytest.fixture
def page(browser, address):
    page = window(browser, address)
    page.select_option("#model", "default", force=True)
    yield page
    page.context.close()
    assert page.problems == []
