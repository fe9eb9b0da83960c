"""The sheet of the field: rows are photographs, columns gray, each system, and the truth where
there is one."""

import html
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from tintype.arrays import Array
from tintype.color import srgb_to_lab
from tintype.engine.core.network import Network, list_models
from tintype.errors import UsageError
from tintype.lab.evaluation.page import data_url
from tintype.lab.evaluation.protocol import MAX_GRAY_CHROMA
from tintype.lab.evaluation.systems import Case, open_system, paint, pictures_in, read_picture
from tintype.sheet import contact_sheet

MAX_SIDE = 1024
"""Longer side of the pictures, pixels: a sheet is for the eye."""
DETAIL_SHARE = 0.25
"""Side of a detail as a share of the picture's shorter side."""

Row = tuple[str, list[Array | None]]


def find_photos(paths: Sequence[Path]) -> list[Path]:
    """The pictures that are given, and those in the folders that are. Raises UsageError if there is
    none."""
    result: list[Path] = []
    for path in paths:
        result += pictures_in(path) if path.is_dir() else [path]
    if not result:
        raise UsageError(f"there are no pictures in {', '.join(map(str, paths))}")
    return result


def objectives_of(name: str) -> list[str]:
    """The adversarial objectives that a network was trained against, by its file's metadata; none
    for what is no such network."""
    if not name.endswith(".onnx") and name not in list_models():
        return []
    recipe = Network.load(name).metadata.recipe
    losses = {key: loss for key, loss in recipe.get("losses", {}).items() if loss.get("game")}
    stages = recipe.get("stages", [])
    played = [
        key
        for key, loss in losses.items()
        if any(stage["weights"].get(key, loss["weight"]) > 0 for stage in stages)
    ]
    return list(dict.fromkeys(str(losses[key]["game"]["objective"]) for key in played))


def columns_of(names: Sequence[str], with_truth: bool) -> list[str]:
    """Gray first, the systems, the truth last where any photograph has one."""
    middle = [name for name in names if name not in ("gray", "truth")]
    return ["gray", *middle, *(["truth"] if with_truth else [])]


def paint_rows(
    names: Sequence[str], photos: Sequence[Path], show: Callable[[str], None] = lambda _: None
) -> tuple[list[str], list[Row]]:
    """Color every photograph by every system. Returns the columns' names and the rows, None where
    there is no truth.

    A photograph that holds color is shown to the systems as its L*, and is the truth; systems that
    listen to hints get none.
    Raises UsageError and ModelError for unknown systems, DataError for a picture that cannot be
    read.
    """
    if "levin" in names:
        raise UsageError("levin needs hints, and a comparison sheet gives none")
    systems = {name: open_system(name, None) for name in names if name not in ("gray", "truth")}
    labs = [_read(path) for path in photos]
    colored = [bool(np.hypot(lab[..., 1], lab[..., 2]).mean() >= MAX_GRAY_CHROMA) for lab in labs]
    columns = columns_of(names, any(colored))
    rows = []
    for n, (path, lab) in enumerate(zip(photos, labs, strict=True)):
        none = np.zeros_like(lab)
        case = Case(path.name, (lab.shape[1], lab.shape[0]), lab, none, labs[(n + 1) % len(labs)])
        cells: list[Array | None] = [paint(lab[..., 0], none[..., 1:])]
        for name, system in systems.items():
            cells.append(system(case))
            show(f"{name}: {path.name}")
        if "truth" in columns:
            cells.append(paint(lab[..., 0], lab[..., 1:]) if colored[n] else None)
        rows.append((path.name, cells))
    return columns, rows


def _read(path: Path) -> Array:
    picture = read_picture(path, None)
    ratio = MAX_SIDE / max(picture.shape[:2])
    if ratio < 1:
        picture = np.asarray(
            cv2.resize(picture, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA), np.float32
        )
    return srgb_to_lab(picture)


def add_details(rows: Sequence[Row]) -> list[Row]:
    """Under each row the same with a square cut out where the lightness has the most detail."""
    result: list[Row] = []
    for name, cells in rows:
        gray = next(cell for cell in cells if cell is not None)
        side = max(8, int(min(gray.shape[:2]) * DETAIL_SHARE))
        busy = cv2.blur(np.abs(cv2.Laplacian(gray[..., 0], cv2.CV_32F)), (side, side))
        half = side // 2
        inner = busy[half : gray.shape[0] - half, half : gray.shape[1] - half]
        top, left = np.unravel_index(int(inner.argmax()), inner.shape)
        where = np.s_[top : top + side, left : left + side]
        result += [
            (name, cells),
            (f"{name}, detail", [None if cell is None else cell[where] for cell in cells]),
        ]
    return result


def draw_png(columns: Sequence[str], rows: Sequence[Row], cell: int) -> Image.Image:
    """One picture of the whole sheet; an empty place where there is no truth."""
    blank = Image.new("RGB", (8, 8), "white")
    pictures = []
    for name, cells in rows:
        shown = [
            blank if c is None else Image.fromarray(np.rint(c * 255).astype(np.uint8))
            for c in cells
        ]
        if name.endswith(", detail"):
            shown = [
                s if s is blank else s.resize((cell, cell), Image.Resampling.BICUBIC) for s in shown
            ]
        pictures.append(shown)
    return contact_sheet(pictures, columns, cell)


def draw_html(columns: Sequence[str], rows: Sequence[Row], cell: int) -> str:
    """One self-contained page."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    body = ""
    for name, cells in rows:
        pictures = (
            f'<img src="{data_url(c)}" alt="{html.escape(name)}">' if c is not None else ""
            for c in cells
        )
        body += "<tr>" + "".join(f"<td>{picture}</td>" for picture in pictures) + "</tr>"
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Tintype: comparison</title>'
        "<style>body{font:15px"
        " system-ui;margin:1rem}th{position:sticky;top:0;background:#fff;padding:.4rem}"
        f"img{{width:{cell}px;display:block}}td{{vertical-align:middle}}</style>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></html>"
    )
