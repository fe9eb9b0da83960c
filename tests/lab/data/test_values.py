"""What is drawn at random from fixed seeds: it changes only on purpose."""

import numpy as np
import pytest
import torch
from skimage import data

from tintype.lab.data import augment, conditioning
from tintype.lab.data.batches import make_batch, mix_channels
from tintype.lab.data.hue_sectors import hue_rarity, hue_sectors
from tintype.lab.data.pages import draw_page
from tintype.lab.data.photographs import Crops
from tintype.lab.data.settings import GuidanceShares, plain_data

RGB = torch.stack(
    [
        torch.from_numpy(picture[:64, 100:196].astype(np.float32) / 255).permute(2, 0, 1)
        for picture in (data.astronaut(), data.coffee(), data.chelsea(), data.astronaut()[200:])
    ]
)
GRAY = augment.linear_to_lightness(augment.srgb_to_linear(RGB))
KINDS = ("unusual", "points", "scribbles", "grid", "dense")


def crops(size: tuple[int, int] = (64, 96)) -> Crops:
    n = len(RGB)
    rgb = RGB[:, :, : size[0], : size[1]].clone()
    saliency = (rgb.mean(1, keepdim=True) > 0.5).float()
    known = torch.tensor([True, True, False, True])
    maps = torch.full((n, 3, size[0] // 4, size[1] // 4), 255, dtype=torch.uint8)
    return Crops(
        rgb=rgb,
        seen=None,
        saliency=saliency,
        has_saliency=known,
        mask=saliency.flip(3),
        has_mask=known.flip(0),
        label=torch.arange(n),
        maps=maps,
        keys=[str(k) for k in range(n)],
    )


AUGMENTATIONS = {
    "recolor": lambda: augment.recolor(augment.srgb_to_linear(RGB)),
    "jitter_chroma": lambda: augment.jitter_chroma(RGB[:, :2] * 80 - 40),
    "develop": lambda: augment.develop(augment.srgb_to_linear(RGB.repeat(8, 1, 1, 1))),
    "fade": lambda: augment.fade(GRAY.repeat(3, 1, 1, 1)),
    "blur": lambda: augment.blur(GRAY, torch.tensor([0.3, 0.8, 1.5, 2.5])),
    "grain": lambda: augment.grain(GRAY, 5),
    "fine grain": lambda: augment.grain(GRAY, 1),
    "jpeg": lambda: augment.jpeg(GRAY, torch.tensor([10.0, 49.0, 50.0, 92.0])),
    "scratches": lambda: augment.scratches(GRAY),
    "damage": lambda: augment.damage(GRAY.repeat(4, 1, 1, 1), 0.8),
    "stretch_tone": lambda: augment.stretch_tone(GRAY * 0.3 + 20),
    "under_water": lambda: augment.under_water(RGB),
    "old_photograph": lambda: torch.cat(augment.old_photograph(RGB), 1),
}


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_an_augmentation(name, recorded):
    torch.manual_seed(3)
    recorded.check({name: AUGMENTATIONS[name]()}, 2e-3)


def guided(**shares) -> dict[str, torch.Tensor]:
    torch.manual_seed(4)
    ab = augment.linear_to_lab(augment.srgb_to_linear(RGB))[:, 1:]
    wanted = GuidanceShares.model_validate(shares)
    drawn = conditioning.draw_conditioning(ab, crops(), np.random.default_rng(5), wanted)
    return {name: getattr(drawn, name) for name in ("hint", "region", "palette", "ab")}


@pytest.mark.parametrize("kind", KINDS)
def test_hints(kind, recorded):
    made = guided(**{kind: 1.0})
    recorded.check({f"{kind} {name}": made[name] for name in ("hint", "ab")}, 2e-3)


@pytest.mark.parametrize("kind", [*conditioning.SHAPES, "file", "object", "background"])
def test_regions(kind, recorded):
    recorded.check({kind: guided(region=1.0, regions=[kind])["region"]}, 2e-3)


def test_mixed_guidance_and_palettes(recorded):
    mixed = dict.fromkeys(KINDS, 0.2) | {"region": 0.5, "histogram": 0.6, "chroma": 0.6}
    recorded.check({f"mixed {name}": value for name, value in guided(**mixed).items()}, 2e-3)


def test_pages(recorded):
    recorded.check({f"page {k}": draw_page(64, np.random.default_rng(k)) for k in range(24)}, 5e-3)


@pytest.mark.parametrize("gray", ["lightness", "luma", "underwater"])
def test_batches(gray, recorded):
    torch.manual_seed(6)
    settings = plain_data(size=64, gray=gray, pages=0.5, worn=0.5)
    batch = make_batch(crops((64, 64)), settings, np.random.default_rng(7))
    twice = batch.with_mirrors()
    made = {"lightness": twice.lightness, "ab": twice.ab, "maps": twice.maps, "label": twice.label}
    recorded.check({f"{gray}: {name}": value for name, value in made.items()}, 3e-3)


def test_channels_are_mixed(recorded):
    recorded.check({"mixed": mix_channels(RGB.repeat(4, 1, 1, 1), np.random.default_rng(8))})


def test_hues(recorded):
    ab = np.random.default_rng(9).normal(0, 30, (40, 2))
    pictures = [(picture.permute(1, 2, 0).numpy() * 255).astype(np.uint8) for picture in RGB]
    recorded.check({"sectors": hue_sectors(ab, 20), "rarity": hue_rarity(pictures, 0.5)})
