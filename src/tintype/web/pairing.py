"""A second device joins: the address that it opens, as a QR code, with a code that is good once."""

import io
import secrets
import time
from dataclasses import dataclass

import segno

from tintype.web.forms import HandoverForm
from tintype.web.problems import NoPairingError

CODE_SECONDS = 900
MAX_CODES = 64
"""Codes that wait to be used; the oldest goes first."""


@dataclass(frozen=True)
class Pairing:
    """handover: what the other device goes on with. expires: by the monotonic clock, seconds."""

    handover: HandoverForm
    expires: float


class Pairings:
    """Codes that stand for the service's token and a photograph; each is good once."""

    def __init__(self, public: str | None) -> None:
        """public: the address at which other machines reach the service; None: they do not."""
        self.public = public
        self._waiting: dict[str, Pairing] = {}

    def offer(self, address: str, handover: HandoverForm | None = None) -> str:
        """The link for another device. address: of the service, ending in a slash."""
        code = secrets.token_urlsafe(12)
        self._waiting[code] = Pairing(handover or HandoverForm(), time.monotonic() + CODE_SECONDS)
        while len(self._waiting) > MAX_CODES:
            del self._waiting[next(iter(self._waiting))]
        return f"{address}#pair={code}"

    def redeem(self, code: str) -> HandoverForm:
        """What the code stands for, once. Raises NoPairingError."""
        pairing = self._waiting.pop(code, None)
        if pairing is None or pairing.expires < time.monotonic():
            raise NoPairingError("this link was used already or is too old; ask for a new one")
        return pairing.handover


def print_code(link: str) -> str:
    """A link's QR code in characters of a terminal."""
    drawn = io.StringIO()
    segno.make(link, error="l", micro=False).terminal(drawn, compact=True)
    return drawn.getvalue()


def draw_code(link: str) -> str:
    """A link's QR code (ISO/IEC 18004) as an SVG document."""
    drawn = io.BytesIO()
    segno.make(link, error="m", micro=False).save(
        drawn, kind="svg", scale=4, xmldecl=False, light="#fff"
    )
    return drawn.getvalue().decode()
