"""What an answer is called: its entity tag, its media type, and the name to save it under."""

import hashlib
from pathlib import Path
from urllib.parse import quote

from tintype.files import COLOR_MARK
from tintype.jobs.policy import written_format
from tintype.photo import FORMATS
from tintype.web.described import MEDIA_TYPES
from tintype.web.films import RESULT_KINDS, result_suffix


def tag_of(data: bytes, *settings: object) -> str:
    """An entity tag: the same for the same data and settings."""
    return f'"{hashlib.sha256(repr(settings).encode() + data).hexdigest()[:32]}"'


def name_result(source: str | None, name: str, format: str | None) -> tuple[str, str]:
    """The media type of a file's coloring, and the Content-Disposition that names it after its
    source, `name`. source: the format of a picture file; None: it is a film. format: that is asked
    for."""
    if source is None:
        suffix = result_suffix(name)
        kind, target = RESULT_KINDS[suffix], f"{Path(name).stem}{COLOR_MARK}{suffix}"
    else:
        written = written_format(source, name, format, None)
        kind = MEDIA_TYPES.get(written, f"image/{written.lower()}")
        endings = [ending for ending, each in FORMATS.items() if each == written]
        given = Path(name).suffix.lower().lstrip(".")
        target = f"{Path(name).stem}{COLOR_MARK}.{given if given in endings else endings[0]}"
    return kind, f"attachment; filename*=UTF-8''{quote(target)}"
