"""The whole automatic coloring in one file: the colors of `tintype colorize`, in any host of ONNX
Runtime."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime as ort
import pytest
from PIL import Image
from skimage import data
from typer.testing import CliRunner

from tests.pictures import EXAMPLES, pictures
from tintype.cli import app
from tintype.color import srgb_to_lab
from tintype.engine import Colorizer
from tintype.engine.core.network import find_model
from tintype.lab.models.rgb import export_rgb

HOSTS = EXAMPLES / "hosts"
MEGABYTES = 24


def gray(picture: np.ndarray) -> np.ndarray:
    return np.dstack([cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)] * 3)


def session_of(path: Path) -> ort.InferenceSession:
    return ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def shown(*pictures: np.ndarray) -> np.ndarray:
    return np.stack([p.transpose(2, 0, 1) for p in pictures]).astype(np.float32) / 255


def lab(picture: np.ndarray) -> np.ndarray:
    return srgb_to_lab(picture.astype(np.float32) / (255 if picture.dtype == np.uint8 else 1))


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("rgb") / "tintype-rgb.onnx"
    export_rgb(find_model("default"), path)
    return path


@pytest.fixture(scope="module")
def session(file) -> ort.InferenceSession:
    return session_of(file)


@pytest.fixture(scope="module")
def colorizer() -> Colorizer:
    return Colorizer(device="cpu", threads=1)


def colored(session: ort.InferenceSession, picture: np.ndarray) -> np.ndarray:
    return session.run(["colored"], {"rgb": shown(picture)})[0][0].transpose(1, 2, 0)


def large(picture: np.ndarray) -> np.ndarray:
    scale = (1e6 / (picture.shape[0] * picture.shape[1])) ** 0.5
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)


CASES = {
    **pictures(),
    "a megapixel": large(data.coffee()),
    "upright and odd": data.astronaut()[:511, 100:333],
    "faded": (90 + data.chelsea() * 0.2).astype(np.uint8),
    "a strip": data.chelsea()[100:150],
    "enlarged by the network": data.astronaut()[:90, 150:251],
}


@pytest.mark.parametrize("name", CASES)
def test_colors_are_those_of_the_engine(name, session, colorizer):
    picture = gray(CASES[name])
    whole = replace(colorizer.prepare(picture), parts=())  # the file knows no album pages
    expected = colorizer.color(whole).pixels
    difference = np.linalg.norm(lab(colored(session, picture)) - lab(expected), axis=-1)
    assert difference.mean() < 1.0
    assert np.linalg.norm(lab(expected)[..., 1:], axis=-1).mean() > 3 or name == "faded"


def test_lightness_is_kept_where_colors_are_strongest(session):
    picture = gray(data.astronaut())
    kept = np.abs(lab(colored(session, picture))[..., 0] - lab(picture)[..., 0])
    assert kept.max() < 0.05


def test_what_shows_nothing_stays_gray(session):
    paper = np.full((100, 140, 3), 236, np.uint8)
    assert np.ptp(colored(session, paper), axis=-1).max() < 1e-3


def test_extremes_stay_black_and_white_and_in_range(session):
    picture = np.zeros((64, 96, 3), np.uint8)
    picture[:, 48:] = 255
    answer = colored(session, picture)
    assert answer.min() >= 0 and answer.max() <= 1
    assert answer[:, :40].max() < 0.01 and answer[:, 56:].min() > 0.99


def test_a_color_picture_gets_new_colors_at_its_own_lightness(session):
    picture = data.coffee()[:200, :300]
    answer = lab(colored(session, picture))
    assert np.abs(answer[..., 0] - lab(picture)[..., 0]).mean() < 0.05
    assert np.linalg.norm(answer - lab(gray(picture)), axis=-1).mean() > 3


def test_pictures_of_a_batch_do_not_disturb_each_other(session):
    first, second = gray(data.coffee()[:200, :260]), gray(data.chelsea()[:200, :260])
    both = session.run(None, {"rgb": shown(first, second)})[0]
    for answer, picture in zip(both, (first, second), strict=True):
        np.testing.assert_allclose(answer.transpose(1, 2, 0), colored(session, picture), atol=2e-3)


@pytest.mark.parametrize("shape", [(8, 8), (8, 200), (300, 9), (33, 31)])
def test_small_and_narrow_pictures_keep_their_size(shape, session):
    picture = np.random.default_rng(0).integers(0, 255, (*shape, 1), np.uint8).repeat(3, 2)
    assert colored(session, picture).shape == picture.shape


def test_bytes_with_channels_last_are_a_picture_as_pillow_has_it(tmp_path, session):
    path = tmp_path / "bytes.onnx"
    result = CliRunner().invoke(
        app, ["export", "--rgb", "-o", str(path), "--layout", "nhwc", "--values", "byte"]
    )
    assert result.exit_code == 0, result.output
    picture = gray(data.coffee()[:120, :181])
    answer = session_of(path).run(None, {"rgb": picture[None]})[0][0]
    assert answer.dtype == np.uint8
    assert np.abs(answer - colored(session, picture) * 255).max() < 1


def test_the_file_is_small_and_says_what_it_is(file):
    assert file.stat().st_size < MEGABYTES * 1e6
    model = onnx.load(str(file))
    onnx.checker.check_model(model)
    report = {entry.key: entry.value for entry in model.metadata_props}
    assert report["license"].startswith("Apache-2.0") and report["size"] == "192, 320"
    assert "computed" in report["description"] and report["version"]
    assert [entry.version for entry in model.opset_import] == [18] and not model.functions
    assert {entry.name for entry in model.graph.input} == {"rgb"}
    assert {entry.name for entry in model.graph.output} == {"colored"}


def test_a_network_of_one_look_and_no_saliency_is_taken(tmp_path, warm_network):
    path = tmp_path / "warm.onnx"
    export_rgb(warm_network, path)
    picture = gray(data.coffee()[:150, :200])
    expected = Colorizer(warm_network, device="cpu").colorize(picture)
    answer = lab(colored(session_of(path), picture))
    assert np.linalg.norm(answer - lab(np.asarray(expected)), axis=-1).mean() < 0.5


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--rgb", "missing.onnx"], "there is no network"),
        (["--rgb", "--set", "vividness=2"], "--rgb takes neither"),
        (["--layout", "nhwc", "runs/a"], "belong to --rgb"),
        ([], "name the folder of a run"),
        (["--rgb", "-o", "missing/folder/a.onnx"], "missing/folder"),
    ],
)
def test_a_wrong_call_is_one_sentence(options, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "tintype", "export", *options], capture_output=True, text=True
    )
    assert done.returncode in (1, 2) and sentence in done.stderr
    assert "Traceback" not in done.stderr and done.stderr.count("\n") == 1


def test_the_example_for_onnx_runtime_colors_a_photograph(tmp_path, file, colorizer):
    target = tmp_path / "cat.png"
    photo = EXAMPLES / "cat.jpg"
    script = HOSTS / "color_with_onnxruntime.py"
    subprocess.run([sys.executable, script, file, photo, target], check=True)
    answer = lab(np.asarray(Image.open(target)))
    expected = lab(np.asarray(colorizer.colorize(photo)))
    assert np.linalg.norm(answer - expected, axis=-1).mean() < 1


VAPOURSYNTH = """
import sys
import numpy as np, vapoursynth as vs
sys.path.insert(0, sys.argv[1])
from color_with_vapoursynth import color
gray = np.load(sys.argv[3])
def put(n, f):
    f = f.copy()
    for plane in range(3): np.copyto(np.asarray(f[plane]), gray)
    return f
blank = vs.core.std.BlankClip(format=vs.RGBS, width=gray.shape[1], height=gray.shape[0], length=2)
frame = color(vs.core.std.ModifyFrame(blank, blank, put), sys.argv[2]).get_frame(1)
np.save(sys.argv[4], np.stack([np.asarray(frame[plane]) for plane in range(3)], -1))
"""


def test_the_example_for_vapoursynth_colors_a_clip(tmp_path, file, session):
    python = os.environ.get("VAPOURSYNTH_PYTHON", sys.executable)
    there = "import vapoursynth; vapoursynth.core.ort; import numpy"
    if subprocess.run([python, "-c", there], capture_output=True).returncode:
        pytest.skip(
            "needs Python 3.12 with VapourSynth, vapoursynth-mlrt-ort and numpy, named by"
            " VAPOURSYNTH_PYTHON"
        )
    picture = gray(data.coffee()[:200, :301])
    np.save(tmp_path / "gray.npy", picture[..., 0].astype(np.float32) / 255)
    subprocess.run(
        [python, "-c", VAPOURSYNTH, HOSTS, file, tmp_path / "gray.npy", tmp_path / "color.npy"],
        check=True,
    )
    np.testing.assert_allclose(
        np.load(tmp_path / "color.npy"), colored(session, picture), atol=2e-3
    )
