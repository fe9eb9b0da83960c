"""PyAV, or one sentence that says how to install it."""

import importlib
import os
from typing import Any

from tintype.errors import FilmError, how_to_install

__all__ = ["av"]

os.environ.setdefault("SVT_LOG", "1")  # the AV1 encoder tells its configuration otherwise
try:
    av: Any = importlib.import_module("av")
except ImportError as error:
    raise FilmError(f"films need PyAV; {how_to_install('film')}") from error
