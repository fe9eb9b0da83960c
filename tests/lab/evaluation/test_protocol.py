import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from tests.e2e.test_command import tintype
from tintype.color import srgb_to_lab
from tintype.errors import DataError, UsageError
from tintype.lab.evaluation.protocol import (
    Protocol,
    draw_true_hints,
    find_pictures,
    read_groups,
    read_labels,
    run,
)
from tintype.lab.evaluation.report import bootstrap, paired_differences, summarize
from tintype.lab.evaluation.systems import open_system, read_picture


def measured(photos: Path, names: list[str], cache: Path, **options):
    protocol = Protocol(str(photos), size=96, **options)
    return run(names, protocol, find_pictures(protocol), cache)


def test_the_truth_is_perfect_gray_is_not_and_gray_pictures_are_left_out(photos, tmp_path):
    results = measured(photos, ["gray", "truth"], tmp_path / "rows")
    assert [row["name"] for row in results["truth"]] == [
        "set-astronaut.png",
        "set-chelsea.png",
        "set-coffee.png",
    ]
    gray, truth = summarize(results)
    assert truth["psnr"] > 45
    assert gray["psnr"] < 30
    assert gray["colorfulness"] < 1
    assert truth["colorfulness_share"] == pytest.approx(1, abs=0.01)
    sure = [entry for entry in paired_differences(results) if entry["measure"] == "ssim"]
    assert sure[0]["beyond_chance"]
    assert sure[0]["difference"] < 0


def test_hints_help_levin_and_the_default_network(photos, tmp_path):
    plain = summarize(measured(photos, ["gray", "default"], tmp_path / "a"))
    hinted = summarize(measured(photos, ["levin", "default"], tmp_path / "b", hints=40))
    assert hinted[0]["psnr"] > plain[0]["psnr"] + 1
    assert hinted[1]["psnr"] > plain[1]["psnr"] + 1


def test_rows_that_are_there_are_not_measured_again(photos, tmp_path, monkeypatch):
    first = measured(photos, ["gray"], tmp_path / "rows")
    monkeypatch.setattr(
        "tintype.lab.evaluation.protocol.open_system", lambda *_: pytest.fail("measured again")
    )
    with (tmp_path / "rows").open("a") as file:
        file.write('{"key": "cut of')
    assert measured(photos, ["gray"], tmp_path / "rows") == first


def test_a_folder_of_results_is_a_row_and_a_missing_one_is_named(photos, tmp_path):
    results = tmp_path / "theirs"
    results.mkdir()
    for path in photos.glob("*.png"):
        (results / path.name).write_bytes(path.read_bytes())
    (row,) = summarize(measured(photos, [f"folder:{results}"], tmp_path / "a"))
    assert row["psnr"] == float("inf") and "psnr" not in row["intervals"]
    (results / "set-coffee.png").unlink()
    with pytest.raises(DataError, match=r"no result for set-coffee\.png"):
        measured(photos, [f"folder:{results}"], tmp_path / "b")
    with pytest.raises(UsageError, match="not a folder of results"):
        open_system("folder:nowhere", 96)


def test_results_of_another_shape_are_refused_and_those_without_truth_are_named(photos, tmp_path):
    results = tmp_path / "results"
    results.mkdir()
    for path in photos.glob("set-[ac]*"):
        picture = cv2.imread(str(path))
        cv2.imwrite(str(results / path.name), cv2.resize(picture, (110, 100)))
    cv2.imwrite(str(results / "stranger.png"), picture)
    done = tintype(
        "evaluate", f"folder:{results}", "--data", photos, "--size", 96, "-o", tmp_path / "report"
    )
    assert done.returncode == 0, done.stderr
    assert b"left out 1 results that have no truth, the first is stranger.png" in done.stderr
    cv2.imwrite(str(results / "set-coffee.png"), picture[:, :150])
    result = tintype(
        "evaluate", f"folder:{results}", "--data", photos, "--size", 96, "-o", tmp_path / "again"
    )
    assert result.returncode == 1
    assert (
        "set-coffee.png has 150×200 pixels, and the truth 220×200: it must show the whole"
        " picture".encode()
        in result.stderr
    )


def test_hints_show_the_mean_of_the_true_patch():
    lab = srgb_to_lab(data.coffee()[:64, :64].astype(np.float32) / 255)
    hint, points, colors = draw_true_hints(lab, 5, np.random.default_rng(0))
    y, x = points[-1]
    assert np.allclose(colors[-1], lab[y - 3 : y + 4, x - 3 : x + 4, 1:].mean((0, 1)), atol=1e-4)
    assert np.allclose(hint[y, x], (*colors[-1], 1))


def test_the_interval_of_a_mean_holds_it_and_narrows():
    values = np.random.default_rng(0).normal(3, 1, 400)
    low, high = bootstrap(values)
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 / 20, rel=0.2)


def test_tables_and_folders_that_do_not_fit_are_named(photos, tmp_path):
    with pytest.raises(DataError, match="not a folder"):
        find_pictures(Protocol(str(tmp_path / "nowhere")))
    with pytest.raises(DataError, match="no color pictures"):
        find_pictures(Protocol(str(tmp_path)))
    (tmp_path / "labels.csv").write_text("name,class\na,1\n")
    with pytest.raises(DataError, match="imagenet_class"):
        read_labels(tmp_path / "labels.csv", needed=True)


def test_the_command_writes_four_reports(photos, tmp_path):
    done = tintype(
        "evaluate", "gray", "truth", "--data", photos, "--size", 96, "-o", tmp_path / "report"
    )
    assert done.returncode == 0, done.stderr
    assert b"left out 1 pictures without color" in done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert {row["system"] for row in report["systems"]} == {"gray", "truth"}
    with (tmp_path / "report.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 2
    assert "| gray |" in (tmp_path / "report.md").read_text()
    page = (tmp_path / "report.html").read_text()
    assert "<table>" in page
    assert "http" not in page
    refused = tintype("evaluate", "levin", "--data", photos)
    assert refused.returncode == 2
    assert b"--hints" in refused.stderr


def test_evaluate_reports_the_groups_of_the_table(photos, tmp_path):
    table = tmp_path / "sources.csv"
    table.write_text(
        "name,group\nset-astronaut.png,people\nset-chelsea.png,\nset-coffee.png,things\n"
    )
    arguments = (
        "evaluate",
        "gray",
        "truth",
        "--data",
        photos,
        "--size",
        96,
        "-o",
        tmp_path / "report",
    )
    done = tintype(*arguments, "--groups", table)
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert [(row["group"], row["system"]) for row in report["groups"]] == [
        (group, system) for group in ("people", "set", "things") for system in ("gray", "truth")
    ]
    assert "people" in (tmp_path / "report.html").read_text()
    table.write_text("name,group\nset-astronaut.png,a\nset-chelsea.png,b\nset-coffee.png,b\n")
    assert tintype(*arguments, "--groups", table).returncode == 0
    assert {
        row["group"] for row in json.loads((tmp_path / "report.json").read_text())["groups"]
    } == {"a", "b"}


def test_splits_of_the_literature_are_found_by_name_and_keep_their_gray_pictures(tmp_path):
    names = [f"ILSVRC2012_val_{n:08}" for n in (0, 1, 4999, 5000, 5001)]
    names += ["000000000139", "ADE_val_00000001", "ADE_train_00000001"]
    for name in names:
        cv2.imwrite(str(tmp_path / f"{name}.png"), data.camera()[:64, :64])

    def found(split: str) -> list[str]:
        protocol = Protocol(str(tmp_path), size=64, split=split)
        return [path.stem for path in find_pictures(protocol).paths]

    assert found("imagenet-val5k") == names[1:4]
    assert found("coco-stuff") == names[5:6]
    assert found("ade20k") == names[6:7]
    with pytest.raises(DataError, match=r"ctest10k\.txt, cannot be read"):
        found("imagenet-ctest10k")
    (tmp_path / "ctest10k.txt").write_text("val/ILSVRC2012_val_00004999.JPEG\n\n")
    assert found("imagenet-ctest10k") == found(str(tmp_path / "ctest10k.txt")) == [names[2]]
    with pytest.raises(UsageError, match="there is no split 'val'"):
        found("val")


def test_a_center_crop_is_the_middle_square(tmp_path):
    picture = np.zeros((40, 100, 3), np.uint8)
    picture[:, 30:70] = (0, 0, 255)
    cv2.imwrite(str(tmp_path / "a.png"), picture)
    assert read_picture(tmp_path / "a.png", 20, "center") == pytest.approx(
        np.broadcast_to([1.0, 0, 0], (20, 20, 3))
    )
    assert read_picture(tmp_path / "a.png", 20)[..., 0].mean() == pytest.approx(0.4, abs=0.01)


def test_a_table_without_groups_is_refused(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        read_groups(tmp_path / "none.csv")
    (tmp_path / "a.csv").write_text("name,class\nx,1\n")
    with pytest.raises(DataError, match="needs the columns name and group"):
        read_groups(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_bytes(b"name,group\n\xff,1\n")
    with pytest.raises(DataError, match="UTF-8"):
        read_groups(tmp_path / "b.csv")
