"""Timecodes (SMPTE ST 12-1) and frame numbers."""

import re
from fractions import Fraction

TIMECODE = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.])(\d\d)")


def frames_of_timecode(text: str, rate: Fraction) -> int | None:
    """The frame number of a timecode; None if it is not one. A semicolon before the frames means
    drop-frame counting."""
    match = TIMECODE.fullmatch(text.strip())
    if match is None:
        return None
    hours, minutes, seconds, frames = (int(match[n]) for n in (1, 2, 3, 5))
    nominal = round(rate)
    total_minutes = 60 * hours + minutes
    count = (total_minutes * 60 + seconds) * nominal + frames
    if match[4] != ":":
        count -= _dropped(nominal) * (total_minutes - total_minutes // 10)
    return count


def timecode_of_frames(count: int, rate: Fraction, drop: bool = False) -> str:
    """The inverse of `frames_of_timecode`."""
    nominal = round(rate)
    if drop:
        dropped = _dropped(nominal)
        per_minute = 60 * nominal - dropped
        tens, rest = divmod(count, 10 * 60 * nominal - 9 * dropped)
        count += 9 * dropped * tens
        if rest >= 60 * nominal:
            count += dropped * (1 + (rest - 60 * nominal) // per_minute)
    seconds, frames = divmod(count, nominal)
    sign = ";" if drop else ":"
    return f"{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{sign}{frames:02}"


def later_timecode(text: str, frames: int, rate: Fraction) -> str:
    """A timecode so many frames later; unchanged if it is not one."""
    count = frames_of_timecode(text, rate)
    if count is None:
        return text
    return timecode_of_frames(count + frames, rate, drop=text.strip()[8] != ":")


def _dropped(nominal: int) -> int:
    """Frame numbers that are left out in all but every tenth minute."""
    return 2 * nominal // 30
