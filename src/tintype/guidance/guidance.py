"""What a person asks of one photograph: dabs of color, a region, a palette, more or less saturation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from tintype.color.bins import ab_histogram, palette_vector
from tintype.color.lab import srgb_to_lab
from tintype.errors import UsageError

Array = NDArray[np.floating[Any]]
Color = str | tuple[int, int, int]


def color_ab(color: Color) -> Array:
    """a* and b* of "#b03060", "crimson" or (176, 48, 96). Raises UsageError if it is no color."""
    try:
        rgb = ImageColor.getrgb(color)[:3] if isinstance(color, str) else color
        values = np.array(rgb, np.float32) / 255
    except (ValueError, TypeError) as error:
        raise UsageError(f"{color!r} is not a color; write it as '#b03060', as a name or as three numbers") from error
    if values.shape != (3,) or values.min() < 0 or values.max() > 1:
        raise UsageError(f"{color!r} is not a color; write it as '#b03060', as a name or as three numbers of 0 to 255")
    return srgb_to_lab(values[None])[0, 1:]


@dataclass(frozen=True)
class Hint:
    """A dab of color. x, y: its middle, in pixels of the upright photograph. color: only its hue and chroma count.
    radius: pixels; None is a hundredth of the photograph's shorter side. sureness: 0..1."""

    x: float
    y: float
    color: Color
    radius: float | None = None
    sureness: float = 1.0

    def __post_init__(self) -> None:
        color_ab(self.color)
        if not 0 < self.sureness <= 1:
            raise UsageError(f"a hint's sureness is above 0 and at most 1, not {self.sureness}")
        if self.radius is not None and self.radius <= 0:
            raise UsageError(f"a hint's radius is above 0, not {self.radius}")


@dataclass(frozen=True)
class Guidance:
    """All that is asked of one photograph; the default asks for nothing.

    region: H×W of the upright photograph, 0 (stays gray) to 1 (is colored). palette: colors to be used, in any order.
    mean_chroma: wished mean of sqrt(a*² + b*²). saturation: factor of all chroma that no hint has set.
    """

    hints: Sequence[Hint] = ()
    region: NDArray[Any] | None = field(default=None, compare=False)
    palette: Sequence[Color] = ()
    mean_chroma: float | None = None
    saturation: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.saturation <= 4:
            raise UsageError(f"saturation is 0 to 4, not {self.saturation}")
        if self.region is not None and self.region.ndim != 2:
            raise UsageError(f"region must be H×W, but has shape {self.region.shape}")

    def palette_wish(self) -> Array | None:
        """The network's `palette` input, K float32, or None where nothing is wished."""
        if not self.palette and self.mean_chroma is None:
            return None
        histogram = ab_histogram(np.stack([color_ab(color) for color in self.palette])) if self.palette else None
        return palette_vector(histogram, self.mean_chroma)


def draw_hints(hints: Sequence[Hint], photo_size: tuple[int, int], size: tuple[int, int]) -> Array:
    """Hints as the network takes them: a map of `size` (H, W) holding a*, b*, sureness (H×W×3 float32), 0 where none is.

    photo_size: (H, W) of the photograph whose pixels the hints count in. Later hints cover earlier ones.
    Raises UsageError for a hint outside of the photograph.
    """
    drawn = np.zeros((*size, 3), np.float32)
    rows = (np.arange(size[0], dtype=np.float32)[:, None] + 0.5) * (photo_size[0] / size[0])
    columns = (np.arange(size[1], dtype=np.float32)[None] + 0.5) * (photo_size[1] / size[1])
    for hint in hints:
        if not (0 <= hint.x <= photo_size[1] and 0 <= hint.y <= photo_size[0]):
            raise UsageError(
                f"a hint at ({hint.x:g}, {hint.y:g}) lies outside of the photograph of {photo_size[1]}×{photo_size[0]}"
            )
        radius = hint.radius if hint.radius is not None else max(1.0, min(photo_size) / 100)
        inside = (rows - hint.y) ** 2 + (columns - hint.x) ** 2 <= radius**2
        nearest = int(np.abs(rows - hint.y).argmin()), int(np.abs(columns - hint.x).argmin())
        inside[nearest] = True
        drawn[inside] = (*color_ab(hint.color), hint.sureness)
    return drawn
