"""Where the service is reached: from this machine and from others."""

import socket
from dataclasses import dataclass

LOOPBACK = ("localhost", "127.0.0.1", "::1")
ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Hosts that stand for all addresses of a machine, and its own way to them."""


@dataclass(frozen=True)
class Address:
    """host: what the service listens on."""

    host: str
    port: int
    secure: bool = False

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches it."""
        return self.host in LOOPBACK

    @property
    def own(self) -> str:
        """The page's address for a browser on this machine."""
        return self._of(ANY.get(self.host, self.host))

    @property
    def public(self) -> str | None:
        """The page's address for others, if they reach it."""
        name = lan_address() if self.host in ANY else self.host
        return None if self.is_local or name is None else self._of(name)

    @property
    def names(self) -> list[str]:
        """What a certificate must name."""
        hosts = [*LOOPBACK, socket.gethostname(), self.host, lan_address() or ""]
        return [name for name in dict.fromkeys(hosts) if name and name not in ANY]

    def _of(self, name: str) -> str:
        scheme = "https" if self.secure else "http"
        return f"{scheme}://{f'[{name}]' if ':' in name else name}:{self.port}/"


def lan_address() -> str | None:
    """This machine's IPv4 address in its network, or None. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # reserved for documentation (RFC 5737)
        except OSError:
            return None
        return str(probe.getsockname()[0])
