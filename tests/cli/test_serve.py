import socket
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from tintype.cli import app
from tintype.web.limits import MEGABYTE


@pytest.mark.parametrize(("upload", "at_once"), [(300, 600), (100, 200), (10, 64)])
def test_bodies_of_two_uploads_may_come_at_once(monkeypatch, upload, at_once):
    given = {}

    def create_app(models, device, hosts, limits, *more):
        given.update(limits=limits, hosts=hosts)
        return SimpleNamespace()

    monkeypatch.setattr("tintype.web.create_app", create_app)
    monkeypatch.setattr("tintype.web.server.listen", lambda *_: socket.socket())
    monkeypatch.setattr("tintype.web.server.serve", lambda *_: None)
    words = ["serve", "--no-browser", "--max-upload", str(upload), "--max-pixels", "0.5"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    limits = given["limits"]
    assert limits.upload == upload * MEGABYTE
    assert limits.pixels == 500_000
    assert limits.at_once == at_once * MEGABYTE
    assert "*" not in given["hosts"]
