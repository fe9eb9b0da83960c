"""PyAV, or one sentence that says how to install it."""

import importlib
import os
from typing import Any

from tintype.errors import FilmError

__all__ = ["av"]

os.environ.setdefault("SVT_LOG", "1")  # the AV1 encoder tells its configuration otherwise
try:
    av: Any = importlib.import_module("av")
except ImportError as error:
    raise FilmError("films need PyAV: pip install 'tintype[film]'") from error
