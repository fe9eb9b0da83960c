"""Validation on held-out photographs: a few measures and a sheet of pictures."""

from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from torch import nn

from tintype.color.gamut import fitted_srgb
from tintype.color.lab import lab_to_srgb, srgb_to_lab
from tintype.color.lab import lightness as lightness_of_gray
from tintype.color.measures import colorfulness
from tintype.lab.data.photographs import PhotoStore
from tintype.lab.nets.decision import automatic_inputs
from tintype.sheet import contact_sheet

SIDE = 256
"""Side at which pictures are colored, pixels."""
MAX_SHEET_ROWS = 10
MAX_SALIENCY_COLUMNS = 12
SALIENCY_SIDE = 128
"""Side of a map on the sheet of `draw_saliency`, pixels."""


@torch.no_grad()
def validate(network: nn.Module, store: PhotoStore, sheet: Path) -> dict[str, float]:
    """Color the store's pictures (of pairs, the mean of what is seen) at 256×256 and compare: mean
    PSNR over RGB in dB, and colorfulness as a share of the truth's.

    Writes a sheet of the first ten: gray, colored, truth, and saliency where it is predicted; the
    maps alone go into SHEET.saliency.png, one above the other. A network that predicts no ab has no
    numbers.
    """
    device = next(network.parameters()).device
    network.eval()
    psnr, vivid, true_vivid = [], [], []
    rows: list[list[Image.Image]] = []
    maps: list[Image.Image] = []
    for index in range(len(store)):
        true = store.square(index, SIDE)
        lightness = srgb_to_lab(true)[:, :, 0]
        gray, seen = lightness, store.seen(index)
        if seen is not None:
            gray = lightness_of_gray(
                np.asarray(cv2.resize(seen, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)
            )
        shown = torch.from_numpy(gray)[None, None].to(device)
        out = network(**automatic_inputs(network, shown))
        if "ab" not in out:
            return {}
        ab = out["ab"][0]
        ab = cv2.resize(
            ab.float().permute(1, 2, 0).cpu().numpy(), (SIDE, SIDE), interpolation=cv2.INTER_LINEAR
        )
        colored = np.round(fitted_srgb(np.dstack([lightness, ab])) * 255) / 255
        psnr.append(-10 * np.log10(np.mean((colored - true) ** 2) + 1e-10))
        vivid.append(colorfulness(colored))
        true_vivid.append(colorfulness(true))
        if len(rows) < MAX_SHEET_ROWS:
            given = lab_to_srgb(np.dstack([gray, np.zeros_like(ab)]))
            rows.append(
                [
                    Image.fromarray((picture * 255).astype(np.uint8))
                    for picture in (given, colored, true)
                ]
            )
            if "saliency" in out:
                rows[-1].append(saliency_picture(out["saliency"][0, 0], SIDE))
                maps.append(saliency_picture(out["saliency"][0, 0], SALIENCY_SIDE))
    contact_sheet(rows, ["gray", "colored", "truth", "saliency"][: len(rows[0])]).save(sheet)
    if maps:
        column = np.vstack([np.asarray(each) for each in maps])
        Image.fromarray(column).save(sheet.with_suffix(".saliency.png"))
    return {
        "psnr": float(np.mean(psnr)),
        "colorfulness_share": float(np.mean(vivid) / np.mean(true_vivid)),
    }


def saliency_picture(saliency: torch.Tensor, side: int) -> Image.Image:
    """A predicted map, h×w, 0..1, as a gray square of so many pixels a side."""
    levels = (saliency.float().clamp(0, 1) * 255).round().byte().cpu().numpy()
    return Image.fromarray(levels).resize((side, side), Image.Resampling.BILINEAR)


def draw_saliency(folder: Path) -> None:
    """Write how the predicted saliency changed over a run into its saliency.png: a column a
    validation (at most twelve of them, the first and the last included), a row a photograph.
    Nothing is written where no saliency is predicted."""
    columns = sorted(folder.glob("step-*.saliency.png"))
    if not columns:
        return
    places = np.linspace(0, len(columns) - 1, min(len(columns), MAX_SALIENCY_COLUMNS))
    chosen = [columns[int(place)] for place in np.unique(places.round())]
    maps = [np.asarray(Image.open(path)) for path in chosen]
    rows = [
        [Image.fromarray(column[top : top + SALIENCY_SIDE]) for column in maps]
        for top in range(0, min(len(column) for column in maps), SALIENCY_SIDE)
    ]
    labels = [path.name.split(".")[0].removeprefix("step-").lstrip("0") or "0" for path in chosen]
    contact_sheet(rows, labels, SALIENCY_SIDE).save(folder / "saliency.png")
