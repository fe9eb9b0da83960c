import cv2
import numpy as np
import torch
from skimage import data
from torch import nn

from tintype.lab.data.photographs import load_photographs
from tintype.lab.training.validation import SALIENCY_SIDE, draw_saliency, validate


class GrayWithSaliency(nn.Module):
    """Predicts no color, and of saliency the upper half."""

    inputs = ("lightness",)

    def __init__(self, level: float) -> None:
        super().__init__()
        self.level = nn.Parameter(torch.tensor(level))

    def forward(self, lightness):
        saliency = torch.zeros(len(lightness), 1, 32, 32)
        saliency[:, :, :16] = self.level
        return {"ab": torch.zeros(len(lightness), 2, 32, 32), "saliency": saliency}


def test_sheets_show_the_saliency_and_how_it_changed(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("astronaut", "chelsea"):
        cv2.imwrite(str(photos / f"{name}.png"), getattr(data, name)()[:200, :200, ::-1])
    store = load_photographs([photos])
    for step, level in ((0, 0.0), (500, 0.4), (1000, 1.0)):
        sheet = tmp_path / f"step-{step:07d}.png"
        numbers = validate(GrayWithSaliency(level), store, sheet)
        assert numbers["colorfulness_share"] < 0.05
    assert cv2.imread(str(sheet)).shape[1] == 8 + 4 * (256 + 8)
    draw_saliency(tmp_path)
    evolution = cv2.imread(str(tmp_path / "saliency.png"), cv2.IMREAD_GRAYSCALE)
    assert evolution.shape[1] == 8 + 3 * (SALIENCY_SIDE + 8)
    top = 18 + 2 * 8
    for column, level in enumerate((0, 102, 255)):
        left = 8 + column * (SALIENCY_SIDE + 8)
        maps = evolution[top : top + SALIENCY_SIDE, left : left + SALIENCY_SIDE]
        assert np.all(maps[8:50, 8:-8] == level)
        assert maps[-40:, 8:-8].max() == 0


def test_a_run_without_saliency_gets_no_sheet_of_it(tmp_path):
    draw_saliency(tmp_path)
    assert not (tmp_path / "saliency.png").exists()
