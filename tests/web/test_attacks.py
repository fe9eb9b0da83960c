"""A file whose decoder crashes costs the service one answer."""

from fastapi.testclient import TestClient

from tests.test_isolation import crash, picture
from tintype.photo import isolated
from tintype.web import create_app


def test_the_service_outlives_what_attacks_its_decoder(monkeypatch):
    with TestClient(create_app(hosts=["testserver"])) as client:
        with monkeypatch.context() as patched:
            patched.setattr(isolated._File, "header", crash)
            answer = client.post("/api/v1/colorize", content=picture())
            assert answer.status_code == 422
            assert "crash" in answer.json()["detail"]
        assert client.post("/api/v1/colorize", content=picture()).status_code == 200
