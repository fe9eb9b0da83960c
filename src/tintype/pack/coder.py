"""Yes-or-no answers in, bytes out, and back: an adaptive binary range coder (Martin 1979; carries
as in LZMA, Pavlov)."""

from collections.abc import Callable
from math import log2

# A question's name, the kind of number it is about, and what is known of its surroundings.
Context = tuple[str, tuple[int, ...], int]
# The probability of a yes, and how many answers it counts as.
Cell = list[float]

# Range below which a byte is written.
MIN_RANGE = 1 << 24
# Bits of a probability.
PROBABILITY_BITS = 16
WHOLE = 1 << PROBABILITY_BITS
MIN_SHARE, MAX_SHARE = 64, WHOLE - 64
# Answers after which a probability adapts no slower: at a rate of 1/n of n answers.
MAX_ADAPTATION_COUNT = 40.0
# Answers that the probability which a context starts with counts as.
PRIOR_COUNT = 6.0
# Magnitudes are coded in unary up to here; the rest as an Exp-Golomb number.
MAX_UNARY = 18


class Odds:
    """The probability of a yes in each context, learned from the answers so far. Plain Python
    numbers: the same on every machine.

    start: the probability that a context begins with.
    """

    def __init__(self, start: Callable[[Context], float]) -> None:
        self._start = start
        self._known: dict[Context, Cell] = {}

    def cell(self, context: Context) -> Cell:
        """What is known in a context, to be changed in place."""
        known = self._known.get(context)
        if known is None:
            known = self._known[context] = [self._start(context), PRIOR_COUNT]
        return known


def _share(cell: Cell) -> int:
    """The probability of a yes, of 2**PROBABILITY_BITS: at least MIN_SHARE, and not all."""
    share = int(cell[0] * WHOLE)
    return MIN_SHARE if share < MIN_SHARE else share if share < MAX_SHARE else MAX_SHARE


def _learn(cell: Cell, bit: int) -> None:
    yes, count = cell
    cell[0] = yes + (bit - yes) / (count + 1)
    if count < MAX_ADAPTATION_COUNT:
        cell[1] = count + 1


class TooLong(Exception):
    """The code takes more bytes than it may."""


class Encoder:
    """Call `bit` for each answer, then `bytes` once. Both raise TooLong as soon as the code is
    longer than `max_bytes`."""

    def __init__(self, odds: Odds, max_bytes: int | None = None) -> None:
        self.odds, self._max_bytes = odds, max_bytes
        self._low, self._range = 0, 0xFFFFFFFF
        self._out = bytearray()

    def bit(self, cell: Cell, bit: int | None) -> int:
        """Code one answer, 0 or 1, and return it."""
        assert bit is not None
        part = (self._range >> PROBABILITY_BITS) * _share(cell)
        if bit:
            self._range = part
        else:
            self._low += part
            self._range -= part
        _learn(cell, bit)
        while self._range < MIN_RANGE:
            self._range <<= 8
            self._shift()
            if self._max_bytes is not None and len(self._out) > self._max_bytes + 1:
                raise TooLong
        return bit

    def price(self, kind: tuple[int, ...], near: int, number: int) -> float:
        """How many bits `code_number` would take for a number now."""
        price = Price(self.odds)
        code_number(price, kind, near, number)
        return price.bits

    def bytes(self) -> bytes:
        """The code. Zeros at its end are left out: the decoder reads zeros beyond it."""
        # the value with the most zeros at its end that still lies inside
        for zeros in range(32, -1, -1):
            value = (self._low + (1 << zeros) - 1) >> zeros << zeros
            if value < self._low + self._range:
                self._low = value
                break
        for _ in range(4):
            self._shift()
        code = bytes(self._out).rstrip(b"\0")
        if self._max_bytes is not None and len(code) > self._max_bytes:
            raise TooLong
        return code

    def _shift(self) -> None:
        if self._low >> 32:
            at = len(self._out) - 1
            while self._out[at] == 0xFF:
                self._out[at] = 0
                at -= 1
            self._out[at] += 1
            self._low &= 0xFFFFFFFF
        self._out.append(self._low >> 24)
        self._low = (self._low & 0xFFFFFF) << 8


class Decoder:
    """Call `bit` with the contexts of the encoder, in its order."""

    def __init__(self, odds: Odds, code: bytes) -> None:
        self.odds = odds
        self._code, self._at = code, 4
        self._value, self._range = int.from_bytes(code[:4].ljust(4, b"\0"), "big"), 0xFFFFFFFF

    def bit(self, cell: Cell, bit: int | None = None) -> int:
        """The next answer; `bit` is ignored."""
        part = (self._range >> PROBABILITY_BITS) * _share(cell)
        answer = int(self._value < part)
        if answer:
            self._range = part
        else:
            self._value -= part
            self._range -= part
        _learn(cell, answer)
        while self._range < MIN_RANGE:
            self._range <<= 8
            self._value = self._value << 8 | (
                self._code[self._at] if self._at < len(self._code) else 0
            )
            self._at += 1
        return answer


class Price:
    """In the place of an encoder: counts the bits that it would write now. Nothing is written, and
    nothing learned."""

    def __init__(self, odds: Odds) -> None:
        self.odds = odds
        self.bits = 0.0

    def bit(self, cell: Cell, bit: int | None) -> int:
        """Count one answer, 0 or 1, and return it."""
        assert bit is not None
        share = _share(cell) / WHOLE
        self.bits -= log2(share if bit else 1 - share)
        return bit


Coder = Encoder | Decoder | Price


def code_number(coder: Coder, kind: tuple[int, ...], near: int, number: int | None) -> int:
    """Code a whole number, small ones in few bits, or decode it where None is given. kind, near:
    choose the contexts."""
    some = coder.odds.cell(("some", kind, near))
    if not coder.bit(some, None if number is None else int(number != 0)):
        return 0
    return code_nonzero(coder, kind, near, number)


def code_nonzero(coder: Coder, kind: tuple[int, ...], near: int, number: int | None) -> int:
    """As `code_number`, after it is known that the number is not 0."""
    size = None if number is None else abs(number)
    odds = coder.odds

    def exceeds(context: Context, least: int) -> int:
        return coder.bit(odds.cell(context), None if size is None else int(size > least))

    value = 1
    while value < MAX_UNARY and exceeds(
        ("more", kind, near) if value == 1 else ("further", kind, min(value, 3) - 2), value
    ):
        value += 1
    if value == MAX_UNARY:
        value += _exp_golomb(coder, None if size is None else size - MAX_UNARY)
    sign = odds.cell(("sign", kind, 0))
    negative = coder.bit(sign, None if number is None else int(number < 0))
    return -value if negative else value


def _exp_golomb(coder: Coder, number: int | None) -> int:
    """A number of 0 or more: how many bits it has, then these."""
    length = 0
    while length < 24 and coder.bit(
        coder.odds.cell(("length", (), length)),
        None if number is None else int((number + 1) >> (length + 1) > 0),
    ):
        length += 1
    value = 1
    for place in range(length - 1, -1, -1):
        value = value << 1 | coder.bit(
            coder.odds.cell(("plain", (), place)),
            None if number is None else (number + 1) >> place & 1,
        )
    return value - 1
