"""Palettes of other programs."""

import struct

import pytest

from tintype.cli.pictures import read_palette
from tintype.errors import UsageError
from tintype.guidance.palette_files import read_palette_file

COLORS = ("#ff0000", "#204080")
GIMP = b"GIMP Palette\nName: two\nColumns: 2\n# 1 2 3\n255   0   0\tRed\n 32  64 128 Blue\n"
JASC = b"JASC-PAL\r\n0100\r\n2\r\n255 0 0\r\n32 64 128\r\n"
RIFF = b"RIFF" + struct.pack("<I", 24) + b"PAL data" + struct.pack("<IHH", 12, 0x300, 2)
RIFF += bytes([255, 0, 0, 0, 32, 64, 128, 0])


def swatches(*entries):
    return struct.pack(">HH", 1, len(entries)) + b"".join(
        struct.pack(">5H", *entry) for entry in entries
    )


def named_swatches(*entries):
    names = ("Red", "Prussian blue")
    return struct.pack(">HH", 2, len(entries)) + b"".join(
        struct.pack(">5HI", *entry, len(name) + 1) + f"{name}\0".encode("utf-16-be")
        for entry, name in zip(entries, names, strict=True)
    )


def exchange(*entries):
    blocks = b"".join(
        struct.pack(">HIHH", 1, 4 + 4 + 4 * len(values) + 2, 1, 0)
        + model
        + struct.pack(f">{len(values)}fH", *values, 0)
        for model, values in entries
    )
    group = struct.pack(">HIHH", 0xC001, 4, 1, 0)
    return b"ASEF" + struct.pack(">HHI", 1, 0, len(entries) + 1) + group + blocks


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.gpl", GIMP),
        ("a.pal", JASC),
        ("b.pal", RIFF),
        ("a.aco", swatches((0, 65535, 0, 0, 0), (0, 0x2020, 0x4040, 0x8080, 0))),
        ("b.aco", named_swatches((0, 65535, 0, 0, 0), (0, 0x2020, 0x4040, 0x8080, 0))),
        ("c.aco", swatches((1, 0, 65535, 65535, 0), (1, 40049, 49151, 32896, 0))),
        ("a.ase", exchange((b"RGB ", (1, 0, 0)), (b"RGB ", (32 / 255, 64 / 255, 128 / 255)))),
    ],
)
def test_palette_files_give_their_colors(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    assert read_palette_file(tmp_path / name) == COLORS
    assert read_palette(str(tmp_path / name)) == COLORS
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(UsageError, match="holds no color"):
        read_palette_file(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.ase", exchange((b"CMYK", (0, 1, 1, 0)), (b"LAB ", (0.5324, 80.09, 67.20)))),
        ("a.aco", swatches((2, 65535, 0, 0, 65535), (7, 5324, 8009, 6720, 0))),
    ],
)
def test_cmyk_and_lab_are_converted(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    codes = read_palette_file(tmp_path / name)
    assert len(codes) == 2
    for code in codes:
        red, green, blue = bytes.fromhex(code[1:])
        assert red >= 254
        assert max(green, blue) <= 3


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.ase", exchange((b"CMYK", (0.2, 0.6, 0.39, 0.5)), (b"Gray", (0.25,)))),
        (
            "a.aco",
            swatches((2, 52428, 26214, 39976, 32768), (8, 7500, 0, 0, 0), (9, 1, 2, 3, 0)),
        ),
    ],
)
def test_ink_and_gray_are_light_and_unknown_models_are_left_out(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    assert read_palette_file(tmp_path / name) == ("#66334e", "#404040")


@pytest.mark.parametrize("data", [swatches((0, 1, 2, 3, 4))[:-3], exchange((b"RGB ", (1,)))[:-9]])
def test_a_palette_that_is_cut_off_is_one_sentence(tmp_path, data):
    (tmp_path / "a.aco").write_bytes(data)
    with pytest.raises(UsageError, match="damaged or cut off"):
        read_palette_file(tmp_path / "a.aco")
