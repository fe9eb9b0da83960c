import numpy as np
import pytest
import torch
from skimage import data

from tintype.color import fit_gamut, lab_to_srgb, srgb_to_lab
from tintype.lab.nets.lab import (
    lab_to_rgb,
    lightness_to_gray,
    linear_to_lab,
    linear_to_lightness,
    luma,
    rgb_to_lab,
    rgb_to_uv,
    srgb_to_linear,
    uv_to_rgb,
)


def test_it_agrees_with_the_arrays():
    rgb = data.astronaut()[::8, ::8].astype(np.float32) / 255
    lab = fit_gamut(srgb_to_lab(rgb))
    found = lab_to_rgb(torch.from_numpy(lab).permute(2, 0, 1)[None])[0].permute(1, 2, 0).numpy()
    assert np.abs(found - lab_to_srgb(lab)).max() < 1e-4


def test_gradients_are_finite_everywhere():
    lab = torch.stack(
        torch.meshgrid(torch.linspace(0, 100, 9), torch.linspace(-100, 100, 9), indexing="ij")
    )
    lab = torch.cat([lab, lab[1:]])[None].requires_grad_()
    lab_to_rgb(lab).sum().backward()
    assert torch.isfinite(lab.grad).all()


def test_another_shape_is_refused():
    with pytest.raises(ValueError, match="N×3×H×W"):
        lab_to_rgb(torch.zeros(1, 2, 4, 4))


def test_it_comes_back_and_gray_has_no_color():
    rgb = torch.from_numpy(data.astronaut()[::8, ::8].astype(np.float32) / 255).permute(2, 0, 1)[
        None
    ]
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


def test_gray_has_no_ab_and_its_lightness():
    lab = linear_to_lab(srgb_to_linear(torch.full((1, 3, 2, 2), 0.5)))
    assert lab[:, 1:].abs().max() < 1e-3
    assert float(lab[0, 0, 0, 0]) == pytest.approx(53.39, abs=0.01)
    torch.testing.assert_close(
        linear_to_lightness(srgb_to_linear(torch.full((1, 3, 2, 2), 0.5))), lab[:, :1]
    )


def test_lightness_ends_at_black_and_white():
    beyond = torch.tensor([-0.2, 0.0, 1.0, 1.3]).reshape(1, 1, 1, 4)
    assert linear_to_lightness(beyond).flatten().tolist() == pytest.approx([0, 0, 100, 100])
    assert linear_to_lightness(beyond).max() <= 100
    white = torch.ones(1, 3, 2, 3)
    assert linear_to_lightness(white).max() <= 100 and linear_to_lightness(white).min() > 99.99
