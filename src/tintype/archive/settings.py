"""What decides how an archive's outputs look: the network and every option, as one comparable
value."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from tintype.guidance import Guidance
from tintype.jobs import Policy

HASH_DIGITS = 12


@dataclass(frozen=True)
class ArchiveSettings:
    """network: its name, without a path. network_hash: SHA-256 of the network's file. split: each
    photograph of an album page becomes a file of its own. sidecar: an XMP file beside each output,
    also where the file itself holds the label. signed_by: the certificate's hash. policy: what is
    decided about each page. saturation, keep_color, tone: see `Guidance`."""

    network: str
    network_hash: str
    policy: Policy = field(default_factory=Policy)
    size: int | None = None
    saturation: float = 1.0
    split: bool = False
    sidecar: bool = False
    signed_by: str | None = None
    keep_color: bool = False
    tone: str = "keep"

    @property
    def guidance(self) -> Guidance:
        """What each page is colored by. Raises UsageError."""
        return Guidance(
            saturation=self.saturation,
            keep_color=self.keep_color,
            tone=self.tone,  # type: ignore[arg-type]
        )

    def to_mapping(self) -> dict[str, Any]:
        """All settings by name, those of the policy among them."""
        values = asdict(self)
        return {**values.pop("policy"), **values}

    def to_json(self) -> str:
        """The settings as JSON with sorted keys."""
        return json.dumps(self.to_mapping(), sort_keys=True)

    @property
    def fingerprint(self) -> str:
        """Equal for equal settings; another one makes finished items due again."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:HASH_DIGITS]

    def differences(self, before: str) -> str:
        """What changed since the settings `before` (JSON), for people: "saturation 1.0 → 1.2"."""
        old: dict[str, Any] = json.loads(before)
        new = self.to_mapping()
        if old.get("network_hash") != new["network_hash"] and old.get("network") == new["network"]:
            return f"another version of the network {self.network}"
        return ", ".join(
            f"{name} {old.get(name)} → {value}"
            for name, value in new.items()
            if name != "network_hash" and old.get(name) != value
        )
