"""Command, archive, service and library decide alike, color alike and label alike."""

import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import tifffile
from fastapi.testclient import TestClient
from PIL import Image
from skimage import data

from tests.engine.assist.test_line_art import drawn
from tests.photo.test_negative import as_film
from tests.photo.test_tint import TONES, lawn, reduced, toned, with_stamp
from tests.pictures import EXAMPLES
from tintype import Colorizer, Policy, color_files
from tintype.archive.ledger import Ledger, queries
from tintype.archive.run import Archive, local_engine, make_settings, run_archive
from tintype.archive.sources import SourceListing
from tintype.cli import main
from tintype.photo import read_label, read_pages
from tintype.web import create_app

MODEL = "fast"


def small(pixels, side=160):
    picture = Image.fromarray(pixels)
    picture.thumbnail((side, side))
    return np.asarray(picture)


def png(pixels):
    whole = io.BytesIO()
    Image.fromarray(pixels).save(whole, "PNG")
    return whole.getvalue()


def jpeg(pixels):
    whole = io.BytesIO()
    Image.fromarray(pixels).save(whole, "JPEG", quality=85)
    return whole.getvalue()


def tiff(*pages):
    whole = io.BytesIO()
    with tifffile.TiffWriter(whole) as writer:
        for page in pages:
            writer.write(page, photometric="rgb" if page.ndim == 3 else "minisblack")
    return whole.getvalue()


GRAY, COLOR = small(data.camera()), small(data.coffee())
STAMPED = with_stamp(np.dstack([data.camera()] * 3))
SEPIA = toned(GRAY, *TONES["sepia"])
HAND_TINTED = SEPIA.copy()
HAND_TINTED[40:90, 30:80] = HAND_TINTED[40:90, 30:80] * np.array([1.0, 0.3, 0.3])
HOPPER = small(np.asarray(Image.open(EXAMPLES / "grace-hopper.jpg").convert("L")), 300)
SHADED = np.dstack([GRAY, np.tile(np.linspace(0, 255, GRAY.shape[1]), (GRAY.shape[0], 1))])
FILES = {
    "gray.png": (png(GRAY), "colored", []),
    "color.jpg": (jpeg(COLOR), "left", ["in-color"]),
    "faded-color.jpg": (jpeg(reduced(COLOR, 0.5)), "left", ["in-color"]),
    "lawn.jpg": (jpeg(lawn()), "left", ["in-color"]),
    "sepia.jpg": (jpeg(SEPIA), "colored", ["tint-replaced"]),
    "hand-tinted.png": (png(HAND_TINTED), "colored", ["tint-replaced", "color-kept"]),
    "dark.jpg": (jpeg((GRAY * 0.3).astype(np.uint8)), "colored", ["dark"]),
    "stamp.jpg": (jpeg(small(STAMPED, 200)), "colored", ["color-kept"]),
    "film.png": (png(as_film(small(data.chelsea()))), "left", ["negative", "in-color"]),
    "negative.png": (png(255 - HOPPER), "left", ["negative"]),
    "line-art.png": (png(drawn()), "colored", ["line-art"]),
    "deep.tif": (tiff(GRAY.astype(np.uint16) * 257), "colored", []),
    "alpha.png": (png(SHADED.astype(np.uint8)), "colored", []),
    "pages.tif": (tiff(COLOR, SEPIA), "colored", ["in-color", "tint-replaced"]),
    "color-pages.tif": (tiff(COLOR, COLOR[:, ::-1]), "left", ["in-color"]),
    "broken.jpg": (b"\xff\xd8\xff\xe0 this is no photograph", "failed", []),
}


@dataclass(frozen=True)
class Answer:
    """state: "colored", "left" or "failed". data: of the output, if there is one."""

    state: str
    codes: list[str]
    data: bytes | None


def by_command(source: Path, out: Path, recolor: bool, monkeypatch, capsys, _) -> Answer:
    arguments = ["tintype", "colorize", str(source), "-o", f"{out}/", "--json", "--model", MODEL]
    monkeypatch.setattr(sys, "argv", arguments + ["--recolor"] * recolor)
    with pytest.raises(SystemExit) as ended:
        main()
    line = json.loads(capsys.readouterr().out)
    assert (ended.value.code or 0) == (line["state"] == "failed")
    written = None if line["output"] is None else Path(line["output"]).read_bytes()
    return Answer(line["state"], [notice["code"] for notice in line["notices"]], written)


def by_python(source: Path, out: Path, recolor: bool, *_) -> Answer:
    (outcome,) = color_files(
        [source], f"{out}/", colorizer=Colorizer(MODEL), policy=Policy(recolor=recolor)
    )
    written = None if outcome.output is None else outcome.output.read_bytes()
    return Answer(outcome.state, [str(notice.code) for notice in outcome.notices], written)


def by_archive(source: Path, out: Path, recolor: bool, *_) -> Answer:
    place = Archive.of(SourceListing(str(source.parent)), str(out))
    settings = make_settings(MODEL, Policy(recolor=recolor))
    run_archive(place, settings, local_engine(MODEL, "cpu", None, 1))
    ledger = Ledger(out / ".tintype" / "ledger.sqlite")
    rows = queries.notices(ledger, 9)
    ledger.close()
    codes = [str(notice.code) for _, notices in rows for notice in notices]
    written = (out / source.name).read_bytes() if (out / source.name).exists() else None
    return Answer(state_of(source, written), codes, written)


@pytest.fixture(scope="module")
def service():
    with TestClient(create_app(hosts=["testserver"])) as client:
        yield client


def by_service(source: Path, out: Path, recolor: bool, monkeypatch, capsys, service) -> Answer:
    asked = {"model": MODEL, "name": source.name, "recolor": recolor}
    answer = service.post("/api/v1/colorize", params=asked, content=source.read_bytes())
    if answer.status_code != 200:
        assert 400 <= answer.status_code < 500
        return Answer("failed", [], None)
    notices = json.loads(answer.headers.get("Tintype-Notes", "[]"))
    state = state_of(source, answer.content)
    return Answer(state, [notice["code"] for notice in notices], answer.content)


def state_of(source: Path, written: bytes | None) -> str:
    if written is None:
        return "failed"
    return "left" if written == source.read_bytes() else "colored"


FACES = [by_command, by_python, by_archive, by_service]


@pytest.fixture
def answers(tmp_path, monkeypatch, capsys, service):
    """The answers of all faces to one file, those of the library first."""

    def ask(name: str, content: bytes, recolor: bool = False) -> list[Answer]:
        source = tmp_path / "scans" / name
        source.parent.mkdir()
        source.write_bytes(content)
        return [
            face(source, tmp_path / face.__name__, recolor, monkeypatch, capsys, service)
            for face in FACES
        ]

    return ask


def check_alike(answers: list[Answer], state: str, codes: list[str]) -> None:
    for face, answer in zip(FACES, answers, strict=True):
        assert (face.__name__, answer.state, answer.codes) == (face.__name__, state, codes)
    first = answers[0]
    if first.data is None:
        return
    label, pages = read_label(first.data), list(read_pages(first.data))
    assert (label is None) == (state == "left")
    for answer in answers[1:]:
        assert read_label(answer.data) == label
        for page, other in zip(pages, read_pages(answer.data), strict=True):
            np.testing.assert_array_equal(page.pixels, other.pixels)
            assert (page.alpha is None) == (other.alpha is None)


@pytest.mark.parametrize("name", FILES)
def test_every_face_decides_colors_and_labels_alike(name, answers):
    content, state, codes = FILES[name]
    check_alike(answers(name, content), state, codes)


@pytest.mark.parametrize("name", ["color.jpg", "pages.tif"])
def test_every_face_recolors_alike(name, answers):
    check_alike(answers(name, FILES[name][0], recolor=True), "colored", [])
