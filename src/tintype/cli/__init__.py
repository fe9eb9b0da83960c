"""The command `tintype`: one file a subcommand, no logic of its own."""

import os
import signal
import sys

import typer
from rich.console import Console

from tintype.cli.archive import archive
from tintype.cli.colorize import EPILOG, colorize
from tintype.cli.compare import compare
from tintype.cli.data import data
from tintype.cli.evaluate import evaluate
from tintype.cli.film import EPILOG as FILM_EPILOG
from tintype.cli.film import film
from tintype.cli.models import models
from tintype.cli.pack import pack, unpack
from tintype.cli.probe import probe
from tintype.cli.serve import EPILOG as SERVE_EPILOG
from tintype.cli.serve import serve
from tintype.cli.study import study
from tintype.cli.suggest import EPILOG as SUGGEST_EPILOG
from tintype.cli.suggest import suggest
from tintype.cli.train import export, train
from tintype.errors import TintypeError, UsageError

app = typer.Typer(
    help="Put color into black-and-white photographs; train, measure and compare the networks that do it.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command, epilog in ((colorize, EPILOG), (suggest, SUGGEST_EPILOG), (film, FILM_EPILOG), (serve, SERVE_EPILOG)):
    app.command(epilog=epilog)(command)
for command in (archive, pack, unpack, evaluate, compare, study, probe, train, export):
    app.command()(command)
app.add_typer(data, name="data")
app.add_typer(models, name="models")


def _version(wanted: bool) -> None:
    if wanted:
        from tintype import __version__

        typer.echo(f"tintype {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Put color into black-and-white photographs; train, measure and compare the networks that do it."""


def main() -> None:
    """Run the command; every error for people becomes one sentence and an exit status, 2 for a wrong call, 1 otherwise."""
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        app()
    except UsageError as error:
        errors.print(f"tintype: {error}", markup=False)
        sys.exit(2)
    except TintypeError as error:
        errors.print(f"tintype: {error}", markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        errors.print("tintype: stopped; what was finished is kept", markup=False)
        sys.exit(128 + signal.SIGINT)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
