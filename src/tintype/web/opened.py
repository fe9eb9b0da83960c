"""The files that pages have open: photographs, and films as one frame a shot."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from tintype.errors import PhotoError
from tintype.guidance import Guidance
from tintype.jobs import Policy, decide
from tintype.notices import Notice
from tintype.photo import Photo, is_film
from tintype.photo.isolated import IsolatedFile, isolated
from tintype.photo.read import Damaged
from tintype.web.bodies import measure
from tintype.web.desk import Ticket
from tintype.web.films import Shot, find_shots
from tintype.web.limits import Limits
from tintype.web.pictures import shrink_photo, weigh_photo
from tintype.web.problems import NoPageError, NotOpenError
from tintype.web.shelf import MemoryBudget, Shelf

PREVIEW_SIDE = 1600
"""The longer side of what a page shows of a whole photograph, pixels."""


@dataclass(frozen=True)
class PageFacts:
    """What is known of a page: its upright size in pixels, whether it is in color already, and what
    is worth saying about it."""

    width: int
    height: int
    in_color: bool
    notices: tuple[Notice, ...]


@dataclass
class OpenFile:
    """A file that a page has open. previews: of each page that was asked for, no side longer than
    `PREVIEW_SIDE`. shots: of a film, whose pages are the frames that show its shots. damaged:
    whether what is there of a file that is cut off is read."""

    id: str
    name: str
    data: bytes
    pages: int
    shots: list[Shot] | None = None
    damaged: Damaged = "refuse"
    facts: dict[int, PageFacts] = field(default_factory=dict)
    previews: dict[int, Photo] = field(default_factory=dict)

    def check_page(self, page: int) -> None:
        """Raises NoPageError if the file has no such page."""
        if page >= self.pages:
            raise NoPageError(f"{self.name} has {self.pages} pages, so there is no page {page}")

    def read(self, page: int, file: IsolatedFile | None = None) -> Photo:
        """A page at full size. file: the same file, where a child process has it open already.
        Raises NoPageError and PhotoError."""
        self.check_page(page)
        if self.shots is not None:
            return self.shots[page].frame
        if file is not None:
            return file.read(page, self.damaged)
        with isolated(self.data) as file:
            return file.read(page, self.damaged)

    @property
    def weight(self) -> int:
        """Bytes that it takes."""
        photos = [*self.previews.values(), *(shot.frame for shot in self.shots or ())]
        return len(self.data) + sum(map(weigh_photo, photos))


class OpenFiles:
    """The open files, as many as there is memory for; threads may share it."""

    def __init__(self, limits: Limits, folder: Path) -> None:
        """folder: private, for films."""
        self.limits, self.folder = limits, folder
        self.budget = MemoryBudget(limits.shelf)
        """Of the open files and of all that is made of them."""
        self.shelf: Shelf[OpenFile] = Shelf(self.budget, lambda opened: opened.weight)

    def open(self, data: bytes, name: str, ticket: Ticket, damaged: Damaged = "refuse") -> OpenFile:
        """Read a photograph or find the shots of a film, and keep it. damaged: see `read_photo`.
        Raises PhotoError and FilmError."""
        shots = (
            find_shots(data, self.folder, self.limits, ticket.progress) if is_film(data) else None
        )
        pages = measure(data, self.limits).pages if shots is None else len(shots)
        if pages == 0:
            raise PhotoError(f"{name} holds no photograph")
        id = hashlib.sha256(f"{damaged} {name}\0".encode() + data).hexdigest()[:24]
        opened = OpenFile(id, name, data, pages, shots, damaged)
        self.preview(opened, 0)
        return opened

    def get(self, id: str) -> OpenFile:
        """The open file. Raises NotOpenError."""
        opened = self.shelf.get(id)
        if opened is None:
            raise NotOpenError("this photograph is not open; open it again")
        return opened

    def preview(self, opened: OpenFile, page: int) -> Photo:
        """A page, small enough for a screen. Raises NoPageError."""
        opened.check_page(page)
        if page not in opened.previews:
            photo = opened.read(page)
            height, width = photo.pixels.shape[:2]
            decision = decide(photo, Guidance(), Policy())
            opened.facts[page] = PageFacts(width, height, decision.is_left, decision.notices)
            opened.previews[page] = shrink_photo(photo, PREVIEW_SIDE)
            self.shelf.put(opened.id, opened)
        return opened.previews[page]
