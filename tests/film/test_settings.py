import numpy as np
import pytest
from PIL import Image

pytest.importorskip("av")
from tintype.errors import UsageError
from tintype.film.pixels import PixelFormat, code_table
from tintype.film.settings import film_guidance, parse_time, read_timed_guidance
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
