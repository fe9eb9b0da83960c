import json

import numpy as np
import pytest
from skimage import data

from tests.e2e.test_command import tintype
from tintype.color import srgb_to_lab
from tintype.errors import DataError
from tintype.lab.evaluation.faces import face_parts, part_errors, worst_over_best
from tintype.lab.evaluation.protocol import read_groups

FACE = srgb_to_lab(data.astronaut()[20:200, 130:310].astype(np.float32) / 255)


def test_parts_lie_where_a_centered_face_has_them_and_never_overlap():
    parts = face_parts(200, 160)
    assert parts["skin"][100, 80]
    assert parts["hair"][4, 10]
    assert parts["background"][190, 6]
    assert sum(mask.astype(int) for mask in parts.values()).max() == 1
    for mask in parts.values():
        assert np.array_equal(mask, mask[:, ::-1])


def test_an_error_in_one_part_is_told_of_that_part_alone():
    for part, mask in face_parts(*FACE.shape[:2]).items():
        made = FACE.copy()
        made[mask, 1:] *= 0
        errors = part_errors(made, FACE)
        assert errors.pop(part) > 2
        assert set(errors.values()) == {0.0}


def test_equal_treatment_is_1():
    assert worst_over_best([4, 4]) == 1
    assert worst_over_best([4, 8, 5]) == 2


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


def test_a_table_without_groups_is_refused(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        read_groups(tmp_path / "none.csv")
    (tmp_path / "a.csv").write_text("name,class\nx,1\n")
    with pytest.raises(DataError, match="needs the columns name and group"):
        read_groups(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_bytes(b"name,group\n\xff,1\n")
    with pytest.raises(DataError, match="UTF-8"):
        read_groups(tmp_path / "b.csv")
