"""`tintype serve`: the page in a browser, and the same service for programs."""

import contextlib
import logging
from pathlib import Path
from typing import Annotated

import typer

from tintype.cli.consoles import notes

EPILOG = """Examples:\n
  tintype serve\n
  tintype serve --app\n
  tintype serve --menu\n
  tintype serve --model runs/a.onnx --port 9000 --no-browser\n
  curl --data-binary @photo.jpg http://127.0.0.1:8000/api/v1/colorize > photo.color.jpg"""


def serve(
    model: Annotated[
        list[Path] | None, typer.Option(help="An ONNX file to offer as well; may be repeated.")
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen on; 0.0.0.0 admits every machine that can reach this one."
        ),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free port.")] = 8000,
    device: Annotated[
        str,
        typer.Option(help="Where the network runs: auto, cpu, cuda, coreml, directml or openvino."),
    ] = "auto",
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            help="A host name to answer to as well, as behind a reverse proxy; may be repeated."
        ),
    ] = None,
    app: Annotated[
        bool,
        typer.Option(
            "--app",
            help=(
                "Open the page in a window of its own (Chromium, Chrome or Edge); closing it stops"
                " Tintype."
            ),
        ),
    ] = False,
    menu: Annotated[
        bool, typer.Option("--menu", help="Add Tintype to the start menu and exit.")
    ] = False,
    token: Annotated[
        str | None,
        typer.Option(envvar="TINTYPE_TOKEN", help="Access token that every request must carry."),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Photographs colored at the same time.")
    ] = 2,
    max_pixels: Annotated[
        float, typer.Option(min=0.01, max=600, help="Largest picture accepted, megapixels.")
    ] = 200,
    max_upload: Annotated[
        float, typer.Option(min=0.01, max=4096, help="Largest file accepted, MB.")
    ] = 300,
    log: Annotated[
        bool, typer.Option("--log", help="Log each request: its route, sizes and time.")
    ] = False,
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
    shown = (
        "127.0.0.1"
        if host == "0.0.0.0"
        else "[::1]"
        if host == "::"
        else f"[{host}]"
        if ":" in host
        else host
    )
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
    # a log that others read is no place for the token
    console.print(
        f"Tintype is at {address if local else address.partition('#')[0]}  (Ctrl-C stops it)",
        markup=False,
    )
    if not local:
        console.print(
            "Every machine that can reach this one may use it"
            + (" with the token" if token else "; set --token, or listen on 127.0.0.1")
            + ". Photographs travel unencrypted; put a reverse proxy with TLS before it.",
            markup=False,
        )
    beside = (lambda: show_page(address, app)) if browser or app else None
    with contextlib.suppress(KeyboardInterrupt):  # how one stops it, and no failure
        run(service, listener, limits.header_seconds, beside)
