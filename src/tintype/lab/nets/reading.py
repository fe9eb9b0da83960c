"""Read tensors from files of others: nothing in them is ever executed."""

import re
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors.torch import load_file

from tintype.errors import ModelError, TintypeError


def read_tensors(file: str | Path, error: type[TintypeError] = ModelError) -> Any:
    """Read a safetensors file, or what PyTorch saved: tensors, numbers, strings and containers.

    Raises `error`, with one sentence, if the file is missing, damaged or holds other objects.
    """
    kind = (
        "safetensors file" if Path(file).suffix.lower() == ".safetensors" else "PyTorch checkpoint"
    )
    try:
        if kind == "safetensors file":
            return load_file(str(file))
        return torch.load(file, map_location="cpu", weights_only=True)
    except OSError as reason:
        raise error(f"{file} cannot be read: {reason.strerror or reason}") from reason
    except UnpicklingError as reason:
        if re.search("unsupported (global|class)", str(reason), re.IGNORECASE):
            raise error(
                f"{file} holds Python objects beside tensors, which could run code, so it is not"
                " read"
            ) from reason
        raise error(f"{file} is not a {kind}, or a damaged one") from reason
    except Exception as reason:  # a damaged archive fails in many ways
        raise error(f"{file} is not a {kind}, or a damaged one") from reason
