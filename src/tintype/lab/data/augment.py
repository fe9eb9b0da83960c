"""A color crop becomes what an old photograph would show: the target's colors, and the gray that a
camera and time left.

All on batches, on whatever device they are. sRGB is N×3×H×W, 0..1; L* is N×1×H×W, 0..100.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from tintype.color.lab import TO_RELATIVE_XYZ
from tintype.lab.nets.lab import linear_to_lab, linear_to_lightness, srgb_to_linear

# sensitivity of the emulsion to linear R, G, B
PANCHROMATIC = tuple(TO_RELATIVE_XYZ[1].tolist())
ORTHOCHROMATIC = (0.02, 0.50, 0.48)
BLUE_SENSITIVE = (0.00, 0.10, 0.90)
JPEG_LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
"""Quantization steps of luminance (ITU T.81, table K.1), which libjpeg scales by the quality."""


def uniform(n: int, low: float, high: float, device: torch.device) -> Tensor:
    return torch.empty(n, 1, 1, 1, device=device).uniform_(low, high)


def recolor(linear: Tensor) -> Tensor:
    """Other exposure, other white balance: linear sRGB in and out, 0..1."""
    n, device = len(linear), linear.device
    balance = 1 + 0.08 * torch.randn(n, 3, 1, 1, device=device).clamp(-2, 2) * 0.5
    exposure = uniform(n, 0.8, 1.25, device)
    return (linear * balance).clamp(0, 1) ** exposure


def jitter_chroma(
    ab: Tensor, low: float = 0.85, high: float = 1.25, degrees: float = 4.0
) -> Tensor:
    """Scale the chroma and turn the hue of each picture a little."""
    n, device = len(ab), ab.device
    angle = uniform(n, -degrees, degrees, device)[:, 0] * math.pi / 180
    a, b = ab.unbind(1)
    turned = torch.stack([a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()], 1)
    return turned * uniform(n, low, high, device)


def develop(linear: Tensor) -> Tensor:
    """The gray of a random emulsion: half CIE L*, the rest orthochromatic, blue-sensitive or behind
    a random filter."""
    n, device = len(linear), linear.device
    weight = torch.tensor(PANCHROMATIC, device=device).repeat(n, 1)
    kind = torch.rand(n, device=device)
    for low, high, sensitivity in ((0.60, 0.75, ORTHOCHROMATIC), (0.75, 0.83, BLUE_SENSITIVE)):
        chosen = (kind >= low) & (kind < high)
        jitter = torch.rand(n, 3, device=device) * 0.1
        weight = torch.where(
            chosen[:, None], torch.tensor(sensitivity, device=device) + jitter, weight
        )
    drawn = -torch.rand(n, 3, device=device).clamp_min(1e-6).log()
    weight = torch.where((kind >= 0.93)[:, None], drawn, weight)
    weight = weight / weight.sum(1, keepdim=True)
    return linear_to_lightness((linear * weight[:, :, None, None]).sum(1, keepdim=True).clamp(0, 1))


def fade(lightness: Tensor, share: float = 0.6) -> Tensor:
    """Contrast, gamma, faded blacks and whites, vignette."""
    n, device = len(lightness), lightness.device
    t = (lightness / 100).clamp(0, 1) ** torch.exp(torch.randn(n, 1, 1, 1, device=device) * 0.2)
    black, white = uniform(n, 0, 0.2, device), uniform(n, 0.8, 1.0, device)
    faded = torch.rand(n, 1, 1, 1, device=device) < 0.4
    t = torch.where(
        faded, black + (white - black) * t, ((t - 0.5) * uniform(n, 0.8, 1.3, device) + 0.5)
    )
    y = torch.linspace(-1, 1, lightness.shape[2], device=device)[:, None]
    x = torch.linspace(-1, 1, lightness.shape[3], device=device)
    t = t * (1 - uniform(n, -0.1, 0.3, device).clamp_min(0) * (x**2 + y**2) / 2)
    chosen = torch.rand(n, 1, 1, 1, device=device) < share
    return torch.where(chosen, t.clamp(0, 1) * 100, lightness)


def blur(lightness: Tensor, sigma: Tensor) -> Tensor:
    """Gaussian blur, another sigma (N, in pixels) for each picture."""
    n = len(lightness)
    reach = torch.arange(-4, 5, device=lightness.device)
    kernel = torch.exp(-(reach**2) / (2 * sigma[:, None] ** 2 + 1e-3))
    kernel = kernel / kernel.sum(1, keepdim=True)
    flat = F.pad(lightness.transpose(0, 1), (4, 4, 4, 4), mode="reflect")
    flat = F.conv2d(flat, kernel[:, None, None, :], groups=n)
    return F.conv2d(flat, kernel[:, None, :, None], groups=n).transpose(0, 1)


def grain(like: Tensor, cell: int) -> Tensor:
    """Noise of deviation 1 whose clumps are about `cell` pixels wide."""
    n, _, h, w = like.shape
    noise = torch.randn(n, 1, -(-h // cell), -(-w // cell), device=like.device)
    return F.interpolate(noise, size=(h, w), mode="bilinear") if cell > 1 else noise


def jpeg(lightness: Tensor, quality: Tensor) -> Tensor:
    """Quantize the 8×8 cosine transform as JPEG does (ITU T.81, table K.1). quality: N, 1..100."""
    device = lightness.device
    k = torch.arange(8, device=device, dtype=torch.float32)
    basis = torch.cos((2 * k[None] + 1) * k[:, None] * math.pi / 16) * torch.where(
        k[:, None] == 0, 0.125**0.5, 0.5
    )
    table = torch.tensor(JPEG_LUMINANCE, device=device, dtype=torch.float32)
    scale = torch.where(quality < 50, 50 / quality, 2 - quality / 50)[
        :, None, None, None, None, None
    ]
    step = (table * scale).round().clamp_min(1)
    n, _, h, w = lightness.shape
    blocks = (lightness * 2.55 - 128).reshape(n, 1, h // 8, 8, w // 8, 8).permute(0, 1, 2, 4, 3, 5)
    coded = basis @ blocks @ basis.T
    coded = (coded / step).round() * step
    blocks = basis.T @ coded @ basis
    return ((blocks.permute(0, 1, 2, 4, 3, 5).reshape(n, 1, h, w) + 128) / 2.55).clamp(0, 100)


def scratches(lightness: Tensor, lines: int = 4) -> Tensor:
    """A few bright or dark lines, and dust."""
    n, _, h, w = lightness.shape
    device = lightness.device
    y = torch.arange(h, device=device)[:, None].float()
    x = torch.arange(w, device=device).float()
    out = lightness
    for _ in range(lines):
        angle = torch.randn(n, 1, 1, device=device) * 0.3
        at = torch.rand(n, 1, 1, device=device) * w
        away = ((x - at) * angle.cos() + (y - h / 2) * angle.sin()).abs()
        ink = (1 - away / torch.empty(n, 1, 1, device=device).uniform_(0.4, 1.2)).clamp(0, 1)[
            :, None
        ]
        out = torch.lerp(
            out, uniform(n, 0, 100, device).round(decimals=-2), ink * uniform(n, 0, 1, device)
        )
    specks = (torch.rand(n, 1, h, w, device=device) < 0.001).float()
    return torch.lerp(out, uniform(n, 0, 100, device), F.max_pool2d(specks, 3, 1, 1))


def damage(lightness: Tensor, share: float = 0.4) -> Tensor:
    """What time and copying do to a share of the pictures: blur, lost resolution, mottling, grain,
    scratches, JPEG."""
    n, _, h, w = lightness.shape
    device = lightness.device
    hurt = torch.nonzero(torch.rand(n, device=device) < share)[:, 0]
    if len(hurt) == 0:
        return lightness
    x = lightness[hurt]
    m = len(hurt)

    def some(probability: float, changed: Tensor, old: Tensor) -> Tensor:
        return torch.where(torch.rand(m, 1, 1, 1, device=device) < probability, changed, old)

    x = some(0.5, blur(x, torch.empty(m, device=device).uniform_(0.2, 2)), x)
    factor = float(torch.empty(()).uniform_(1.3, 3))
    small = F.interpolate(x, size=(max(8, int(h / factor)), max(8, int(w / factor))), mode="area")
    x = some(0.25, F.interpolate(small, size=(h, w), mode="bilinear"), x)
    x = some(0.2, x + grain(x, max(h // 6, 2)) * uniform(m, 0, 6, device), x)
    midtone = 1 - ((x - 50) / 70) ** 2
    cell = int(torch.randint(1, 4, ()))
    x = some(0.7, x + grain(x, cell) * midtone.clamp(0.2, 1) * uniform(m, 0, 8, device), x)
    x = some(0.15, scratches(x.clamp(0, 100)), x)
    x = some(0.4, jpeg(x.clamp(0, 100), torch.empty(m, device=device).uniform_(25, 95)), x)
    return lightness.index_copy(0, hurt, x.clamp(0, 100).to(lightness.dtype))


def stretch_tone(lightness: Tensor) -> Tensor:
    """Bring the 1st and 99th percentile of each picture to black and white."""
    flat = lightness.flatten(1)[:, ::7]
    low, high = torch.quantile(flat, torch.tensor([0.01, 0.99], device=flat.device), dim=1)[
        :, :, None, None, None
    ]
    return ((lightness - low) * 100 / (high - low).clamp_min(20)).clamp(0, 100)


def under_water(rgb: Tensor) -> Tensor:
    """L* of each picture as a camera at a random depth and distance would take it (Jaffe 1990,
    simplified; Akkaynak 2018).

    Light is absorbed along the way, red first, and the water's own blue-green veil is added.
    """
    n, device = len(rgb), rgb.device
    absorption = torch.tensor([0.6, 0.12, 0.08], device=device)[
        :, None, None
    ]  # of clear ocean water, per meter
    veil = torch.tensor([0.05, 0.35, 0.45], device=device)[:, None, None]
    y = torch.linspace(1, 0, rgb.shape[2], device=device)[:, None]
    distance = uniform(n, 0.5, 4, device) + uniform(n, 0, 3, device) * y
    passed = torch.exp(-absorption * distance)
    return linear_to_lightness(
        srgb_to_linear(rgb) * passed + veil * (1 - torch.exp(-0.15 * distance))
    )


def old_photograph(rgb: Tensor, worn: float = 1.0) -> tuple[Tensor, Tensor]:
    """Random target and input from color crops: L* (N×1×H×W, as shown to the network) and true ab
    (N×2×H×W).

    worn: 0 gives CIE L* untouched and colors unchanged, 1 all of the augmentation.
    """
    linear = srgb_to_linear(rgb)
    if worn == 0:
        lab = linear_to_lab(linear)
        return lab[:, :1], lab[:, 1:]
    linear = recolor(linear)
    ab = jitter_chroma(linear_to_lab(linear)[:, 1:])
    lightness = damage(fade(develop(linear), 0.6 * worn), 0.4 * worn)
    stretched = torch.rand(len(rgb), 1, 1, 1, device=rgb.device) < 0.5
    return torch.where(stretched, stretch_tone(lightness), lightness), ab
