import numpy as np
import pytest
import torch
from skimage import data

from tintype.color import fit_gamut, lab_to_srgb, srgb_to_lab
from tintype.nets.lab import lab_to_rgb


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
