"""How a film is colored and written: the options of the command, checked and read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from tintype.errors import TintypeError, UsageError
from tintype.film.encode import DEFAULT_QUALITY, find_encoder
from tintype.film.follow import TimedGuidance
from tintype.guidance import Guidance
from tintype.photo import read_photo
from tintype.photo.photo import to_uint8

SOUND_MODES = ("auto", "copy", "transcode", "none")
TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?)s?")
SHOT_GUIDANCE_NAME = re.compile(r"shot-\d+-(\d+(?:\.\d+)?)s\.tintype\.json")
"""File name of a shot's guidance; the group is its time, in seconds."""


@dataclass(frozen=True)
class FilmSettings:
    """How a film is colored and written.

    start, stop: seconds; None for all. codec: h264, hevc, vp9, av1, ffv1 or prores; None for that
    of the output's name. quality: 1 to 100. deinterlace: auto, on, double, telecine or off. hdr:
    refuse or tonemap.
    sound: auto (copied, or encoded where the container cannot hold it), copy, transcode or none.
    rate: frames per second of an image sequence. recolor: shots in color are colored anew, instead
    of kept. guidance: of the whole film. timed_guidance: each from its time, for its shot.
    """

    start: float | None = None
    stop: float | None = None
    codec: str | None = None
    quality: int = DEFAULT_QUALITY
    deinterlace: str = "auto"
    hdr: str = "refuse"
    sound: str = "auto"
    rate: Fraction | None = None
    recolor: bool = False
    guidance: Guidance = field(default_factory=Guidance)
    timed_guidance: Sequence[TimedGuidance] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 100:
            raise UsageError(f"quality is 1 to 100, not {self.quality}")
        if self.start is not None and self.stop is not None and self.stop <= self.start:
            raise UsageError(
                f"a film cannot end at {self.stop:g} s when it starts at {self.start:g} s"
            )
        if self.sound not in SOUND_MODES:
            raise UsageError(f"sound is {', '.join(SOUND_MODES)}, not {self.sound!r}")
        if self.rate is not None and not 0 < self.rate <= 1000:
            raise UsageError(f"a rate is up to 1000 frames per second, not {float(self.rate):g}")
        if self.codec is not None:
            find_encoder(self.codec)


def parse_time(text: str) -> float:
    """Seconds of "83.5", "1:23.5" or "0:01:23.5". Raises UsageError for anything else."""
    match = TIME.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{text!r} is not a time; write seconds or H:MM:SS")
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return 3600 * hours + 60 * minutes + seconds


def parse_rate(text: str) -> Fraction:
    """Frames per second of "24", "23.976" or "24000/1001". Raises UsageError."""
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise UsageError(f"{text!r} is not a rate; write 24 or 24000/1001") from error
    ntsc = round(rate) * Fraction(1000, 1001)  # 23.976, 29.97, 59.94
    return ntsc if abs(rate - ntsc) < Fraction(1, 200) else rate


def film_guidance(saturation: float, references: Sequence[str]) -> Guidance:
    """The guidance of the whole film, with the one reference that has no time. Raises
    UsageError."""
    whole = [text for text in references if _at_time(text) is None]
    if len(whole) > 1:
        raise UsageError(
            f"{whole[0]} and {whole[1]} cannot both hold for the whole film; give each its time, as"
            f" 1:02={whole[1]}"
        )
    guidance = Guidance(saturation=saturation)
    return guidance.with_reference(read_reference(whole[0])) if whole else guidance


def read_timed_guidance(
    guidances: Sequence[str], references: Sequence[str], folder: Path | None
) -> list[TimedGuidance]:
    """T=FILE.json, T=FILE of pictures and a folder of edited shots, in order of time. Raises
    UsageError."""
    timed = [] if folder is None else read_shot_guidance(folder)
    for text in guidances:
        if (at := _at_time(text)) is None:
            raise UsageError(
                f"--guidance takes a time and a file, as 1:02=dress.json, not {text!r}"
            )
        timed.append(TimedGuidance(at[0], Guidance.read(Path(at[1]))))
    for text in references:
        if (at := _at_time(text)) is not None:
            reference = Guidance().with_reference(read_reference(at[1]))
            timed.append(TimedGuidance(at[0], reference))
    return sorted(timed, key=lambda each: each.time)


def read_shot_guidance(folder: Path) -> list[TimedGuidance]:
    """The edited guidance files that `list_shots` wrote, in order of time, without empty ones.
    Raises UsageError if there is none or one cannot be read."""
    files = [
        (float(match[1]), path)
        for path in folder.glob("*.json")
        if (match := SHOT_GUIDANCE_NAME.fullmatch(path.name))
    ]
    if not files:
        raise UsageError(
            f"{folder} holds no guidances of shots; tintype film INPUT --shots {folder} writes them"
        )
    timed = [TimedGuidance(time, Guidance.read(path)) for time, path in sorted(files)]
    return [each for each in timed if each.guidance != Guidance()]


def _at_time(text: str) -> tuple[float, str] | None:
    time, sign, file = text.partition("=")
    return (parse_time(time), file) if sign and TIME.fullmatch(time.strip()) else None


def read_reference(path: str | Path) -> np.ndarray:
    """A picture as H×W×3 uint8. Raises UsageError for one that cannot be read."""
    try:
        return to_uint8(read_photo(path).pixels)
    except TintypeError as error:
        raise UsageError(str(error)) from error
