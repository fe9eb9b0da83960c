import json

import numpy as np
import pytest
from PIL import Image
from skimage import data
from typer.testing import CliRunner

from tintype.cli import app

RUN = CliRunner()


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    path = tmp_path_factory.mktemp("suggest") / "cat.jpg"
    Image.fromarray(data.chelsea()).convert("L").save(path)
    return path


def test_places_come_with_their_likely_colors(photo):
    found = json.loads(
        RUN.invoke(app, ["suggest", str(photo), "--model", "fast", "--count", "3", "--json"]).stdout
    )
    assert (found["width"], found["height"]) == (451, 300)
    assert len(found["places"]) == 3
    assert all(
        0 <= place["x"] < 451 and 0 <= place["y"] < 300 and place["colors"]
        for place in found["places"]
    )


def test_the_colors_of_a_place_can_be_asked_for_in_pixels_or_percent(photo):
    one, other = (
        json.loads(
            RUN.invoke(app, ["suggest", str(photo), "--model", "fast", "--at", at, "--json"]).stdout
        )["places"]
        for at in ("225.5,150", "50%,50%")
    )
    assert one == other and len(one) == 1


def test_people_read_one_line_a_place(photo):
    lines = RUN.invoke(
        app, ["suggest", str(photo), "--model", "fast", "--at", "50,40", "--at", "200,100"]
    ).stdout.splitlines()
    assert len(lines) == 2 and lines[0].startswith("50,40") and "#" in lines[0] and "%" in lines[0]


def test_a_black_photograph_says_that_no_hint_helps(tmp_path):
    Image.fromarray(np.zeros((50, 60), np.uint8)).save(tmp_path / "black.png")
    assert (
        "no place where a hint would help"
        in RUN.invoke(app, ["suggest", str(tmp_path / "black.png"), "--model", "fast"]).stdout
    )


@pytest.mark.parametrize("at", ["900,10", "12", "a,b"])
def test_a_place_that_is_none_is_one_sentence(photo, at):
    from tintype.errors import UsageError

    found = RUN.invoke(app, ["suggest", str(photo), "--at", at])
    assert isinstance(found.exception, UsageError)
