import cv2
import numpy as np
import torch
from skimage import data

from tintype.color import lightness, srgb_to_lab
from tintype.lab.data.augment import (
    blur,
    damage,
    develop,
    fade,
    jpeg,
    old_photograph,
    stretch_tone,
)

RGB = torch.from_numpy(data.astronaut()[:128, 100:228].astype(np.float32) / 255).permute(2, 0, 1)[
    None
]


def test_unworn_photographs_have_their_own_lightness_and_colors():
    shown, ab = old_photograph(RGB, worn=0)
    lab = srgb_to_lab(RGB[0].permute(1, 2, 0).numpy())
    assert np.abs(shown[0, 0].numpy() - lab[..., 0]).max() < 0.1
    assert np.abs(ab[0].permute(1, 2, 0).numpy() - lab[..., 1:]).max() < 0.3


def test_an_orthochromatic_emulsion_makes_reds_dark():
    torch.manual_seed(0)
    red = torch.tensor([0.8, 0.05, 0.05]).reshape(1, 3, 1, 1).expand(400, 3, 2, 2)
    developed = develop(red)[:, 0, 0, 0]
    plain = float(lightness(np.array([[[0.9063, 0.2478, 0.2478]]], np.float32))[0, 0])
    assert (developed - plain).abs().lt(0.5).float().mean() > 0.5
    assert developed.min() < plain - 20


def test_every_kind_of_wear_keeps_lightness_in_its_range():
    torch.manual_seed(0)
    clean, _ = old_photograph(RGB, worn=0)
    batch = clean.repeat(16, 1, 1, 1)
    for worn in (fade(batch, 1.0), damage(batch, 1.0), stretch_tone(batch)):
        assert worn.shape == batch.shape
        assert worn.min() >= 0
        assert worn.max() <= 100
        assert (worn - batch).abs().mean() > 0.5


def test_blur_takes_detail_and_leaves_the_mean():
    clean, _ = old_photograph(RGB, worn=0)
    soft = blur(clean, torch.tensor([2.0]))
    assert abs(float(soft.mean() - clean.mean())) < 0.5
    assert (soft[..., 1:] - soft[..., :-1]).abs().mean() < 0.7 * (
        clean[..., 1:] - clean[..., :-1]
    ).abs().mean()


def test_jpeg_is_worse_at_lower_quality_and_harmless_at_the_highest():
    clean, _ = old_photograph(RGB, worn=0)
    errors = [
        float((jpeg(clean, torch.tensor([float(q)])) - clean).abs().mean()) for q in (100, 75, 25)
    ]
    assert errors[0] < 0.2 < errors[1] < errors[2]


def test_jpeg_is_what_a_jpeg_encoder_makes_of_it():
    clean, _ = old_photograph(RGB, worn=0)
    coded = np.rint(clean[0, 0].numpy() * 2.55).astype(np.uint8)
    for quality in (30, 75):
        encoded = cv2.imencode(".jpg", coded, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        expected = cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE) / 2.55
        found = jpeg(
            torch.from_numpy(coded / np.float32(2.55))[None, None], torch.tensor([float(quality)])
        )[0, 0].numpy()
        assert np.abs(found - expected).mean() < 0.3 * np.abs(coded / 2.55 - expected).mean()
