"""Where a redirect leads, and whether it may be followed on the client's behalf (RFC 9110 15.4, Table N.7-89).

Only what may be asked again without harm is followed: GET and HEAD, to the archive's own origin or to an address that the
operator listed. Nothing else: a redirect is what somebody wrote into an archive's answer.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from gateway.core.addresses import place_of, scheme_of
from gateway.core.facts import Response
from gateway.core.fields import Fields

FOLLOWABLE = frozenset({301, 302, 303, 307, 308})
_METHODS = frozenset({"GET", "HEAD"})
# A path to RFC 3986, a host to browsers (URL Standard 4.4).
_ODD = re.compile(r"https?:(?!//)|(?:https?:)?///|.*\\", re.IGNORECASE | re.DOTALL)
_RELATIVE = frozenset({"location", "content-location"})  # to the address that was asked (RFC 9110 10.2.2, 8.7)


@dataclass(frozen=True, slots=True)
class Destination:
    """Scheme and authority, and the target to ask there."""

    origin: str
    target: str


def destination(method: str, target: str, response: Response, origin: str, listed: Iterable[str]) -> Destination | None:
    """Where this answer sends the request, None where that may not be followed. `origin` is where it came from."""
    locations = response.fields.all("Location")
    if method not in _METHODS or response.status not in FOLLOWABLE or len(locations) != 1:
        return None
    if _ODD.match(locations[0].strip()):
        return None
    try:
        address = urljoin(origin + target, locations[0].strip())
        parts = urlsplit(address)
    except ValueError:
        return None
    there = next((known for known in (origin, *listed) if is_same_origin(known, address)), None)
    if there is None or "@" in parts.netloc:
        return None
    asked = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Destination(there, asked) if _is_plain(asked) else None


def resolved(fields: Fields, asked: Destination) -> Fields:
    """The fields of an answer from where the client has not asked: it would take relative addresses for others."""
    return Fields([(name, _absolute(value, asked) if name.lower() in _RELATIVE else value) for name, value in fields])


def _absolute(address: str, asked: Destination) -> str:
    if scheme_of(address) or _ODD.match(address.strip()):
        return address
    try:
        return urljoin(asked.origin + asked.target, address.strip())
    except ValueError:
        return address


def is_same_origin(origin: str, address: str) -> bool:
    """Whether an address lies at an origin: scheme, host and port."""
    scheme = urlsplit(address).scheme
    return scheme == urlsplit(origin).scheme and place_of(address) == place_of(origin) != ("", 0)


def _is_plain(target: str) -> bool:
    return target.startswith("/") and target.isascii() and all("!" <= character <= "~" for character in target)
