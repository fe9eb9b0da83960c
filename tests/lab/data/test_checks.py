import csv
import io

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data
from typer.testing import CliRunner

from tests.pictures import jpeg
from tintype.cli import app
from tintype.errors import DataError
from tintype.lab.data.checks import check, judge_colors, move


def sepia(picture: np.ndarray) -> np.ndarray:
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None] / 255
    return np.clip(
        255 * (gray * (1, 0.88, 0.7) + gray * (1 - gray) * (0.1, 0.05, 0)), 0, 255
    ).astype(np.uint8)


@pytest.fixture
def folder(tmp_path):
    photos = tmp_path / "photos"
    (photos / "deep").mkdir(parents=True)
    cat, cup, face, rocket = data.chelsea(), data.coffee(), data.astronaut(), data.rocket()
    (photos / "cat.jpg").write_bytes(jpeg(cat))
    (photos / "cup.jpg").write_bytes(jpeg(cup))
    (photos / "face.jpg").write_bytes(jpeg(face))
    (photos / "deep" / "cat again.jpg").write_bytes(
        jpeg(cv2.resize(cat, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA))
    )
    (photos / "gray.jpg").write_bytes(
        jpeg(np.dstack([cv2.cvtColor(rocket, cv2.COLOR_RGB2GRAY)] * 3))
    )
    (photos / "toned.jpg").write_bytes(jpeg(sepia(data.retina()[300:1000, 300:1000])))
    (photos / "tiny.jpg").write_bytes(jpeg(rocket[:90, :200]))
    (photos / "broken.jpg").write_bytes(b"no picture")
    (photos / "cat.saliency.webp").write_bytes(b"stays")
    (photos / "gray.saliency.webp").write_bytes(b"goes along")
    (photos / "gray.cls").write_text("7")
    return photos


WRONG = {
    "broken.jpg": "unreadable",
    "gray.jpg": "gray",
    "toned.jpg": "tinted",
    "tiny.jpg": "small",
    "deep/cat again.jpg": "near-duplicate",
}


def test_what_should_not_be_learned_from_is_found(folder):
    result = list(check([folder]))
    assert {key for key, _ in result} == {"cat.jpg", "cup.jpg", "face.jpg", *WRONG}
    drops = {drop.key: drop for _, drop in result if drop is not None}
    assert {key: drop.kind for key, drop in drops.items()} == WRONG
    assert drops["deep/cat again.jpg"].reason == "shows what cat.jpg shows"


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket", "retina"])
def test_color_photographs_stay_and_their_toned_copies_do_not(name):
    picture = getattr(data, name)()
    assert judge_colors(picture) is None
    assert judge_colors(sepia(picture))[0] == "tinted"


def test_a_shard_is_checked_but_nothing_is_moved_out_of_it(shard, tmp_path):
    drops = [drop for _, drop in check([shard], smallest=1000) if drop is not None]
    assert len(drops) == 8
    with pytest.raises(DataError, match="only files of folders can be moved"):
        move(drops[0], tmp_path / "dropped")


def test_the_command_reports_and_moves_with_what_lies_beside(folder, tmp_path):
    found = CliRunner().invoke(
        app, ["data", "check", str(folder), "-o", str(tmp_path / "drop.csv")]
    )
    assert found.exit_code == 0, found.output
    assert "8 photographs, 5 unsuitable" in found.output
    assert (folder / "gray.jpg").exists()
    rows = list(csv.DictReader(io.StringIO((tmp_path / "drop.csv").read_text())))
    assert {row["key"]: row["kind"] for row in rows} == WRONG
    moved = CliRunner().invoke(
        app, ["data", "check", str(folder), "--move-to", str(tmp_path / "dropped")]
    )
    assert moved.exit_code == 0, moved.output
    assert sorted(p.name for p in (tmp_path / "dropped" / "gray").iterdir()) == [
        "gray.cls",
        "gray.jpg",
        "gray.saliency.webp",
    ]
    assert (tmp_path / "dropped" / "near-duplicate" / "deep" / "cat again.jpg").exists()
    assert sorted(p.name for p in folder.rglob("*") if p.is_file()) == [
        "cat.jpg",
        "cat.saliency.webp",
        "cup.jpg",
        "face.jpg",
    ]
    assert (
        "3 photographs, 0 unsuitable"
        in CliRunner().invoke(app, ["data", "check", str(folder)]).output
    )


def test_moving_never_writes_over_what_is_there(folder, tmp_path):
    (tmp_path / "dropped" / "gray").mkdir(parents=True)
    (tmp_path / "dropped" / "gray" / "gray.jpg").write_bytes(b"mine")
    found = CliRunner().invoke(
        app, ["data", "check", str(folder), "--move-to", str(tmp_path / "dropped")]
    )
    assert found.exit_code == 1
    assert "exists already, so" in found.output
    assert (tmp_path / "dropped" / "gray" / "gray.jpg").read_bytes() == b"mine"
    assert (folder / "gray.jpg").exists()


def test_an_empty_folder_gets_a_sentence(tmp_path):
    with pytest.raises(DataError, match="there are no photographs in"):
        list(check([tmp_path]))
    Image.new("RGB", (200, 200)).save(tmp_path / "black.png")
    assert [drop.kind for _, drop in check([tmp_path]) if drop] == ["gray"]
