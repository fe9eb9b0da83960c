"""`tintype pack` and `tintype unpack`: a photograph's color in a few hundred bytes of a gray file's
metadata, and back."""

from pathlib import Path
from typing import Annotated

import typer

from tintype.cli import options
from tintype.errors import UsageError


def pack(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="A color photograph.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The gray file: .jpg, .png, .webp or .avif.")
    ],
    max_bytes: Annotated[
        int | None,
        typer.Option("--bytes", min=1, help="Largest size of the color code, bytes; default: 250."),
    ] = None,
    psnr: Annotated[
        float | None,
        typer.Option(min=1, help="Instead: the fewest bytes whose colors reach this PSNR, dB."),
    ] = None,
    quality: Annotated[
        int | None,
        typer.Option(
            min=1, max=100, help="Quality of the gray picture; default: the photograph's."
        ),
    ] = None,
    model: Annotated[
        str, typer.Option(help="A network of `tintype models`, an ONNX file, or none.")
    ] = "default",
    device: options.Device = "auto",
) -> None:
    """Write a photograph as a gray file whose metadata carries its color in a compact code. Any
    viewer shows it, in gray.

    Example: tintype pack sunset.jpg -o sunset.tint.jpg --bytes 200
    """
    from tintype.engine.core.network import Network
    from tintype.errors import PhotoError
    from tintype.files import whole_file
    from tintype.pack import KINDS, pack_photo
    from tintype.photo import read_photo

    kind = _format_of(photo, output, "jpg, png, webp or avif")
    if kind not in KINDS:
        raise UsageError(f"a packed photograph is a JPEG, PNG, WebP or AVIF file, not {kind}")
    network = None if model == "none" else Network.load(model, device)
    packed = pack_photo(read_photo(photo), kind, max_bytes, psnr, quality, network)
    with whole_file(output, PhotoError) as file:
        file.write(packed.data)
    part = f", with {model}" if packed.needs_network else ""
    typer.echo(
        f"{output}: {len(packed.data):,} bytes, {len(packed.code)} of them color: {packed.psnr:.1f}"
        f" dB{part}",
        err=True,
    )


def unpack(
    photo: Annotated[
        Path, typer.Argument(metavar="PHOTO", help="A file that `tintype pack` wrote.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The photograph in color.")],
    quality: Annotated[
        int | None,
        typer.Option(min=1, max=100, help="JPEG, WebP or AVIF quality; default: the file's."),
    ] = None,
    model: Annotated[
        str, typer.Option(help="The network that the file was packed with.")
    ] = "default",
    device: options.Device = "auto",
    force: Annotated[
        bool,
        typer.Option("--force", help="Go on without the network that the file was packed with."),
    ] = False,
    label: Annotated[
        bool, typer.Option(help="State in the metadata that a network took part in the color.")
    ] = True,
) -> None:
    """Color a packed photograph by the code that it carries.

    Without the network it was packed with, it is refused, or with --force colored less exactly. A
    damaged code leaves the photograph gray.

    Example: tintype unpack sunset.tint.jpg -o unpacked.jpg
    """
    from tintype import __version__
    from tintype.files import sha256_of
    from tintype.pack import unpack_photo
    from tintype.photo import Label, read_photo, write_photo

    _format_of(photo, output, "jpg")
    unpacked = unpack_photo(read_photo(photo), model, device, force)
    stated = None
    if label and unpacked.network is not None:
        path = unpacked.network.path
        stated = Label(path.stem, __version__, "pack", sha256_of(path))
    write_photo(unpacked.photo, output, quality, output.suffix, stated)
    for note in unpacked.notes:
        typer.echo(f"tintype: {photo}: {note}", err=True)
    if not unpacked.is_colored:
        raise typer.Exit(1)


def _format_of(photo: Path, output: Path, endings: str) -> str:
    """The format that the output's ending names, before any work. Raises UsageError for the
    photograph itself, a folder, and another ending."""
    from tintype.photo import format_named

    if output.exists() and photo.exists() and output.samefile(photo):
        raise UsageError(f"{output} is the photograph itself; choose another name")
    if output.is_dir() or not output.suffix:
        raise UsageError(f"-o {output}: name a file with its ending, such as {endings}")
    return format_named(output.suffix)
