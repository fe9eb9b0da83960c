from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("av")
from tintype.errors import UsageError
from tintype.film.pixels import PixelFormat, code_table
from tintype.film.settings import (
    FilmSettings,
    film_guidance,
    parse_rate,
    parse_time,
    read_shot_guidance,
    read_timed_guidance,
)
from tintype.film.tonemap import HLG, PQ, pq_to_nits
from tintype.guidance import Guidance


@pytest.mark.parametrize(
    ("text", "seconds"), [("83.5", 83.5), ("1:23.5", 83.5), ("0:01:23.5", 83.5), ("2s", 2)]
)
def test_times_are_seconds_or_clock_times(text, seconds):
    assert parse_time(text) == seconds


def test_a_wrong_time_is_one_sentence():
    with pytest.raises(UsageError, match="'soon' is not a time"):
        parse_time("soon")


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("24", Fraction(24)),
        ("23.976", Fraction(24000, 1001)),
        ("29.97", Fraction(30000, 1001)),
        ("24000/1001", Fraction(24000, 1001)),
        ("25", Fraction(25)),
        ("12.5", Fraction(25, 2)),
        ("23.96", Fraction(2396, 100)),
    ],
)
def test_rates_of_television_are_exact(text, rate):
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["fast", "1/0", ""])
def test_a_wrong_rate_is_one_sentence(text):
    with pytest.raises(UsageError, match="is not a rate; write 24 or 24000/1001"):
        parse_rate(text)


@pytest.mark.parametrize(
    ("inside", "outside", "sentence"),
    [
        ({"quality": 1}, {"quality": 0}, "quality is 1 to 100, not 0"),
        ({"quality": 100}, {"quality": 101}, "quality is 1 to 100, not 101"),
        ({"start": 2.0, "stop": 2.001}, {"start": 2.0, "stop": 2.0}, "cannot end at 2 s"),
        ({"rate": Fraction(1000)}, {"rate": Fraction(1001)}, "up to 1000 frames per second"),
        ({"rate": Fraction(1, 99)}, {"rate": Fraction(0)}, "up to 1000 frames per second, not 0"),
        ({"sound": "none"}, {"sound": "loud"}, "sound is auto, copy, transcode, none, not 'loud'"),
        ({"codec": "hevc"}, {"codec": "h266"}, "h266"),
    ],
)
def test_settings_hold_their_limits(inside, outside, sentence):
    assert FilmSettings(**inside)
    with pytest.raises(UsageError, match=sentence):
        FilmSettings(**outside)


def test_what_a_film_is_colored_by_unless_told_otherwise():
    settings = FilmSettings()
    assert (settings.deinterlace, settings.hdr, settings.sound) == ("auto", "refuse", "auto")
    assert (settings.start, settings.stop, settings.codec, settings.rate) == (None,) * 4
    assert not settings.recolor and settings.guidance == Guidance()


def test_edited_shots_are_read_in_order_of_time_and_empty_ones_are_left_out(tmp_path):
    for number, time, saturation in ((1, 10.5, 2.0), (2, 9.25, 0.5), (3, 1.0, 1.0)):
        text = Guidance(saturation=saturation).to_json()
        (tmp_path / f"shot-{number:03}-{time}s.tintype.json").write_text(text)
    (tmp_path / "other.json").write_text("{")
    timed = read_shot_guidance(tmp_path)
    assert [(each.time, each.guidance.saturation) for each in timed] == [(9.25, 0.5), (10.5, 2.0)]
    with pytest.raises(UsageError, match="holds no guidances of shots"):
        read_shot_guidance(tmp_path / "none")


def test_guidances_and_references_come_in_order_of_time(tmp_path):
    Image.fromarray(np.full((20, 30, 3), (200, 60, 40), np.uint8)).save(tmp_path / "kitchen.png")
    (tmp_path / "dress.json").write_text(Guidance(saturation=2.0).to_json())
    timed = read_timed_guidance(
        [f"0:09={tmp_path}/dress.json"],
        [f"4={tmp_path}/kitchen.png", f"{tmp_path}/kitchen.png"],
        None,
    )
    assert [each.time for each in timed] == [4, 9]
    assert timed[0].guidance.reference is not None and timed[1].guidance.saturation == 2
    assert film_guidance(1.0, [f"4={tmp_path}/kitchen.png"]).reference is None
    assert film_guidance(1.0, [f"{tmp_path}/kitchen.png"]).reference is not None
    with pytest.raises(UsageError, match="cannot both hold for the whole film"):
        film_guidance(1.0, ["a.png", "b.png"])
    with pytest.raises(UsageError, match="takes a time and a file"):
        read_timed_guidance(["dress.json"], [], None)
    with pytest.raises(UsageError, match="cannot be read"):
        read_timed_guidance(["1=missing.json"], [], None)


def test_hdr_codes_become_sdr_codes_that_rise_and_keep_black():
    assert pq_to_nits(np.array(0.508)) == pytest.approx(100, rel=0.02)
    for transfer in (PQ, HLG):
        sdr = PixelFormat(64, 64, 10, False, 1, 1, 1, 1)
        table = code_table(10, False, transfer, sdr).astype(int)
        assert table[64] == 64 and table[940] == 940
        assert (np.diff(table) >= 0).all()
