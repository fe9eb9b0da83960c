import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.pictures import EXAMPLES


def tintype(*arguments: object, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", "from tintype.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, check=False)


@pytest.fixture
def album(tmp_path) -> Path:
    folder = tmp_path / "album"
    (folder / "aunts").mkdir(parents=True)
    for name, target in (("cat", "cat.jpg"), ("rocket", "aunts/rocket.jpg")):
        (folder / target).write_bytes((EXAMPLES / f"{name}.jpg").read_bytes())
    return folder


def is_colored(path: Path) -> bool:
    pixels = np.asarray(Image.open(path).convert("RGB"), int)
    return bool(np.abs(pixels[..., 0] - pixels[..., 2]).mean() > 1)


def test_one_photograph_is_colored_beside_its_source(album):
    done = tintype("colorize", album / "cat.jpg", "--compare")
    assert done.returncode == 0, done.stderr
    assert b"cat.color.jpg" in done.stderr
    assert is_colored(album / "cat.color.jpg")
    assert Image.open(album / "cat.color.jpg").size == Image.open(album / "cat.jpg").size
    assert (album / "cat.compare.jpg").exists()


def test_a_folder_goes_on_past_bad_files_and_skips_what_is_done(album, tmp_path):
    (album / "broken.jpg").write_bytes(b"no picture")
    first = tintype("colorize", album, "-o", tmp_path / "out")
    assert first.returncode == 1
    assert b"broken.jpg is not a picture" in first.stderr
    assert b"2 colored" in first.stderr
    assert b"1 failed" in first.stderr
    assert is_colored(tmp_path / "out" / "aunts" / "rocket.jpg")
    (album / "broken.jpg").unlink()
    before = (tmp_path / "out" / "cat.jpg").stat().st_mtime_ns
    second = tintype("colorize", album, "-o", tmp_path / "out")
    assert second.returncode == 0
    assert b"2 already there" in second.stderr
    assert (tmp_path / "out" / "cat.jpg").stat().st_mtime_ns == before


def test_a_pipe_takes_and_gives_a_picture(album, tmp_path):
    done = tintype("colorize", "-", "--format", "png", stdin=(album / "cat.jpg").read_bytes())
    assert done.returncode == 0, done.stderr
    (tmp_path / "piped.png").write_bytes(done.stdout)
    assert Image.open(tmp_path / "piped.png").format == "PNG"
    assert is_colored(tmp_path / "piped.png")


def test_every_page_of_a_tiff_is_colored(tmp_path):
    pages = np.stack([np.asarray(Image.open(EXAMPLES / "cat.jpg").resize((90, 60)))] * 2)
    tifffile.imwrite(tmp_path / "pages.tif", pages, photometric="minisblack")
    assert tintype("colorize", tmp_path / "pages.tif").returncode == 0
    assert Image.open(tmp_path / "pages.color.tif").n_frames == 2


def test_an_output_format_may_be_chosen_by_the_name(album, tmp_path):
    assert tintype("colorize", album / "cat.jpg", "-o", tmp_path / "cat.png").returncode == 0
    assert Image.open(tmp_path / "cat.png").format == "PNG"


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (["colorize", "none.jpg"], 2, b"none.jpg does not exist"),
        (["colorize"], 2, b"Missing argument"),
        (["colorize", EXAMPLES / "cat.jpg", "--size", "3"], 2, b"--size"),
        (["colorize", EXAMPLES / "cat.jpg", "--model", "nope"], 1, b"there is no network 'nope'"),
        (
            ["colorize", EXAMPLES / "cat.jpg", "--device", "toaster"],
            2,
            b"there is no device 'toaster'",
        ),
        (["colorize", EXAMPLES / "cat.jpg", "--format", "xyz"], 2, b"'xyz' is not a format"),
        (["colorize", "-", EXAMPLES / "cat.jpg"], 2, b"color it by itself"),
        (
            ["colorize", EXAMPLES / "cat.jpg", "-o", "/proc/nowhere/cat.jpg"],
            1,
            b"cannot be written",
        ),
        (["export", "nowhere"], 1, b"holds no saved run"),
        (["train", "tintpe", "--data", "x", "--output", "y"], 1, b"did you mean 'tintype'"),
    ],
)
def test_wrong_calls_get_a_sentence_a_status_and_no_traceback(arguments, status, reason):
    done = tintype(*arguments)
    assert done.returncode == status, done.stderr
    assert reason in done.stderr
    assert b"Traceback" not in done.stderr


def test_an_empty_pipe_and_an_empty_folder_get_a_sentence(tmp_path):
    done = tintype("colorize", "-", stdin=b"")
    assert done.returncode == 1
    assert b"empty" in done.stderr
    done = tintype("colorize", tmp_path)
    assert done.returncode == 2
    assert b"no photographs" in done.stderr


def test_interrupting_leaves_whole_files_only(tmp_path):
    count = 60
    Image.open(EXAMPLES / "cat.jpg").resize((1200, 800)).save(tmp_path / "000.jpg")
    for i in range(1, count):
        (tmp_path / f"{i:03d}.jpg").hardlink_to(tmp_path / "000.jpg")
    command = [
        sys.executable,
        "-c",
        "from tintype.cli import main; main()",
        "colorize",
        str(tmp_path),
        "-o",
        str(tmp_path / "out"),
    ]
    # a shell starts what it runs in the background deaf to Ctrl-C, and its children inherit that
    hearing = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    running = subprocess.Popen(command, stderr=subprocess.PIPE, preexec_fn=hearing)
    for _ in range(1200):
        if len(list((tmp_path / "out").glob("*.jpg"))) >= 2:
            break
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, result = running.communicate(timeout=60)
    assert running.returncode == 130, result
    assert b"the same command goes on with the rest" in result
    left = list((tmp_path / "out").iterdir())
    assert 2 <= len(left) < count
    for path in left:
        assert path.suffix == ".jpg"
        assert Image.open(path).size == (1200, 800)
        Image.open(path).load()


def test_coloring_never_loads_pytorch_nor_the_service():
    script = (
        "import sys, numpy as np, tintype, tintype.cli\ntintype.Colorizer().colorize(np.zeros((40,"
        " 40), np.uint8))\nassert not {'torch', 'scipy', 'fastapi'} & set(sys.modules),"
        " 'a heavy library was loaded'\nimport tintype.web\nassert not {'torch', 'scipy'} &"
        " set(sys.modules), 'a heavy library was loaded'\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_version_the_help_and_the_models_are_told():
    assert tintype("--version").stdout.startswith(b"tintype 0.")
    assert b"tintype colorize album/" in tintype("colorize", "--help").stdout
    assert b"default" in tintype("models").stdout


def test_color_photographs_of_an_album_are_left_as_they_are(album, tmp_path):
    from skimage import data

    Image.fromarray(data.chelsea()).save(album / "color.jpg", quality=90)
    done = tintype("colorize", album, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert b"color.jpg is in color and is left as it is; --recolor" in done.stderr
    assert b"2 colored, 1 left unchanged" in done.stderr
    assert (tmp_path / "out" / "color.jpg").read_bytes() == (album / "color.jpg").read_bytes()
    alone = tintype("colorize", album / "color.jpg")
    assert alone.returncode == 0
    assert not (album / "color.color.jpg").exists()
    assert tintype("colorize", album / "color.jpg", "--recolor").returncode == 0
    assert (album / "color.color.jpg").exists()


def test_other_settings_and_newer_sources_are_done_again(album, tmp_path):
    out = tmp_path / "out"
    assert tintype("colorize", album, "-o", out).returncode == 0
    assert b"2 already there" in tintype("colorize", album, "-o", out).stderr
    assert b"2 colored" in tintype("colorize", album, "-o", out, "--saturation", "1.3").stderr
    os.utime(album / "cat.jpg", (time.time() + 60, time.time() + 60))
    assert (
        b"1 colored, 1 already there"
        in tintype("colorize", album, "-o", out, "--saturation", "1.3").stderr
    )


def test_an_output_says_that_a_network_colored_it_unless_told_not_to(album):
    from tintype.photo import read_label

    tintype("colorize", album / "cat.jpg")
    assert read_label(album / "cat.color.jpg").network == "default"
    tintype("colorize", album / "cat.jpg", "--overwrite", "--no-label")
    assert read_label(album / "cat.color.jpg") is None


def test_damage_is_told_and_kept_on_wish(album):
    whole = (album / "cat.jpg").read_bytes()
    (album / "cut.jpg").write_bytes(whole[: len(whole) * 2 // 3])
    done = tintype("colorize", album / "cut.jpg")
    assert done.returncode == 1
    assert b"% of the picture is missing" in done.stderr
    kept = tintype("colorize", album / "cut.jpg", "--damaged", "keep")
    assert kept.returncode == 0, kept.stderr
    assert b"cut.jpg is cut off" in kept.stderr
    assert is_colored(album / "cut.color.jpg")


def test_pages_that_a_format_cannot_hold_are_told_of(tmp_path):
    pages = np.stack([np.asarray(Image.open(EXAMPLES / "cat.jpg").resize((90, 60)))] * 3)
    tifffile.imwrite(tmp_path / "pages.tif", pages, photometric="minisblack")
    done = tintype("colorize", tmp_path / "pages.tif", "--format", "jpg")
    assert done.returncode == 0
    assert b"has 3 pages, but JPEG holds one: 2 left out" in done.stderr
    piped = tintype("colorize", "-", stdin=(tmp_path / "pages.tif").read_bytes())
    (tmp_path / "piped.tif").write_bytes(piped.stdout)
    assert Image.open(tmp_path / "piped.tif").n_frames == 3


def test_a_negative_is_inverted_on_wish(album):
    plain = np.asarray(Image.open(album / "cat.jpg"))
    Image.fromarray(255 - plain).save(album / "negative.png")
    assert tintype("colorize", album / "negative.png", "--negative").returncode == 0
    positive = np.asarray(Image.open(album / "negative.color.png").convert("L"), float)
    assert np.corrcoef(positive.ravel(), plain.ravel())[0, 1] > 0.98


def test_a_black_and_white_negative_is_left_and_mentioned_with_its_options(tmp_path):
    Image.fromarray(255 - np.asarray(Image.open(EXAMPLES / "grace-hopper.jpg").convert("L"))).save(
        tmp_path / "negative.png"
    )
    done = tintype("colorize", tmp_path / "negative.png")
    assert done.returncode == 0
    assert not (tmp_path / "negative.color.png").exists()
    assert (
        b"negative.png: it looks like a black-and-white negative; invert it first (--negative"
        b" inverts it, --recolor colors it as it is)" in done.stderr
    )
    again = tintype("colorize", tmp_path / "negative.png", "--recolor", "--overwrite")
    assert again.returncode == 0
    assert Image.open(tmp_path / "negative.color.png").mode == "RGB"
