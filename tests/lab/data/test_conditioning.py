from dataclasses import replace

import numpy as np
import pytest
import torch

from tintype.lab.data.conditioning import draw_conditioning, draw_regions
from tintype.lab.data.photographs import Crops
from tintype.lab.data.settings import GuidanceShares

AB = torch.randn(40, 2, 64, 64, generator=torch.Generator().manual_seed(0)) * 20
SALIENCY = torch.zeros(40, 1, 64, 64)
SALIENCY[:, :, 16:48, 16:48] = 1
YES, NO = torch.ones(40, dtype=torch.bool), torch.zeros(40, dtype=torch.bool)
CROPS = Crops(
    torch.zeros(40, 3, 64, 64),
    None,
    SALIENCY,
    YES,
    1 - SALIENCY,
    YES,
    torch.full((40,), -1),
    torch.full((40, 3, 16, 16), 255, dtype=torch.uint8),
    [f"p{i}" for i in range(40)],
)


def drawn(**shares: float):
    return draw_conditioning(AB, CROPS, np.random.default_rng(0), GuidanceShares(**shares))


def test_without_shares_nothing_is_asked():
    conditions = drawn()
    assert not conditions.hint.any()
    assert (conditions.region == 1).all()
    assert not conditions.palette.any()
    assert torch.equal(conditions.ab, AB)


def test_dense_hints_show_the_truth():
    conditions = drawn(dense=1.0)
    assert torch.equal(conditions.hint[:, :2], AB)
    assert (conditions.hint[:, 2] == 1).all()


@pytest.mark.parametrize("kind", ["points", "scribbles", "grid"])
def test_hints_lie_near_the_true_colors(kind):
    smooth = torch.nn.functional.avg_pool2d(AB, 15, 1, 7) * 10
    conditions = draw_conditioning(
        smooth, CROPS, np.random.default_rng(0), GuidanceShares(**{kind: 1.0})
    )
    there = conditions.hint[:, 2:] > 0
    assert there.any()
    far = ((conditions.hint[:, :2] - smooth).abs() * there).sum() / (2 * there.sum())
    assert far < 10  # unrelated colors of these pictures are 15 apart
    assert not (conditions.hint[:, :2] * ~there).any()


def test_an_unusual_wish_changes_the_target_and_tells_so_by_hints():
    conditions = drawn(unusual=1.0)
    changed = (conditions.ab - AB).abs().sum(1, keepdim=True) > 1e-3
    assert changed[:, :, 20:40, 20:40].float().mean() > 0.9
    assert not changed[:, :, :10].any()
    there = conditions.hint[:, 2] > 0
    assert there.any(2).any(1).all()


def test_color_is_wanted_only_inside_the_region():
    conditions = drawn(dense=1.0, region=1.0)
    outside = conditions.region == 0
    assert 0.1 < outside.float().mean() < 0.9
    assert not (conditions.ab * outside).any()
    assert not (conditions.hint * outside).any()


def test_regions_are_many_and_differ():
    regions = draw_regions(CROPS, np.random.default_rng(0), GuidanceShares(region=1.0))
    assert len({tuple(region.flatten().tolist()) for region in regions}) > 25
    assert set(regions.unique().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize(
    ("kind", "inside", "outside"),
    [
        ("left", (30, 10), (30, 50)),
        ("object", (32, 32), (3, 3)),
        ("background", (3, 3), (32, 32)),
        ("file", (3, 3), (32, 32)),
    ],
)
def test_regions_of_one_kind_lie_where_they_should(kind, inside, outside):
    regions = draw_regions(
        CROPS, np.random.default_rng(0), GuidanceShares(region=1.0, regions=[kind])
    )
    assert (regions[:, 0, inside[0], inside[1]] == 1).all()
    assert (regions[:, 0, outside[0], outside[1]] == 0).all()


@pytest.mark.parametrize("kind", ["file", "object", "background"])
def test_a_photograph_without_the_map_of_its_region_is_colored_everywhere(kind):
    bare = replace(CROPS, has_mask=NO, has_saliency=NO)
    assert (
        draw_regions(bare, np.random.default_rng(0), GuidanceShares(region=1.0, regions=[kind]))
        == 1
    ).all()


def test_palettes_carry_the_pictures_own_statistics():
    conditions = drawn(histogram=1.0, chroma=1.0)
    assert torch.allclose(conditions.palette[:, :-3].sum(1), torch.ones(40), atol=1e-4)
    assert torch.allclose(conditions.palette[:, -2], AB.norm(dim=1).mean((1, 2)))
    assert (conditions.palette[:, -3] == 1).all()
    assert (conditions.palette[:, -1] == 1).all()
