"""Hints and strokes: colors at places of a photograph."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field, WithJsonSchema

from tintype.guidance.colors import Color
from tintype.guidance.schema import Several, schema, validate

DEFAULT_RADIUS = 0.01
"""Of a hint, as a share of the shorter side."""
DEFAULT_WIDTH = 0.02
"""Of a stroke, as a share of the shorter side."""
MAX_POINTS = 10_000
"""Of one stroke or polygon."""


def python_number(value: Any) -> Any:
    """A scalar of NumPy as a number of Python; anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


PYTHON_NUMBER = BeforeValidator(python_number)
"""Stands last in an annotation, so that JSON Schema has the range before it."""
Share = Annotated[float, Field(ge=0, le=1, strict=True), PYTHON_NUMBER]
PositiveShare = Annotated[float, Field(gt=0, le=1, strict=True), PYTHON_NUMBER]
Point = Annotated[
    tuple[Share, Share],
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "number", "minimum": 0, "maximum": 1},
            "minItems": 2,
            "maxItems": 2,
        }
    ),
]
"""x and y, as shares (0..1) of the width and the height of the upright photograph."""
Reach = Literal["place", "thing", "alike"]
"""How far a color spreads: to its surroundings, within the thing that it lies on, or to all that
looks like it."""


def check_point(point: Sequence[float], name: str) -> Point:
    """A point within the photograph. Raises UsageError."""
    return validate(Point, point, name)  # type: ignore[no-any-return]


@schema
class Hint:
    """A dab of color.

    x, y: its center, as shares of the upright photograph's width and height. color: only its hue
    and chroma count. radius: as a share of the shorter side; by default a hundredth. confidence: 1
    for exactly this color; less lets the network differ. reach: how far the color spreads: to its
    surroundings, within the object, or to all that looks alike.
    """

    x: Share
    y: Share
    color: Color
    radius: PositiveShare | None = None
    confidence: PositiveShare = 1.0
    reach: Reach = "thing"


@schema
class Stroke:
    """A line of color.

    points: x and y of each, as shares of the upright photograph's width and height. color: only its
    hue and chroma count. width: as a share of the shorter side; by default a fiftieth. confidence,
    reach: as of a hint.
    """

    points: Annotated[Several[Point], Field(min_length=1, max_length=MAX_POINTS)]
    color: Color
    width: PositiveShare | None = None
    confidence: PositiveShare = 1.0
    reach: Reach = "thing"
