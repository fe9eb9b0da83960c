"""What decides how an archive's outputs look: the network and every option, as one comparable
value."""

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from tintype.guidance import Guidance
from tintype.jobs import Policy
from tintype.photo.read import Damaged

HASH_DIGITS = 12


@dataclass(frozen=True)
class ArchiveSettings:
    """network: its name, without a path. network_hash: SHA-256 of the network's file. split: each
    photograph of an album page becomes a file of its own. sidecar: an XMP file beside each output,
    also where the file itself holds the label. signed_by: the certificate's hash. keep_color: color
    that is there stays. tone: see `Guidance`. recolor, negative, format, quality, label, damaged,
    keep_dates: see `Policy`."""

    network: str
    network_hash: str
    size: int | None = None
    saturation: float = 1.0
    format: str | None = None
    quality: int | None = None
    split: bool = False
    negative: bool = False
    label: bool = True
    sidecar: bool = False
    recolor: bool = False
    signed_by: str | None = None
    keep_color: bool = False
    damaged: Damaged = "refuse"
    tone: str = "keep"
    keep_dates: bool = False

    @property
    def policy(self) -> Policy:
        """What is decided about each page. Raises UsageError."""
        return Policy(
            recolor=self.recolor,
            negative=self.negative,
            damaged=self.damaged,
            format=self.format,
            quality=self.quality,
            label=self.label,
            keep_dates=self.keep_dates,
        )

    @property
    def guidance(self) -> Guidance:
        """What each page is colored by. Raises UsageError."""
        return Guidance(
            saturation=self.saturation,
            keep_color=self.keep_color,
            tone=self.tone,  # type: ignore[arg-type]
        )

    def to_json(self) -> str:
        """The settings as JSON with sorted keys."""
        return json.dumps(asdict(self), sort_keys=True)

    @property
    def fingerprint(self) -> str:
        """Equal for equal settings; another one makes finished items due again."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:HASH_DIGITS]

    def differences(self, before: str) -> str:
        """What changed since the settings `before` (JSON), for people: "saturation 1.0 → 1.2"."""
        old: dict[str, Any] = json.loads(before)
        new = asdict(self)
        if old.get("network_hash") != new["network_hash"] and old.get("network") == new["network"]:
            return f"another version of the network {self.network}"
        names = [field.name for field in fields(self) if field.name != "network_hash"]
        return ", ".join(
            f"{name} {old.get(name)} → {new[name]}" for name in names if old.get(name) != new[name]
        )
