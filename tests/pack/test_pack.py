import binascii
import io
import sys
import time
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image
from skimage import data
from typer.testing import CliRunner

from tintype import __version__
from tintype.cli import app
from tintype.color import lightness, srgb_to_lab
from tintype.engine import list_models
from tintype.engine.core.network import Network
from tintype.engine.core.sizes import resize
from tintype.errors import ModelError, PhotoError, UsageError
from tintype.files import sha256_of
from tintype.pack import KINDS, Packed, pack_photo, unpack_photo
from tintype.pack.code import VERSION, Code, code_in, with_code
from tintype.pack.color import grid_ab
from tintype.pack.search import Truth, fitted_grid, search
from tintype.photo import Label, Photo, as_photo, read_label, read_photo


@cache
def network() -> Network:
    return Network.load("default", threads=1)


@cache
def photo() -> Photo:
    tags = Image.Exif()
    tags[ExifTags.Base.Artist] = "A. Photographer"
    tags[ExifTags.IFD.Exif] = {0x9003: "2001:02:03 04:05:06"}
    small = as_photo(cv2.resize(data.coffee(), (240, 160), interpolation=cv2.INTER_AREA))
    return replace(small, metadata=replace(small.metadata, exif=tags.tobytes()))


@cache
def packed(kind: str = "JPEG", heard: bool = True) -> Packed:
    return pack_photo(photo(), kind, 120, network=network() if heard else None)


def psnr(a, b) -> float:
    return float(10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_viewer_shows_gray_and_unpacking_gives_the_colors(kind):
    found = packed(kind)
    assert 100 < len(found.code) <= 120
    with Image.open(io.BytesIO(found.data)) as image:
        assert image.format == kind
        shown = np.asarray(image.convert("RGB")).astype(int)
    assert np.ptp(shown, axis=2).max() <= 1, "gray"
    assert np.abs(lightness(shown / 255.0) - lightness(photo().pixels / 255.0)).mean() < 1, (
        "its L* is the photograph's"
    )
    unpacked = unpack_photo(read_photo(found.data))
    assert not unpacked.notes and unpacked.is_colored
    gray = psnr(shown, photo().pixels)
    assert psnr(unpacked.photo.pixels, photo().pixels) > gray + 8


def test_the_network_takes_part_only_where_it_helps():
    alone, both = packed(heard=False), packed()
    assert not alone.needs_network and both.psnr >= alone.psnr, (
        "where its name costs more than it brings, it is left out"
    )
    small = pack_photo(photo(), "JPEG", 40, network=network())
    assert small.needs_network and small.psnr > pack_photo(photo(), "JPEG", 40).psnr + 0.2, (
        "a tiny grid says too little"
    )
    shorter, longer = (
        pack_photo(photo(), "JPEG", psnr=28, network=heard) for heard in (network(), None)
    )
    assert len(shorter.code) < len(longer.code) and min(shorter.psnr, longer.psnr) >= 28
    assert unpack_photo(read_photo(alone.data), "no-such-network").notes == ()


def test_the_promised_quality_is_the_quality_that_comes_out():
    found = pack_photo(photo(), "WEBP", psnr=30, quality=100)
    assert 30 <= found.psnr < 31
    colored = unpack_photo(read_photo(found.data)).photo.pixels
    assert abs(psnr(colored, photo().pixels) - found.psnr) < 0.7
    assert len(found.code) < len(pack_photo(photo(), "WEBP", psnr=33, quality=100).code)


def test_more_bytes_are_better_colors():
    grids = [pack_photo(photo(), "JPEG", most) for most in (40, 120, 360)]
    assert all(len(grid.code) <= most for grid, most in zip(grids, (40, 120, 360), strict=True))
    assert grids[0].psnr + 1 < grids[1].psnr < grids[2].psnr - 1


def test_the_grid_is_fitted_to_its_upsampling():
    lab = srgb_to_lab(photo().pixels.astype(np.float32) / 255)
    truth = Truth.of(np.ascontiguousarray(lab[..., 1:]), np.ascontiguousarray(lab[..., 0]))
    for rows, columns in ((4, 6), (16, 24)):
        means, fitted = resize(truth.ab, (rows, columns)), fitted_grid(truth, rows, columns)
        gain = truth.psnr(grid_ab(fitted, truth.lightness)) - truth.psnr(
            grid_ab(means, truth.lightness)
        )
        assert gain > 0.3, "dB beyond the means of the cells"


def test_without_its_network_the_colors_are_nearly_right(tmp_path):
    found = pack_photo(photo(), "JPEG", 30, network=network())
    whole = unpack_photo(read_photo(found.data)).photo.pixels
    code = Code.from_bytes(found.code, 2, 3)
    assert code.prediction > 0
    for name in ("no-such-network", other_version(tmp_path), "fast"):
        with pytest.raises(ModelError, match=r"there is no network|packed with another network"):
            unpack_photo(read_photo(found.data), name)
    alone = unpack_photo(read_photo(found.data), "no-such-network", force=True)
    assert (
        alone.network is None
        and alone.is_colored
        and "there is no network" in alone.notes[0]
        and "in part" in alone.notes[0]
    )
    assert 18 < psnr(alone.photo.pixels, whole) < 60
    other = unpack_photo(read_photo(found.data), other_version(tmp_path), force=True)
    assert (
        other.network.path.stem == "other"
        and "another network" in other.notes[0]
        and f"another version, than {other_version(tmp_path)}; " in other.notes[0]
        and "near the right ones" in other.notes[0]
    )
    assert psnr(other.photo.pixels, whole) > psnr(alone.photo.pixels, whole), (
        "its own answer serves for the missing one"
    )


def other_version(folder):
    path = folder / "other.onnx"
    path.write_bytes(network().path.read_bytes() + b"\x32\x00")  # an empty description of the model
    return path


def damaged(found: Packed, at: int) -> Photo:
    read = read_photo(found.data)
    code = bytearray(found.code)
    code[at] ^= 0x10
    return replace(
        read, metadata=replace(read.metadata, exif=with_code(read.metadata.exif, bytes(code)))
    )


@pytest.mark.parametrize("at", [0, 3, 20, -1])
def test_a_damaged_code_leaves_the_picture_gray_and_says_so(at):
    read = damaged(packed(), at)
    found = unpack_photo(read)
    assert not found.is_colored and "damaged" in found.notes[0]
    assert np.array_equal(found.photo.pixels, read.pixels)


def test_a_newer_code_and_a_cropped_picture_are_told():
    code = Code.from_bytes(packed().code, 2, 3)
    assert code.to_bytes() == packed().code
    newer = bytearray(packed().code[:-2])
    newer[0] = (VERSION + 1) << 1
    newer += binascii.crc_hqx(bytes((2, 3)) + bytes(newer), 0xFFFF).to_bytes(2, "big")
    with pytest.raises(PhotoError, match=f"version {VERSION + 1}"):
        Code.from_bytes(bytes(newer), 2, 3)
    read = read_photo(packed().data)
    cropped = unpack_photo(read.with_pixels(read.pixels[:, :100]))
    assert not cropped.is_colored and "turned or cropped" in cropped.notes[0]


def test_a_gray_picture_that_was_saved_again_keeps_nearly_the_same_colors():
    read = read_photo(packed(heard=False).data)
    saved = io.BytesIO()
    Image.fromarray(read.pixels).save(saved, "JPEG", quality=40)
    again = unpack_photo(read.with_pixels(read_photo(saved.getvalue()).pixels)).photo.pixels
    assert psnr(again, unpack_photo(read).photo.pixels) > 28


def test_metadata_travels_and_the_code_does_not_stay():
    found = unpack_photo(read_photo(packed().data)).photo.metadata.exif
    assert (
        code_in(found) is None and code_in(read_photo(packed().data).metadata.exif) == packed().code
    )
    tags = Image.Exif()
    tags.load(found)
    assert tags[ExifTags.Base.Artist] == "A. Photographer"
    assert tags.get_ifd(ExifTags.IFD.Exif)[0x9003] == "2001:02:03 04:05:06"


def test_tiny_and_narrow_pictures_pack():
    for shape in ((1, 1), (5, 200), (33, 7)):
        rgb = np.zeros((*shape, 3), np.uint8)
        rgb[...] = (180, 90, 60)
        found = unpack_photo(
            read_photo(pack_photo(as_photo(rgb), "WEBP", 60, quality=100).data)
        ).photo.pixels
        assert np.abs(found.astype(int) - rgb).mean() < 6, shape


def test_what_cannot_be_packed_is_told():
    gray = as_photo(np.dstack([data.camera()[:64, :64]] * 3))
    with pytest.raises(PhotoError, match="no color to pack"):
        pack_photo(gray, "JPEG")
    with pytest.raises(PhotoError, match="carries no code"):
        unpack_photo(gray)
    for wanted, sentence in (
        ({"max_bytes": 100, "psnr": 30}, "not both"),
        ({"max_bytes": 5}, "at least"),
        ({"psnr": 90}, "cannot reach 90 dB"),
    ):
        with pytest.raises(UsageError, match=sentence):
            pack_photo(photo(), "JPEG", **wanted)
    with pytest.raises(UsageError, match="JPEG, PNG, WebP or AVIF"):
        pack_photo(photo(), "TIFF")


def test_what_a_network_helped_to_unpack_is_labeled(tmp_path):
    path = list_models()["default"]
    for code_bytes, helps in ((40, True), (250, packed().needs_network)):
        made = pack_photo(photo(), "JPEG", code_bytes, network=network())
        assert made.needs_network == helps
        (tmp_path / "a.jpg").write_bytes(made.data)
        for more, is_labeled in (([], helps), (["--no-label"], False)):
            command = ["unpack", str(tmp_path / "a.jpg"), "-o", str(tmp_path / "b.png"), *more]
            assert CliRunner().invoke(app, command).exit_code == 0
            stated = Label("default", __version__, "pack", sha256_of(path))
            assert read_label(tmp_path / "b.png") == (stated if is_labeled else None)


def test_the_commands(tmp_path):
    source, gray, color = tmp_path / "a.png", tmp_path / "a.tint.jpg", tmp_path / "b.jpg"
    Image.fromarray(photo().pixels).save(source)
    run = CliRunner().invoke(app, ["pack", str(source), "-o", str(gray), "--bytes", "90"])
    assert run.exit_code == 0 and "of them color" in run.output
    run = CliRunner().invoke(app, ["unpack", str(gray), "-o", str(color)])
    assert run.exit_code == 0
    assert psnr(read_photo(color).pixels, photo().pixels) > 24
    assert isinstance(
        CliRunner().invoke(app, ["pack", str(source), "-o", str(source)]).exception, UsageError
    )
    read = read_photo(gray)
    code = code_in(read.metadata.exif)
    from tintype.photo import write_photo

    write_photo(
        replace(
            read,
            metadata=replace(read.metadata, exif=with_code(read.metadata.exif, code[:-1] + b"?")),
        ),
        gray,
    )
    run = CliRunner().invoke(app, ["unpack", str(gray), "-o", str(color)])
    assert run.exit_code == 1 and "stays gray" in run.output
    assert read_photo(color).pixels.ndim == 2


@pytest.mark.parametrize("command", ["pack", "unpack"])
def test_an_output_that_names_no_picture_is_refused_before_any_work(tmp_path, command):
    (tmp_path / "folder.jpg").mkdir()
    for name, sentence in (
        ("folder.jpg", "name a file with its ending"),
        ("x", "name a file with its ending"),
        ("x.xyz", "not a format that is written"),
    ):
        call = [command, str(tmp_path / "none.jpg"), "-o", str(tmp_path / name)]
        error = CliRunner().invoke(app, call).exception
        assert isinstance(error, UsageError) and sentence in str(error), name


def test_a_small_photograph_is_packed_within_two_seconds_of_a_processor():
    """About 0.6 s on an idle core; the bound allows for slow and busy machines, and for coverage,
    whose trace of every line takes its own time."""
    picture = as_photo(cv2.resize(data.chelsea(), (480, 320), interpolation=cv2.INTER_AREA))
    pack_photo(picture, "JPEG", 60, network=network())
    started = time.process_time()
    found = pack_photo(picture, "JPEG", network=network())
    assert time.process_time() - started < (2 if sys.gettrace() is None else 8)
    assert found.psnr > 37.5


def test_cells_of_a_narrow_picture_are_no_finer_than_its_pixels():
    rng = np.random.default_rng(0)
    ab, light = rng.normal(0, 20, (12, 600, 2)), np.full((12, 600), 60)
    truth = Truth.of(ab.astype(np.float32), light.astype(np.float32))
    settings = search(truth, 100_000, None).settings
    assert (settings.rows << settings.levels, settings.columns) == (4, 8)
