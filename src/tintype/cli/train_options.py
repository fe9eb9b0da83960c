"""The options of `tintype train`, and those that it shares with `export` and `probe`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tintype.errors import UsageError, how_to_install


@contextmanager
def needing_train() -> Iterator[None]:
    """Turns a failed import of the extra `train` into a UsageError that says how to install it."""
    try:
        yield
    except ImportError as error:
        raise UsageError(
            f"training needs PyTorch; {how_to_install('train')} ({error.name} is missing)"
        ) from error


TEACHER = (
    "A pre-trained classifier for losses and encoders: efficientnet_lite1:FILE or"
    " mobilenet_v2:FILE."
)
TrustCode = Annotated[
    bool,
    typer.Option(
        "--trust-code", help="Allow the run to import its own network (module:Class), as code."
    ),
]
Recipe = Annotated[str, typer.Argument(help="A recipe's name, or a YAML file.")]
Data = Annotated[
    list[Path], typer.Option(help="Folders of photographs or tar shards; may be repeated.")
]
Output = Annotated[Path, typer.Option("-o", "--output", help="The run's folder.")]
Validation = Annotated[
    list[Path] | None, typer.Option(help="Held-out photographs; may be repeated.")
]
Labels = Annotated[
    list[Path] | None,
    typer.Option(help="Folders or shards of label maps of things and people; may be repeated."),
]
Teacher = Annotated[str, typer.Option(metavar="KIND:FILE", help=TEACHER)]
Steps = Annotated[
    int | None, typer.Option(min=0, help="Save and stop at this step, before the recipe's end.")
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Override a key of the recipe; may be repeated."
    ),
]
Minutes = Annotated[
    float | None, typer.Option(min=0, help="Save and stop after this time; --resume continues.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Continue the run in the folder.")]
Devices = Annotated[int, typer.Option(min=1, help="Processes or GPUs.")]
Strategy = Annotated[str, typer.Option(help="auto, ddp or fsdp.")]
Precision = Annotated[str, typer.Option(help="32-true, bf16-mixed or 16-mixed.")]
