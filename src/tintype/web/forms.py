"""What a page asks for and is told, as JSON."""

import base64
import binascii
import io
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from tintype.errors import UsageError
from tintype.guidance import Guidance, Hint, Region

MOST_HINTS = 2000


class HintForm(BaseModel):
    """A dab of color: its middle and radius in pixels of the upright photograph, its color as "#b03060" or a name."""

    model_config = ConfigDict(extra="forbid")

    x: float
    y: float
    color: str
    radius: float | None = None
    confidence: float = 1.0


class GuidanceForm(BaseModel):
    """All that is asked of one photograph; what is left out is not asked for.

    region: a picture of any size, base64-coded, white where color is wanted and black where the photograph stays gray.
    """

    model_config = ConfigDict(extra="forbid")

    hints: list[HintForm] = Field(default=[], max_length=MOST_HINTS)
    region: str | None = None
    palette: list[str] = Field(default=[], max_length=64)
    mean_chroma: float | None = None
    saturation: float = 1.0

    def guidance(self, size: tuple[int, int], shown: tuple[int, int]) -> Guidance:
        """The same for a copy of the photograph. size: (H, W) that the hints count in; shown: (H, W) of the copy.

        Raises UsageError for a region that is no picture, and for values out of their range.
        """
        side = min(size)
        hints = [
            Hint(
                min(max(hint.x / size[1], 0.0), 1.0),
                min(max(hint.y / size[0], 0.0), 1.0),
                hint.color,
                None if hint.radius is None else min(hint.radius / side, 1.0),
                hint.confidence,
            )
            for hint in self.hints
        ]
        region = None if self.region is None else Region.from_mask(decode_region(self.region, shown))
        return Guidance(tuple(hints), (), region, None, tuple(self.palette), self.mean_chroma, self.saturation)


class OpenedForm(BaseModel):
    """A photograph that is open: its upright size in pixels, and how many pages its file has."""

    id: str
    name: str
    width: int
    height: int
    pages: int


class ModelForm(BaseModel):
    """A network that is there. listens_to: which of hint, region and palette it takes."""

    name: str
    system: str
    size: int
    listens_to: list[str]


def decode_region(coded: str, size: tuple[int, int]) -> NDArray[Any]:
    """A base64-coded picture as a mask of (H, W), uint8. Raises UsageError."""
    try:
        mask = Image.open(io.BytesIO(base64.b64decode(coded, validate=True))).convert("L")
    except (binascii.Error, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UsageError("the region is not a base64-coded picture") from error
    return np.asarray(cv2.resize(np.asarray(mask), size[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
