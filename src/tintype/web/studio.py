"""What the service colors with: networks by name, and photographs that are prepared once and colored often."""

import base64
import hashlib
import io
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from tintype.engine import Colorizer, Prepared, list_models
from tintype.engine.render import render
from tintype.engine.select import select_objects
from tintype.engine.sizes import resize
from tintype.engine.suggest import suggest_colors, suggest_places
from tintype.errors import TintypeError, UsageError
from tintype.photo import Metadata, Photo, read_photo, write_photo, write_photos
from tintype.web.bodies import measure
from tintype.web.films import Shot, color_job, find_shots, is_film
from tintype.web.forms import GuidanceForm, LikelyForm, ModelForm, PointsForm, SuggestForm, VariationForm
from tintype.web.jobs import Job
from tintype.web.limits import MEGABYTE, Limits
from tintype.web.shelf import Shelf

PREVIEW_SIDE = 1600
"""The longer side of what a page shows of a whole photograph, pixels."""
PREVIEW_QUALITY = 90
THUMBNAIL = 320
ANSWERS = 32 * MEGABYTE
MOST_TILE = 2048
COLORED = 512 * MEGABYTE
"""Memory for photographs in color at full size, from which tiles are cut."""


class Watched(Protocol):
    """Tells work in several steps whether it is still wanted, and is told how far it is."""

    def progress(self, share: float) -> None:
        """share: 0 to 1. Raises GoneError if nobody wants it any more."""


class NotOpenError(TintypeError):
    """The photograph that is asked for was never opened, or others have taken its place since."""


class NoModelError(TintypeError):
    """There is no network of that name."""


@dataclass
class Opened:
    """A file that a page has open. previews: of each page that was asked for, no side longer than `PREVIEW_SIDE`."""

    id: str
    name: str
    data: bytes
    pages: int
    sizes: dict[int, tuple[int, int]] = field(default_factory=dict)
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
        return len(self.data) + sum(weigh_photo(each) for each in [*self.previews.values(), *frames])


class Studio:
    """The networks, each loaded when it is first asked for, and the open photographs; threads may share it."""

    def __init__(self, models: Sequence[str | Path], device: str, limits: Limits, folder: Path) -> None:
        """models: ONNX files besides the networks that come with the package. folder: private, for films. Raises ModelError for a file that cannot be used."""
        self.limits, self.folder = limits, folder
        self.files: dict[str, str | Path] = {name: name for name in list_models()}
        self.shelf: Shelf[Opened] = Shelf(limits.shelf, lambda opened: opened.weight)
        self.prepared: Shelf[Prepared] = Shelf(limits.shelf, weigh_prepared)
        self.colored: Shelf[Photo] = Shelf(COLORED, weigh_photo)
        self._device = device
        self._colorizers: dict[str, Colorizer] = {}
        self._lock = threading.Lock()
        for file in models:
            name = Path(file).stem
            while name in self.files:
                name += "'"
            self.files[name] = file
            self.colorizer(name)

    def check_model(self, name: str) -> None:
        """Raises NoModelError if there is no network of that name."""
        if name not in self.files:
            raise NoModelError(f"there is no network {name!r} here; there are {', '.join(self.files)}")

    def colorizer(self, name: str) -> Colorizer:
        """The colorizer with the network of that name. Raises NoModelError if there is none."""
        self.check_model(name)
        with self._lock:
            if name not in self._colorizers:
                self._colorizers[name] = Colorizer(self.files[name], self._device)
            return self._colorizers[name]

    def models(self) -> list[ModelForm]:
        """What is known of each network, those given by the user first."""
        own = [name for name in self.files if name not in list_models()]
        found = []
        for name in [*own, *list_models()]:
            network = self.colorizer(name).network
            listens = sorted(network.inputs - {"lightness"})
            found.append(ModelForm(name=name, system=network.metadata.system, size=network.size, listens_to=listens))
        return found

    def open(self, data: bytes, name: str) -> Opened:
        """Read a photograph or find the shots of a film, and keep it. Raises PhotoError and FilmError."""
        shots = find_shots(data, name, self.folder) if is_film(data) else None
        pages = measure(data, self.limits) if shots is None else len(shots)
        opened = Opened(hashlib.sha256(name.encode() + b"\0" + data).hexdigest()[:24], name, data, pages, shots=shots)
        self.preview(opened, 0)
        return opened

    def opened(self, id: str) -> Opened:
        """The open photograph. Raises NotOpenError."""
        found = self.shelf.get(id)
        if found is None:
            raise NotOpenError("this photograph is not open; open it again")
        return found

    def preview(self, opened: Opened, page: int) -> Photo:
        """A page, small enough for a screen. Raises NotOpenError if the file has no such page."""
        if page >= opened.pages:
            raise NotOpenError(f"{opened.name} has {opened.pages} pages, so there is no page {page}")
        if page not in opened.previews:
            photo = opened.read(page)
            opened.sizes[page] = (photo.pixels.shape[0], photo.pixels.shape[1])
            opened.previews[page] = shrink_photo(photo, PREVIEW_SIDE)
            self.shelf.put(opened.id, opened)
        return opened.previews[page]

    def prepare(self, opened: Opened, page: int, model: str) -> Prepared:
        """A page made ready to be colored by a network: done once, while there is room for it."""
        key = f"{opened.id} {page} {model}"
        found = self.prepared.get(key)
        if found is None:
            self.preview(opened, page)
            found = self.colorizer(model).prepare(opened.read(page))
            self.prepared.put(key, found)
        return found

    def preview_in_color(self, opened: Opened, page: int, form: GuidanceForm, model: str, side: int = PREVIEW_SIDE) -> bytes:
        """A page in color, small enough for a screen, as JPEG. Raises UsageError and ModelError for what cannot be asked."""
        prepared, guidance, colorizer = self.prepare(opened, page, model), form.guidance(), self.colorizer(model)
        preview = shrink_photo(self.preview(opened, page), side)
        if guidance.keep_color or prepared.is_line_art:
            return encode(shrink_photo(colorizer.color(prepared, guidance), side), "jpg", PREVIEW_QUALITY)
        ab = resize(colorizer.ab(prepared, guidance), preview.pixels.shape[:2])
        return encode(preview.with_pixels(render(preview.pixels, ab)), "jpg", PREVIEW_QUALITY)

    def vary(
        self, opened: Opened, page: int, form: GuidanceForm, count: int, seed: int, model: str, watched: Watched
    ) -> list[VariationForm]:
        """Several plausible colorings: uncertain things take colors that are drawn. The same seed gives the same ones."""
        found = []
        for k in range(count):
            watched.progress(k / count)
            drawn = form.model_copy(update={"bold": True, "seed": seed + k})
            picture = self.preview_in_color(opened, page, drawn, model, THUMBNAIL)
            found.append(VariationForm(guidance=drawn, picture=base64.b64encode(picture).decode("ascii")))
        return found

    def segment(self, opened: Opened, page: int, form: PointsForm, model: str) -> bytes:
        """What the points lie on, as a PNG mask at the guided size, white where it is."""
        prepared = self.prepare(opened, page, model)
        mask = select_objects(prepared, *(tuple((x, y) for x, y in points) for points in (form.keep, form.skip)))
        return encode(Photo((mask * 255).astype(np.uint8)), "png")

    def suggest(self, opened: Opened, page: int, place: tuple[float, float] | None, count: int, model: str) -> SuggestForm:
        """The likely colors of a place, or where a dab helps most. Raises CapabilityError where the network tells neither."""
        prepared = self.prepare(opened, page, model)
        if place is None:
            return SuggestForm(places=list(suggest_places(prepared, count)))
        found = suggest_colors(prepared, *place, count)
        return SuggestForm(colors=[LikelyForm(color=each.color, share=each.share) for each in found])

    def tile(self, opened: Opened, page: int, box: tuple[int, int, int, int]) -> bytes:
        """A part of a page as it came, at full size, as JPEG. box: x, y, width, height in pixels."""
        key = f"{opened.id} {page}"
        return encode(cut(self._kept(key, lambda: opened.read(page)), box), "jpg", PREVIEW_QUALITY)

    def tile_in_color(self, opened: Opened, page: int, box: tuple[int, int, int, int], form: GuidanceForm, model: str) -> bytes:
        """A part of a page in color, at full size, as JPEG."""
        key = f"{opened.id} {page} {model} {form.model_dump_json(exclude_defaults=True)}"
        whole = self._kept(key, lambda: self.colorizer(model).color(self.prepare(opened, page, model), form.guidance()))
        return encode(cut(whole, box), "jpg", PREVIEW_QUALITY)

    def file(self, data: bytes, forms: Sequence[GuidanceForm], model: str, format: str | None, watched: Watched) -> bytes:
        """A file in color, every page of it: full size, its own or another format, depth and metadata.

        forms: guidance of each page; pages beyond it take that of the last, without what belongs to places.
        Raises PhotoError besides.
        """
        if is_film(data):
            raise UsageError("a film is colored by a job")
        pages: list[Photo] = []
        count = measure(data, self.limits)
        for page, form in zip(range(count), spread(forms), strict=False):
            watched.progress(page / (count + 1))
            pages.append(self.color(read_photo(data, page), form, model))
        watched.progress(count / (count + 1))
        whole = io.BytesIO()
        several = len(pages) > 1 and (format is None or format.lower() in ("tif", "tiff"))
        write_photos(pages if several else pages[:1], whole, None, format)
        return whole.getvalue()

    def work(
        self, job: Job, name: str, forms: Sequence[GuidanceForm], model: str, format: str | None, times: Sequence[float]
    ) -> None:
        """Color the file of a job. times: of the shots that the forms belong to; none: the first form is for the whole film."""
        if not job.is_film:
            job.result.write_bytes(self.file(job.source.read_bytes(), forms, model, format, job))
            return
        wishes = [(time, form.guidance()) for time, form in zip(times, forms, strict=False) if form != GuidanceForm()]
        base = GuidanceForm() if times else forms[0]
        color_job(job, name, self.colorizer(model), wishes, base.guidance())

    def color(self, photo: Photo, form: GuidanceForm, model: str) -> Photo:
        """A photograph in color. Raises UsageError and ModelError for what cannot be asked."""
        return self.colorizer(model).colorize_photo(photo, form.guidance())

    def _kept(self, key: str, make: Callable[[], Photo]) -> Photo:
        found = self.colored.get(key)
        if found is None:
            found = make()
            self.colored.put(key, found)
        return found


def spread(forms: Sequence[GuidanceForm]) -> Iterator[GuidanceForm]:
    """Guidance for page after page."""
    yield from forms
    last = forms[-1] if forms else GuidanceForm()
    while True:
        yield last.model_copy(update={"hints": [], "strokes": [], "region": None})


def cut(photo: Photo, box: tuple[int, int, int, int]) -> Photo:
    """A part of a photograph. box: x, y, width, height. Raises UsageError if nothing of it lies in the photograph."""
    x, y, width, height = box
    part = slice(y, y + height), slice(x, x + width)
    if x >= photo.pixels.shape[1] or y >= photo.pixels.shape[0]:
        raise UsageError(
            f"the tile at ({x}, {y}) lies outside of the photograph of {photo.pixels.shape[1]}×{photo.pixels.shape[0]}"
        )
    return replace(photo, pixels=photo.pixels[part], alpha=None if photo.alpha is None else photo.alpha[part])


def encode(photo: Photo, format: str | None = None, quality: int | None = None) -> bytes:
    """A photograph's file."""
    whole = io.BytesIO()
    write_photo(photo, whole, quality, format)
    return whole.getvalue()


def weigh_photo(photo: Photo) -> int:
    """Bytes that its pixels take."""
    return int(photo.pixels.nbytes + (0 if photo.alpha is None else photo.alpha.nbytes))


def weigh_prepared(prepared: Prepared) -> int:
    """Bytes that it takes, with the network's answers that it will come to hold."""
    return weigh_photo(prepared.photo) + prepared.pixels.nbytes + 4 * prepared.lightness.nbytes + ANSWERS


def shrink_photo(photo: Photo, side: int) -> Photo:
    """The same photograph without its metadata, its longer side at most `side` pixels."""
    photo = replace(photo, metadata=Metadata())
    height, width = photo.pixels.shape[:2]
    if max(height, width) <= side:
        return photo
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    pixels = cv2.resize(photo.pixels, size, interpolation=cv2.INTER_AREA)
    alpha = None if photo.alpha is None else cv2.resize(photo.alpha, size, interpolation=cv2.INTER_AREA)
    return replace(photo, pixels=pixels, alpha=alpha)
