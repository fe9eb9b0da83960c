import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tests.e2e.test_command import tintype
from tests.lab.evaluation.test_protocol import measured
from tintype.color import hue_histogram, srgb_to_lab
from tintype.errors import UsageError
from tintype.lab.evaluation.lenses import Judge
from tintype.lab.evaluation.page import _plot, choose, draw_page
from tintype.lab.evaluation.protocol import Protocol, SystemPainter, find_pictures, run_counts
from tintype.lab.evaluation.report import (
    MEASURES,
    SECTOR_NAMES,
    sector_shares,
    summarize,
    summarize_groups,
    write_report,
)
from tintype.lab.evaluation.systems import read_picture
from tintype.lab.nets.classifiers import MobileNetV2


def rows(group: str, psnr: list[float]) -> list[dict[str, object]]:
    base = dict.fromkeys(
        (
            "psnr_ab",
            "ssim",
            "colorfulness",
            "colorfulness_truth",
            "cni",
            "ciede2000",
            "auc_weight",
            "hues",
            "hues_truth",
            "chroma",
            "chroma_truth",
        ),
        1.0,
    )
    base |= {"hue_histogram": [1.0] * 12, "hue_histogram_truth": [1.0] * 12}
    return [
        {"name": f"{group}-{i}.png", "group": group, "hints": 0, **base, "psnr": v}
        for i, v in enumerate(psnr)
    ]


def test_groups_are_summed_up_each_by_itself():
    results = {
        "a": rows("sea", [20.0, 22.0]) + rows("land", [30.0]),
        "b": rows("sea", [10.0, 10.0]) + rows("land", [11.0]),
    }
    found = {(row["group"], row["system"]): row["psnr"] for row in summarize_groups(results)}
    assert found == {("sea", "a"): 21, ("land", "a"): 30, ("sea", "b"): 10, ("land", "b"): 11}
    assert summarize_groups({"a": rows("sea", [1.0])}) == []


def test_pictures_that_equal_the_truth_are_left_out_of_the_mean_psnr():
    same = float("inf")
    made, true, nothing = summarize(
        {"a": rows("sea", [20.0, same, 30.0]), "b": rows("sea", [same, same, same])}
        | {"c": rows("sea", [1.0, 1.0, 1.0])}
    )
    assert (made["psnr"], true["psnr"], nothing["psnr"]) == (25, same, 1)
    assert made["intervals"]["psnr"][1] <= 30


def test_a_system_that_loses_red_and_blue_shows_it_by_sector():
    made = rows("sea", [20.0, 22.0])
    for row in made:
        row["hue_histogram"] = [1.0, 0.25, *[1.0] * 8, 0.5, 1.0]
        row["hue_histogram_truth"] = [1.0] * 11 + [0.0]
    (shares,) = sector_shares({"a": made})
    red, green, blue = (
        srgb_to_lab(np.float32([[color]]))[..., 1:] for color in ([1, 0, 0], [0, 1, 0], [0, 0, 1])
    )
    names = [SECTOR_NAMES[int(hue_histogram(ab).argmax())] for ab in (red, green, blue)]
    assert names == ["red", "leaf green", "blue"]
    assert [shares[name] for name in names] == [0.25, 1, 0.5]
    assert "magenta" not in shares


def test_delta_colorfulness_is_that_of_the_means():
    made = rows("sea", [20.0, 22.0])
    for row, color, true in zip(made, (10.0, 50.0), (30.0, 35.0), strict=True):
        row |= {"colorfulness": color, "colorfulness_truth": true}
    assert summarize({"a": made})[0]["delta_colorfulness"] == pytest.approx(2.5)


def test_shares_gaps_and_distances_are_relative_to_gray_and_truth():
    def system(top1: list[float], color: float, features: list[list[float]]) -> list[dict]:
        made = rows("sea", [20.0, 22.0])
        for row, hit, feature in zip(made, top1, features, strict=True):
            row |= {"top1": hit, "features": feature, "inception": feature}
            row |= {"colorfulness": color, "colorfulness_truth": 40.0}
        return made

    near, far = [[0.0, 1.0], [1.0, 0.0]], [[3.0, 1.0], [4.0, 0.0]]
    results = {
        "gray": system([0.0, 0.0], 0.0, far),
        "net": system([1.0, 0.0], 18.0, near),
        "truth": system([1.0, 1.0], 40.0, near),
    }
    table = {row["system"]: row for row in summarize(results)}
    assert [table[name]["gap_won_back"] for name in results] == [0, 0.5, 1]
    assert [table[name]["colorfulness_share"] for name in results] == [0, 0.45, 1]
    assert [table[name]["cci_ratio"] for name in results] == [0, 1, 0]
    for distance in ("frechet", "fid"):
        assert [table[name][distance] for name in results] == pytest.approx([9, 0, 0], abs=1e-6)
    assert all(row["intervals"]["top1"][0] <= row["top1"] for row in table.values())
    without = {row["system"]: row for row in summarize({"net": results["net"]})}
    assert not {"gap_won_back", "frechet", "fid"} & without["net"].keys()


def test_the_rebalanced_area_weighs_pictures_by_their_rare_colors():
    made = rows("sea", [20.0, 22.0])
    for row, value, weight in zip(made, (0.2, 0.8), (3.0, 1.0), strict=True):
        row |= {"auc": value, "auc_rebalanced": value, "auc_weight": weight}
    (row,) = summarize({"net": made})
    assert (row["auc"], row["auc_rebalanced"]) == pytest.approx((0.5, 0.35))


def found_gain(table, system):
    return next(row.get("hint_gain") for row in table if row["system"] == system)


def test_gains_of_hints_stand_beside_those_of_zhang_et_al(tmp_path):
    results = {
        f"net, {count} hints": rows("sea", [20.0 + count, 22.0 + count]) for count in (0, 1, 10)
    }
    write_report(tmp_path / "r", results, {})
    lines = (tmp_path / "r.md").read_text().splitlines()
    assert "| hints | 1 | 10 |" in lines
    assert "| net | 1.00 | 10.00 |" in lines
    assert "| Zhang et al. 2017, published | 0.9400 | 4.00 |" in lines
    page = (tmp_path / "r.html").read_text()
    assert "Zhang et al. 2017" in page
    write_report(tmp_path / "plain", {"net": rows("sea", [20.0, 22.0])}, {})
    assert (
        "Zhang" not in (tmp_path / "plain.md").read_text() + (tmp_path / "plain.html").read_text()
    )


def test_hint_counts_become_a_curve(photos, tmp_path):
    protocol = Protocol(str(photos), size=96)
    pictures = find_pictures(protocol)
    results = run_counts(
        ["gray", "levin", "default"], protocol, [0, 5, 60], pictures, tmp_path / "rows"
    )
    assert list(results) == [
        "gray",
        "default, 0 hints",
        "levin, 5 hints",
        "default, 5 hints",
        "levin, 60 hints",
        "default, 60 hints",
    ]
    table = summarize(results)
    by_name = {row["system"]: row["psnr"] for row in table}
    assert by_name["default, 60 hints"] > by_name["default, 5 hints"] > by_name["default, 0 hints"]
    assert found_gain(table, "default, 60 hints") == pytest.approx(
        by_name["default, 60 hints"] - by_name["default, 0 hints"]
    )
    assert found_gain(table, "levin, 5 hints") == pytest.approx(
        by_name["levin, 5 hints"] - by_name["gray"]
    )
    assert found_gain(table, "default, 0 hints") is None
    painter = SystemPainter(protocol, pictures)
    page = draw_page(
        table, [], [k for k in MEASURES if k in table[0]], {}, results, choose(results, painter, 1)
    )
    assert page.count("<polyline") > 6
    assert page.count('class="over"') == 2 * 5
    gray, made, truth = painter("default, 60 hints", pictures.paths[0].name)
    assert np.abs(made - truth).mean() < np.abs(gray - truth).mean()


def test_the_judge_sees_the_true_lightness_at_its_own_size(photos, tmp_path, monkeypatch):
    seen = []
    original = Judge.top_classes
    monkeypatch.setattr(
        Judge, "top_classes", lambda self, rgb: seen.append(rgb) or original(self, rgb)
    )
    torch.manual_seed(0)
    save_file(MobileNetV2().state_dict(), tmp_path / "judge.safetensors")
    results = measured(
        photos,
        ["gray", "truth"],
        tmp_path / "rows",
        judge=f"mobilenet_v2:{tmp_path / 'judge.safetensors'}",
    )
    gray, truth = summarize(results)
    assert len(results["truth"][0]["features"]) == 1280
    assert truth["frechet"] == pytest.approx(0, abs=1e-3)
    assert "frechet" in gray
    direct = read_picture(photos / "set-astronaut.png", 224)
    assert np.abs(srgb_to_lab(seen[0])[..., 0] - srgb_to_lab(direct)[..., 0]).max() < 1


def test_unknown_judges_are_told():
    with pytest.raises(UsageError, match="is not a judge"):
        Judge.load("inception")


def test_counts_of_hints_that_are_none_are_told(photos):
    result = tintype("evaluate", "gray", "--data", photos, "--hints", "1,many")
    assert result.returncode == 2
    assert b"--hints takes numbers" in result.stderr


def test_one_picture_is_too_few_for_a_distance_of_distributions(photos, tmp_path):
    torch.manual_seed(0)
    save_file(MobileNetV2().state_dict(), tmp_path / "judge.safetensors")
    done = tintype(
        "evaluate",
        "gray",
        "truth",
        "--data",
        photos,
        "--size",
        96,
        "--limit",
        1,
        "-o",
        tmp_path / "r",
        "--judge",
        f"mobilenet_v2:{tmp_path / 'judge.safetensors'}",
    )
    assert done.returncode == 0, done.stderr
    assert "a Fréchet distance needs at least two pictures" in done.stderr.decode()
    assert "frechet" not in json.loads((tmp_path / "r.json").read_text())["systems"][0]


def test_hues_of_the_set_come_from_the_added_histograms_and_shares_from_the_truths():
    red, blue = ([float(i == sector) for i in range(12)] for sector in (0, 9))
    both = [a + b for a, b in zip(red, blue, strict=True)]
    made = rows("sea", [20.0, 21.0])
    for row, histogram in zip(made, (red, blue), strict=True):
        row |= {
            "hue_histogram": histogram,
            "hues": 1.0,
            "hues_truth": 2.0,
            "hue_histogram_truth": both,
            "chroma": 3.0,
            "chroma_truth": 4.0,
        }
    (found,) = summarize({"a": made})
    assert found["hues"] == 1
    assert found["hues_share"] == 0.5
    assert found["hues_set"] == pytest.approx(2)
    assert found["hues_set_share"] == pytest.approx(1)
    assert found["chroma_share"] == 0.75
    made[1]["hue_histogram"] = red
    (found,) = summarize({"a": made})
    assert found["hues_set_share"] == pytest.approx(0.5)


def test_the_truth_has_all_its_hues_and_gray_has_none(photos, tmp_path):
    gray, truth = summarize(measured(photos, ["gray", "truth"], tmp_path / "rows"))
    assert gray["hues"] == gray["hues_set"] == gray["hues_share"] == 0
    assert truth["hues_share"] == pytest.approx(1, abs=0.02)
    assert truth["hues_set_share"] == pytest.approx(1, abs=0.02)
    assert truth["hues_set"] > truth["hues"] > 1


def test_four_files_are_written_beside_each_other(tmp_path):
    files = write_report(tmp_path / "new" / "report.md", {"net": rows("sea", [1.0, 2.0])}, {})
    assert [file.name for file in files] == [
        f"report.{kind}" for kind in ("json", "csv", "md", "html")
    ]
    assert all(file.is_file() for file in files)


def test_a_curve_spans_its_figure_from_the_fewest_hints_to_the_most():
    drawn = _plot("psnr", {"a": [(10, 2.0), (0, 1.0), (500, 3.0)]})
    points = drawn.split('points="')[1].split('"')[0].split()
    xs = [float(point.split(",")[0]) for point in points]
    assert (min(xs), max(xs)) == (50, 470) and xs[1] < xs[0] < xs[2]
