"""A second device joins with a link that is good once."""

import time

import pytest
from fastapi.testclient import TestClient

from tests.pictures import EXAMPLES
from tintype.web import create_app
from tintype.web.address import Address
from tintype.web.pairing import CODE_SECONDS, Pairings
from tintype.web.problems import NoPairingError

TOKEN = {"Authorization": "Bearer secret"}


@pytest.fixture(scope="module")
def guarded():
    service = create_app(token="secret", hosts=["*"], public="http://192.0.2.7:8000/")
    with TestClient(service) as client:
        yield client


def code_of(pairing) -> str:
    return pairing["link"].partition("#pair=")[2]


def test_a_link_brings_token_photograph_and_guidance_once(guarded):
    data = (EXAMPLES / "cat.jpg").read_bytes()
    opened = guarded.post("/api/v1/photos?name=cat.jpg", content=data, headers=TOKEN).json()
    body = {"photo": opened["id"], "guidance": {"tintype": 1, "saturation": 0.5}}
    body |= {"model": "fast", "recolor": True}
    asked = guarded.post("/api/v1/pairings", json=body, headers=TOKEN)
    assert asked.status_code == 201
    assert asked.json()["picture"].startswith("<svg")
    joined = guarded.post(f"/api/v1/pairings/{code_of(asked.json())}").json()
    assert joined["token"] == "secret" and joined["name"] == "cat.jpg"
    assert joined["guidance"]["saturation"] == 0.5
    assert joined["model"] == "fast" and joined["recolor"] is True
    source = guarded.get(f"/api/v1/photos/{joined['photo']}/source", headers=TOKEN)
    assert source.content == data
    again = guarded.post(f"/api/v1/pairings/{code_of(asked.json())}")
    assert again.status_code == 404 and again.json()["code"] == "no-such-pairing"


def test_nobody_without_the_token_makes_a_link(guarded):
    assert guarded.post("/api/v1/pairings", json={}).status_code == 401


def test_a_link_made_on_this_machine_names_its_address_in_the_network(guarded):
    here = guarded.post("/api/v1/pairings", json={}, headers={**TOKEN, "Host": "127.0.0.1:8000"})
    assert here.json()["link"].startswith("http://192.0.2.7:8000/#pair=")
    elsewhere = guarded.post(
        "/api/v1/pairings", json={}, headers={**TOKEN, "Host": "photos.example:81"}
    )
    assert elsewhere.json()["link"].startswith("http://photos.example:81/#pair=")


def test_a_service_that_only_this_machine_reaches_says_how_phones_reach_it():
    with TestClient(create_app(), base_url="http://127.0.0.1:8000") as client:
        refused = client.post("/api/v1/pairings", json={})
    assert refused.status_code == 409 and refused.json()["code"] == "unreachable"
    assert "tintype serve --lan" in refused.json()["detail"]


def test_a_link_expires_and_the_oldest_of_many_goes(monkeypatch):
    pairings = Pairings(None)
    links = [pairings.offer("http://a/") for _ in range(65)]
    with pytest.raises(NoPairingError):
        pairings.redeem(links[0].partition("=")[2])
    late = time.monotonic() + CODE_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: late)
    with pytest.raises(NoPairingError, match="too old"):
        pairings.redeem(links[-1].partition("=")[2])


def test_addresses_of_a_service():
    assert Address("127.0.0.1", 80).public is None
    assert Address("0.0.0.0", 80).own == "http://127.0.0.1:80/"
    assert Address("::", 80, True).own == "https://[::1]:80/"
    assert Address("192.0.2.9", 80).public == Address("192.0.2.9", 80).own
    assert {"localhost", "127.0.0.1", "192.0.2.9"} <= set(Address("192.0.2.9", 80).names)
