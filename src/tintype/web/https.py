"""The certificate with which the service speaks HTTPS: the user's own, or one that is made here."""

import hashlib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from tintype.errors import CapabilityError, UsageError, how_to_install

VALID_DAYS, MIN_DAYS_LEFT = 397, 30
"""Browsers refuse certificates that are valid for longer than 398 days."""


@dataclass(frozen=True)
class Certificate:
    """certificate, key: PEM files; key: None where the certificate's file has it, too."""

    certificate: Path
    key: Path | None = None

    def check(self) -> None:
        """Raises UsageError if the files do not belong together or cannot be read."""
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.certificate, self.key)
        except OSError as error:  # SSLError is one
            raise UsageError(f"the certificate or its key cannot be used: {error}") from error

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the first certificate, as browsers show it."""
        pem = self.certificate.read_text()
        end = pem.index(ssl.PEM_FOOTER) + len(ssl.PEM_FOOTER)
        der = ssl.PEM_cert_to_DER_cert(pem[pem.index(ssl.PEM_HEADER) : end])
        return hashlib.sha256(der).digest().hex(":").upper()


def make_certificate(names: list[str], folder: Path | None = None) -> Certificate:
    """A self-signed certificate for these host names and addresses, kept for this user, so that a
    device that has accepted it need not do so again.

    folder: to keep it in. Raises CapabilityError without the package `cryptography`.
    """
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError as error:
        raise CapabilityError(
            f"--https needs cryptography, or give --certificate; {how_to_install('https')}"
        ) from error
    folder = folder or user_data_path("tintype", False) / "https"
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    wanted = x509.SubjectAlternativeName([_general_name(name) for name in names])
    now = datetime.now(UTC)
    if made.certificate.exists() and made.key is not None and made.key.exists():
        kept = x509.load_pem_x509_certificate(made.certificate.read_bytes())
        listed = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        lasts = kept.not_valid_after_utc > now + timedelta(days=MIN_DAYS_LEFT)
        if lasts and set(wanted) <= set(listed):
            return made
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Tintype")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=VALID_DAYS - 1))
        .add_extension(wanted, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    assert made.key is not None
    made.key.touch(mode=0o600)
    made.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    made.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return made


def _general_name(name: str) -> Any:
    """A host name or an address, as certificates have it."""
    from cryptography import x509

    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
