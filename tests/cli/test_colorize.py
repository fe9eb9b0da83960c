import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from tests.engine.assist.test_line_art import drawn
from tests.pictures import EXAMPLES
from tintype import Colorizer, Guidance, read_photo, write_photo
from tintype.cli import main
from tintype.color import srgb_to_lab
from tintype.guidance import color_ab


@pytest.fixture
def command(monkeypatch, capsys, warm_network):
    """Run `tintype colorize` with a tiny network in this process: status, standard output, standard
    error."""

    def run(*arguments, model=warm_network):
        monkeypatch.setattr(
            sys,
            "argv",
            [
                "tintype",
                "colorize",
                *map(str, arguments),
                *(("--model", str(model)) if model else ()),
            ],
        )
        with pytest.raises(SystemExit) as ended:
            main()
        result = capsys.readouterr()
        return ended.value.code or 0, result.out, result.err

    return run


@pytest.fixture
def cat(tmp_path):
    picture = Image.open(EXAMPLES / "cat.jpg").convert("L")
    picture.thumbnail((300, 300))
    picture.save(tmp_path / "cat.png")
    return tmp_path / "cat.png"


def ab_at(path, x, y):
    pixels = np.asarray(Image.open(path).convert("RGB"), np.float32) / 255
    return srgb_to_lab(pixels)[int(y * pixels.shape[0]), int(x * pixels.shape[1]), 1:]


def test_a_guidance_file_gives_the_same_bytes_as_python(command, cat, tmp_path, warm_network):
    saved, out = tmp_path / "guidance.json", tmp_path / "out.png"
    asked = (
        "--hint",
        "50%,40%=#90a060:4%",
        "--stroke",
        "10,20 60,20=navy:8",
        "--saturation",
        1.2,
        "--warmth",
        0.3,
    )
    assert command(cat, *asked, "--save-guidance", saved, "-o", tmp_path / "first.png")[0] == 0
    assert command(cat, "--guidance", saved, "-o", out)[0] == 0
    guidance = Guidance.from_json(saved.read_text())
    assert len(guidance.hints) == len(guidance.strokes) == 1
    own = io.BytesIO()
    write_photo(Colorizer(warm_network).colorize_photo(read_photo(cat), guidance), own)
    assert out.read_bytes() == own.getvalue() == (tmp_path / "first.png").read_bytes()


def test_a_hint_is_met_with_the_network_that_comes_with_the_package(command, cat, tmp_path):
    out = tmp_path / "out.png"
    assert command(cat, "--hint", "50%,40%=#7a8f50:3%", "-o", out, model=None)[0] == 0
    np.testing.assert_allclose(ab_at(out, 0.5, 0.4), color_ab("#7a8f50"), atol=4)


def test_a_folder_uses_the_guidance_beside_each_photograph(command, cat, tmp_path):
    album = tmp_path / "album"
    album.mkdir()
    for name in ("a", "b"):
        (album / f"{name}.png").write_bytes(cat.read_bytes())
    (album / "a.tintype.json").write_text(Guidance(saturation=0).to_json())
    status, _, result = command(album, "-o", tmp_path / "out")
    assert (status, "skipped" in result) == (0, False)
    assert np.hypot(*ab_at(tmp_path / "out" / "a.png", 0.5, 0.5)) < 2
    assert np.hypot(*ab_at(tmp_path / "out" / "b.png", 0.5, 0.5)) > 5
    assert command(album, "-o", tmp_path / "plain", "--no-guidance")[0] == 0
    assert np.hypot(*ab_at(tmp_path / "plain" / "a.png", 0.5, 0.5)) > 5


def test_a_guidance_that_changes_is_colored_again(command, cat, tmp_path):
    album = cat.parent
    assert "1 already there" not in command(album, "-o", tmp_path / "out")[2]
    assert "1 already there" in command(album, "-o", tmp_path / "out")[2]
    (album / "cat.tintype.json").write_text(Guidance(saturation=0.5).to_json())
    assert "already there" not in command(album, "-o", tmp_path / "out")[2]


def test_a_mask_keeps_the_rest_gray_and_a_region_of_a_color_photograph_changes_only_there(
    command, cat, tmp_path
):
    shape = np.asarray(Image.open(cat)).shape
    mask = np.zeros(shape, np.uint8)
    mask[:, : shape[1] // 2] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    assert command(cat, "--mask", tmp_path / "mask.png", "-o", tmp_path / "out.png")[0] == 0
    pixels = np.asarray(Image.open(tmp_path / "out.png"), int)
    assert np.ptp(pixels[:, shape[1] * 2 // 3 :], axis=-1).max() == 0
    assert np.ptp(pixels[:, : shape[1] // 3], axis=-1).mean() > 5
    color = data.astronaut()[::2, ::2]
    Image.fromarray(color).save(tmp_path / "color.png")
    Image.fromarray(
        np.where(np.arange(256) < 100, 255, 0).astype(np.uint8)[None].repeat(256, 0)
    ).save(tmp_path / "left.png")
    assert (
        command(
            tmp_path / "color.png",
            "--mask",
            tmp_path / "left.png",
            "--hint",
            "50,50=lime",
            "-o",
            tmp_path / "re.png",
        )[0]
        == 0
    )
    changed = np.asarray(Image.open(tmp_path / "re.png"), int) - color
    assert np.abs(changed[:, 130:]).max() == 0
    assert np.abs(changed[:, :80]).mean() > 5


def test_an_object_is_selected_by_a_click(command, cat, tmp_path):
    assert (
        command(cat, "--select", "50%,50%", "--skip", "2%,2%", "-o", tmp_path / "out.png")[0] == 0
    )
    assert np.hypot(*ab_at(tmp_path / "out.png", 0.02, 0.02)) < 1
    assert np.hypot(*ab_at(tmp_path / "out.png", 0.5, 0.5)) > 3


def test_methods_need_no_network(command, cat, tmp_path):
    Image.fromarray(data.coffee()).save(tmp_path / "coffee.jpg")
    given = {"levin": ("--hint", "50%,50%=peru"), "reinhard": (), "exemplar": ()}
    for method, asked in given.items():
        asked = asked or ("--reference", tmp_path / "coffee.jpg")
        assert (
            command(cat, "--method", method, *asked, "-o", tmp_path / f"{method}.png", model=None)[
                0
            ]
            == 0
        )
        assert np.hypot(*ab_at(tmp_path / f"{method}.png", 0.5, 0.5)) > 5


def test_a_drawn_page_is_recognized_and_told_of(command, tmp_path):
    page = tmp_path / "page.png"
    Image.fromarray(drawn()).save(page)
    status, _, result = command(page, "--hint", "100,300=#cc3333", "-o", tmp_path / "out.png")
    assert status == 0
    assert f"{page}: the page is line art" in result
    assert "--no-line-art" in result
    assert Image.open(tmp_path / "out.png").getpixel((100, 300)) == (0xCC, 0x33, 0x33)
    assert "line art" not in command(page, "--no-line-art", "-o", tmp_path / "other.png")[2]


def test_json_has_one_line_a_photograph(command, cat, tmp_path):
    (cat.parent / "broken.png").write_text("no picture")
    status, lines, _ = command(cat.parent, "-o", tmp_path / "out", "--json", "--saturation", "0.5")
    result = {Path(line["input"]).name: line for line in map(json.loads, lines.splitlines())}
    assert (status, set(result)) == (1, {"cat.png", "broken.png"})
    assert result["cat.png"]["output"] == str(tmp_path / "out" / "cat.png")
    assert (result["cat.png"]["network"], result["cat.png"]["guidance"]) == (
        "warm",
        {"tintype": 1, "saturation": 0.5},
    )
    assert result["cat.png"]["seconds"] > 0
    assert result["broken.png"]["state"] == "failed"
    assert "not a picture" in result["broken.png"]["error"]


def test_a_contact_sheet_shows_every_photograph(command, cat, tmp_path):
    (cat.parent / "dog.png").write_bytes(cat.read_bytes())
    assert (
        command(
            cat.parent, "-o", tmp_path / "out", "--contact-sheet", tmp_path / "sheets" / "all.jpg"
        )[0]
        == 0
    )
    sheet = Image.open(tmp_path / "sheets" / "all.jpg")
    assert sheet.width > 500
    assert sheet.height > 2 * 190


def test_variations_are_written_beside_the_plain_coloring(command, cat, tmp_path):
    asked = ("--variations", 2, "--seed", 3, "--json", "--contact-sheet", tmp_path / "sheet.jpg")
    status, lines, _ = command(cat, *asked, model=None)
    assert status == 0
    result = json.loads(lines)
    assert result["variations"] == [str(cat.with_name(f"cat.{k}.color.png")) for k in (1, 2)]
    one, two = (np.asarray(Image.open(path), int) for path in result["variations"])
    assert np.abs(one - two).mean() > 0.5
    assert Image.open(tmp_path / "sheet.jpg").width > 4 * 256
    assert (
        command(cat, "--variations", 2, "--method", "levin", "--hint", "5,5=red", model=None)[0]
        == 2
    )


def bad_inputs(folder):
    Image.new("L", (40, 10), 255).save(folder / "wide.png")
    Image.new("L", (30, 20), 0).save(folder / "empty.png")
    Image.fromarray(data.camera()).save(folder / "gray.jpg")
    (folder / "no.png").write_text("no picture")
    (folder / "newer.json").write_text('{"tintype": 2}')
    (folder / "broken.json").write_text('{"tintype": 1,\n')
    return [
        (("--hint", "5000,10=red"), "lies outside of"),
        (("--mask", folder / "wide.png"), "not the shape of the photograph"),
        (("--mask", folder / "empty.png"), "mask is empty"),
        (("--mask", folder / "no.png"), "is not a picture"),
        (("--palette", "#808080"), "only grays"),
        (("--guidance", folder / "newer.json"), "newer Tintype"),
        (("--guidance", folder / "broken.json"), "line 2, column 1"),
        (("--reference", folder / "gray.jpg"), "is gray"),
        (("--palette", "red,blue"), "takes no palette"),
        (("--region", "subject"), "predicts no saliency"),
        (("--keep", "1,1"), "--select"),
        (("--method", "levin", "--palette", "red", "--hint", "5,5=red"), "does not use a palette"),
        (("--region", "subject", "--select", "5,5"), "cannot be combined"),
        (("--warmth", "7"), "warmth"),
    ]


def test_bad_input_is_one_sentence_and_status_2(command, cat, tmp_path):
    for arguments, reason in bad_inputs(tmp_path):
        status, _, result = command(cat, *arguments, "-o", tmp_path / "out.png")
        assert status == 2, (arguments, result)
        assert reason in result, (arguments, result)
        assert "Traceback" not in result
        assert not (tmp_path / "out.png").exists()


def test_a_folder_goes_on_past_a_photograph_of_which_something_impossible_is_asked(
    command, cat, tmp_path
):
    Image.open(cat).crop((0, 0, 60, 60)).save(cat.parent / "small.png")
    status, _, result = command(cat.parent, "--hint", "100,100=red", "-o", tmp_path / "out")
    assert status == 1
    assert "lies outside of" in result
    assert (tmp_path / "out" / "cat.png").exists()


def test_every_option_is_in_the_help_with_examples(command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    _, result, _ = command("--help", model=None)
    for option in (
        "hint",
        "stroke",
        "reach",
        "mask",
        "region",
        "select",
        "keep",
        "skip",
        "keep-color",
        "reference",
        "palette",
        "saturation",
        "warmth",
        "variations",
        "bold",
        "seed",
        "method",
        "line-art",
        "guidance",
        "save-guidance",
        "no-guidance",
        "contact-sheet",
        "compare",
        "json",
    ):
        assert f"--{option}" in result
    assert "tintype colorize photo.jpg --mask dress.png" in result


def test_a_photograph_goes_to_standard_output(cat, warm_network, tmp_path):
    call = [sys.executable, "-m", "tintype", "colorize", "--model", str(warm_network), str(cat)]
    done = subprocess.run([*call, "-o", "-"], capture_output=True, check=True, cwd=tmp_path)
    assert np.ptp(np.asarray(Image.open(io.BytesIO(done.stdout))), axis=-1).mean() > 1
    assert not (tmp_path / "-").exists()


@pytest.fixture
def pipe(cat, tmp_path):
    """A named pipe that a picture flows through; opening it is left to the command."""
    os.mkfifo(tmp_path / "pipe")
    feed = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(cat.read_bytes(),))
    feed.start()
    yield tmp_path / "pipe"
    if feed.is_alive():
        (tmp_path / "pipe").read_bytes()
    feed.join()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["-o", "out.png", "--json"], "need files, not a pipe"),
        (["-o", "out.png", "--compare"], "need files, not a pipe"),
        (["-o", "out.png", "--contact-sheet", "all.jpg"], "need files, not a pipe"),
        (["-o", "out.png", "--variations", "2"], "give a file instead of a pipe"),
        (["-o", "out/"], "no file name with an ending"),
        (["-o", "out"], "no file name with an ending"),
        (["pipe", "-o", "out/"], "color it by itself"),
        (["-", "-o", "out/"], "color it by itself"),
    ],
)
def test_what_a_pipe_cannot_have_is_told(command, pipe, options, reason, monkeypatch):
    before = sorted(pipe.parent.iterdir())
    monkeypatch.chdir(pipe.parent)
    status, _, errors = command(pipe, *options)
    assert (status, reason in errors) == (2, True)
    assert sorted(pipe.parent.iterdir()) == before


@pytest.mark.parametrize("option", ["--json", "--compare"])
def test_standard_output_holds_the_picture_alone(command, cat, option):
    status, output, errors = command(cat, "-o", "-", option)
    assert (status, output, "need files, not a pipe" in errors) == (2, "", True)


def test_the_folders_of_a_pipes_output_are_made(command, pipe, tmp_path):
    status, _, _ = command(pipe, "-o", tmp_path / "album" / "1931" / "out.png")
    assert (status, Image.open(tmp_path / "album/1931/out.png").format) == (0, "PNG")


def test_a_named_pipe_is_read_once(command, cat, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    feed = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(cat.read_bytes(),))
    feed.start()
    status, _, errors = command(tmp_path / "pipe", "-o", tmp_path / "out.png")
    feed.join()
    assert (status, errors.count("empty")) == (0, 0)
    assert Image.open(tmp_path / "out.png").size == Image.open(cat).size
