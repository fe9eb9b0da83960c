"""What an answer is called: its entity tag, its media type, and the name to save it under."""

import hashlib
from pathlib import Path
from urllib.parse import quote

from pydantic import BaseModel

from tintype.errors import PhotoError
from tintype.photo import FORMATS, format_named, format_of
from tintype.web.described import UNLIKE
from tintype.web.films import RESULT_KINDS, is_film, result_suffix


def tag_of(data: bytes, form: BaseModel | None, model: str, more: str | None) -> str:
    """An entity tag: the same for the same work."""
    asked = "" if form is None else form.model_dump_json(exclude_defaults=True)
    wishes = f"{asked} {model} {more}"
    return f'"{hashlib.sha256(wishes.encode() + data).hexdigest()[:32]}"'


def written_format(data: bytes, format: str | None) -> str:
    """Pillow's name of the format in which a file's coloring is written: its own, or PNG where that
    is only read."""
    if format:
        return format_named(format)
    try:
        kind = format_of(data)
    except PhotoError:
        return "PNG"  # reading it will say what is wrong
    return kind if kind in FORMATS.values() else "PNG"


def called(data: bytes, name: str, format: str | None) -> tuple[str, dict[str, str]]:
    """The media type of a file's coloring, and the header that names it after its source,
    `name`."""
    if is_film(data):
        suffix = result_suffix(name)
        kind, target = RESULT_KINDS[suffix], f"{Path(name).stem}.color{suffix}"
    else:
        written = written_format(data, format)
        kind = UNLIKE.get(written, f"image/{written.lower()}")
        endings = [ending for ending, each in FORMATS.items() if each == written]
        given = Path(name).suffix.lower().lstrip(".")
        target = f"{Path(name).stem}.color.{given if given in endings else endings[0]}"
    return kind, {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(target)}"}
