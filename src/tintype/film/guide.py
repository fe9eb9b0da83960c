"""What stands on the command line for a film in; guidances, each at its time, out."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tintype.errors import TintypeError, UsageError
from tintype.film.follow import Wish
from tintype.film.shotlist import read_guidance, read_guidances
from tintype.guidance import Guidance
from tintype.photo import read_photo
from tintype.photo.photo import to_uint8

TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?)s?")


def parse_time(text: str) -> float:
    """Seconds of "83.5", "1:23.5" or "0:01:23.5". Raises UsageError for anything else."""
    match = TIME.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{text!r} is not a time; write seconds or H:MM:SS")
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return 3600 * hours + 60 * minutes + seconds


def base_guidance(saturation: float, references: Sequence[str]) -> Guidance:
    """What holds for the whole film. references: of these the one without a time. Raises
    UsageError."""
    whole = [text for text in references if _at_time(text) is None]
    if len(whole) > 1:
        raise UsageError(
            f"{whole[0]} and {whole[1]} cannot both hold for the whole film; give each its time, as"
            f" 1:02={whole[1]}"
        )
    guidance = Guidance(saturation=saturation)
    return guidance.with_reference(_reference(whole[0])) if whole else guidance


def read_wishes(
    guidances: Sequence[str], references: Sequence[str], folder: Path | None
) -> list[Wish]:
    """T=FILE.json, T=FILE of pictures and a folder of edited shots: in order of time. Raises
    UsageError."""
    wishes = [] if folder is None else read_guidances(folder)
    for text in guidances:
        found = _at_time(text)
        if found is None:
            raise UsageError(
                f"--guidance takes a time and a file, as 1:02=dress.json, not {text!r}"
            )
        wishes.append(Wish(found[0], read_guidance(Path(found[1]))))
    for text in references:
        if (found := _at_time(text)) is not None:
            wishes.append(Wish(found[0], Guidance().with_reference(_reference(found[1]))))
    return sorted(wishes, key=lambda wish: wish.time)


def _at_time(text: str) -> tuple[float, str] | None:
    time, sign, file = text.partition("=")
    return (parse_time(time), file) if sign and TIME.fullmatch(time.strip()) else None


def _reference(path: str) -> np.ndarray:
    try:
        return to_uint8(read_photo(path).pixels)
    except TintypeError as error:
        raise UsageError(str(error)) from error
