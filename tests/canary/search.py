"""Finds a canary in bytes, however it is spelled: as it is, percent-encoded once or twice, in base64, in hexadecimal, as a
JSON or HTML escape, in UTF-16, in any case."""

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from functools import cache
from urllib.parse import quote

NAME = "DOE^JOHN"
TOKEN = "s3cr3t"
BIRTH_DATE = "19600101"
ADDRESS = "192.0.2.77"
STUDY = "1.2.840.99.1"
KEY = "sixteen bytes of s3cr3t"

# Parts of the name on their own too: whoever cuts a value cuts it anywhere.
PEOPLE = (NAME, "JOHN", "DOE JOHN", TOKEN, BIRTH_DATE, ADDRESS)
EVERYTHING = (*PEOPLE, STUDY)


def spellings(secret: str) -> set[bytes]:
    """Every form in which it may stand in a text."""
    forms: set[bytes] = set()
    for text in {secret, secret.lower(), secret.upper(), secret.title()}:
        raw = text.encode()
        escaped = "".join(f"%{byte:02X}" for byte in raw)
        forms |= {raw, raw.hex().encode(), text.encode("utf-16-le"), escaped.encode(), quote(escaped).encode()}
        forms |= {form.encode() for form in (quote(text, safe=""), quote(quote(text, safe="")))}
        forms |= {
            text.replace("^", escape).encode() for escape in ("\\u005e", "\\x5e", "&#94;", "&#x5e;", " ", "+", "=5E")
        }
        forms |= set(_base64(raw))
    return {form for form in forms if len(form) >= len(secret) - 2}


def _base64(raw: bytes) -> Iterator[bytes]:
    """What any base64 text with these bytes in it must hold, wherever they begin in a group of three."""
    for before in range(3):
        padded = bytes(before) + raw
        first, last = (before * 8 + 5) // 6, len(padded) * 8 // 6
        yield b64encode(padded)[first:last]
        yield urlsafe_b64encode(padded)[first:last]


@cache
def _pattern(secrets: tuple[str, ...]) -> re.Pattern[bytes]:
    forms = sorted({form for secret in secrets for form in spellings(secret)}, key=len, reverse=True)
    family_name = rb"|\bdoe\b" if NAME in secrets else b""  # as a word: `does` is none
    return re.compile(b"|".join(map(re.escape, forms)) + family_name, re.IGNORECASE)


def sightings(data: bytes, secrets: tuple[str, ...] = EVERYTHING) -> list[bytes]:
    """Each canary that is seen, with what stands around it."""
    found = _pattern(secrets).finditer(data)
    return [data[max(0, match.start() - 40) : match.end() + 40] for match in found]
