"""The options of `tintype serve`."""

from pathlib import Path
from typing import Annotated

import typer

Models = Annotated[
    list[Path] | None, typer.Option(help="An ONNX file to offer as well; may be repeated.")
]
Host = Annotated[
    str,
    typer.Option(
        help="Address to listen on; 0.0.0.0 admits every machine that can reach this one."
    ),
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="0: any free port.")]
Browser = Annotated[bool, typer.Option(help="Open the page in the browser.")]
AllowHost = Annotated[
    list[str] | None,
    typer.Option(
        help="A host name to answer to as well, as behind a reverse proxy; may be repeated."
    ),
]
App = Annotated[
    bool,
    typer.Option(
        "--app",
        help=(
            "Open the page in a window of its own (Chromium, Chrome or Edge); closing it stops"
            " Tintype."
        ),
    ),
]
Menu = Annotated[bool, typer.Option("--menu", help="Add Tintype to the start menu and exit.")]
Lan = Annotated[
    bool,
    typer.Option(
        "--lan",
        help=(
            "Admit phones and other machines in this network, with a token; a QR code leads them"
            " there."
        ),
    ),
]
Https = Annotated[
    bool,
    typer.Option(
        "--https", help="Encrypt, with a certificate that is made here unless one is given."
    ),
]
CertificateFile = Annotated[
    Path | None, typer.Option("--certificate", help="A certificate (PEM) for HTTPS.")
]
Key = Annotated[
    Path | None, typer.Option(help="The certificate's key, unless its own file holds it.")
]
Token = Annotated[
    str | None,
    typer.Option(envvar="TINTYPE_TOKEN", help="Access token that every request must carry."),
]
MaxPixels = Annotated[
    float, typer.Option(min=0.01, max=600, help="Largest picture accepted, megapixels.")
]
MaxUpload = Annotated[float, typer.Option(min=0.01, max=4096, help="Largest file accepted, MB.")]
Log = Annotated[bool, typer.Option("--log", help="Log each request: its route, sizes and time.")]
