"""Frozen values that are validated when they are made and when they are read from JSON; their
errors as sentences."""

import difflib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, fields
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

import numpy as np
from pydantic import ConfigDict, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass
from pydantic_core import ArgsKwargs

from tintype.errors import UsageError

T = TypeVar("T")
if TYPE_CHECKING:
    Several = Sequence
else:

    class Several:
        """A field of several values: lists are taken, and kept as tuples, which can be hashed."""

        def __class_getitem__(cls, kind: Any) -> Any:
            return tuple[kind, ...]


CONFIG = ConfigDict(extra="forbid", allow_inf_nan=False)
EXPECTED = {
    "bool_type": "true or false",
    "float_type": "a number",
    "finite_number": "a finite number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "tuple_type": "a list",
    "list_type": "a list",
    "dataclass_type": "a {class_name} (in JSON an object)",
}
"""What a value must be, by pydantic's type of error; for other types pydantic says it."""


def check_names(given: Iterable[Any], names: Sequence[str], what: str) -> None:
    """Raises UsageError with a suggestion for a name that is none of these. what: it is called."""
    for name in given:
        if name not in names:
            close = difflib.get_close_matches(str(name), names, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise UsageError(f"{what} {name!r}{hint}")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def schema(kind: type[T]) -> type[T]:
    """Class decorator: a frozen pydantic dataclass whose constructor raises UsageError."""

    def refuse_unknown_keys(cls: type[T], value: Any) -> Any:
        given = value.kwargs or {} if isinstance(value, ArgsKwargs) else value
        check_names(given if isinstance(given, Mapping) else (), names, "unknown key")
        return value

    before: Any = classmethod(refuse_unknown_keys)
    kind._refuse_unknown_keys = model_validator(mode="before")(before)  # type: ignore[attr-defined]
    made: Any = dataclass(frozen=True, config=CONFIG)(kind)
    names = [each.name for each in fields(made)]
    construct: Callable[..., None] = made.__init__

    @wraps(construct)
    def validated(self: T, *positional: Any, **named: Any) -> None:
        try:
            construct(self, *positional, **named)
        except ValidationError as error:
            raise UsageError(explain(error.errors(), "", kind.__name__, names)) from error

    made.__init__ = validated
    return made  # type: ignore[no-any-return]


def parse_json(text: str | bytes, name: str) -> Any:
    """JSON as Python values. Raises UsageError with line and column where `name` is not JSON."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(
            f"{name} is not valid JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        ) from error
    except (ValueError, RecursionError) as error:  # such as numbers of thousands of digits
        raise UsageError(f"{name} is not valid JSON") from error


def validate(kind: Any, value: Any, name: str) -> Any:
    """A value, such as parsed JSON, as `kind`: a schema or an annotated type. Raises UsageError."""
    try:
        return adapter(kind).validate_python(value)
    except ValidationError as error:
        raise UsageError(explain(error.errors(), name)) from error


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """What validates values of a type and writes them as JSON."""
    return TypeAdapter(kind)


def explain(
    errors: Sequence[Any], name: str, kind: str = "it", positional: Sequence[str] = ()
) -> str:
    """Pydantic's first error as a sentence.

    name: of the whole value; "": it needs none. kind: what it is called without one. positional:
    names of a constructor's arguments.
    """
    first = errors[0]
    path = list(first["loc"])
    if path and isinstance(path[0], int) and positional:
        path[0] = positional[path[0]]
    if first["type"] == "missing":
        parent = first["loc"][:-1]
        missing = [each["loc"] for each in errors if each["type"] == "missing"]
        lacking = [_place(place[-1:], "") for place in missing if place[:-1] == parent]
        return f"{_place(path[:-1], name) or kind} lacks {' and '.join(lacking)}"
    place, text = _place(path, name), str(first["msg"])
    if first["type"] == "value_error":
        return ": ".join(filter(None, (place, text.removeprefix("Value error, "))))
    subject, _, expected = text.partition(" should ")
    if subject != "Input":  # such as "Tuple should have at most 64 items after validation, not 65"
        return f"{place} must {expected.replace(' after validation', '')}"
    expected = EXPECTED.get(first["type"], expected.removeprefix("be "))
    expected = expected.format_map(first.get("ctx", {}))
    return f"{place or kind} must be {expected}, not {_shown(first['input'])}"


def _place(path: Sequence[str | int], name: str) -> str:
    """Such as "x of hint 1 of the guidance"."""
    parts: list[str] = []
    for k, step in enumerate(path):
        if isinstance(step, str):
            parts.append(step)
        elif k and isinstance(path[k - 1], str):
            parts[-1] = f"{parts[-1].removesuffix('s')} {step + 1}"
        else:
            parts.append(f"number {step + 1}")
    return " of ".join([*reversed(parts), *filter(None, [name])])


def _shown(value: Any) -> str:
    return repr(value.item() if isinstance(value, np.generic) else value)[:40]
