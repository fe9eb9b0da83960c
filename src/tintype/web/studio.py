"""What the service colors with: networks by name, and photographs that are prepared once and
colored often."""

import base64
import hashlib
import io
import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from tintype.engine import Colorizer, Prepared, describe_models, list_models
from tintype.engine.assist.line_art import is_drawn
from tintype.engine.assist.negative import NEGATIVE, is_negative
from tintype.engine.assist.region import select_objects
from tintype.engine.assist.suggest import suggest_colors, suggest_places
from tintype.engine.assist.things import things_of
from tintype.engine.core.header import Header
from tintype.engine.core.network import find_model
from tintype.engine.core.render import render
from tintype.engine.core.sizes import resize
from tintype.errors import TintypeError, UsageError
from tintype.guidance import Guidance
from tintype.photo import Label, Photo, ending_of, read_photo, settings_hash, write_photos
from tintype.web.bodies import measure
from tintype.web.films import color_job, find_shots, is_film
from tintype.web.forms import (
    GuidanceForm,
    LikelyForm,
    ModelForm,
    PageForm,
    PointsForm,
    SuggestForm,
    ThingForm,
    VariationForm,
)
from tintype.web.jobs import Job
from tintype.web.limits import MEGABYTE, Limits
from tintype.web.named import written_format
from tintype.web.opened import Known, Made, Opened
from tintype.web.pictures import (
    RECOLORED,
    cut,
    encode,
    note_on_pages,
    notes_on,
    shrink_photo,
    weigh_photo,
)
from tintype.web.shelf import Shelf

PREVIEW_SIDE = 1600
"""The longer side of what a page shows of a whole photograph, pixels."""
PREVIEW_QUALITY = 90
THUMBNAIL = 320
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


class Studio:
    """The networks, each loaded when it is first asked for, and the open photographs; threads may
    share it."""

    def __init__(
        self, models: Sequence[str | Path], device: str, limits: Limits, folder: Path
    ) -> None:
        """models: ONNX files besides the networks that come with the package. folder: private, for
        films. Raises ModelError for a file that cannot be used."""
        self.limits, self.folder = limits, folder
        self._given: dict[str, Path] = {}
        self.shelf: Shelf[Opened] = Shelf(limits.shelf, lambda opened: opened.weight)
        self.prepared: Shelf[Prepared] = Shelf(limits.shelf, lambda prepared: prepared.weight)
        self.colored: Shelf[Photo] = Shelf(COLORED, weigh_photo)
        self._device = device
        self._colorizers: dict[str, Colorizer] = {}
        self._lock = threading.Lock()
        for file in models:
            name = Path(file).stem
            while name in self.files:
                name += "'"
            self._given[name] = find_model(file)
            self.colorizer(name)

    @property
    def files(self) -> dict[str, Path]:
        """The networks by name, those given by the user first; what `tintype models` installs or
        removes is seen at once."""
        return self._given | list_models()

    def check_model(self, name: str) -> None:
        """Raises NoModelError if there is no network of that name."""
        if name not in self.files:
            raise NoModelError(
                f"there is no network {name!r} here; available: {', '.join(self.files)}"
            )

    def colorizer(self, name: str) -> Colorizer:
        """The colorizer with the network of that name. Raises NoModelError if there is none."""
        self.check_model(name)
        with self._lock:
            if name not in self._colorizers:
                self._colorizers[name] = Colorizer(self._given.get(name, name), self._device)
            return self._colorizers[name]

    def models(self) -> list[ModelForm]:
        """What is known of each network, those given by the user first, without loading it; damaged
        ones are left out."""
        headers = {
            name: Header.read(path) for name, path in self._given.items()
        } | describe_models()
        return [
            ModelForm(
                name=name,
                system=told.metadata.system,
                size=told.sizes[0],
                listens_to=sorted(told.inputs - {"lightness"}),
            )
            for name, told in headers.items()
            if isinstance(told, Header)
        ]

    def open(self, data: bytes, name: str, watched: Watched) -> Opened:
        """Read a photograph or find the shots of a film, and keep it. Raises PhotoError and
        FilmError."""
        shots = (
            find_shots(data, self.folder, self.limits, lambda: watched.progress(0))
            if is_film(data)
            else None
        )
        pages = measure(data, self.limits) if shots is None else len(shots)
        opened = Opened(
            hashlib.sha256(name.encode() + b"\0" + data).hexdigest()[:24],
            name,
            data,
            pages,
            shots=shots,
        )
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
        self._check_page(opened, page)
        if page not in opened.previews:
            photo = opened.read(page)
            opened.known[page] = Known(
                photo.pixels.shape[1], photo.pixels.shape[0], *notes_on(photo)
            )
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

    def preview_in_color(
        self, opened: Opened, page: int, form: GuidanceForm, model: str, side: int = PREVIEW_SIDE
    ) -> Made:
        """A page in color, small enough for a screen, as JPEG. Raises UsageError and ModelError for
        what cannot be asked."""
        prepared, guidance, colorizer = (
            self.prepare(opened, page, model),
            form.guidance(),
            self.colorizer(model),
        )
        preview = shrink_photo(self.preview(opened, page), side)
        if guidance.keep_color or (
            is_drawn(prepared) if guidance.line_art is None else guidance.line_art
        ):
            colored = colorizer.color(prepared, guidance)
            notes = [str(notice) for notice in colored.notices[len(prepared.photo.notices) :]]
            return Made(encode(shrink_photo(colored, side), "jpg", PREVIEW_QUALITY), notes)
        ab = resize(colorizer.ab(prepared, guidance), preview.pixels.shape[:2])
        told = [str(NEGATIVE)] if is_negative(prepared) else []
        return Made(
            encode(preview.with_pixels(render(preview.pixels, ab)), "jpg", PREVIEW_QUALITY), told
        )

    def vary(
        self,
        opened: Opened,
        page: int,
        form: GuidanceForm,
        count: int,
        seed: int,
        model: str,
        watched: Watched,
    ) -> list[VariationForm]:
        """Several plausible colorings: uncertain things take colors that are drawn. The same seed
        gives the same ones."""
        found = []
        for k in range(count):
            watched.progress(k / count)
            drawn = form.model_copy(update={"bold": True, "seed": seed + k})
            picture = self.preview_in_color(opened, page, drawn, model, THUMBNAIL).data
            found.append(
                VariationForm(guidance=drawn, picture=base64.b64encode(picture).decode("ascii"))
            )
        return found

    def segment(self, opened: Opened, page: int, form: PointsForm, model: str) -> bytes:
        """What the points lie on, as a PNG mask at the guided size, white where it is."""
        prepared = self.prepare(opened, page, model)
        mask = select_objects(
            prepared, *(tuple((x, y) for x, y in points) for points in (form.keep, form.skip))
        )
        return encode(Photo((mask * 255).astype(np.uint8)), "png")

    def suggest(
        self, opened: Opened, page: int, place: tuple[float, float] | None, count: int, model: str
    ) -> SuggestForm:
        """The likely colors of a place and its thing, or where a dab helps most. Raises
        CapabilityError where the network tells neither."""
        prepared = self.prepare(opened, page, model)
        if place is None:
            return SuggestForm(places=list(suggest_places(prepared, count)))
        found = suggest_colors(prepared, *place, count)
        return SuggestForm(
            colors=[LikelyForm(color=each.color, share=each.share) for each in found],
            thing=find_thing(prepared, *place),
        )

    def tile(self, opened: Opened, page: int, box: tuple[int, int, int, int]) -> bytes:
        """A part of a page as it came, at full size, as JPEG. box: x, y, width, height in
        pixels."""
        self._check_page(opened, page)
        key = f"{opened.id} {page}"
        return encode(cut(self._kept(key, lambda: opened.read(page)), box), "jpg", PREVIEW_QUALITY)

    def tile_in_color(
        self,
        opened: Opened,
        page: int,
        box: tuple[int, int, int, int],
        form: GuidanceForm,
        model: str,
    ) -> bytes:
        """A part of a page in color, at full size, as JPEG."""
        key = f"{opened.id} {page} {model} {form.model_dump_json(exclude_defaults=True)}"
        whole = self._kept(
            key,
            lambda: self.colorizer(model).color(self.prepare(opened, page, model), form.guidance()),
        )
        return encode(cut(whole, box), "jpg", PREVIEW_QUALITY)

    def file(
        self,
        data: bytes,
        forms: Sequence[GuidanceForm],
        model: str,
        format: str | None,
        watched: Watched,
        opened: Opened | None = None,
    ) -> Made:
        """A file in color, every page of it: full size, its own or another format, depth and
        metadata.

        forms: guidance of each page; pages beyond it take that of the last, without what belongs to
        places. model: for pages that name no network. opened: the same file, some of whose pages
        may be prepared already. Raises PhotoError and NoModelError.
        """
        if is_film(data):
            raise UsageError("a film is colored by a job")
        count = measure(data, self.limits)
        kind = written_format(data, format)
        left_out = note_on_pages(count, kind)
        notes = [left_out] if left_out else []
        wanted = count if kind == "TIFF" else 1
        pages = [(form, network_of(form, model)) for form in islice(spread(forms), wanted)]
        for network in {network for _, network in pages}:
            self.check_model(network)

        def colored() -> Iterator[Photo]:
            for page, (form, network) in enumerate(pages):
                watched.progress(page / (wanted + 1))
                asked, colorizer = form.guidance(), self.colorizer(network)
                prepared = (
                    self.prepare(opened, page, network)
                    if opened
                    else colorizer.prepare(read_photo(data, page))
                )
                after = colorizer.color(prepared, asked)
                in_color, told = notes_on(prepared.photo)
                told = (*told, *map(str, after.notices[len(prepared.photo.notices) :]))
                if in_color and not asked.keep_color:
                    told = (*told, RECOLORED)
                notes.extend(f"page {page + 1}: {note}" if wanted > 1 else note for note in told)
                yield after
            watched.progress(wanted / (wanted + 1))

        whole = io.BytesIO()
        networks = ", ".join(dict.fromkeys(network for _, network in pages))
        write_photos(colored(), whole, None, ending_of(kind), self._label(forms, networks), wanted)
        return Made(whole.getvalue(), notes)

    def _label(self, forms: Sequence[GuidanceForm], networks: str) -> Label:
        from tintype import __version__

        return Label(
            networks,
            __version__,
            settings_hash(guidance=[form.model_dump(exclude_defaults=True) for form in forms]),
        )

    def work(
        self,
        job: Job,
        name: str,
        forms: Sequence[GuidanceForm],
        model: str,
        format: str | None,
        times: Sequence[float],
    ) -> None:
        """Color the file of a job. times: of the shots that the forms belong to; none: the first
        form is for the whole film.

        Raises UsageError for a film whose shots name another network than the job's.
        """
        if not job.is_film:
            made = self.file(job.source.read_bytes(), forms, model, format, job)
            job.form.notes = made.notes
            job.result.write_bytes(made.data)
            return
        if any(network_of(form, model) != model for form in forms):
            raise UsageError(
                f"one network colors the whole film, here {model!r}; a shot cannot have another"
            )
        asked = [(time, form.guidance()) for time, form in zip(times, forms, strict=False)]
        wishes = [(time, guidance) for time, guidance in asked if guidance != Guidance()]
        base = GuidanceForm() if times else forms[0]
        color_job(job, name, self.colorizer(model), wishes, base.guidance(), self.limits)

    def _check_page(self, opened: Opened, page: int) -> None:
        if page >= opened.pages:
            raise NotOpenError(
                f"{opened.name} has {opened.pages} pages, so there is no page {page}"
            )

    def _kept(self, key: str, make: Callable[[], Photo]) -> Photo:
        found = self.colored.get(key)
        if found is None:
            found = make()
            self.colored.put(key, found)
        return found


def find_thing(prepared: Prepared, x: float, y: float) -> ThingForm:
    """The thing at a place, shares of width and height: what belongs to it and hangs together with
    the place."""
    things = things_of(prepared)
    mask = (things.membership((x, y))[things.labels] > 0.5).astype(np.uint8)
    height, width = mask.shape
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(mask)
    label = labels[min(int(y * height), height - 1), min(int(x * width), width - 1)]
    left, top, across, down, area = (int(value) for value in boxes[label])
    lightness = resize(prepared.lightness, mask.shape)[labels == label].mean()
    return ThingForm(
        left=left / width,
        top=top / height,
        right=(left + across) / width,
        bottom=(top + down) / height,
        share=area / mask.size,
        lightness=round(float(lightness), 1),
    )


def network_of(form: GuidanceForm, model: str) -> str:
    """The network that colors a page: the page's own, or else `model`."""
    return (form.model if isinstance(form, PageForm) else None) or model


def spread(forms: Sequence[GuidanceForm]) -> Iterator[GuidanceForm]:
    """Guidance for page after page."""
    yield from forms
    last = forms[-1] if forms else GuidanceForm()
    while True:
        yield last.model_copy(update={"hints": [], "strokes": [], "region": None})
