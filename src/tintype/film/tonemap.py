"""An HDR luma signal (PQ or HLG) in; the SDR signal out."""

import numpy as np

from tintype.arrays import Array

PQ, HLG = 16, 18
HDR_TRANSFERS = {PQ: "PQ", HLG: "HLG"}
"""Transfer curves by their number in ITU-T H.273."""
SDR_WHITE_NITS = 203.0
"""Luminance of SDR white in an HDR picture (ITU-R BT.2408)."""
PEAK_NITS = 1000.0
"""Luminance that is mapped to white."""


def pq_to_nits(code: Array) -> Array:
    """SMPTE ST 2084: 0..1 to 0..10,000 cd/m²."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    root = np.asarray(code, np.float64) ** (1 / m2)
    return np.asarray(10_000 * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1))


def hlg_to_nits(code: Array) -> Array:
    """ARIB STD-B67 on a display of 1000 cd/m² (system gamma 1.2): 0..1 to 0..1000."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    code = np.asarray(code, np.float64)
    scene = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    return np.asarray(1000 * scene**1.2)


def tone_mapped(transfer: int, signal: Array) -> Array:
    """SDR signal (BT.1886) of an HDR signal, both 0..1.

    Linear up to near white, then Reinhard's extended curve (Reinhard et al. 2002, equation 4) up to
    `PEAK_NITS`.
    """
    signal = np.clip(signal, 0, 1)
    light = (pq_to_nits(signal) if transfer == PQ else hlg_to_nits(signal)) / SDR_WHITE_NITS
    peak = PEAK_NITS / SDR_WHITE_NITS
    light = np.minimum(light, peak)
    mapped = light * (1 + light / peak**2) / (1 + light)
    return np.asarray(np.clip(mapped, 0, 1) ** (1 / 2.4))
