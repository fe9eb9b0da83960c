import numpy as np
import pytest
import torch
from skimage import data

from tintype.color import ab_bins, fit_gamut, lab_to_srgb, srgb_to_lab
from tintype.nets.bins import settle
from tintype.nets.lab import lab_to_rgb, lightness_to_gray, luma, rgb_to_lab, rgb_to_uv, uv_to_rgb


def test_it_agrees_with_the_arrays():
    rgb = data.astronaut()[::8, ::8].astype(np.float32) / 255
    lab = fit_gamut(srgb_to_lab(rgb))
    found = lab_to_rgb(torch.from_numpy(lab).permute(2, 0, 1)[None])[0].permute(1, 2, 0).numpy()
    assert np.abs(found - lab_to_srgb(lab)).max() < 1e-4


def test_gradients_are_finite_everywhere():
    lab = torch.stack(torch.meshgrid(torch.linspace(0, 100, 9), torch.linspace(-100, 100, 9), indexing="ij"))
    lab = torch.cat([lab, lab[1:]])[None].requires_grad_()
    lab_to_rgb(lab).sum().backward()
    assert torch.isfinite(lab.grad).all()


def test_another_shape_is_refused():
    with pytest.raises(ValueError, match="N×3×H×W"):
        lab_to_rgb(torch.zeros(1, 2, 4, 4))


def test_it_comes_back_and_gray_has_no_color():
    rgb = torch.from_numpy(data.astronaut()[::8, ::8].astype(np.float32) / 255).permute(2, 0, 1)[None]
    lab = rgb_to_lab(rgb)
    assert torch.allclose(lab_to_rgb(lab), rgb, atol=2e-3)
    expected = torch.from_numpy(srgb_to_lab(rgb[0].permute(1, 2, 0).numpy()))
    assert (lab[0].permute(1, 2, 0) - expected).abs().max() < 0.1
    gray = lightness_to_gray(torch.tensor([0.0, 30.0, 53.39, 100.0]).reshape(1, 1, 2, 2))
    assert torch.allclose(gray.flatten(), torch.tensor([0.0, 0.2778, 0.5, 1.0]), atol=2e-3)
    assert rgb_to_lab(gray.expand(1, 3, 2, 2))[:, 1:].abs().max() < 0.1


def test_yuv_comes_back():
    rgb = torch.rand(2, 3, 4, 4)
    uv = rgb_to_uv(rgb)
    assert torch.allclose(uv_to_rgb(luma(rgb), uv), rgb, atol=1e-5)
    primaries = torch.eye(3).reshape(3, 3, 1, 1)
    assert rgb_to_uv(primaries)[:, :, 0, 0].abs().max() == pytest.approx(1)


def peaks(*peaks: tuple[tuple[float, float], float]) -> torch.Tensor:
    """Log-probabilities, 1×Q×4×4, of a sum of round peaks: centers in ab, and heights."""
    centers = torch.tensor(ab_bins())
    heights = [height * torch.exp(-(centers - torch.tensor(at)).square().sum(1) / 200) for at, height in peaks]
    return torch.log(sum(heights) + 1e-6)[None, :, None, None].expand(1, -1, 4, 4)


def painted(a: float, b: float) -> torch.Tensor:
    return torch.tensor([float(a), float(b)]).reshape(1, 2, 1, 1).expand(1, 2, 16, 16)


def test_a_purple_between_blue_and_red_becomes_the_one_it_is_nearer_to():
    logits, centers = peaks(((0.0, -40.0), 1.0), ((50.0, 20.0), 0.8)), torch.tensor(ab_bins())
    blue = settle(painted(20, -15), logits, centers)
    assert (blue - painted(0, -40)).norm(dim=1).max() < 8
    red = settle(painted(35, 3), logits, centers)
    assert (red - painted(50, 20)).norm(dim=1).max() < 8


def test_a_color_that_is_held_possible_stays():
    centers = torch.tensor(ab_bins())
    for logits in (peaks(((20.0, -15.0), 1.0)), torch.zeros(1, len(centers), 4, 4)):
        assert (settle(painted(20, -15), logits, centers) - painted(20, -15)).norm(dim=1).max() < 1


def test_a_color_that_no_bin_is_near_is_settled_to_something_finite():
    logits = peaks(((-80.0, 60.0), 1.0))
    found = settle(painted(400, -400), logits - 1e4 * (logits < logits.max()), torch.tensor(ab_bins()))
    assert torch.isfinite(found).all()
