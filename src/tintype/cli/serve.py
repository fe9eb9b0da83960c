"""`tintype serve`: the page in a browser, and the same service for programs."""

import contextlib
import logging
import secrets
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from rich.console import Console

from tintype.cli import options, serve_options
from tintype.cli.consoles import notes

if TYPE_CHECKING:
    from tintype.web.address import Address
    from tintype.web.https import Certificate
    from tintype.web.pairing import Pairings

EPILOG = """Examples:\n
  tintype serve\n
  tintype serve --app\n
  tintype serve --menu\n
  tintype serve --lan\n
  tintype serve --model runs/a.onnx --port 9000 --no-browser\n
  curl --data-binary @photo.jpg http://127.0.0.1:8000/api/v1/colorize > photo.color.jpg"""


def serve(
    model: serve_options.Models = None,
    host: serve_options.Host = "127.0.0.1",
    port: serve_options.Port = 8000,
    device: options.Device = "auto",
    browser: serve_options.Browser = True,
    allow_host: serve_options.AllowHost = None,
    app: serve_options.App = False,
    menu: serve_options.Menu = False,
    lan: serve_options.Lan = False,
    token: serve_options.Token = None,
    https: serve_options.Https = False,
    certificate: serve_options.CertificateFile = None,
    key: serve_options.Key = None,
    workers: options.Workers = 2,
    max_pixels: serve_options.MaxPixels = 200,
    max_upload: serve_options.MaxUpload = 300,
    log: serve_options.Log = False,
) -> None:
    """Color photographs in the browser: drop them in, dab colors on, save them. Nothing leaves this
    machine."""
    from tintype.web import create_app
    from tintype.web.address import ANY, Address
    from tintype.web.desktop import add_to_menu, is_running, show_page
    from tintype.web.guard import LOCAL
    from tintype.web.limits import MEGABYTE, Limits
    from tintype.web.server import listen
    from tintype.web.server import serve as run

    console = notes()
    if menu:
        console.print(f"Tintype is in the start menu ({add_to_menu()})", markup=False)
        return
    if lan:
        host = next(iter(ANY)) if Address(host, port).is_local else host
        token = token or secrets.token_urlsafe(16)
    fragment = f"#token={quote(token, safe='')}" if token else ""
    there = Address(host, port, https or certificate is not None)
    if app and is_running(there.own):  # a second click in the start menu
        show_page(there.own + fragment, window=True)
        return
    pair = _certificate(there.names, certificate, key) if there.secure else None
    listener = listen(host, port, app)
    there = replace(there, port=listener.getsockname()[1])
    if log:
        _log_requests()
    upload, pixels = round(max_upload * MEGABYTE), round(max_pixels * 1e6)
    at_once = max(2 * upload, 64 * MEGABYTE)
    limits = Limits(upload=upload, pixels=pixels, workers=workers, at_once=at_once)
    hosts = [*LOCAL, *(allow_host or [])] if there.is_local else ["*"]
    service = create_app(model or [], device, hosts, limits, token, there.public)
    _print_address(console, there, bool(token), pair if certificate is None else None)
    if lan:
        _print_link(console, there.public, service.state.service.pairings)
    beside = (lambda: show_page(there.own + fragment, app)) if browser or app else None
    with contextlib.suppress(KeyboardInterrupt):  # how one stops it, and no failure
        run(service, listener, limits, beside, pair)


def _certificate(names: list[str], certificate: Path | None, key: Path | None) -> "Certificate":
    """The user's own certificate, or one that is made here."""
    from tintype.web.https import Certificate, make_certificate

    pair = make_certificate(names) if certificate is None else Certificate(certificate, key)
    pair.check()
    return pair


def _log_requests() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    logging.getLogger("tintype.web").setLevel(logging.INFO)


def _print_address(
    console: Console, there: "Address", has_token: bool, made: "Certificate | None"
) -> None:
    """made: the certificate, if it was made here."""
    # without the token: others may read the log that this becomes
    console.print(f"Tintype is at {there.own}  (Ctrl-C stops it)", markup=False)
    if made is not None:
        console.print(f"Its certificate's fingerprint (SHA-256): {made.fingerprint}")
    if there.is_local:
        return
    sentences = ["Every machine that can reach this one may use it"]
    sentences[0] += " with the token." if has_token else "; set --token, or listen on 127.0.0.1."
    if not there.secure:
        sentences.append("Photographs travel unencrypted; use --https or a reverse proxy with TLS.")
    console.print(" ".join(sentences), markup=False)


def _print_link(console: Console, public: str | None, pairings: "Pairings") -> None:
    """How a telephone gets there. The link may stand in a log: it is good once, and not for
    long."""
    from tintype.web.pairing import CODE_SECONDS, print_code

    if public is None:
        console.print("This machine is in no network that others could reach it by.")
        return
    link = pairings.offer(public)
    console.print(
        f"On a phone in this network: {link}  (good once, for {CODE_SECONDS // 60} minutes; the"
        " page makes new ones)",
        markup=False,
    )
    if console.is_terminal:
        console.print(print_code(link), markup=False)
