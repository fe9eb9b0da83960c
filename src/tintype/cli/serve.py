"""`tintype serve`: the page in a browser, and the same service for programs."""

import contextlib
import logging

from rich.console import Console

from tintype.cli import serve_options
from tintype.cli.consoles import notes

EPILOG = """Examples:\n
  tintype serve\n
  tintype serve --app\n
  tintype serve --menu\n
  tintype serve --model runs/a.onnx --port 9000 --no-browser\n
  curl --data-binary @photo.jpg http://127.0.0.1:8000/api/v1/colorize > photo.color.jpg"""


def serve(
    model: serve_options.Models = None,
    host: serve_options.Host = "127.0.0.1",
    port: serve_options.Port = 8000,
    device: serve_options.Device = "auto",
    browser: serve_options.Browser = True,
    allow_host: serve_options.AllowHost = None,
    app: serve_options.App = False,
    menu: serve_options.Menu = False,
    token: serve_options.Token = None,
    workers: serve_options.Workers = 2,
    max_pixels: serve_options.MaxPixels = 200,
    max_upload: serve_options.MaxUpload = 300,
    log: serve_options.Log = False,
) -> None:
    """Color photographs in the browser: drop them in, dab colors on, save them. Nothing leaves this
    machine."""
    from tintype.web import create_app
    from tintype.web.app import LOCAL
    from tintype.web.desktop import add_to_menu, is_running, show_page
    from tintype.web.limits import MEGABYTE, Limits
    from tintype.web.server import listen
    from tintype.web.server import serve as run

    console = notes()
    if menu:
        console.print(f"Tintype is in the start menu ({add_to_menu()})", markup=False)
        return
    local = host in ("localhost", "127.0.0.1", "::1")
    shown = _address_of(host)
    key = f"#token={token}" if token else ""
    if app and is_running(f"http://{shown}:{port}/"):  # a second click in the start menu
        show_page(f"http://{shown}:{port}/{key}", window=True)
        return
    listener = listen(host, port, app)
    if log:
        logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
        logging.getLogger("tintype.web").setLevel(logging.INFO)
    upload = round(max_upload * MEGABYTE)
    limits = Limits(
        upload=upload,
        pixels=round(max_pixels * 1e6),
        workers=workers,
        at_once=max(2 * upload, 64 * MEGABYTE),
    )
    service = create_app(
        model or [], device, [*LOCAL, *(allow_host or [])] if local else ["*"], limits, token
    )
    address = f"http://{shown}:{listener.getsockname()[1]}/{key}"
    _print_address(console, address, local, bool(token))
    beside = (lambda: show_page(address, app)) if browser or app else None
    with contextlib.suppress(KeyboardInterrupt):  # how one stops it, and no failure
        run(service, listener, limits.header_seconds, beside)


def _address_of(host: str) -> str:
    """A host as a browser on this machine writes it."""
    if host in ("0.0.0.0", "::"):
        return "127.0.0.1" if host == "0.0.0.0" else "[::1]"
    return f"[{host}]" if ":" in host else host


def _print_address(console: Console, address: str, local: bool, has_token: bool) -> None:
    # without the token: others may read the log that this becomes
    console.print(f"Tintype is at {address.partition('#')[0]}  (Ctrl-C stops it)", markup=False)
    if not local:
        console.print(
            "Every machine that can reach this one may use it"
            + (" with the token" if has_token else "; set --token, or listen on 127.0.0.1")
            + ". Photographs travel unencrypted; put a reverse proxy with TLS before it.",
            markup=False,
        )
