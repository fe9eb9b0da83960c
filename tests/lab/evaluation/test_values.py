"""Measures of known pictures, and the reports of known rows: they change only on purpose."""

import numpy as np
import pytest
from skimage import data

from tintype.color import hue_histogram, srgb_to_lab
from tintype.lab.evaluation import measures
from tintype.lab.evaluation.page import choose, shown
from tintype.lab.evaluation.report import bootstrap, paired_differences, write_report

TRUTH = data.coffee()[:96, 100:228].astype(np.float32) / 255
RNG = np.random.default_rng(0)
MADE = np.clip(TRUTH[..., ::-1] * 0.5 + 0.5 * TRUTH + RNG.normal(0, 0.02, TRUTH.shape), 0, 1)
MADE = MADE.astype(np.float32)
LAB, TRUE = srgb_to_lab(MADE), srgb_to_lab(TRUTH)


def test_measures(recorded):
    weights = 1 + np.arange(TRUE[..., 0].size).reshape(TRUE.shape[:2]) / 999
    points = np.array([[3, 5], [40, 90], [95, 127]])
    features = np.random.default_rng(1).normal(0, 1, (13, 9))
    made = {
        "psnr": measures.psnr(MADE, TRUTH),
        "ssim": measures.ssim(MADE, TRUTH),
        "psnr_ab": measures.psnr_ab(LAB, TRUE),
        "naturalness": [measures.color_naturalness(each) for each in (MADE, TRUTH)],
        "cci": measures.cci_ratio(np.array([15.9, 16, 18, 20, 20.1])),
        "ciede2000": measures.ciede2000(LAB, TRUE),
        "cells": measures.ab_cells(TRUE * 2),
        "auc": [measures.auc(LAB, TRUE), measures.auc(LAB, TRUE, weights)],
        "bleeding": [measures.bleeding(each) for each in (LAB, TRUE)],
        "hints": measures.hint_adherence(LAB, points, TRUE[points[:, 0], points[:, 1], 1:]),
        "wilson": [measures.wilson(*each) for each in ((3, 10), (0, 5), (5, 5), (70, 100))],
        "frechet": measures.frechet_distance(features[:7], 1 + 2 * features[7:]),
        "bootstrap": bootstrap(np.arange(9.0) ** 2, np.arange(1.0, 10)),
    }
    recorded.check(made, 1e-4)
    assert measures.color_naturalness(np.full((9, 9, 3), 0.5, np.float32)) == 0
    assert measures.bleeding(TRUE * (1, 0, 0)) == 0
    with pytest.raises(ValueError, match="at least one trial"):
        measures.wilson(0, 0)
    with pytest.raises(ValueError, match="two pictures on each side"):
        measures.frechet_distance(np.ones((1, 3)), np.ones((4, 3)))


def rows(system: int) -> list[dict[str, object]]:
    numbers = np.random.default_rng(system).random((7, 6))
    return [
        {
            "name": f"picture-{n}.png",
            "group": "sea" if n % 3 else "land",
            "hints": 0,
            "psnr": 20 + 9 * a,
            "psnr_ab": 19 + 8 * b,
            "ssim": c,
            "colorfulness": 40 * d,
            "colorfulness_truth": 30.0,
            "cni": e,
            "ciede2000": 9 * f,
            "auc_weight": 1.0,
            "hues": 1 + 5 * a,
            "hues_truth": 4.0,
            "chroma": 9 * b,
            "chroma_truth": 12.0,
            "hue_histogram": hue_histogram(LAB[..., 1:] * (0.5 + a)).tolist(),
            "hue_histogram_truth": hue_histogram(TRUE[..., 1:]).tolist(),
        }
        for n, (a, b, c, d, e, f) in enumerate(numbers)
    ]


RESULTS = {"gray": rows(1), "mine": rows(2), "theirs, 5 hints": rows(3), "truth": rows(4)}


def test_a_report_in_every_form(tmp_path, recorded):
    examples = choose(RESULTS, lambda *_: (TRUTH, MADE, TRUTH), 2)
    assert [(each.system, each.why.split(",")[0]) for each in examples] == [
        (system, why)
        for system in ("mine", "theirs, 5 hints")
        for why in ("worst", "worst", "best", "best")
    ]
    order = [float(each.why.split()[1]) for each in examples[:4]]
    assert order == sorted(order)
    files = write_report(tmp_path / "deep" / "r.txt", RESULTS, {"data": "coffee <1>"}, examples)
    assert [file.name for file in files] == ["r.json", "r.csv", "r.md", "r.html"]
    for file in files[:3]:
        text = np.frombuffer(file.read_bytes(), np.uint8)
        recorded.check({file.name: text}, 1e-9)
    page = files[3].read_text(encoding="utf-8")
    assert "coffee &lt;1&gt;" in page and page.count('class="over"') == 8
    drawn = page.split("Worst and best pictures")[0]
    recorded.check({"page": np.frombuffer(drawn.encode(), np.uint8)}, 1e-9)


def test_differences_say_whether_they_are_beyond_chance():
    better = [row | {"psnr": float(row["psnr"]) + 1} for row in RESULTS["mine"]]
    found = paired_differences({"one": better, "other": RESULTS["mine"]})
    by_name = {each["measure"]: each for each in found}
    assert by_name["psnr"]["difference"] == pytest.approx(1) and by_name["psnr"]["beyond_chance"]
    assert by_name["ssim"]["difference"] == 0 and not by_name["ssim"]["beyond_chance"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.12346, "0.1235"), (-0.5, "-0.5000"), (1.0, "1.00"), (12.346, "12.35")],
)
def test_numbers_as_tables_show_them(value, text):
    assert shown(value) == text
