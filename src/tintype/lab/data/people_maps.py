"""Photographs in; maps of the parts of people, made by four networks of MediaPipe (2021), and of
the sky out.

They are for making training maps, and run with LiteRT, which is no part of Tintype. Clothes are
not separated: what is a person and neither skin nor hair is `PERSON`.
"""

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tintype.arrays import Array
from tintype.errors import ModelError, UsageError
from tintype.lab.data.human_maps import Map
from tintype.lab.data.label_maps import (
    BACKGROUND,
    EYES,
    HAIR,
    LIPS,
    MOUTH,
    NOBODY,
    PERSON,
    SKIN,
    UNKNOWN,
    label_key,
    png_of,
)
from tintype.lab.data.samples import Bytes, decode, find_sources, read_samples
from tintype.lab.data.sky_maps import sky_map

FILES = ("hair_segmentation", "selfie_segmentation", "face_detection_full_range", "face_landmark")
PERSON_SIDE, FACE_SIDE, HAIR_SIDE = 256, 192, 512
"""Sides of what the networks see, in pixels; face detection and landmarks see the same."""
ANCHORS_SIDE, ANCHOR_STRIDE = 48, 4
MAX_FACES, MIN_FACE_SCORE, MIN_LANDMARK_SCORE, MAX_FACE_OVERLAP = 6, 0.55, 0.7, 0.3
MIN_FACE_SIDE, MIN_DETAILED_SIDE = 24, 40
"""Pixels: smaller faces are left out; in faces smaller than the second, lips and eyes are
unknown."""
# Points of the face mesh, as MediaPipe numbers them.
OVAL = (
    "10 338 297 332 284 251 389 356 454 323 361 288 397 365 379 378 400 377 152 148 176 149 150 136"
    " 172 58 132 93 234 127 162 21 54 103 67 109"
)
OUTER_LIPS = "61 146 91 181 84 17 314 405 321 375 291 409 270 269 267 0 37 39 40 185"
INNER_LIPS = "78 95 88 178 87 14 317 402 318 324 308 415 310 311 312 13 82 81 80 191"
RIGHT_EYE = "33 7 163 144 145 153 154 155 133 173 157 158 159 160 161 246"
LEFT_EYE = "362 382 381 380 374 373 390 249 263 466 388 387 386 385 384 398"
CHIN, FOREHEAD = 152, 10

Network = Callable[[Array], list[Array]]
"""1×H×W×C less its first axis in; all outputs, each less its first axis, out."""
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class PeopleNetworks:
    """hair: H×W×4 to H×W×2 logits. person: to H×W×1, 0..1. faces: to boxes and scores of anchors.
    landmarks: to 468 points and the score that it is a face."""

    hair: Network
    person: Network
    faces: Network
    landmarks: Network

    @classmethod
    def open(cls, folder: Path) -> "PeopleNetworks":
        """The four .tflite files of a folder. Raises UsageError if LiteRT is not installed,
        ModelError if a file is missing or damaged."""
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise UsageError(
                "maps of people need LiteRT; install it with: pip install ai-edge-litert"
            ) from error
        networks = []
        for name in FILES:
            path = folder / f"{name}.tflite"
            try:
                interpreter = Interpreter(str(path), num_threads=1)
                interpreter.allocate_tensors()
            except (ValueError, RuntimeError, OSError) as error:
                raise ModelError(f"{path} is missing, or is not a LiteRT network") from error
            networks.append(partial(_run, interpreter))
        return cls(*networks)


def _run(interpreter: Any, picture: Array) -> list[Array]:
    interpreter.set_tensor(
        interpreter.get_input_details()[0]["index"], np.asarray(picture[None], np.float32)
    )
    interpreter.invoke()
    outputs = interpreter.get_output_details()
    return [np.array(interpreter.get_tensor(output["index"])[0]) for output in outputs]


def make_people_maps(
    paths: Iterable[Path],
    networks: PeopleNetworks,
    skipped: dict[str, str],
    outdoors: Container[str] = (),
    indoors: Container[str] = (),
) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Key and encoded map of each photograph in folders and shards. What cannot be read is named in
    `skipped`, with the reason.

    outdoors, indoors: sources (a key's part before the first hyphen) all of whose photographs were
    taken there; those of the second show no sky.
    """
    for source in find_sources(paths):
        for encoded in read_samples(source):
            try:
                picture = decode(encoded).pixels
            except ValueError as error:
                skipped[encoded.key] = str(error)
                continue
            key = label_key(encoded.key)
            name = PurePath(key).name.partition("-")[0]
            is_outdoors = True if name in outdoors else False if name in indoors else None
            people = with_sky(people_map(picture, networks), picture, is_outdoors)
            yield key, {"people": png_of(people)}


def with_sky(people: Map, rgb: Bytes, outdoors: bool | None) -> Map:
    """A map of people whose background is separated: `SKY`, `BACKGROUND`, or `NOBODY` where it may
    be either. outdoors: as of `sky_map`."""
    sky = sky_map(rgb, outdoors)
    return np.where(people == BACKGROUND, np.where(sky == UNKNOWN, NOBODY, sky), people)


def people_map(rgb: Bytes, networks: PeopleNetworks) -> Map:
    """rgb: H×W×3 sRGB. Returns H×W: an index in PARTS, the sky counting as background, `PERSON`, or
    `UNKNOWN` where the networks are unsure or disagree."""
    height, width = rgb.shape[:2]
    seen = networks.person(_shown(rgb, PERSON_SIDE) / 255)[0][..., 0]
    person = np.asarray(cv2.resize(seen, (width, height)), np.float32)
    result = np.full((height, width), UNKNOWN, np.uint8)
    result[person < 0.1] = BACKGROUND
    result[person > 0.9] = PERSON
    for face in find_faces(rgb, networks) or find_faces(rgb, networks, 1.6):
        draw_face(result, rgb, person, face, networks)
    return result


@dataclass(frozen=True)
class Face:
    """center: x, y. side: the longer side of its box. angle: from the right to the left eye,
    degrees. All in pixels of the picture."""

    center: Array
    side: float
    angle: float

    def overlaps(self, other: "Face") -> bool:
        """Whether the squares of both have more than `MAX_FACE_OVERLAP` in common."""
        gap = np.abs(self.center - other.center)
        common = np.prod(np.clip((self.side + other.side) / 2 - gap, 0, min(self.side, other.side)))
        return bool(common > MAX_FACE_OVERLAP * (self.side**2 + other.side**2 - common))


def find_faces(rgb: Bytes, networks: PeopleNetworks, margin: float = 1.0) -> list[Face]:
    """The surest faces. margin: how many times its longer side the picture is padded to, so that
    large faces become smaller."""
    height, width = rgb.shape[:2]
    side = int(max(height, width) * margin)
    top, left = (side - height) // 2, (side - width) // 2
    padded = np.zeros((side, side, 3), np.uint8)
    padded[top : top + height, left : left + width] = rgb
    outputs = networks.faces(_shown(padded, FACE_SIDE) / 127.5 - 1)
    boxes, logits = sorted(outputs, key=lambda output: -output.shape[-1])
    rows, columns = np.mgrid[:ANCHORS_SIDE, :ANCHORS_SIDE]
    anchors = np.stack([columns, rows], -1).reshape(-1, 2) * ANCHOR_STRIDE + ANCHOR_STRIDE / 2
    scores = _logistic(logits[:, 0])
    faces: list[Face] = []
    for k in np.argsort(-scores)[: np.count_nonzero(scores > MIN_FACE_SCORE)]:
        center = (anchors[k] + boxes[k, :2]) / FACE_SIDE * side - [left, top]
        eyes = boxes[k, 6:8] - boxes[k, 4:6]
        angle = float(np.degrees(np.arctan2(eyes[1], eyes[0])))
        face = Face(center, float(boxes[k, 2:4].max()) / FACE_SIDE * side, angle)
        if not any(face.overlaps(other) for other in faces):
            faces.append(face)
    return [face for face in faces[:MAX_FACES] if face.side >= MIN_FACE_SIDE]


def draw_face(result: Map, rgb: Bytes, person: Array, face: Face, networks: PeopleNetworks) -> None:
    """Draw hair, skin, eyes, lips and mouth of a face into the map. Its edges are unknown."""
    points = face_points(rgb, face, networks)
    if points is None:
        return
    size = result.shape

    def inside(ring: str) -> Mask:
        corners = points[[int(number) for number in ring.split()]]
        return _filled(size, corners)

    hair, is_near = hair_around(rgb, face, networks)
    oval = inside(OVAL)
    rim = points[[int(number) for number in OVAL.split()]]
    above = rim - 0.28 * (points[CHIN] - points[FOREHEAD])
    head = _filled(size, cv2.convexHull(np.concatenate([above, rim]))[:, 0])
    result[is_near & (hair > 0.2) & (hair < 0.8)] = UNKNOWN
    result[_grown(head, max(1, int(face.side * 0.15))) & (result == PERSON)] = UNKNOWN
    result[head & (hair < 0.2) & (person > 0.5) & ~oval] = SKIN
    result[is_near & (hair > 0.8) & ~oval] = HAIR
    result[_grown(oval, 1) & ~oval] = UNKNOWN
    result[oval] = np.where(hair[oval] > 0.5, UNKNOWN, SKIN)
    eyes, lips = inside(RIGHT_EYE) | inside(LEFT_EYE), inside(OUTER_LIPS)
    if face.side < MIN_DETAILED_SIDE:
        result[_grown(eyes | lips, 1)] = UNKNOWN
        return
    for mask, part in ((eyes, EYES), (lips, LIPS), (inside(INNER_LIPS), MOUTH)):
        result[mask] = part


def face_points(rgb: Bytes, face: Face, networks: PeopleNetworks) -> Array | None:
    """The 468 points of the face mesh, x and y in pixels of the picture; None if it is no face."""
    x, y = face.center
    scale = FACE_SIDE / (1.5 * face.side)
    turn = np.asarray(cv2.getRotationMatrix2D((float(x), float(y)), face.angle, scale))
    turn[:, 2] = turn[:, 2] + FACE_SIDE / 2 - face.center
    upright = cv2.warpAffine(rgb, turn, (FACE_SIDE, FACE_SIDE), borderMode=cv2.BORDER_REPLICATE)
    score, points = sorted(networks.landmarks(upright / 255), key=lambda output: output.size)
    if _logistic(score.ravel()[0]) < MIN_LANDMARK_SCORE:
        return None
    back = cv2.invertAffineTransform(turn)
    return np.asarray(points.reshape(-1, 3)[:, :2] @ back[:, :2].T + back[:, 2], np.float32)


def hair_around(rgb: Bytes, face: Face, networks: PeopleNetworks) -> tuple[Array, Mask]:
    """How likely each place is hair, H×W, and where the network has looked: around the face."""
    side = 2.2 * face.side
    corner = face.center - [side / 2, 0.6 * side]
    scale = HAIR_SIDE / side
    cut = np.array([[scale, 0, -scale * corner[0]], [0, scale, -scale * corner[1]]])
    square = (HAIR_SIDE, HAIR_SIDE)
    crop = cv2.warpAffine(rgb, cut, square, borderMode=cv2.BORDER_REPLICATE) / 255
    logits = networks.hair(np.dstack([crop, np.zeros(square)]))[0]
    back, size = cv2.invertAffineTransform(cut), (rgb.shape[1], rgb.shape[0])
    hair = cv2.warpAffine(_logistic(logits[..., 1] - logits[..., 0]), back, size)
    seen = cv2.warpAffine(np.ones(square, np.uint8), back, size, flags=cv2.INTER_NEAREST)
    return np.asarray(hair, np.float32), seen > 0


def _shown(rgb: Bytes, side: int) -> Bytes:
    return np.asarray(cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _logistic(values: Any) -> Any:
    return 1 / (1 + np.exp(-np.clip(values, -30, 30)))


def _filled(size: tuple[int, ...], corners: NDArray[Any]) -> Mask:
    canvas = np.zeros(size, np.uint8)
    cv2.fillPoly(canvas, [np.rint(corners).astype(np.int32)], (1,))
    return canvas > 0


def _grown(mask: Mask, pixels: int) -> Mask:
    kernel = np.ones((3, 3), np.uint8)
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel, iterations=pixels) > 0)
