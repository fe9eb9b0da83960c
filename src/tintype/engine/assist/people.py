"""People and the sky in a prepared photograph: masks of them and of the parts of people, and
colors for these."""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from tintype.arrays import Array
from tintype.engine.assist.things import raise_mask
from tintype.engine.core.prepare import Prepared
from tintype.engine.core.segments import segments_of
from tintype.engine.core.sizes import pixel_at
from tintype.guidance import NAMED_AREAS, Guidance, PartColor, Point, color_ab
from tintype.notices import Notice, NoticeCode

# Share of the picture above which hair separates persons in contact.
MIN_HEAD_SHARE = 0.002
# Share of the picture below which a part is not found, other than lips.
MIN_PART_SHARE = 0.001


def part_mask(prepared: Prepared, name: str, near: Point | None = None) -> Array:
    """A named area (of `NAMED_AREAS`), of all people or of the person nearest to a place: H×W
    float32, 0..1, at the guided size. The sky belongs to nobody: `near` means nothing to it."""
    probability = segments_of(prepared).parts[name]
    if near is not None and name != "sky":
        probability = probability * _person(prepared, near)
    return raise_mask(probability, prepared.lightness)


def _person(prepared: Prepared, near: Point) -> Array:
    """The person nearest to a place: h×w float32, 0 or 1. Persons in contact are separated by
    their hair: each place belongs to the nearest."""
    parts = segments_of(prepared).parts
    labels = _labels(parts["person"])
    at = pixel_at(labels.shape, *near)
    label = _nearest(labels)[at]
    person = labels == label
    heads = _labels(parts["hair"] * person)
    areas = np.bincount(heads.ravel())
    heads[areas[heads] < MIN_HEAD_SHARE * heads.size] = 0
    if len(np.unique(heads)) > 2:
        owner = _nearest(heads)
        person &= owner == owner[at]
    return person.astype(np.float32)


def _labels(probability: Array) -> Array:
    """The connected parts where a probability is above a half, from 1 on: h×w int32."""
    return np.asarray(cv2.connectedComponents((probability > 0.5).astype(np.uint8))[1])


def _nearest(labels: Array) -> Array:
    """The label above 0 nearest to each place: h×w; 0 if there is none."""
    if not labels.any():
        return labels
    empty = (labels == 0).astype(np.uint8)
    index = cv2.distanceTransformWithLabels(empty, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)[
        1
    ]
    label = np.zeros(int(index.max()) + 1, labels.dtype)
    label[index[labels > 0]] = labels[labels > 0]
    return np.asarray(label[index])


def color_parts(prepared: Prepared, ab: Array, colors: Sequence[PartColor]) -> Array:
    """Colors for parts of people laid over ab, H×W×2 at the guided size; later ones on top."""
    for each in colors:
        share = (each.confidence * part_mask(prepared, each.part, each.near))[..., None]
        ab = ab + share * (color_ab(each.color) - ab)
    return np.asarray(ab, np.float32)


def missing_parts(prepared: Prepared, guidance: Guidance) -> tuple[Notice, ...]:
    """A notice where parts of people that the guidance names are not in the photograph."""
    region = guidance.region
    named = {each.part for each in guidance.parts}
    if region is not None and region.kind in NAMED_AREAS:
        named.add(region.kind)  # type: ignore[arg-type]
    missing = [name for name in NAMED_AREAS if name in named and not _is_there(prepared, name)]
    return not_found(missing)


def _is_there(prepared: Prepared, name: str) -> bool:
    share = float((segments_of(prepared).parts[name] > 0.5).mean())
    return share > (0 if name == "lips" else MIN_PART_SHARE)


def not_found(names: Iterable[str]) -> tuple[Notice, ...]:
    """The notice that parts of people are not in a photograph; none without names."""
    listed = " and no ".join(names)
    sentence = f"no {listed} can be found in it"
    return (Notice(NoticeCode.PART_NOT_FOUND, sentence),) if listed else ()
