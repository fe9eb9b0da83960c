"""Codes of known grids: they change only on purpose, and with a new version of the code."""

import math

import numpy as np
import pytest
from skimage import data

from tintype.color import srgb_to_lab
from tintype.errors import PhotoError, UsageError
from tintype.pack.code import Code
from tintype.pack.coder import Decoder, Encoder, Odds, Price, TooLong, code_number
from tintype.pack.color import grid_ab
from tintype.pack.grid import Settings, best_angle, decode_grid, encode_grid, first_grid, pyramid
from tintype.pack.grid import start as start_of
from tintype.pack.search import Truth, fitted_grid, search

NUMBERS = [0, 1, -1, 2, -3, 5, 0, 0, 17, -18, 19, 300, -70_000, 0, 2**23, 4]
KIND = (0, 0, 1)
LAB = srgb_to_lab(data.coffee()[40:340:4, 80:560:4].astype(np.float32) / 255)
AB, LIGHT = np.ascontiguousarray(LAB[..., 1:]), np.ascontiguousarray(LAB[..., 0])
SETTINGS = Settings(2, 3, 4, 30, 5)


def encoded(most: int | None = None) -> bytes:
    coder = Encoder(Odds(start_of), most)
    for number in NUMBERS * 3:
        code_number(coder, KIND, 2, number)
    return coder.bytes()


def test_numbers_of_any_size_come_back_and_their_code_stays_the_same():
    decoder = Decoder(Odds(start_of), encoded())
    assert [code_number(decoder, KIND, 2, None) for _ in NUMBERS * 3] == NUMBERS * 3
    assert len(encoded()) == 59
    assert encoded()[:8] == b"R#\xecbLfB@"


def test_a_price_is_the_bits_that_are_written():
    coder = Encoder(Odds(start_of))
    bits = 0.0
    for number in NUMBERS * 3:
        bits += coder.price(KIND, 2, number)
        code_number(coder, KIND, 2, number)
    assert bits / 8 == pytest.approx(len(coder.bytes()), abs=1.5)
    assert Price(Odds(lambda _: 0.25)).bit([0.25, 6.0], 1) == 1
    price = Price(Odds(start_of))
    price.bit([0.25, 6.0], 1), price.bit([0.25, 6.0], 0)
    assert price.bits == pytest.approx(2 + math.log2(4 / 3), abs=1e-3)


def test_a_code_that_is_too_long_by_a_byte_is_refused():
    length = len(encoded())
    assert encoded(length) == encoded()
    with pytest.raises(TooLong):
        encoded(length - 1)


def test_carries_run_through_bytes_of_255():
    coder = Encoder(Odds(lambda _: 0.5))
    bits = [0] * 200 + [0, 1] * 40
    for n, bit in enumerate(bits):
        coder.bit(coder.odds.cell(("some", (n % 3,), 0)), bit)
    decoder = Decoder(Odds(lambda _: 0.5), coder.bytes())
    cells = [("some", (n % 3,), 0) for n in range(len(bits))]
    assert [decoder.bit(decoder.odds.cell(cell)) for cell in cells] == bits


def test_a_grid(recorded):
    means = pyramid(AB, 2, 3, 4), pyramid(LIGHT, 2, 3, 4)
    code, grid = encode_grid(*means, SETTINGS)
    again = decode_grid(code, LIGHT, SETTINGS)
    assert np.abs(grid - again).max() < 1e-3
    made = {"code": list(code), "grid": grid, "ab": grid_ab(grid, LIGHT)}
    recorded.check(
        made | {"means": means[0][2], "fitted": fitted_grid(Truth.of(AB, LIGHT), 4, 6)}, 1e-3
    )
    steps = [
        Settings(2, 3, 4, step, angle).step_of(level)
        for step, angle, level in ((0, 0, 4), (24, 3, 4), (24, 3, 2))
    ]
    assert steps == pytest.approx([0.8, 1.6, 1.6 / 1.8**2])
    assert SETTINGS.turn @ SETTINGS.turn.T == pytest.approx(np.eye(2), abs=1e-6)


@pytest.mark.parametrize(
    ("size", "grid"),
    [((100, 100), (2, 2)), ((100, 260), (2, 5)), ((900, 100), (8, 2)), ((100, 140), (2, 3))],
)
def test_the_first_grid_has_the_shape_of_the_picture(size, grid):
    assert first_grid(*size) == grid


@pytest.mark.parametrize("degrees", [0, 22.5, 45, 90, 168.75])
def test_the_axes_are_turned_to_the_chroma(degrees):
    along = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    ab = np.linspace(-30, 40, 50)[:, None] * along + np.linspace(-1, 1, 50)[::-1, None]
    assert best_angle(ab[None].astype(np.float32)) == round(degrees / 11.25) % 16


@pytest.mark.parametrize("most", [30, 90, 240])
def test_the_best_settings_in_so_many_bytes(most, recorded):
    best = search(Truth.of(AB, LIGHT), most, None)
    assert 0.8 * most < len(best.code) <= most
    s = best.settings
    recorded.check({f"{most}": [s.rows, s.columns, s.levels, s.step, s.angle, best.psnr]}, 2e-3)


def test_a_psnr_is_reached_in_few_bytes(recorded):
    best = search(Truth.of(AB, LIGHT), None, 31.0)
    assert 31 <= best.psnr < 31.3
    recorded.check({"31 dB": [len(best.code), best.psnr]}, 2e-2)
    with pytest.raises(UsageError, match="cannot reach 80"):
        search(Truth.of(AB, LIGHT), None, 80.0)


@pytest.mark.parametrize(
    "code",
    [
        Code(Settings(2, 3, 6, 127, 15), b"\1\2\3"),
        Code(Settings(2, 3, 0, 0, 0), b""),
        Code(Settings(2, 3, 4, 30, 5), b"abc", prediction=7, network=b"xy"),
        Code(Settings(2, 3, 4, 30, 5), b"abc", detail=3, network=b"xy"),
    ],
)
def test_a_code_comes_back_from_its_bytes(code):
    data = code.to_bytes()
    assert Code.from_bytes(data, 2, 3) == code
    for other in ((3, 2), (2, 2)):
        with pytest.raises(PhotoError, match="damaged, or the photograph was turned or cropped"):
            Code.from_bytes(data, *other)
    for at in range(len(data)):
        broken = bytearray(data)
        broken[at] ^= 1
        with pytest.raises(PhotoError):
            Code.from_bytes(bytes(broken), 2, 3)
