import math

import cv2
import numpy as np
import pytest
import torch
from skimage import data

from tintype.color import lightness, srgb_to_lab
from tintype.lab.data.augment import (
    BLUE_SENSITIVE,
    ORTHOCHROMATIC,
    blur,
    damage,
    develop,
    fade,
    grain,
    jitter_chroma,
    jpeg,
    old_photograph,
    recolor,
    scratches,
    stretch_tone,
    under_water,
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


def test_a_turned_hue_keeps_its_chroma_and_its_direction():
    torch.manual_seed(0)
    ab = torch.tensor([30.0, 40.0]).reshape(1, 2, 1, 1).expand(500, 2, 3, 5)
    turned = jitter_chroma(ab, 1, 1, 10)
    torch.testing.assert_close(turned.norm(dim=1), torch.full((500, 3, 5), 50.0))
    angle = torch.atan2(turned[:, 1], turned[:, 0]) - math.atan2(40, 30)
    assert (angle.amax((1, 2)) - angle.amin((1, 2))).max() < 1e-5, "one angle a picture"
    degrees = angle[:, 0, 0] * 180 / math.pi
    assert 9 < degrees.max() <= 10.001 and -10.001 <= degrees.min() < -9
    scaled = jitter_chroma(ab, 0.85, 1.25, 0)
    share = scaled[:, 0, 0, 0] / 30
    torch.testing.assert_close(scaled, ab * share[:, None, None, None])
    assert 0.85 <= share.min() < 0.87 and 1.23 < share.max() <= 1.25


def test_a_quarter_turn_goes_from_a_to_b(monkeypatch):
    monkeypatch.setattr("tintype.lab.data.augment.uniform", lambda n, low, high, _: _full(n, high))
    ab = torch.tensor([30.0, 0.0]).reshape(1, 2, 1, 1).expand(1, 2, 2, 3)
    turned = jitter_chroma(ab, 1, 1, 90)
    torch.testing.assert_close(turned[0, :, 0, 0], torch.tensor([0.0, 30.0]), atol=1e-4, rtol=0)


def _full(n: int, value: float) -> torch.Tensor:
    return torch.full((n, 1, 1, 1), value)


def test_other_exposures_and_balances_stay_within_their_limits():
    torch.manual_seed(0)
    gray = torch.full((2000, 3, 2, 2), 0.5)
    changed = recolor(gray)[:, :, 0, 0]
    ratio = changed[:, 0] / changed[:, 1]
    assert ratio.std() > 0.01 and ratio.min() > 0.79 and ratio.max() < 1.27
    exposure = changed.mean(1).log() / math.log(0.5)
    assert 0.65 < exposure.min() < 0.85 and 1.2 < exposure.max() < 1.5
    assert recolor(torch.ones(50, 3, 2, 2)).max() == 1


@pytest.mark.parametrize(
    ("color", "emulsion", "low", "high"),
    [((0, 0, 1), BLUE_SENSITIVE, 0.75, 0.83), ((1, 0, 0), ORTHOCHROMATIC, 0.60, 0.75)],
)
def test_each_emulsion_develops_its_share_of_the_pictures(monkeypatch, color, emulsion, low, high):
    kinds = torch.linspace(0, 0.92, 93)
    rand = torch.rand

    def drawn(*size, **options):
        return kinds if size == (93,) else 0 * rand(*size, **options)

    monkeypatch.setattr(torch, "rand", drawn)
    picture = torch.tensor(color, dtype=torch.float32).reshape(1, 3, 1, 1).expand(93, 3, 1, 2)
    developed = develop(picture)[:, 0, 0, 0]
    channel = color.index(1)
    relative = emulsion[channel] / sum(emulsion)
    expected = 116 * relative ** (1 / 3) - 16
    inside = (kinds >= low) & (kinds < high)
    torch.testing.assert_close(
        developed[inside], torch.full((int(inside.sum()),), expected), atol=0.5, rtol=0
    )


def test_blur_spreads_a_point_by_its_own_sigma_alike_along_both_axes():
    point = torch.zeros(2, 1, 17, 33)
    point[:, :, 8, 16] = 100
    soft = blur(point, torch.tensor([1.0, 1.5]))
    for picture, sigma in zip(soft[:, 0], (1.0, 1.5), strict=True):
        assert float(picture.sum()) == pytest.approx(100, abs=0.1)
        y = torch.arange(17.0) - 8
        x = torch.arange(33.0) - 16
        down, across = ((picture.sum(1) * y**2).sum(), (picture.sum(0) * x**2).sum())
        assert float(down) / 100 == pytest.approx(sigma**2, rel=0.05)
        assert float(across) == pytest.approx(float(down), rel=1e-4)


def test_stretching_brings_the_first_and_last_percent_to_black_and_white():
    ramp = torch.linspace(30, 60, 64 * 98).reshape(1, 1, 64, 98)
    stretched = stretch_tone(ramp)
    assert stretched.min() == 0 and stretched.max() == 100
    assert float(stretched[ramp < 30.29].max()) < 0.2 and float(stretched[ramp > 59.71].min()) > 99
    assert float(stretched[0, 0, 32, 0]) == pytest.approx(50, abs=1)
    flat = torch.full((1, 1, 64, 98), 50.0)
    flat[..., :49] = 52
    assert float(stretch_tone(flat).max() - stretch_tone(flat).min()) == pytest.approx(10, abs=0.1)


def test_water_takes_red_first_and_most_from_afar():
    torch.manual_seed(0)
    colors = torch.eye(3).reshape(3, 3, 1, 1).repeat(40, 1, 24, 8)
    seen = under_water(colors)[:, 0].mean(2)
    black = under_water(torch.zeros(120, 3, 24, 8))[:, 0].mean(2)
    plain = lightness(np.eye(3, dtype=np.float32)[None])[0]
    lost = [float(plain[i] - seen[i::3, -1].mean()) for i in range(3)]
    assert lost[0] > lost[1] and lost[0] > lost[2]
    assert black[:, 0].mean() > black[:, -1].mean() > 5, "the veil grows toward the horizon"


@pytest.mark.parametrize("cell", [1, 3])
def test_grain_has_the_pictures_shape_and_clumps(cell):
    torch.manual_seed(0)
    noise = grain(torch.zeros(4, 1, 50, 71), cell)
    assert noise.shape == (4, 1, 50, 71) and abs(float(noise.mean())) < 0.05
    neighbors = torch.corrcoef(torch.stack([noise[..., 1:].flatten(), noise[..., :-1].flatten()]))[
        0, 1
    ]
    assert (neighbors > 0.5) == (cell > 1)


def test_scratches_are_few_thin_lines_from_edge_to_edge():
    torch.manual_seed(0)
    plain = torch.full((20, 1, 40, 70), 50.0)
    changed = (scratches(plain) - plain).abs() > 1
    assert 0.005 < changed.float().mean() < 0.2
    assert scratches(plain).min() >= 0 and scratches(plain).max() <= 100
    assert (changed.any(3).float().mean((1, 2)) > 0.9).float().mean() > 0.5


def test_a_share_of_none_changes_nothing_and_of_all_every_picture():
    torch.manual_seed(0)
    batch = old_photograph(RGB, worn=0)[0].repeat(30, 1, 1, 1)
    assert torch.equal(damage(batch, 0), batch) and torch.equal(fade(batch, 0), batch)
    assert ((fade(batch, 1) - batch).abs().amax((1, 2, 3)) > 0).all()
    changed = (damage(batch, 0.5) - batch).abs().amax((1, 2, 3)) > 0
    assert 5 <= int(changed.sum()) <= 25


def test_the_last_7_percent_are_behind_a_random_filter(monkeypatch):
    kinds = torch.linspace(0.84, 0.99, 16)
    rand = torch.rand
    torch.manual_seed(0)
    monkeypatch.setattr(
        torch, "rand", lambda *size, **options: kinds if size == (16,) else rand(*size, **options)
    )
    blue = torch.tensor([0.0, 0.0, 1.0]).reshape(1, 3, 1, 1).expand(16, 3, 1, 2)
    developed = develop(blue)[:, 0, 0, 0]
    plain = kinds < 0.93
    assert developed[plain].std() < 1e-4 < developed[~plain].std()
