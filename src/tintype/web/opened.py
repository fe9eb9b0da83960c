"""A file that a page has open, what is known of its pages, and a file that was made of it."""

from dataclasses import dataclass, field

from tintype.photo import Photo, read_photo
from tintype.web.films import Shot
from tintype.web.pictures import weigh_photo


@dataclass(frozen=True)
class Made:
    """A file that was made, and sentences worth knowing about it."""

    data: bytes
    notes: list[str]


@dataclass(frozen=True)
class Known:
    """What is known of a page: its upright size in pixels, whether it is in color already, and
    sentences worth knowing."""

    width: int
    height: int
    in_color: bool
    notes: tuple[str, ...]


@dataclass
class Opened:
    """A file that a page has open. previews: of each page that was asked for, no side longer than
    `PREVIEW_SIDE`."""

    id: str
    name: str
    data: bytes
    pages: int
    known: dict[int, Known] = field(default_factory=dict)
    previews: dict[int, Photo] = field(default_factory=dict)
    shots: list[Shot] | None = None
    """Of a film: its pages are the frames that show its shots."""

    def read(self, page: int) -> Photo:
        """A page at full size. Raises PhotoError."""
        return read_photo(self.data, page) if self.shots is None else self.shots[page].frame

    @property
    def weight(self) -> int:
        """Bytes that it takes."""
        frames = [shot.frame for shot in self.shots or ()]
        return len(self.data) + sum(
            weigh_photo(each) for each in [*self.previews.values(), *frames]
        )
