"""The command `tintype`: one file a subcommand; it parses, calls and prints."""

import os
import signal
import sys
from collections.abc import Callable

import typer

from tintype.allocator import keep_memory
from tintype.cli.archive import archive
from tintype.cli.colorize import EPILOG, colorize
from tintype.cli.compare import compare
from tintype.cli.consoles import LOUDNESS, errors
from tintype.cli.data import data
from tintype.cli.evaluate import evaluate
from tintype.cli.export import export
from tintype.cli.film import film
from tintype.cli.film_options import EPILOG as FILM_EPILOG
from tintype.cli.models import models
from tintype.cli.pack import pack, unpack
from tintype.cli.probe import probe
from tintype.cli.serve import EPILOG as SERVE_EPILOG
from tintype.cli.serve import serve
from tintype.cli.study import study
from tintype.cli.suggest import EPILOG as SUGGEST_EPILOG
from tintype.cli.suggest import suggest
from tintype.cli.train import train
from tintype.errors import TintypeError, UsageError

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
PANELS: dict[str, dict[Callable[..., None], str | None]] = {
    "Color": {
        colorize: EPILOG,
        suggest: SUGGEST_EPILOG,
        film: FILM_EPILOG,
        archive: None,
        pack: None,
        unpack: None,
    },
    "Serve": {serve: SERVE_EPILOG},
    "Laboratory": {
        evaluate: None,
        compare: None,
        study: None,
        probe: None,
        train: None,
        export: None,
    },
}
"""The commands in the panels of the help, each with the end of its own help."""
for panel, commands in PANELS.items():
    for command, epilog in commands.items():
        app.command(epilog=epilog, rich_help_panel=panel)(command)
app.add_typer(data, name="data", rich_help_panel="Laboratory")
app.add_typer(models, name="models", rich_help_panel="Laboratory")


def _version(wanted: bool) -> None:
    if wanted:
        from tintype import __version__

        typer.echo(f"tintype {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
    quiet: bool = typer.Option(
        False, "--quiet", "-q", help="Print results and errors only: no progress, no notes."
    ),
    verbose: bool = typer.Option(
        False, "--verbose", "-v", help="With an error, also print where in the program it arose."
    ),
) -> None:
    """Put color into black-and-white photographs; train, measure and compare the networks that do
    it."""
    if quiet and verbose:
        raise UsageError("--quiet and --verbose exclude each other")
    LOUDNESS.update(quiet=quiet, verbose=verbose)


def main() -> None:
    """Run the command; every error for people becomes one sentence and an exit status, 2 for a
    wrong call, 1 otherwise."""
    console = errors()
    keep_memory()
    try:
        app()
    except TintypeError as error:
        if LOUDNESS["verbose"]:
            console.print_exception()
        console.print(f"tintype: {error}", markup=False)
        sys.exit(2 if isinstance(error, UsageError) else 1)
    except KeyboardInterrupt:
        console.print("tintype: stopped; what was finished is kept", markup=False)
        sys.exit(128 + signal.SIGINT)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:  # such as a name that is too long, or a folder without permission
        if LOUDNESS["verbose"]:
            console.print_exception()
        name = "" if error.filename is None else f"{error.filename}: "
        console.print(f"tintype: {name}{error.strerror or error}", markup=False)
        sys.exit(1)
