"""What certificates in a file say of themselves, as far as it matters here: who issued which, and how long they are valid.

Python's `ssl` tells that of what a peer has shown, and of no file. OpenSSL has read each of these before (`tls`), so this
only walks to the four parts that it wants (RFC 5280 4.1), and a certificate that is not as it should be is passed over.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

_PEM = re.compile(rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----([^-]+)-----END")
_VERSION, _UTC_TIME = 0xA0, 0x17  # tags; a certificate of version 1 does not say its version


class Certificate(NamedTuple):
    """`subject` and `issuer` as they are encoded, to be compared; valid from and until, in Unix seconds."""

    subject: bytes
    issuer: bytes
    begins: float
    ends: float


def certificates(content: bytes) -> tuple[Certificate, ...]:
    """Those of a file in PEM, in their order."""
    return tuple(_read_all(content))


def certificates_in(file: Path) -> tuple[Certificate, ...]:
    """The same; none where it cannot be read, which whoever uses it says."""
    try:
        return certificates(file.read_bytes())
    except OSError:
        return ()


def is_in_order(chain: tuple[Certificate, ...]) -> bool:
    """Whether each is followed by that of its issuer (RFC 5246 7.4.2; TLS 1.3 only recommends it)."""
    return all(one.issuer == following.subject for one, following in pairwise(chain))


def _read_all(content: bytes) -> Iterator[Certificate]:
    for found in _PEM.finditer(content):
        with suppress(ValueError, IndexError, binascii.Error):
            yield _read(base64.b64decode(found[1]))


def _read(der: bytes) -> Certificate:
    (_, whole), *_ = _parts(der)
    (_, signed), *_ = _parts(whole)
    parts = [part for part in _parts(signed) if part[0] != _VERSION]
    issuer, validity, subject = (content for _, content in parts[2:5])  # behind serial number and algorithm
    begins, ends = (_moment(tag, content) for tag, content in _parts(validity))
    return Certificate(subject, issuer, begins, ends)


def _parts(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The tags and contents of what stands here in a row, in DER."""
    at = 0
    while at < len(content):
        tag, length, at = content[at], content[at + 1], at + 2
        if length & 0x80:  # the length of the length
            size = length & 0x7F
            length, at = int.from_bytes(content[at : at + size], "big"), at + size
        yield tag, content[at : at + length]
        at += length


def _moment(tag: int, content: bytes) -> float:
    """RFC 5280 4.1.2.5: two digits of a year are those of 1950 to 2049."""
    digits = content.decode("ascii")
    if tag == _UTC_TIME:
        digits = ("19" if digits[:2] >= "50" else "20") + digits
    return datetime.strptime(digits, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()
