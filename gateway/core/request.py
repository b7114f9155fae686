"""Reading a request: what a gateway must refuse before anything is sent (RFC 9110 7, RFC 9112 3, 6).

The parser has judged syntax; here one opinion is formed on what it lets pass and archives read differently: framing,
authority, target form, version. The target is never altered: it is forwarded byte for byte, or refused.
"""

import re
from dataclasses import dataclass

from gateway.core.failures import Failure, FailureKind
from gateway.core.fields import Fields
from gateway.core.headers import is_looping

FORWARDED_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_REFUSED_METHODS = ("CONNECT", "TRACE")
KNOWN_METHODS = frozenset((*FORWARDED_METHODS, *_REFUSED_METHODS))

# Possessive, because a Host may be long and hostile: every character is read once.
_AUTHORITY = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+;=-]++|%[0-9A-Fa-f]{2}|\[[0-9A-Fa-f:.]++\])++(?::([0-9]{1,5}))?")
_ABSOLUTE = re.compile(r"(https?)://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_LENGTH = re.compile(r"[0-9]+")
_MAX_LENGTH_DIGITS = 18

K = FailureKind


@dataclass(frozen=True, slots=True)
class RequestLine:
    """What the parser saw: target and fields as they came, one character per byte."""

    method: str
    target: str
    version: tuple[int, int]
    fields: Fields


@dataclass(frozen=True, slots=True)
class Sound:
    """A request that may go on: the origin-form target, the authority the client asked, the content's framing.

    `length` is None where there is no content or where it comes in chunks (`chunked`).
    """

    target: str
    authority: str
    length: int | None
    chunked: bool
    expects_continue: bool

    @property
    def has_content(self) -> bool:
        return self.chunked or bool(self.length)


def examine(line: RequestLine, max_target: int, max_fields: int) -> Sound | Failure:
    """The request in the form in which it may be forwarded, or what is wrong with it."""
    if line.version not in ((1, 0), (1, 1)):
        return Failure(K.VERSION_NOT_SUPPORTED)
    if failure := _method_failure(line) or _size_failure(line, max_target, max_fields):
        return failure
    located = _locate(line)
    framed = _frame(line)
    for part in (located, framed):
        if isinstance(part, Failure):
            return part
    assert not isinstance(located, Failure)
    assert not isinstance(framed, Failure)
    expect = [value.lower() for value in line.fields.all("Expect")]
    if expect not in ([], ["100-continue"]):
        return Failure(K.EXPECTATION_FAILED)
    if is_looping(line.fields):
        return Failure(K.PROXY_LOOP_DETECTED)
    # An HTTP/1.0 client does not understand interim answers (RFC 9110 10.1.1).
    return Sound(*located, *framed, expects_continue=bool(expect) and line.version == (1, 1))


def _method_failure(line: RequestLine) -> Failure | None:
    if line.method in _REFUSED_METHODS or line.target == "*" or _stops_here(line):
        return Failure(K.METHOD_REFUSED, allow=FORWARDED_METHODS)
    return None if line.method in FORWARDED_METHODS else Failure(K.METHOD_NOT_SUPPORTED)


def _stops_here(line: RequestLine) -> bool:
    """RFC 9110 7.6.2: a request that may not travel further is the gateway's to answer."""
    return line.method == "OPTIONS" and line.fields.get("Max-Forwards") == "0"


def _size_failure(line: RequestLine, max_target: int, max_fields: int) -> Failure | None:
    if len(line.target) > max_target:
        return Failure(K.TARGET_TOO_LONG)
    size = sum(len(name) + len(value) + 4 for name, value in line.fields)
    return Failure(K.HEADER_SECTION_TOO_LARGE) if size > max_fields else None


def _locate(line: RequestLine) -> tuple[str, str] | Failure:
    """Target in origin-form and authority. RFC 9112 3.2.2: an absolute target names its own authority, which must be
    the one in `Host`, or two readers of this request would send it to two places."""
    hosts = line.fields.all("Host")
    if len(hosts) > 1 or (not hosts and line.version == (1, 1)):
        return Failure(K.HTTP_REQUEST_ERROR)
    authority, target = (hosts[0] if hosts else ""), line.target
    if hosts and not is_authority(authority):
        return Failure(K.HTTP_REQUEST_ERROR)
    if not target.startswith("/"):
        absolute = _ABSOLUTE.fullmatch(target)
        if absolute is None or absolute[2].lower() != authority.lower() or not authority:
            return Failure(K.HTTP_REQUEST_ERROR)
        rest = absolute[3]
        target = rest if rest.startswith("/") else "/" + rest
    if "#" in target or not target.isascii() or any(c <= " " or c == "\x7f" for c in target):
        return Failure(K.HTTP_REQUEST_ERROR)
    return target, authority


def is_authority(value: str) -> bool:
    """Whether this is `uri-host [":" port]` (RFC 9110 7.2), without user information."""
    match = _AUTHORITY.fullmatch(value)
    return match is not None and (match[1] is None or int(match[1]) <= 65535)


def _frame(line: RequestLine) -> tuple[int | None, bool] | Failure:
    """Length and chunkedness (RFC 9112 6.3): one opinion, or none at all."""
    codings, lengths = line.fields.all("Transfer-Encoding"), line.fields.all("Content-Length")
    if codings:
        sound = (
            len(codings) == 1
            and codings[0].strip(" \t").lower() == "chunked"
            and line.version == (1, 1)
            and not lengths
        )
        return (None, True) if sound else Failure(K.HTTP_REQUEST_ERROR)
    if len(lengths) > 1 or (lengths and not _LENGTH.fullmatch(lengths[0])):
        return Failure(K.HTTP_REQUEST_ERROR)
    if not lengths:
        return None, False
    digits = lengths[0].lstrip("0") or "0"
    return Failure(K.CONTENT_TOO_LARGE) if len(digits) > _MAX_LENGTH_DIGITS else (int(digits), False)
