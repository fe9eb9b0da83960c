"""Open photographs in color: prepared once, colored often; and what helps to guide them."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import cv2
import numpy as np

from tintype.engine import Prepared
from tintype.engine.assist.line_art import is_drawn
from tintype.engine.assist.negative import NEGATIVE, is_negative
from tintype.engine.assist.people import missing_parts
from tintype.engine.assist.region import select_objects
from tintype.engine.assist.suggest import suggest_colors, suggest_places
from tintype.engine.core.render import render
from tintype.engine.core.sizes import resize
from tintype.guidance import Guidance
from tintype.jobs import Policy, decide, leaves_negative
from tintype.notices import Notice
from tintype.photo import Photo
from tintype.photo.isolated import IsolatedFile
from tintype.web.bodies import check_pictures
from tintype.web.desk import Ticket
from tintype.web.forms import LikelyForm, PointsForm, SuggestForm, ThingForm, VariationForm
from tintype.web.limits import Limits
from tintype.web.networks import Networks
from tintype.web.opened import PREVIEW_SIDE, OpenFile, OpenFiles
from tintype.web.pictures import cut, encode, shrink_photo, weigh_photo
from tintype.web.shelf import Shelf

PREVIEW_QUALITY = 90
THUMBNAIL_SIDE = 320

V = TypeVar("V")


@dataclass(frozen=True)
class View:
    """What is shown of an open photograph. recolor: color what is left otherwise."""

    opened: OpenFile
    page: int
    model: str
    guidance: Guidance
    recolor: bool = False

    @property
    def policy(self) -> Policy:
        """The policy that decides about it."""
        return Policy(recolor=self.recolor)


class Coloring:
    """Colors the open photographs; threads may share it."""

    def __init__(self, networks: Networks, files: OpenFiles, limits: Limits) -> None:
        self.networks, self.files = networks, files
        self._prepared: Shelf[Prepared] = Shelf(files.budget, lambda each: each.weight)
        self._full_size: Shelf[Photo] = Shelf(files.budget, weigh_photo)

    def photo(self, opened: OpenFile, page: int, file: IsolatedFile | None = None) -> Photo:
        """A page as it came, at full size. file: see `OpenFile.read`."""
        key = f"{opened.id} {page}"
        return self._keep(self._full_size, opened, key, lambda: opened.read(page, file))

    def prepare(
        self, opened: OpenFile, page: int, model: str, photo: Photo | None = None
    ) -> Prepared:
        """A page made ready to be colored by a network: done once, while there is room for it.
        photo: what is colored instead of the page as it came, which is not kept."""
        key = f"{opened.id} {page} {model}"
        colorizer = self.networks.colorizer(model)
        if photo is not None and photo.pixels is not self.photo(opened, page).pixels:
            return colorizer.prepare(photo)
        return self._keep(
            self._prepared, opened, key, lambda: colorizer.prepare(self.photo(opened, page))
        )

    def preview(self, view: View, side: int = PREVIEW_SIDE) -> tuple[bytes, tuple[Notice, ...]]:
        """A page in color, no side longer than `side`, as JPEG; and what its coloring says beside
        what is known of the page. Raises UsageError and ModelError for what cannot be asked."""
        check_pictures(view.guidance)
        small = shrink_photo(self.files.preview(view.opened, view.page), side)
        photo = self.photo(view.opened, view.page)
        decision = decide(photo, view.guidance, view.policy)
        if decision.is_left:
            return encode(small, "jpg", PREVIEW_QUALITY), decision.notices
        guidance, colorizer = decision.guidance, self.networks.colorizer(view.model)
        prepared = self.prepare(view.opened, view.page, view.model, decision.photo)
        if decision.photo is not photo:
            small = shrink_photo(decision.photo, side)
        fills = is_drawn(prepared) if guidance.line_art is None else guidance.line_art
        if guidance.keep_color or fills:
            colored = colorizer.color(prepared, guidance)
            notices = colored.notices[len(photo.notices) :]
            small = shrink_photo(colored, side)
        else:
            ab = resize(colorizer.ab(prepared, guidance), small.pixels.shape[:2])
            negative = (NEGATIVE,) if is_negative(prepared) else ()
            notices = (*negative, *missing_parts(prepared, guidance))
            small = small.with_pixels(render(small.pixels, ab))
        if leaves_negative(notices, view.policy):
            small = shrink_photo(decision.photo, side)
        return encode(small, "jpg", PREVIEW_QUALITY), (*decision.notices, *notices)

    def tile(self, opened: OpenFile, page: int, box: tuple[int, int, int, int]) -> bytes:
        """A part of a page as it came, at full size, as JPEG. box: x, y, width, height in
        pixels."""
        return encode(cut(self.photo(opened, page), box), "jpg", PREVIEW_QUALITY)

    def tile_in_color(self, view: View, box: tuple[int, int, int, int]) -> bytes:
        """A part of a page in color, at full size, as JPEG."""
        key = f"{view.opened.id} {view.page} {view.model} {view.recolor} {view.guidance}"
        whole = self._keep(self._full_size, view.opened, key, lambda: self._color(view))
        return encode(cut(whole, box), "jpg", PREVIEW_QUALITY)

    def _keep(self, shelf: Shelf[V], opened: OpenFile, key: str, make: Callable[[], V]) -> V:
        """What is made of an open file, once while there is room for it; the file itself stays for
        longer."""
        value = shelf.get(key)
        if value is None:
            value = make()
            self.files.shelf.get(opened.id)
            shelf.put(key, value)
        self.files.shelf.get(opened.id)
        return value

    def _color(self, view: View) -> Photo:
        check_pictures(view.guidance)
        decision = decide(self.photo(view.opened, view.page), view.guidance, view.policy)
        if decision.is_left:
            return decision.photo
        prepared = self.prepare(view.opened, view.page, view.model, decision.photo)
        colored = self.networks.colorizer(view.model).color(prepared, decision.guidance)
        is_left = leaves_negative(colored.notices, view.policy)
        return decision.photo if is_left else colored

    def vary(self, view: View, count: int, seed: int, ticket: Ticket) -> list[VariationForm]:
        """Several plausible colorings: uncertain objects take colors that are drawn. The same seed
        gives the same ones."""
        made = []
        for k in range(count):
            ticket.progress()
            guidance = replace(view.guidance, bold=True, seed=seed + k)
            picture, _ = self.preview(
                replace(view, guidance=guidance, recolor=True), THUMBNAIL_SIDE
            )
            coded = base64.b64encode(picture).decode("ascii")
            made.append(VariationForm(guidance=guidance, picture=coded))
        return made

    def segment(self, opened: OpenFile, page: int, form: PointsForm, model: str) -> bytes:
        """What the points lie on, as a PNG mask at the guided size, white where it is."""
        mask = select_objects(self.prepare(opened, page, model), form.keep, form.skip)
        return encode(Photo((mask * 255).astype(np.uint8)), "png")

    def suggest(
        self, opened: OpenFile, page: int, place: tuple[float, float] | None, count: int, model: str
    ) -> SuggestForm:
        """The likely colors of a place and its object, or where a hint helps most. Raises
        CapabilityError where the network predicts neither."""
        prepared = self.prepare(opened, page, model)
        if place is None:
            places = list(suggest_places(prepared, count))
            return SuggestForm(colors=[], thing=None, places=places)
        colors = [
            LikelyForm(color=each.color, share=each.share)
            for each in suggest_colors(prepared, *place, count)
        ]
        return SuggestForm(colors=colors, thing=find_thing(prepared, *place), places=[])


def find_thing(prepared: Prepared, x: float, y: float) -> ThingForm:
    """The object at a place, shares of width and height."""
    mask = select_objects(prepared, ((x, y),)) > 0.5
    height, width = mask.shape
    left, top, across, down = cv2.boundingRect(mask.astype(np.uint8))
    lightness = prepared.lightness[mask] if mask.any() else prepared.lightness
    return ThingForm(
        left=left / width,
        top=top / height,
        right=(left + across) / width,
        bottom=(top + down) / height,
        share=float(mask.mean()),
        lightness=round(float(lightness.mean()), 1),
    )
