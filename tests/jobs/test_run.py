"""Files in, outcomes out: what is written, skipped, left and said."""

import os

import numpy as np
import pytest
import tifffile
from PIL import Image
from skimage import data

import tintype
from tintype import Colorizer, Guidance, Policy, color_files
from tintype.cli.guidance import GuidanceOptions
from tintype.errors import UsageError
from tintype.notices import NoticeCode
from tintype.photo import read_label, read_pages, read_photo


@pytest.fixture
def album(tmp_path):
    folder = tmp_path / "album"
    folder.mkdir()
    Image.fromarray(data.camera()).resize((96, 64)).save(folder / "gray.png")
    Image.fromarray(data.coffee()).resize((96, 64)).save(folder / "color.jpg", quality=70)
    (folder / "broken.png").write_bytes(b"no picture")
    return folder


def outcomes(*arguments, model, **options):
    options |= {"colorizer": Colorizer(model)}
    return {outcome.source.name: outcome for outcome in color_files(*arguments, **options)}


def states(*arguments, **options):
    return {name: outcome.state for name, outcome in outcomes(*arguments, **options).items()}


def test_each_file_of_a_folder_has_one_outcome(album, tmp_path, warm_network):
    made = outcomes([album], tmp_path / "out", model=warm_network)
    assert {name: outcome.state for name, outcome in made.items()} == {
        "gray.png": "colored",
        "color.jpg": "left",
        "broken.png": "failed",
    }
    gray, color, broken = (made[name] for name in ("gray.png", "color.jpg", "broken.png"))
    assert gray.output == tmp_path / "out" / "gray.png"
    assert np.ptp(read_photo(gray.output).pixels, axis=-1).mean() > 5
    assert gray.seconds > 0
    assert gray.guidance == Guidance()
    assert color.output.read_bytes() == (album / "color.jpg").read_bytes()
    assert [notice.code for notice in color.notices] == [NoticeCode.IN_COLOR]
    assert broken.output is None
    assert broken.error == f"{album / 'broken.png'} is not a picture that can be read"
    assert isinstance(broken.raised, tintype.TintypeError)


def test_what_is_finished_is_skipped_until_the_source_or_the_settings_change(
    album, tmp_path, warm_network
):
    (album / "broken.png").unlink()
    asked = {"output": tmp_path / "out", "model": warm_network}
    assert states([album], **asked)["gray.png"] == "colored"
    assert states([album], **asked) == {"gray.png": "skipped", "color.jpg": "skipped"}
    warm = Guidance(warmth=0.25)
    assert states([album], guidance=warm, **asked)["gray.png"] == "colored"
    assert states([album], guidance=warm, **asked)["gray.png"] == "skipped"
    assert states([album], guidance=warm, overwrite=True, **asked)["gray.png"] == "colored"
    os.utime(album / "gray.png", ns=(2 * 10**18, 2 * 10**18))
    assert states([album], guidance=warm, **asked)["gray.png"] == "colored"


def test_a_color_photograph_beside_itself_is_not_written(album, warm_network):
    outcome = outcomes([album / "color.jpg"], model=warm_network)["color.jpg"]
    assert (outcome.state, outcome.output) == ("left", None)
    assert not (album / "color.color.jpg").exists()


def test_a_guidance_may_depend_on_the_file_and_its_upright_size(album, tmp_path, warm_network):
    picture = Image.fromarray(data.camera()).resize((96, 64))
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(album / "turned.jpg", exif=exif)
    sizes = {}

    def guidance(path, size):
        sizes[path.name] = size
        return Guidance(saturation=0.0 if path.name == "turned.jpg" else 1.0)

    made = outcomes([album], tmp_path / "out", guidance, model=warm_network)
    assert sizes == {"gray.png": (96, 64), "color.jpg": (96, 64), "turned.jpg": (64, 96)}
    assert np.ptp(read_photo(made["turned.jpg"].output).pixels, axis=-1).max() < 4
    assert np.ptp(read_photo(made["gray.png"].output).pixels, axis=-1).mean() > 5


def test_pages_are_decided_one_by_one_and_only_colored_ones_are_labeled(tmp_path, warm_network):
    gray = np.repeat(np.asarray(Image.fromarray(data.camera()).resize((96, 64)))[..., None], 3, 2)
    color = np.asarray(Image.fromarray(data.coffee()).resize((96, 64)))
    with tifffile.TiffWriter(tmp_path / "pages.tif") as writer:
        for page in (color, gray, gray):
            writer.write(page, photometric="rgb")
    first = Guidance(saturation=0.0)
    made = outcomes([tmp_path / "pages.tif"], f"{tmp_path}/out/", first, model=warm_network)
    pages = list(read_pages(made["pages.tif"].output))
    np.testing.assert_array_equal(pages[0].pixels, color)
    assert [page.metadata.xmp is not None for page in pages] == [False, True, True]
    assert np.ptp(pages[2].pixels.astype(int), axis=-1).max() < 4
    assert read_label(made["pages.tif"].output) is not None


def test_pages_that_a_format_does_not_hold_are_said_to_be_left_out(tmp_path, warm_network):
    page = np.asarray(Image.fromarray(data.camera()).resize((96, 64)))
    tifffile.imwrite(tmp_path / "pages.tif", np.stack([page] * 3), photometric="minisblack")
    made = outcomes([tmp_path / "pages.tif"], policy=Policy(format="png"), model=warm_network)[
        "pages.tif"
    ]
    assert made.output == tmp_path / "pages.color.png"
    assert [notice.code for notice in made.notices] == [NoticeCode.PAGES_LEFT_OUT]


@pytest.mark.parametrize("raised", [StopIteration(), UnicodeError("no text"), ZeroDivisionError()])
def test_whatever_a_file_raises_is_its_own_failed_outcome(
    raised, album, tmp_path, warm_network, monkeypatch
):
    def color(*arguments, **options):
        raise raised

    monkeypatch.setattr("tintype.jobs.run.color_file", color)
    made = outcomes([album], tmp_path / "out", model=warm_network)
    assert [outcome.state for outcome in made.values()] == ["failed"] * 3
    assert type(raised).__name__ in made["gray.png"].error
    assert made["gray.png"].raised is raised


def test_a_wrong_call_raises_before_anything_is_done(album):
    with pytest.raises(UsageError, match="does not exist"):
        color_files([album / "nothing.jpg"])


def test_the_plan_is_told_before_a_file_is_colored(album, tmp_path, warm_network):
    plans = []
    made = color_files(
        [album], tmp_path / "out", colorizer=Colorizer(warm_network), planned=plans.append
    )
    assert [file.source.name for file in plans[0].files] == ["broken.png", "color.jpg", "gray.png"]
    assert not (tmp_path / "out").exists()
    assert len(list(made)) == 3


def test_names_of_any_bytes_and_lengths_are_colored(tmp_path, warm_network):
    album = tmp_path / "album"
    album.mkdir()
    gray = Image.fromarray(data.camera()).resize((64, 48))
    gray.save(tmp_path / "gray.jpg")
    names = [b"caf\xe9.jpg", b"n" * 245 + b".jpg", "\u017b\u00f3\u0142\u0107.jpg".encode()]
    for name in names:
        (album / os.fsdecode(name)).write_bytes((tmp_path / "gray.jpg").read_bytes())
    options = GuidanceOptions(sidecars=(album,))
    made = states([album], tmp_path / "out", options, model=warm_network)
    assert set(made.values()) == {"colored"}
    assert {os.fsencode(path.name) for path in (tmp_path / "out").iterdir()} == set(names)


def test_a_tiff_without_pages_is_one_failed_outcome(album, tmp_path, warm_network):
    (album / "none.tif").write_bytes(b"II*\0\0\0\0\0" + bytes(64))
    made = outcomes([album], tmp_path / "out", model=warm_network)
    assert (made["none.tif"].state, made["gray.png"].state) == ("failed", "colored")
    assert made["none.tif"].error.startswith(str(album / "none.tif"))
    assert "unexpected" not in made["none.tif"].error


def test_outputs_take_the_time_of_their_source_on_request(album, tmp_path, warm_network):
    for name, seconds in (("gray.png", 10**9), ("color.jpg", 2 * 10**8)):
        os.utime(album / name, (seconds, seconds))
    (album / "broken.png").unlink()
    kept, plain = tmp_path / "kept", tmp_path / "plain"
    states([album], f"{kept}/", model=warm_network, policy=Policy(keep_dates=True))
    assert (kept / "gray.png").stat().st_mtime == 10**9
    assert (kept / "color.jpg").stat().st_mtime == 2 * 10**8
    assert set(states([album], f"{kept}/", model=warm_network).values()) == {"skipped"}
    states([album], f"{plain}/", model=warm_network)
    assert (plain / "gray.png").stat().st_mtime > 10**9 + 10**8
