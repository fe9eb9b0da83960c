import json

import numpy as np
import onnx
import pytest
from PIL import Image
from skimage import data

from tests.e2e.test_command import tintype
from tintype.engine.core.network import list_models
from tintype.errors import UsageError
from tintype.lab.evaluation.compare import (
    add_details,
    draw_html,
    draw_png,
    find_photos,
    objectives_of,
    paint_rows,
)


@pytest.fixture
def folder(tmp_path):
    Image.fromarray(data.camera()[::4, ::4]).save(tmp_path / "a.png")
    Image.fromarray(data.chelsea()[::3, ::3]).save(tmp_path / "b.png")
    return tmp_path


def test_rows_are_photographs_and_only_colored_ones_have_a_truth(folder):
    columns, rows = paint_rows(["default", "reinhard"], find_photos([folder]))
    assert columns == ["gray", "default", "reinhard", "truth"]
    assert [name for name, _ in rows] == ["a.png", "b.png"]
    (_, camera), (_, cat) = rows
    assert camera[3] is None
    assert np.abs(cat[3] * 255 - data.chelsea()[::3, ::3]).max() < 1.5
    assert np.ptp(camera[0], axis=2).max() == 0
    assert np.ptp(camera[1], axis=2).max() > 0.01


def test_details_are_cut_at_the_same_place_of_all(folder):
    _, rows = paint_rows(["default"], find_photos([folder / "b.png"]))
    (_, cells), (name, details) = add_details(rows)
    assert name == "b.png, detail"
    assert {d.shape for d in details} == {(25, 25, 3)}
    gray = details[0]
    found = [
        (y, x)
        for y in range(cells[0].shape[0] - 24)
        for x in range(cells[0].shape[1] - 24)
        if np.array_equal(cells[0][y : y + 25, x : x + 25], gray)
    ]
    y, x = found[0]
    assert np.array_equal(cells[2][y : y + 25, x : x + 25], details[2])


def test_the_sheet_is_a_picture_or_one_page(folder):
    columns, rows = paint_rows(["default"], find_photos([folder]))
    sheet = draw_png(columns, rows, 64)
    assert sheet.width == 3 * (64 + 8) + 8
    page = draw_html(columns, rows, 64)
    assert page.count("<img") == 5
    assert "http" not in page


def test_the_command_draws_and_says_what_is_wrong(folder, tmp_path):
    done = tintype(
        "compare",
        "default",
        "--photos",
        folder,
        "-o",
        tmp_path / "out" / "s.png",
        "--details",
        "--cell",
        48,
    )
    assert done.returncode == 0, done.stderr
    assert Image.open(tmp_path / "out" / "s.png").height > 4 * 48
    for arguments, reason in (
        (("default", "--photos", folder, "-o", "s.gif"), b"a sheet is a .png"),
        (("levin", "--photos", folder), b"levin needs hints"),
        (("nobody", "--photos", folder), b"there is no network 'nobody'"),
        (("default", "--photos", tmp_path / "none.png"), b"is not a readable picture"),
    ):
        result = tintype("compare", *arguments)
        assert result.returncode != 0
        assert reason in result.stderr
        assert b"Traceback" not in result.stderr


def test_no_photographs_are_told(tmp_path):
    with pytest.raises(UsageError, match="no pictures"):
        find_photos([tmp_path])


def played(path, objective):
    """A copy of the default network that says it was trained against an objective."""
    model = onnx.load(list_models()["default"])
    game = {"weight": 0, "game": {"objective": objective}}
    recipe = {"losses": {"l1": {"weight": 1}, "gan": game}, "stages": [{"weights": {"gan": 0.1}}]}
    entry = (
        next((prop for prop in model.metadata_props if prop.key == "recipe"), None)
        or model.metadata_props.add()
    )
    entry.key, entry.value = "recipe", json.dumps(recipe)
    onnx.save(model, path)
    return path


def test_networks_are_chosen_by_what_they_were_trained_against(folder, tmp_path):
    files = [
        played(tmp_path / f"{objective}.onnx", objective)
        for objective in ("vanilla", "wasserstein")
    ]
    assert [objectives_of(str(file)) for file in files] == [["vanilla"], ["wasserstein"]]
    assert objectives_of("reinhard") == []
    done = tintype(
        "compare",
        *files,
        "reinhard",
        "--photos",
        folder,
        "--objectives",
        "vanilla,none",
        "-o",
        tmp_path / "s.html",
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "s.html").read_text()
    assert "vanilla (vanilla)" in page
    assert "reinhard (none)" in page
    assert "wasserstein" not in page
    result = tintype(
        "compare", *files, "--photos", folder, "--objectives", "hinge", "-o", tmp_path / "t.html"
    )
    assert (
        b"none of the networks was trained against hinge; available: vanilla, wasserstein"
        in result.stderr
    )
    assert not (tmp_path / "t.html").exists()


@pytest.mark.parametrize("shape", [(40, 2048), (2048, 40)])
def test_large_pictures_are_brought_to_1024_pixels_on_their_longer_side(tmp_path, shape):
    Image.new("RGB", shape, "red").save(tmp_path / "long.png")
    _, [(_, cells)] = paint_rows(["truth"], [tmp_path / "long.png"])
    assert {cell.shape for cell in cells} == {(shape[1] // 2, shape[0] // 2, 3)}
