"""Field lines, as far as closed words and numbers go.

A value is told exactly, or as one like it that is judged alike, or not at all. Which of the three is said with it: a rule
may be asked about what is exact, and not about the rest. Lines whose name is in no list are counted.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from gateway.core.fields import Fields
from gateway.core.request import KNOWN_METHODS
from gateway.core.retry_after import is_valid
from gateway.core.websocket import accept_of
from gateway.dicomweb.statuses import STATUS_CODES
from gateway.recordings.addresses import location_like
from gateway.recordings.media import accept_like, label_like
from gateway.recordings.words import ANSWER_FIELDS, PRODUCTS, REQUEST_FIELDS, Words

_MOST = 60  # lines of one message
A_DATE = "Thu, 01 Jan 2026 00:00:00 GMT"
KEY = "AAAAAAAAAAAAAAAAAAAAAA=="  # of the opening handshake of a WebSocket (RFC 6455 4.1)

_NUMBER = re.compile(r"[0-9]{1,15}")
_RANGE = re.compile(r"bytes (?:[0-9]{1,15}-[0-9]{1,15}|\*)/(?:[0-9]{1,15}|\*)")
_AGES = re.compile(r"(?:max-age|s-maxage|stale-while-revalidate|stale-if-error|timeout|max)=[0-9]{1,9}")
_HANDSHAKE_KEY = re.compile(r"[A-Za-z0-9+/]{22}==")
_SCHEME = re.compile(r"\s*([A-Za-z]+)")
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z.-]*")
_SPACES = re.compile(r"\s*,\s*")

_NAMED: Words = {**REQUEST_FIELDS, **ANSWER_FIELDS, "*": "*"}
_PHRASES: Mapping[int, str] = {status.value: status.phrase for status in HTTPStatus}

Like = Callable[[str], str]  # a value with nothing in it but closed words and numbers; empty where there is none


@dataclass(frozen=True, slots=True)
class Line:
    """One field line. `like` is a value that is judged alike, None where it was left out; `exact`, that it is the value."""

    name: str
    like: str | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a message: those with a known name, and the number of all others."""

    known: tuple[Line, ...] = ()
    others: int = 0

    def named(self, name: str) -> tuple[Line, ...]:
        return tuple(line for line in self.known if line.name.lower() == name.lower())

    def fields(self) -> Fields:
        """Lines like them. Of a value that was left out only its being there counts."""
        return Fields(
            [(line.name, _LEFT_OUT.get(line.name, "x") if line.like is None else line.like) for line in self.known]
        )


NO_LINES = Lines()


def _tokens(*words: str, ages: bool = False) -> Like:
    """A list with no members but these and, where there may be `ages`, those with a number."""
    known = frozenset(words)

    def like(value: str) -> str:
        members = _SPACES.split(value.strip().lower())
        return value if all(member in known or (ages and _AGES.fullmatch(member)) for member in members) else ""

    return like


def _number(value: str) -> str:
    return value if _NUMBER.fullmatch(value) else ""


def _content_range(value: str) -> str:
    return value if _RANGE.fullmatch(value) else ""


def _retry_after(value: str) -> str:
    return value if value.isdecimal() and is_valid(value) else A_DATE if is_valid(value) else "soon"


def _allow(value: str) -> str:
    return ", ".join(word for word in _SPACES.split(value.strip()) if word in KNOWN_METHODS)


def _names(value: str) -> str:
    return ", ".join(_NAMED[word.lower()] for word in _SPACES.split(value.strip()) if word.lower() in _NAMED)


def _challenge(value: str) -> str:
    schemes = {"basic": "Basic", "bearer": "Bearer", "digest": "Digest", "negotiate": "Negotiate", "ntlm": "NTLM"}
    match = _SCHEME.match(value)
    return schemes.get(match[1].lower(), "") if match else ""


def _product(value: str) -> str:
    return " ".join(PRODUCTS[word.lower()] for word in _PRODUCT.findall(value) if word.lower() in PRODUCTS)


def _upgrade(value: str) -> str:
    return value if value.lower() == "websocket" else "other"


_CODINGS = _tokens("gzip", "x-gzip", "deflate", "br", "zstd", "compress", "identity", "chunked")
_IN_BOTH: Mapping[str, Like] = {
    "Connection": _tokens("close", "keep-alive", "upgrade"),
    "Content-Encoding": lambda value: _CODINGS(value) or "other",
    "Content-Length": _number,
    "Content-Type": label_like,
    "Transfer-Encoding": _CODINGS,
    "Upgrade": _upgrade,
}
_OF_REQUESTS: Mapping[str, Like] = {
    **_IN_BOTH,
    "Accept": accept_like,
    "Access-Control-Request-Method": _allow,
    "Expect": _tokens("100-continue"),
    "Sec-WebSocket-Key": lambda value: KEY if _HANDSHAKE_KEY.fullmatch(value) else "",
    "Sec-WebSocket-Version": _number,
}
_OF_ANSWERS: Mapping[str, Like] = {
    **_IN_BOTH,
    "Accept-Ranges": _tokens("bytes", "none"),
    "Access-Control-Allow-Credentials": _tokens("true", "false"),
    "Access-Control-Allow-Headers": _names,
    "Access-Control-Allow-Methods": _allow,
    "Access-Control-Expose-Headers": _names,
    "Access-Control-Max-Age": _number,
    "Age": _number,
    "Allow": _allow,
    "Cache-Control": _tokens(
        "no-store", "no-cache", "private", "public", "must-revalidate", "no-transform", "immutable", ages=True
    ),
    "Content-Range": _content_range,
    "Keep-Alive": _tokens(ages=True),
    "Pragma": _tokens("no-cache"),
    "Retry-After": _retry_after,
    "Server": _product,
    "Vary": _names,
    "WWW-Authenticate": _challenge,
    "X-Content-Type-Options": _tokens("nosniff"),
    "X-Frame-Options": _tokens("deny", "sameorigin"),
    "X-Powered-By": _product,
}
# What stands for a value that was left out, where any would not do.
_LEFT_OUT: Mapping[str, str] = {"Content-Type": ""}


def of_request(fields: Fields) -> Lines:
    return _lines(fields, REQUEST_FIELDS, _OF_REQUESTS)


def of_answer(fields: Fields, origin: str, key: str) -> Lines:
    """`origin` is that of the archive: an address in the answer leads there, or elsewhere. `key` is that of a handshake,
    which the answer to it has to prove."""

    def location(value: str) -> str:
        return location_like(value, origin)

    def proof(value: str) -> str:
        return accept_of(KEY) if value == accept_of(key) else ""

    return _lines(fields, ANSWER_FIELDS, {**_OF_ANSWERS, "Location": location, "Sec-WebSocket-Accept": proof})


def _lines(fields: Fields, names: Words, likes: Mapping[str, Like]) -> Lines:
    known = [(names[name.lower()], value) for name, value in fields if name.lower() in names][:_MOST]
    return Lines(tuple(_line(name, value, likes.get(name)) for name, value in known), len(fields) - len(known))


def _line(name: str, value: str, like: Like | None) -> Line:
    told = like(value) if like is not None else ""
    if not told and value:
        return Line(name)
    return Line(name, told, told == value)


def reason_like(status: int, reason: str) -> str | None:
    """The reason phrase where it is the usual one, None where the archive has words of its own."""
    usual = {"", STATUS_CODES[status].name if status in STATUS_CODES else "", _PHRASES.get(status, "")}
    return reason if reason in usual else None
