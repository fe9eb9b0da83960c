from hypothesis import given, settings
from hypothesis import strategies as st

from tintype.pack.coder import Decoder, Encoder, Odds, TooLong, code_number
from tintype.pack.grid import start

KINDS = [(0, 0, 0), (1, 0, 1), (0, 1, 2), (1, 0, 3)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(KINDS), st.integers(0, 5), st.integers(-3000, 3000) | st.integers(-2, 2)
        ),
        max_size=80,
    )
)
def test_numbers_come_back(numbers):
    coder = Encoder(Odds(start))
    bits = 0.0
    for kind, near, number in numbers:
        bits += coder.price(kind, near, number)
        assert code_number(coder, kind, near, number) == number
    assert len(coder.bytes()) <= bits / 8 * 1.01 + 2, "the prices are what is paid"
    decoder = Decoder(Odds(start), coder.bytes())
    assert [code_number(decoder, kind, near, None) for kind, near, _ in numbers] == [
        number for *_, number in numbers
    ]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.booleans(), min_size=200, max_size=3000), st.floats(0.001, 0.999))
def test_carries_reach_all_bytes_before(bits, odds):
    coder = Encoder(Odds(lambda _: odds))
    for bit in bits:
        coder.bit(coder.odds.cell(("some", (), 0)), int(bit))
    decoder = Decoder(Odds(lambda _: odds), coder.bytes())
    assert [decoder.bit(decoder.odds.cell(("some", (), 0))) for _ in bits] == bits


def test_what_repeats_costs_little():
    coder = Encoder(Odds(lambda _: 0.5))
    for _ in range(1000):
        coder.bit(coder.odds.cell(("some", (), 0)), 0)
    assert len(coder.bytes()) < 20


def test_a_code_that_grows_too_long_stops_early():
    coder = Encoder(Odds(lambda _: 0.5), 10)
    bits = 0
    try:
        while bits < 10_000:
            coder.bit(coder.odds.cell(("plain", (), bits)), bits % 2)
            bits += 1
    except TooLong:
        pass
    assert 80 <= bits < 130
