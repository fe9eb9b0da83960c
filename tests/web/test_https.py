"""HTTPS with a certificate of one's own, or one that is made here."""

import ssl
import threading
from urllib.request import urlopen

import pytest

from tintype.errors import UsageError
from tintype.web import create_app
from tintype.web.https import Certificate, make_certificate
from tintype.web.limits import Limits
from tintype.web.server import listen, serve

pytest.importorskip("cryptography")


def test_a_certificate_is_made_once_and_again_for_other_names(tmp_path):
    made = make_certificate(["localhost", "127.0.0.1"], tmp_path)
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0
    assert len(made.fingerprint) == 32 * 3 - 1
    same = make_certificate(["127.0.0.1"], tmp_path)
    assert same.fingerprint == Certificate(tmp_path / "certificate.pem").fingerprint
    first = made.fingerprint
    assert make_certificate(["localhost", "192.0.2.7"], tmp_path).fingerprint != first


def test_the_service_answers_by_https(tmp_path, monkeypatch):
    made = make_certificate(["127.0.0.1"], tmp_path)
    listener = listen("127.0.0.1", 0)
    trusting = ssl.create_default_context(cafile=made.certificate)
    answers = []

    def ask() -> bool:
        address = f"https://127.0.0.1:{listener.getsockname()[1]}/api/v1/health"
        with urlopen(address, timeout=20, context=trusting) as answer:
            answers.append(answer.read())
        return True

    monkeypatch.setattr("signal.signal", lambda *_: None)
    running = threading.Thread(target=serve, args=(create_app(), listener, Limits(), ask, made))
    running.start()
    running.join(60)
    assert not running.is_alive() and b'"status":"ok"' in answers[0]


def test_files_that_are_no_certificate_are_refused_in_a_sentence(tmp_path):
    (tmp_path / "a.pem").write_text("none")
    for pair in (Certificate(tmp_path / "a.pem"), Certificate(tmp_path / "none.pem")):
        with pytest.raises(UsageError, match="cannot be used"):
            pair.check()
