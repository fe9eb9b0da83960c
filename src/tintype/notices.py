"""What is worth saying about a picture, a film or a network though it is no error."""

from dataclasses import dataclass
from enum import StrEnum


class NoticeCode(StrEnum):
    """What a notice is about. Programs act on codes; sentences may change."""

    ALPHA_DROPPED = "alpha-dropped"
    ATTACHMENT_LEFT_OUT = "attachment-left-out"
    BROKEN_FRAMES = "broken-frames"
    COLOR_KEPT = "color-kept"
    DAMAGED = "damaged"
    DARK = "dark"
    DEPTH_REDUCED = "depth-reduced"
    FIRST_FRAME_ONLY = "first-frame-only"
    HINT_UNUSED = "hint-unused"
    IN_COLOR = "in-color"
    LATE_START = "late-start"
    LINE_ART = "line-art"
    LOOKS_INTERLACED = "looks-interlaced"
    NEGATIVE = "negative"
    NO_PHOTOGRAPHS_FOUND = "no-photographs-found"
    PAGES_LEFT_OUT = "pages-left-out"
    PICTURES_LEFT = "pictures-left"
    PART_NOT_FOUND = "part-not-found"
    POINTS_SMOOTHED = "points-smoothed"
    PROFILE_IGNORED = "profile-ignored"
    RAW_PREVIEW = "raw-preview"
    RESTARTED = "restarted"
    SIZE_CHANGES = "size-changes"
    SOUND_TRANSCODED = "sound-transcoded"
    SUBTITLES_CONVERTED = "subtitles-converted"
    TINT_REPLACED = "tint-replaced"
    TRACKS_LEFT_OUT = "tracks-left-out"
    TRUNCATED = "truncated"


@dataclass(frozen=True)
class Notice:
    """code: for programs. text: a sentence for people, or the rest of one that begins with a
    name."""

    code: NoticeCode
    text: str

    def __str__(self) -> str:
        return self.text
