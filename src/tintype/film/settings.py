"""How a film is colored and written: what a person chooses, checked."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tintype.errors import UsageError
from tintype.film.encode import QUALITY, find_encoder
from tintype.film.follow import Wish
from tintype.guidance import Guidance


@dataclass(frozen=True)
class Settings:
    """How a film is colored and written.

    start, stop: seconds; None for all. codec: h264, hevc, vp9, av1, ffv1 or prores; None for what
    the output's name asks for.
    quality: 1 to 100. deinterlace: auto, on or off. hdr: refuse or tonemap. guidance: for the whole
    film. wishes: each from its time, for its shot.
    """

    start: float | None = None
    stop: float | None = None
    codec: str | None = None
    quality: int = QUALITY
    deinterlace: str = "auto"
    hdr: str = "refuse"
    guidance: Guidance = field(default_factory=Guidance)
    wishes: Sequence[Wish] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 100:
            raise UsageError(f"quality is 1 to 100, not {self.quality}")
        if self.start is not None and self.stop is not None and self.stop <= self.start:
            raise UsageError(
                f"a film cannot end at {self.stop:g} s when it starts at {self.start:g} s"
            )
        if self.codec is not None:
            find_encoder(self.codec)
