"""Pictures of people and things are found in the shots that show them, and color them."""

import csv
import sys

import cv2
import numpy as np
import pytest
from skimage import data

pytest.importorskip("av")
from tests.film.conftest import frames_of

from tintype.cli import main
from tintype.engine import Colorizer
from tintype.errors import UsageError
from tintype.film import FilmSettings, color_film
from tintype.film.cast import Cast
from tintype.film.shotlist import cast_guidance, list_shots
from tintype.guidance import Guidance, Hint
from tintype.photo import Photo, write_photo

SIZE = 256, 384


def shot(picture, shift=0):
    gray = cv2.cvtColor(cv2.resize(picture, (400, 272)), cv2.COLOR_RGB2GRAY)
    return [
        np.ascontiguousarray(gray[n + shift : n + shift + SIZE[0], n : n + SIZE[1]])
        for n in range(8)
    ]


@pytest.fixture(scope="module")
def colorizer():
    return Colorizer("fast", threads=1)


@pytest.fixture
def reel(make_film):
    """A cup, a rocket, the cup again from elsewhere."""
    return make_film(
        shot(data.coffee()) + shot(data.rocket()) + shot(data.coffee()[:, ::-1], 6), sound=None
    )


@pytest.fixture
def cast(tmp_path):
    """The cup and its table, green."""
    folder = tmp_path / "cast"
    folder.mkdir()
    lab = cv2.cvtColor(data.coffee(), cv2.COLOR_RGB2LAB)
    lab[..., 1:] = 98, 150
    write_photo(Photo(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)), folder / "cup.png")
    return folder


def redness(path):
    """Mean a* of each frame."""
    pictures = (frame.to_ndarray(format="rgb24") for frame in frames_of(path))
    return [
        float(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)[..., 1].mean()) - 128 for picture in pictures
    ]


def test_a_picture_is_found_in_its_shots_and_colors_them(reel, cast, colorizer, tmp_path):
    shots = list_shots(reel, tmp_path / "shots", cast=Cast(cast, colorizer))
    assert [[each.name for each in shot.cast] for shot in shots] == [["cup"], [], ["cup"]]
    guided = FilmSettings(timed_guidance=cast_guidance(reel, Cast(cast, colorizer)))
    plain, green = (
        redness(color_film(reel, tmp_path / name, colorizer=colorizer, settings=settings).output)
        for name, settings in (("plain.mp4", FilmSettings()), ("green.mp4", guided))
    )
    change = np.subtract(green, plain)
    assert max(*change[:8], *change[16:]) < -8
    assert np.abs(change[8:16]).max() < 2


def test_the_list_can_be_corrected_by_hand(reel, cast, tmp_path, colorizer, capsys, monkeypatch):
    shots = tmp_path / "shots"
    options = ["--shots", str(shots), "--cast", str(cast), "--model", "fast"]
    monkeypatch.setattr(sys, "argv", ["tintype", "film", str(reel), *options])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    lines = capsys.readouterr().out.splitlines()
    assert [line.endswith("cup") for line in lines] == [True, False, True]
    rows = list(csv.DictReader((shots / "shots.csv").open(encoding="utf-8")))
    assert [row["cast"] for row in rows] == ["cup", "", "cup"]
    text = (shots / "shots.csv").read_text("utf-8")
    (shots / "shots.csv").write_text(text.rsplit("cup", 1)[0] + "\n", "utf-8")
    guidance = cast_guidance(reel, Cast(cast, colorizer), shots)
    assert [each.time < 0.32 for each in guidance] == [True]
    (shots / "shots.csv").write_text(text.replace("cup", "saucer"), "utf-8")
    with pytest.raises(UsageError, match="has no picture of 'saucer'"):
        cast_guidance(reel, Cast(cast, colorizer), shots)


def test_what_a_guidance_colors_is_the_member(cast, colorizer):
    (cast / "cup.tintype.json").write_text(
        Guidance(hints=(Hint(0.5, 0.5, "#2040ff", 0.1),)).to_json(), "utf-8"
    )
    member = Cast(cast, colorizer).members["cup"]
    assert 0.02 < member.wanted.mean() < 0.8
    blue = member.ab[member.wanted][:, 1].mean()
    assert blue < member.ab[~member.wanted][:, 1].mean() - 10


def test_a_folder_without_pictures_is_refused(tmp_path, colorizer):
    with pytest.raises(UsageError, match="holds no pictures"):
        Cast(tmp_path, colorizer)
    (tmp_path / "anna.tintype.json").write_text("{}", "utf-8")
    with pytest.raises(UsageError, match=r"needs the picture that it colors.*anna\.jpg"):
        Cast(tmp_path, colorizer)
