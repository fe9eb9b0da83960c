"""What an answer is called: its entity tag, its media type, and the name to save it under."""

import hashlib
from pathlib import Path
from urllib.parse import quote

from pydantic import BaseModel

from tintype.photo import FORMATS, format_named
from tintype.web.described import UNLIKE
from tintype.web.films import KINDS as FILMS
from tintype.web.films import is_film, suffix_of

STARTS = ((b"\xff\xd8", "JPEG"), (b"\x89PNG", "PNG"), (b"II", "TIFF"), (b"MM", "TIFF"), (b"BM", "BMP"), (b"GIF8", "GIF"))


def tag_of(data: bytes, form: BaseModel, model: str, more: str | None) -> str:
    """An entity tag: the same for the same work."""
    wishes = f"{form.model_dump_json(exclude_defaults=True)} {model} {more}"
    return f'"{hashlib.sha256(wishes.encode() + data).hexdigest()[:32]}"'


def written_format(data: bytes, format: str | None) -> str:
    """Pillow's name of the format in which a file's coloring is written."""
    if format:
        return format_named(format)
    found = next((kind for start, kind in STARTS if data.startswith(start)), None)
    return found or ("WEBP" if data[8:12] == b"WEBP" else "HEIF" if data[4:8] == b"ftyp" else "PNG")


def media_type(data: bytes, format: str | None, name: str = "") -> str:
    """As `written_format`, as a media type. name: of the file, which says what container a film has."""
    if is_film(data):
        return FILMS[suffix_of(name)]
    kind = written_format(data, format)
    return UNLIKE.get(kind, f"image/{kind.lower()}")


def saved_as(name: str, data: bytes, format: str | None) -> dict[str, str]:
    """The header that names the answer after its source."""
    if is_film(data):
        return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(Path(name).stem)}.color{suffix_of(name)}"}
    kind = written_format(data, format)
    endings = [ending for ending, each in FORMATS.items() if each == kind] or [kind.lower()]
    given = Path(name).suffix.lower().lstrip(".")
    target = f"{Path(name).stem}.color.{given if given in endings else endings[0]}"
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(target)}"}
