"""Textures and cut-outs in; a shard of what photographs seldom show, lawns, bricks and wood from
near and rare things, out."""

import io
import re
import tarfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tintype.color import srgb_to_lab
from tintype.errors import DataError
from tintype.files import whole_path
from tintype.lab.data.checks import MIN_LIKENESS, thumbnail
from tintype.lab.data.samples import (
    SALIENCY_SIDE,
    Bytes,
    decode,
    find_sources,
    middle_square,
    read_samples,
)

PICTURE_SIDE = 192
"""Of the pictures made, in pixels."""
TEXTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".tga", ".dds", ".webp", ".bmp"}
MIN_TEXTURE_SIDE, MAX_TEXTURE_SIDE = 240, 1024
"""Short sides in pixels: of a texture at least, and to what a larger one is shrunk."""
NO_MATERIAL = re.compile(
    r"norm|_nm|spec|glow|gloss|bump|_[ns]\.|luma|_ao|mask|light|icon|sky|sign|logo|blood|slime|"
    r"lava|alien|tech|button|door|window|panel|plate|metal|steel|water|ice|camo|preview|"
    r"particle|portrait|font|flag",
    re.IGNORECASE,
)
"""In a path: what is no picture of a material, but another input of a renderer, or shows what
no photograph does."""


@dataclass(frozen=True)
class Kind:
    """words: how a texture of it is named. a, b: the mean colors in CIELAB units it may have, for
    games tint.
    pictures: how many are made of each texture. ground: its share where a ground is laid."""

    words: str
    a: tuple[float, float]
    b: tuple[float, float]
    pictures: int
    ground: float


MATERIALS = {
    "grass": Kind("grass|lawn|meadow|hedge|leaf|leaves|ivy|moss|crop", (-60, 2), (8, 60), 5, 0.70),
    "brick": Kind("brick", (4, 40), (3, 60), 12, 0.06),
    "wood": Kind("wood|plank|bark|parquet", (-1, 40), (5, 70), 3, 0),
    "roof": Kind("roof", (2, 50), (3, 60), 5, 0),
    "stone": Kind("rock|stone|cliff|cobble|gravel|pav", (-4, 14), (-3, 30), 1, 0.08),
    "soil": Kind("sand|dirt|soil|mud|straw|hay|wheat|terrain|field", (-3, 20), (5, 45), 2, 0.16),
}
"""The first whose words a name holds is a texture's kind. Lawns and bricks are what a network
trained on photographs lacks most."""
PICTURES_PER_CUTOUT = 5


@dataclass(frozen=True)
class Composite:
    """key: KIND-NUMBER. picture: 192×192×3 uint8 sRGB. saliency: 48×48 uint8, or None where it is
    not known."""

    key: str
    picture: Bytes
    saliency: Bytes | None


def compose(
    textures: Sequence[Path], cutouts: Sequence[Path], photographs: Sequence[Path], seed: int
) -> Iterator[Composite]:
    """Textures seen whole, from near, tiled and aslant; as the ground beneath the sky of
    photographs (one for each texture seen whole, at most); and things that are cut out before
    photographs, grounds and walls.

    textures, cutouts: folders, walked whole; a cut-out is a picture that is transparent around one
    thing. photographs: folders or shards. Raises DataError for what is neither, and if there is no
    texture.
    """
    rng = np.random.default_rng(seed)
    by_material = find_textures(textures)
    if not by_material:
        raise DataError(
            "there is no texture with a name like grass, brick or wood in"
            f" {', '.join(map(str, textures))}"
        )
    nothing = np.zeros((SALIENCY_SIDE, SALIENCY_SIDE), np.uint8)
    for name, pictures in by_material.items():
        views = (
            (picture, turn) for picture in pictures for turn in range(MATERIALS[name].pictures)
        )
        for number, (picture, turn) in enumerate(views):
            yield Composite(
                f"{name}-{number:05}",
                view_texture(picture, turn if MATERIALS[name].pictures > 1 else 3, rng),
                nothing,
            )
    grounds = [name for name in by_material if MATERIALS[name].ground > 0]
    shares = np.array([MATERIALS[name].ground for name in grounds])
    behind = list(islice(outdoors(photographs), sum(map(len, by_material.values()))))

    def draw_ground() -> Bytes:
        pictures = by_material[grounds[rng.choice(len(grounds), p=shares / shares.sum())]]
        return pictures[rng.integers(len(pictures))]

    for number, photograph in enumerate(behind if grounds else []):
        yield Composite(f"ground-{number:05}", lay_ground(photograph, draw_ground(), rng), None)
    things = (
        thing
        for folder in cutouts
        for thing in find_cutouts(folder)
        for _ in range(PICTURES_PER_CUTOUT)
    )
    for number, thing in enumerate(things):
        place = rng.random()
        if behind and place < 0.45:
            background = cv2.GaussianBlur(
                behind[rng.integers(len(behind))], (0, 0), rng.uniform(0.5, 5)
            )
        elif grounds and place < 0.7:
            background = cv2.GaussianBlur(
                middle_square(draw_ground(), PICTURE_SIDE), (0, 0), rng.uniform(0.5, 2)
            )
        else:
            background = _wall(rng)
        picture, alpha = paste(thing, background, rng)
        saliency = cv2.resize(alpha, (SALIENCY_SIDE, SALIENCY_SIDE), interpolation=cv2.INTER_AREA)
        yield Composite(f"cutout-{number:05}", picture, np.rint(saliency * 255).astype(np.uint8))


def find_textures(folders: Iterable[Path]) -> dict[str, list[Bytes]]:
    """Pictures of materials, H×W×3 uint8 sRGB, by the names of `MATERIALS`.

    Left out are those that are too small, too long, transparent, dark, flat or of a color that the
    kind has not, and other tints of the same. Raises DataError for what is no folder.
    """
    by_material: dict[str, list[Bytes]] = defaultdict(list)
    known: list[NDArray[np.float32]] = []
    for folder in folders:
        if not folder.is_dir():
            raise DataError(f"{folder} is not a folder of textures")
        for path in sorted(
            p for p in folder.rglob("*") if p.suffix.lower() in TEXTURE_SUFFIXES and p.is_file()
        ):
            name = next(
                (
                    name
                    for name, kind in MATERIALS.items()
                    if re.search(kind.words, path.stem, re.IGNORECASE)
                ),
                None,
            )
            if name is None or NO_MATERIAL.search(str(path.relative_to(folder))):
                continue
            picture = _read_texture(path, MATERIALS[name])
            if picture is None:
                continue
            small = thumbnail(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
            if not any(abs(float(small @ other)) > MIN_LIKENESS for other in known):
                known.append(small)
                by_material[name].append(picture)
    return dict(by_material)


def _read_texture(path: Path, kind: Kind) -> Bytes | None:
    picture = _open(path)
    if (
        picture is None
        or min(picture.size) < MIN_TEXTURE_SIDE
        or max(picture.size) > 2.1 * min(picture.size)
    ):
        return None
    picture.thumbnail((MAX_TEXTURE_SIDE, MAX_TEXTURE_SIDE))
    rgba = np.asarray(picture)
    if (rgba[..., 3] < 250).mean() > 0.02:
        return None
    rgb = np.ascontiguousarray(rgba[..., :3])
    small = cv2.resize(rgb, (128, 128), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    lightness, a, b = np.moveaxis(srgb_to_lab(small), -1, 0)
    fits = kind.a[0] < a.mean() < kind.a[1] and kind.b[0] < b.mean() < kind.b[1]
    return rgb if fits and 14 < lightness.mean() < 88 and lightness.std() > 2 else None


def _open(path: Path) -> Image.Image | None:
    """A picture in RGBA, or None if the file is none."""
    try:
        with Image.open(path) as file:
            return file.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def find_cutouts(folder: Path) -> Iterator[Bytes]:
    """Things that are cut out, H×W×4 uint8 sRGB with alpha: 90 pixels a side at least, as many
    colors as a photograph.

    Raises DataError for what is no folder.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder of cut-outs")
    for path in sorted(folder.rglob("*.png")):
        picture = _open(path)
        if picture is None:
            continue
        picture.thumbnail((240, 240))
        rgba = np.asarray(picture)
        inside = rgba[rgba[..., 3] > 200][:, :3] // 8
        opaque = len(inside) / rgba[..., 3].size
        if (
            min(rgba.shape[:2]) >= 90
            and 0.05 < opaque < 0.95
            and len(np.unique(inside, axis=0)) > 1.5 * len(inside) ** 0.5
        ):
            yield rgba


def outdoors(photographs: Iterable[Path]) -> Iterator[Bytes]:
    """Squares of 192 pixels of photographs whose uppermost sixth is an even, light, bluish or gray
    sky."""
    for encoded in (
        encoded for source in find_sources(photographs) for encoded in read_samples(source)
    ):
        try:
            square = middle_square(decode(encoded).pixels, PICTURE_SIDE)
        except ValueError:
            continue
        lightness, _, b = np.moveaxis(
            srgb_to_lab(square[: PICTURE_SIDE // 6].astype(np.float32) / 255), -1, 0
        )
        if b.mean() < 0 and lightness.mean() > 55 and lightness.std() < 22 and b.std() < 14:
            yield square


def view_texture(texture: Bytes, turn: int, rng: np.random.Generator) -> Bytes:
    """A texture as one sees it, 192×192×3 uint8: by `turn` (modulo 4) whole, from near, tiled or
    aslant."""
    if turn % 4 == 3:
        return _aslant(
            middle_square(texture, 256),
            (PICTURE_SIDE, PICTURE_SIDE),
            rng.uniform(0.1, 0.22),
            rng.uniform(1.5, 4),
            rng,
        )
    square = middle_square(texture)
    if turn % 4 == 1:
        part = int(len(square) * rng.uniform(0.4, 0.75))
        y, x = rng.integers(0, len(square) - part + 1, 2)
        square = square[y : y + part, x : x + part]
    elif turn % 4 == 2:
        square = np.tile(square, (2, 2, 1))
    if rng.random() < 0.4:
        square = np.rot90(square, int(rng.integers(1, 4)))
    return middle_square(np.ascontiguousarray(square), PICTURE_SIDE)


def lay_ground(photograph: Bytes, texture: Bytes, rng: np.random.Generator) -> Bytes:
    """A square photograph whose lower part is ground seen aslant, hazy towards its horizon. Returns
    192×192×3 uint8."""
    height = int(rng.uniform(0.35, 0.62) * PICTURE_SIDE)
    ground = _aslant(
        middle_square(texture, 256),
        (PICTURE_SIDE, height),
        rng.uniform(0.1, 0.35),
        rng.uniform(2.5, 6),
        rng,
    ).astype(np.float32)
    haze = np.linspace(rng.uniform(0.1, 0.5), 0, height)[:, None, None]
    ground = (ground * (1 - haze) + ground.mean((0, 1)) * haze) * rng.uniform(0.7, 1.2)
    mask = np.zeros((PICTURE_SIDE, PICTURE_SIDE), np.float32)
    mask[-height:] = 1
    soft = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.6, 2.5))[..., None]
    first = int(rng.uniform(0, 0.3) * PICTURE_SIDE)
    above = photograph[first : first + PICTURE_SIDE - height]
    above = np.pad(above, ((0, PICTURE_SIDE - len(above)), (0, 0), (0, 0)), "edge")
    below = np.pad(ground, ((PICTURE_SIDE - height, 0), (0, 0), (0, 0)), "edge")
    return np.clip(above * (1 - soft) + below * soft, 0, 255).astype(np.uint8)


def paste(
    thing: Bytes, behind: NDArray[Any], rng: np.random.Generator
) -> tuple[Bytes, NDArray[np.float32]]:
    """A thing with alpha before a square picture, somewhere, of some size. Returns it, and where
    the thing is, 0..1."""
    ratio = rng.uniform(0.45, 0.95) * PICTURE_SIDE / max(thing.shape[:2])
    width, height = (max(8, round(length * ratio)) for length in thing.shape[1::-1])
    small = cv2.resize(thing, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    if rng.random() < 0.5:
        small = small[:, ::-1]
    y, x = (
        int(rng.integers(0, PICTURE_SIDE - height + 1)),
        int(rng.integers(0, PICTURE_SIDE - width + 1)),
    )
    alpha = np.zeros((PICTURE_SIDE, PICTURE_SIDE), np.float32)
    alpha[y : y + height, x : x + width] = small[..., 3] / 255
    layer = np.zeros((PICTURE_SIDE, PICTURE_SIDE, 3), np.float32)
    layer[y : y + height, x : x + width] = small[..., :3] * rng.uniform(0.75, 1.1)
    return (
        np.clip(behind * (1 - alpha[..., None]) + layer * alpha[..., None], 0, 255).astype(
            np.uint8
        ),
        alpha,
    )


def write_shard(composites: Iterable[Composite], path: Path) -> Iterator[str]:
    """Write a WebDataset shard, whole or not at all. Yields each key once it is written. Raises
    DataError if it cannot be written."""
    with whole_path(path, DataError) as beside, tarfile.open(beside, "w") as tar:
        for made in composites:
            maps = [] if made.saliency is None else [(".saliency.webp", made.saliency)]
            for suffix, picture in [(".webp", made.picture), *maps]:
                data = io.BytesIO()
                Image.fromarray(picture).save(data, "webp", quality=90)
                member = tarfile.TarInfo(made.key + suffix)
                member.size = data.tell()
                data.seek(0)
                tar.addfile(member, data)
            yield made.key


def _aslant(
    texture: Bytes, size: tuple[int, int], near: float, depth: float, rng: np.random.Generator
) -> Bytes:
    """A plane of 8×8 textures as a camera above it sees it.

    size: width and height in pixels. near: the share of the plane's width that the lower edge sees.
    depth: how many times as much the upper edge sees.
    """
    plane = np.tile(texture, (8, 8, 1))
    side = len(plane)
    lower = near * side
    upper = min(lower * depth, 0.98 * side)
    middle, back = side / 2, side * rng.uniform(0, 0.4)
    seen = np.array(
        [
            (middle - upper / 2, back),
            (middle + upper / 2, back),
            (middle + lower / 2, side),
            (middle - lower / 2, side),
        ]
    )
    width, height = 4 * size[0], 4 * size[1]
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)])
    view = cv2.getPerspectiveTransform(seen.astype(np.float32), corners.astype(np.float32))
    return np.asarray(
        cv2.resize(
            cv2.warpPerspective(plane, view, (width, height)), size, interpolation=cv2.INTER_AREA
        ),
        np.uint8,
    )


def _wall(rng: np.random.Generator) -> NDArray[np.float32]:
    """An unevenly lit, mostly white wall, 192×192×3."""
    y, x = np.mgrid[-0.5 : 0.5 : complex(PICTURE_SIDE), -0.5 : 0.5 : complex(PICTURE_SIDE)]
    angle = rng.uniform(0, 2 * np.pi)
    light = rng.uniform(225, 255) if rng.random() < 0.6 else rng.uniform(20, 225)
    wall = (
        light
        + rng.uniform(0, 40) * (np.cos(angle) * x + np.sin(angle) * y)
        + rng.normal(0, 1.5, (PICTURE_SIDE, PICTURE_SIDE))
    )
    return np.repeat(np.clip(wall, 0, 255)[..., None], 3, 2).astype(np.float32)
