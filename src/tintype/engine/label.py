"""What an output says about itself: the networks' files and everything else that decides how it
looks, as text; the same for the same request, however it was made."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from tintype.engine.core.network import Network
from tintype.files import sha256_of
from tintype.guidance import DEFAULT_RADIUS, DEFAULT_WIDTH, Guidance
from tintype.guidance.palettes import palette_name
from tintype.photo import Label

AUTOMATIC = "automatic"
"""The settings of what was colored without any."""
DECIMALS = 6
"""Of numbers: places given in pixels and in percent are the same place."""
MAX_SETTING_CHARACTERS = 2000
"""A longer setting, such as a mask, is stated as its hash."""
DEFAULT_SIZES = {"hints": ("radius", DEFAULT_RADIUS), "strokes": ("width", DEFAULT_WIDTH)}
HASH_DIGITS = 16


class LabeledColorizer(Protocol):
    """What a label says of a `Colorizer`, or of a method, which has no network."""

    name: str
    sizes: list[int]
    as_published: bool

    @property
    def network(self) -> Network | None: ...


def label_for(
    colorizers: Sequence[LabeledColorizer],
    guidance: Sequence[Guidance],
    more: Mapping[str, object] | None = None,
) -> Label:
    """The label of an output.

    colorizers, guidance: of pages in order; a single one is for all. more: other settings, without
    those at their default.
    """
    from tintype import __version__

    digests = [_digest(each.network) for each in colorizers]
    uses = [_use(each) for each in colorizers]
    pages = [_canonical(page) for page in guidance]
    settings = {"guidance": pages[0] if len(pages) == 1 else pages, **(more or {})}
    networks = [{"sha256": digest, **use} for digest, use in zip(digests, uses, strict=True)]
    while len(networks) > 1 and networks[-1] == networks[-2]:
        networks.pop()
    settings |= uses[0] if len(networks) == 1 else {"networks": networks}
    stated = {name: value for name, value in settings.items() if value}
    return Label(
        ", ".join(dict.fromkeys(each.name for each in colorizers)),
        __version__,
        json.dumps(stated) if stated else AUTOMATIC,
        ", ".join(dict.fromkeys(digests)),
    )


def _digest(network: Network | None) -> str:
    """Of a network's file and those of its partners; "" of none."""
    networks = () if network is None else (network, *network.partners)
    return "+".join(_sha256(each.path) for each in networks)


def _use(colorizer: LabeledColorizer) -> dict[str, object]:
    """How a network is used, where it is not used as its file says; or the method without one."""
    if colorizer.network is None:
        return {"method": colorizer.name}
    metadata = colorizer.network.metadata
    own = [size for size in (metadata.size, metadata.detail_size) if size]
    sizes = {} if colorizer.sizes == own else {"sizes": colorizer.sizes}
    return sizes | ({"as_published": True} if colorizer.as_published else {})


def _canonical(guidance: Guidance) -> dict[str, Any]:
    """A guidance as JSON has it: numbers rounded, without defaults and fields of derived classes,
    long values as their hashes."""
    given = json.loads(guidance.to_json(), parse_float=lambda text: round(float(text), DECIMALS))
    for marks, (size, default) in DEFAULT_SIZES.items():
        given[marks] = [
            {name: value for name, value in mark.items() if (name, value) != (size, default)}
            for mark in given.get(marks, ())
        ]
    given["palette"] = palette_name(guidance.palette) or sorted(given.get("palette", ()))
    names = [field.name for field in fields(Guidance) if given.get(field.name) not in (None, [])]
    return {name: _shortened(given[name]) for name in names if name != "tintype"}


def _shortened(value: Any) -> Any:
    text = json.dumps(value)
    if len(text) <= MAX_SETTING_CHARACTERS:
        return value
    if isinstance(value, dict):
        return {name: _shortened(each) for name, each in value.items()}
    return f"sha256 {hashlib.sha256(text.encode()).hexdigest()[:HASH_DIGITS]}"


def _sha256(path: Path) -> str:
    status = path.stat()
    return _sha256_of_version(path, status.st_size, status.st_mtime_ns)


@lru_cache(64)
def _sha256_of_version(path: Path, size: int, modified_ns: int) -> str:
    return sha256_of(path)
