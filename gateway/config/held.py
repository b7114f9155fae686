"""What a file holds that was to hold certificates or a key in PEM, in words that say what to do. None of it is repeated."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

Wanted = Literal["certificate", "key"]

# The words behind BEGIN, and what stands there. The first that occurs is told.
IN_PEM: Mapping[bytes, str] = {
    b"CERTIFICATE REQUEST": "a request for a certificate: put here what the authority answered to it",
    b"PKCS7": "PKCS#7: convert it with `openssl pkcs7 -print_certs -in {name} -out {name}.pem`",
    b"X509 CRL": "a list of revoked certificates",
    b"PUBLIC KEY": "a public key",
    b"PRIVATE KEY": "a private key: were the two files exchanged?",
    b"CERTIFICATE": "certificates: were the two files exchanged?",
}
CONVERT: Mapping[Wanted, str] = {
    "certificate": "DER or PKCS#12, not PEM: convert it with `openssl x509 -inform der -in {name} -out {name}.pem`, or "
    "`openssl pkcs12 -nokeys -in {name} -out {name}.pem`",
    "key": "DER or PKCS#12, not PEM: convert it with `openssl pkey -inform der -in {name} -out {name}.pem`, or "
    "`openssl pkcs12 -nocerts -nodes -in {name} -out {name}.pem`",
}
_OWN: Mapping[Wanted, bytes] = {"certificate": b"CERTIFICATE", "key": b"PRIVATE KEY"}
_SEQUENCE = b"\x30"  # with which everything in DER begins


def instead_of(wanted: Wanted, file: Path) -> str:
    """What the file holds in place of what is wanted, to follow a sentence; empty where nobody can tell."""
    try:
        content = file.read_bytes()
    except OSError:
        return ""
    told = _told(wanted, content)
    return f": it holds {told.format(name=file.name)}" if told else ": it is empty" if not content.strip() else ""


def _told(wanted: Wanted, content: bytes) -> str:
    if content.startswith(_SEQUENCE):
        return CONVERT[wanted]
    found = next((words for words in IN_PEM if words + b"-----" in content), None)
    if found is None:
        return ""
    return "part of one, or a damaged one" if found == _OWN[wanted] else IN_PEM[found]
