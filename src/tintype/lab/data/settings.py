"""What a batch is made of: the part of a recipe that is about photographs."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


RegionKind = Literal[
    "half",
    "stripes",
    "grid",
    "box",
    "ellipse",
    "blob",
    "noise",
    "object",
    "background",
    "left",
    "file",
]


class GuidanceShares(Strict):
    """Share of the pictures that get each kind of guidance. The first five are kinds of hint; the
    rest of 1 gets none."""

    points: float = Field(0.0, ge=0, le=1)
    scribbles: float = Field(0.0, ge=0, le=1)
    grid: float = Field(0.0, ge=0, le=1)
    dense: float = Field(0.0, ge=0, le=1)
    unusual: float = Field(0.0, ge=0, le=1)
    region: float = Field(0.0, ge=0, le=1)
    regions: list[RegionKind] = Field(
        ["half", "stripes", "grid", "box", "ellipse", "blob", "object", "background"],
        description=(
            "kinds of region, drawn alike; `left` is one and the same mask always, `file` the"
            " NAME.mask.* beside"
        ),
    )
    histogram: float = Field(0.0, ge=0, le=1)
    chroma: float = Field(0.0, ge=0, le=1)


class Pairs(Strict):
    """Photographs of which the network sees another picture (near-infrared, say) than the one whose
    colors it learns.

    The patterns are relative to a folder of the data and hold one `*` each, which stands for the
    same name in all, folders included; where one file holds all channels, the patterns are the same
    and the channels differ. Of several channels, each picture of a batch is shown as another
    mixture (`tintype.lab.data.batches.mix_channels`).
    """

    seen: str | list[str] = Field(
        description="as nir/*.png or *_nir.tiff; several where each channel is a file"
    )
    target: str = Field(description="as rgb/*.png or *_rgb.tiff")
    seen_channels: list[int] | None = Field(
        None, min_length=1, description="which channels of each file are shown; None: all"
    )
    target_channels: list[int] = Field(
        [0, 1, 2], min_length=3, max_length=3, description="which are red, green and blue"
    )

    @model_validator(mode="after")
    def _one_star(self) -> "Pairs":
        if not self.seen or any(
            pattern.count("*") != 1 for pattern in (self.target, *self.seen_patterns)
        ):
            raise ValueError("each pattern of the pairs must hold one *, which stands for the name")
        return self

    @property
    def seen_patterns(self) -> list[str]:
        return [self.seen] if isinstance(self.seen, str) else self.seen

    def __str__(self) -> str:
        return f"pairs of {', '.join(self.seen_patterns)} and {self.target} (data.pairs)"


class Data(Strict):
    """What a batch is made of."""

    size: int = Field(256, ge=32, multiple_of=32, description="side of the square crops, pixels")
    batch_size: int = Field(16, ge=1, description="pictures a step, over all devices")
    crop: tuple[float, float] = Field(
        (0.6, 1.0), description="least and largest share of the short side that a crop covers"
    )
    short_side: int | None = Field(None, description="shrink what is read to this; None keeps it")
    limit: int | None = Field(None, ge=1, description="read no more photographs than this")
    loader: Literal["memory", "stream"] = Field(
        "memory",
        description=(
            "decode all once into memory (or GPU memory), or read and decode while training"
        ),
    )
    gray: Literal["lightness", "luma", "underwater"] = Field(
        "lightness",
        description=(
            "what is shown: CIE L*, Rec. 601 luma, or what is left of a picture under water"
        ),
    )
    worn: float = Field(
        0.0, ge=0, le=1, description="how much of the augmentation for old photographs; 0 is none"
    )
    pages: float = Field(
        0.0,
        ge=0,
        le=1,
        description="share of the pictures that are drawn pages instead, which have no color",
    )
    pairs: Pairs | None = None
    guidance: GuidanceShares = Field(default_factory=lambda: GuidanceShares.model_validate({}))
    oversample: dict[str, Annotated[float, Field(ge=0)]] = Field(
        {},
        description=(
            "how often a source is drawn, by its name before the `-` of a key; `*`: those not named"
        ),
    )

    rare_hues: float = Field(
        0.0,
        ge=0,
        description=(
            "how much more often photographs with rare saturated hues are drawn: exponent of the"
            " rarity of their rarest one; needs `loader: memory`"
        ),
    )

    @model_validator(mode="after")
    def _hues_are_counted_in_memory(self) -> "Data":
        if self.rare_hues and self.loader != "memory":
            raise ValueError("data.rare_hues needs data.loader=memory")
        return self

    @field_validator("crop")
    @classmethod
    def _crop_is_a_range(cls, crop: tuple[float, float]) -> tuple[float, float]:
        if not 0 < crop[0] <= crop[1] <= 1:
            raise ValueError(
                "data.crop must be two shares of the short side, 0 < least <= largest <= 1, not"
                f" {list(crop)}"
            )
        return crop

    @property
    def contents(self) -> str:
        """What is looked for in the data, for messages."""
        return "photographs" if self.pairs is None else str(self.pairs)

    def factor(self, key: str) -> float:
        """How often the photograph of this key is drawn; 0 is never."""
        return self.oversample.get(key.split("-")[0], self.oversample.get("*", 1.0))


def plain_data(**settings: Any) -> Data:
    """Photographs as they are, with some settings."""
    return Data.model_validate(settings)
