"""Colors of known numbers through every conversion: they change only on purpose."""

import base64

import numpy as np
import pytest

from tintype.color import bins, colorfulness, gamut, hue_histogram, lab, measures, process
from tintype.contract import PALETTE_CELLS

RNG = np.random.default_rng(0)
RGB = RNG.random((40, 3)).astype(np.float32)
STEPS = np.linspace(0, 1, 400, dtype=np.float32)
LAB = (RNG.random((300, 3)) * (100, 240, 240) - (0, 120, 120)).astype(np.float32)


def test_conversions(recorded):
    made = {
        "srgb_to_linear": lab.srgb_to_linear(STEPS),
        "linear_to_srgb": lab.linear_to_srgb(STEPS**3),
        "luminance_to_lightness": lab.luminance_to_lightness(STEPS**3),
        "lightness_to_luminance": lab.lightness_to_luminance(100 * STEPS**2),
        "srgb_to_lab": lab.srgb_to_lab(RGB),
        "dark srgb_to_lab": lab.srgb_to_lab(RGB * np.float32(0.06)),
        "lab_to_linear": lab.lab_to_linear(LAB),
        "lab_to_srgb": lab.lab_to_srgb(LAB),
        "dark lab_to_srgb": lab.lab_to_srgb(LAB * np.float32((0.1, 0.02, 0.02))),
        "lightness": lab.lightness(RGB[None]),
    }
    recorded.check(made, 1e-4)


def test_gamut(recorded):
    fitted, fast = gamut.fit_gamut(LAB), gamut.fit_gamut_fast(LAB)
    limits = gamut.chroma_limits()
    recorded.check({"fitted": fitted, "fast": fast, "limits": limits}, 1e-4)
    recorded.check({"inside": gamut.in_gamut(LAB), "few passes": gamut.fit_gamut(LAB, 3)}, 1e-4)
    assert not limits.flags.writeable
    many = np.tile(LAB, (250, 1))
    assert np.array_equal(gamut.fit_gamut_fast(many)[-300:], fast), "in parts"


def test_bins(recorded):
    odds = np.random.default_rng(1).random((3, 261)).astype(np.float32) ** 4
    odds /= odds.sum(1, keepdims=True)
    made = {"spread": bins.spread_of(odds), "smoothed": bins.smoothed(odds), "bins": bins.ab_bins()}
    recorded.check(made | {"histogram": bins.ab_histogram(LAB[:, 1:])}, 1e-4)
    assert not bins.ab_bins().flags.writeable
    assert bins.ab_histogram(LAB[:, 1:]).sum() == pytest.approx(1)


@pytest.mark.parametrize(
    "wrong",
    [
        np.ones(PALETTE_CELLS + 1),
        np.ones((PALETTE_CELLS, 1)),
        np.zeros(PALETTE_CELLS),
        np.r_[-1e-9, np.ones(PALETTE_CELLS - 1)],
    ],
)
def test_a_histogram_of_wrong_shape_or_values_is_refused(wrong):
    with pytest.raises(ValueError, match=f"{PALETTE_CELLS} values of at least 0, not all 0"):
        bins.palette_vector(wrong.astype(np.float32))


def test_a_histogram_of_any_scale_is_stated_as_shares():
    histogram = np.arange(PALETTE_CELLS, dtype=np.float32)
    vector = bins.palette_vector(histogram)
    assert vector[:-3] == pytest.approx(histogram / histogram.sum())
    assert vector[-3:].tolist() == [1, 0, 0]
    assert bins.palette_vector(None, 0.0)[-3:].tolist() == [0, 0, 1]


def test_out_of_range_values_stay_on_the_curves_and_are_clipped():
    outside = np.array([-0.5, 0.0, 1.0, 1.5], np.float32)
    with np.errstate(invalid="raise"):
        assert lab.srgb_to_linear(outside)[[0, 1, 2]] == pytest.approx([-0.5 / 12.92, 0, 1])
        assert lab.linear_to_srgb(outside)[[0, 1, 2]] == pytest.approx([-6.46, 0, 1], abs=1e-6)
    vivid = lab.lab_to_srgb(np.array([[60, 120, 100], [50, -120, 60]], np.float32))
    assert vivid.max() == 1 and vivid.min() == 0


@pytest.mark.parametrize("wrong", [np.float32(3), np.zeros((3, 4)), np.zeros(0)])
def test_an_array_without_three_channels_is_refused(wrong):
    for convert in (lab.srgb_to_lab, lab.lab_to_linear):
        with pytest.raises(ValueError, match="last axis must have 3 channels"):
            convert(wrong)


def test_measures(recorded):
    recorded.check({"histogram": hue_histogram(LAB[:, 1:] / 5)}, 1e-4)
    assert colorfulness(RGB.reshape(5, 8, 3)) == pytest.approx(161.17, abs=0.02)
    gray, least = (
        np.array([[0.0, each]]) for each in (measures.MAX_GRAY_CHROMA, np.nextafter(6.0, 7))
    )
    assert hue_histogram(gray).sum() == 0 and hue_histogram(least)[3] > 6
    assert hue_histogram(np.zeros((0, 2))).tolist() == [0] * 12
    assert measures.hues(np.zeros(12)) == 0


def test_a_process_is_interpolated_between_its_nodes_and_clipped_at_its_edge(recorded):
    table = np.random.default_rng(2).integers(-100, 100, (5, 21, 21, 2), dtype=np.int8)
    unpacked = process.unpack_table(base64.b64encode(table.tobytes()).decode())
    assert np.array_equal(unpacked, table)
    ab, light = LAB[None, :, 1:] * np.float32(1.2), LAB[None, :, 0]
    recorded.check({"process": process.through_process(ab, light, unpacked)}, 1e-4)
    corner = np.array([[[999, -999]]], np.float32)
    shown = process.through_process(corner, np.array([[40]], np.float32), unpacked)
    assert shown[0, 0].tolist() == table[1, 20, 0].tolist()
