"""`tintype serve`: the page in a browser, and the same service for programs."""

import contextlib
import socket
import threading
import webbrowser
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tintype.errors import TintypeError

EPILOG = """Examples:\n
  tintype serve\n
  tintype serve --model runs/a.onnx --port 9000 --no-browser\n
  curl --data-binary @photo.jpg http://127.0.0.1:8000/api/colorize > photo.color.jpg"""


def serve(
    model: Annotated[list[Path] | None, typer.Option(help="An ONNX file to offer as well; can be given again.")] = None,
    host: Annotated[str, typer.Option(help="0.0.0.0 lets other machines in; anyone who reaches it may use it.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8000,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, coreml, directml or openvino.")] = "auto",
    browser: Annotated[bool, typer.Option(help="Open the page.")] = True,
) -> None:
    """Color photographs in a page of the browser: drop them in, dab colors on, save them. Nothing leaves this machine."""
    import uvicorn

    from tintype.web import create_app
    from tintype.web.app import LOCAL

    local = host in ("localhost", "127.0.0.1", "::1")
    app = create_app(model or [], device, LOCAL if local else ["*"])
    listener = listen(host, port)
    address = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{listener.getsockname()[1]}"
    Console(stderr=True).print(f"Tintype is at {address}  (Ctrl-C stops it)", highlight=False)
    if browser:
        threading.Timer(0.5, webbrowser.open, [address]).start()
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3))
    with contextlib.suppress(KeyboardInterrupt):  # how one stops it, and no failure
        server.run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises TintypeError if the address is taken or not this machine's."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        taken = "is taken; choose another with --port, or --port 0 for any that is free"
        reason = taken if error.errno in (48, 98, 10048) else f"cannot be used ({error.strerror or error})"
        raise TintypeError(f"{host}:{port} {reason}") from error


serve.__doc__ = f"{serve.__doc__}\n\n{EPILOG}"
