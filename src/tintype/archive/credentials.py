"""A finished picture signed with C2PA content credentials: who says that a trained network made its
color."""

import json
from pathlib import Path
from typing import Any

from tintype.errors import ArchiveError, UsageError, how_to_install
from tintype.files import whole_path
from tintype.photo import Label, format_of
from tintype.photo.label import SOURCE_TYPE

KINDS = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
    "HEIF": "image/heif",
    "AVIF": "image/avif",
}
"""Formats that C2PA's library signs; others go without."""


def sign(path: Path, label: Label, certificate: Path, key: Path) -> None:
    """Add a signed manifest to a picture: edited by Tintype with a trained algorithm (C2PA 2.1,
    actions assertion).

    certificate: PEM, the chain from the signer's up. key: PEM, a P-256 private key. Formats without
    C2PA stay as they are.
    Raises UsageError where the library is not installed, ArchiveError where the certificate or the
    key is not accepted.
    """
    try:
        import c2pa
    except ImportError as error:
        raise UsageError(f"--sign needs c2pa-python; {how_to_install('c2pa')}") from error
    mime = KINDS.get(format_of(path))
    if mime is None:
        return
    try:
        info = c2pa.C2paSignerInfo(
            c2pa.C2paSigningAlg.ES256, certificate.read_bytes(), key.read_bytes(), None
        )
        with (
            c2pa.Signer.from_info(info) as signer,
            c2pa.Builder(json.dumps(_manifest(label, mime))) as builder,
            whole_path(path) as beside,
            path.open("rb") as source,
            beside.open("w+b") as signed,
        ):
            builder.set_intent(
                c2pa.C2paBuilderIntent.EDIT
            )  # takes the unsigned picture for what was opened
            builder.sign(signer, mime, source, signed)
    except OSError as error:
        raise ArchiveError(f"{error.filename or path}: {error.strerror or error}") from error
    except c2pa.C2paError as error:
        raise ArchiveError(
            f"the certificate {certificate} or the key {key} is not accepted ({error}); --sign"
            " takes a P-256 private key (PKCS#8) and its certificate with the authority's, as PEM"
        ) from error


def _manifest(label: Label, mime: str) -> dict[str, Any]:
    agent = {"name": "Tintype", "version": label.version}
    action = {
        "action": "c2pa.color_adjustments",
        "softwareAgent": agent,
        "digitalSourceType": SOURCE_TYPE,
        "description": f"colorized by the network {label.network}, settings {label.settings}",
    }
    return {
        "claim_generator_info": [agent],
        "format": mime,
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
    }
