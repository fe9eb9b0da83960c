"""Inputs and outputs of every network: names, shapes, units, and the metadata in a network's file.

Inputs (H and W are multiples of STRIDE): `lightness` N×1×H×W, L* 0..100; `hint` N×3×H×W, a*, b* and
confidence 0..1, 0 where there is none; `region` N×1×H×W, 1 where color is wanted; `palette` N×K,
see `tintype.color.bins.palette_vector`. Outputs: `ab` N×2×h×w, CIELAB units; `saliency` N×1×h×w,
0..1; `ab_logits` N×Q×h×w over the quantized ab gamut; `features` N×C×h×w, the encoder's levels one
after the other, as `feature_channels` counts them; `affinity` N×C×h×w and `parts` N×P×h×w, at
stride 4, what belongs together and the probability of each of the named parts of people
(`tintype.engine.core.segments`). Only `lightness` and `ab` are required. All float32.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from tintype.errors import ModelError

VERSION = "1"
# Property of an ONNX file that holds the version.
KEY = "tintype_contract"
# Pixels of which the height and width of inputs are multiples.
STRIDE = 32
# Cells of the coarse ab histogram, side 20 (`tintype.color.bins.HISTOGRAM_GRID`), that hold an sRGB
# color.
PALETTE_CELLS = 75
# K: shares of the cells, their flag, the mean chroma and its flag.
PALETTE_SIZE = PALETTE_CELLS + 3
# Channels of the inputs that are pictures.
CHANNELS = {"lightness": 1, "hint": 3, "region": 1}
INPUTS = ("lightness", "hint", "region", "palette")
# Outputs that coloring needs, and those that separate objects and people.
COLOR_OUTPUTS = ("ab", "saliency", "ab_logits", "features")
SEGMENT_OUTPUTS = ("affinity", "parts")
OUTPUTS = COLOR_OUTPUTS + SEGMENT_OUTPUTS
# Channels of `affinity`: a key and a query of so many numbers each, then bias, alike bias, decay.
AFFINITY_DIMS = 16
AFFINITY_CHANNELS = 2 * AFFINITY_DIMS + 3
# The parts of people that the shipped network separates from the sky and all else, in the order
# of `parts`.
PARTS = ("background", "skin", "lips", "eyes", "mouth", "hair", "clothes", "sky")
# Divisor of ab for networks that work in about -1..1.
AB_SCALE = 110.0


def input_shape(name: str, n: int, height: int, width: int) -> tuple[int, ...]:
    """The shape of an input."""
    return (n, PALETTE_SIZE) if name == "palette" else (n, CHANNELS[name], height, width)


@dataclass(frozen=True)
class NetworkMetadata:
    """Metadata of a network's file.

    size: the working resolution, about size×size pixels. detail_size: resolution of a second pass
    for foreground objects, for networks that predict saliency. vividness: ab is multiplied by this.
    shape: whether the network sees a photograph in its own shape or squashed to a square.
    feature_channels: of each level in `features`, shallow to deep. affinity_dims: of each key and
    query in `affinity`. parts: names of the channels of `parts`. license: of the weights.
    source, sha256: of the file that the network was converted from. recipe, data, measures: how the
    network was made and what it was measured to do. decision: how its heads become one answer
    (`tintype.lab.nets.decision`). variant: "int8" for a network of 8 bits.
    """

    system: str = ""
    name: str = ""
    size: int = 256
    detail_size: int | None = None
    vividness: float = 1.0
    shape: Literal["photograph", "square"] = "photograph"
    feature_channels: Sequence[int] = ()
    affinity_dims: int | None = None
    parts: Sequence[str] = ()
    license: str = ""
    source: str = ""
    sha256: str = ""
    version: str = ""
    data: str = ""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    measures: Mapping[str, Any] = field(default_factory=dict)
    decision: Mapping[str, float] = field(default_factory=dict)
    variant: str = ""

    def properties(self) -> dict[str, str]:
        """The properties of an ONNX file that hold this; what is at its default is left out."""
        return {KEY: VERSION} | {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in vars(self).items()
            if value not in (None, "", {}, (), [])
        }

    @classmethod
    def read(cls, properties: Mapping[str, str], file: str = "the file") -> "NetworkMetadata":
        """From the properties of an ONNX file. Raises ModelError if it is no Tintype network, or of
        another version, or damaged."""
        version = properties.get(KEY)
        if version is None:
            raise ModelError(f"{file} is an ONNX file, but not a Tintype network")
        if version != VERSION:
            raise ModelError(
                f"{file} follows version {version} of the network contract; this Tintype reads"
                f" version {VERSION}"
            )
        texts = {entry.name for entry in fields(cls) if entry.type is str} | {"shape"}
        known = {entry.name for entry in fields(cls)}
        try:
            values: dict[str, Any] = {
                k: v if k in texts else json.loads(v) for k, v in properties.items() if k in known
            }
            metadata = cls(**values)
            if not (
                32 <= metadata.size <= 4096
                and metadata.vividness >= 0
                and (metadata.detail_size is None or metadata.detail_size > metadata.size)
            ):
                raise ValueError("a size or the vividness is out of range")
        except (ValueError, TypeError) as error:
            raise ModelError(f"the metadata of {file} cannot be read: {error}") from error
        return metadata
