"""What an answer is called: its entity tag, its media type, and the name to save it under."""

import hashlib
from pathlib import Path
from urllib.parse import quote

from tintype.errors import PhotoError
from tintype.jobs.policy import written_format
from tintype.photo import FORMATS
from tintype.photo.isolated import isolated
from tintype.web.described import MEDIA_TYPES
from tintype.web.films import RESULT_KINDS, is_film, result_suffix


def tag_of(data: bytes, *settings: object) -> str:
    """An entity tag: the same for the same data and settings."""
    return f'"{hashlib.sha256(repr(settings).encode() + data).hexdigest()[:32]}"'


def name_result(data: bytes, name: str, format: str | None) -> tuple[str, dict[str, str]]:
    """The media type of a file's coloring, and the header that names it after its source,
    `name`."""
    if is_film(data):
        suffix = result_suffix(name)
        kind, target = RESULT_KINDS[suffix], f"{Path(name).stem}.color{suffix}"
    else:
        try:
            with isolated(data, name) as file:
                written = written_format(file.header.format, name, format, None)
        except PhotoError:
            written = "PNG"  # reading it will say what is wrong
        kind = MEDIA_TYPES.get(written, f"image/{written.lower()}")
        endings = [ending for ending, each in FORMATS.items() if each == written]
        given = Path(name).suffix.lower().lstrip(".")
        target = f"{Path(name).stem}.color.{given if given in endings else endings[0]}"
    return kind, {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(target)}"}
