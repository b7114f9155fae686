"""Answers that are alike: the same head but for what differs from one object to the next, and content of the same kind.

Archives answer in few ways. Of two answers to the same kind of request, whose heads differ only in the values of `Date`,
`Content-Length`, `ETag` and their like, and which both hold what their label says, the verdict is the same. So a verdict
that left everything as it was need not be reached again (`proxy/express`). Everything else is judged anew: any other status,
a field that could name somebody, a rule that might look further, content that does not begin as it should.

Nothing here judges. tests/core/test_likeness.py holds it against `normalise`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gateway.core.conditions import Condition, FieldMatches, LocationMatches, ReasonMatches
from gateway.core.decision import NO_EDITS, UNCHANGED, BodyPlan, Decision
from gateway.core.facts import RequestFacts, Response
from gateway.core.fields import Fields
from gateway.core.policy import Policy
from gateway.core.repair import is_well_written
from gateway.core.sieve import Candidate
from gateway.core.soft_errors import is_value
from gateway.dicomweb.media import parse_media_type

# As they are nearly always written; in another spelling they are lines like any other, and have to be the same.
_LENGTH = (b"Content-Length", b"content-length")
_VARY = frozenset(
    (*_LENGTH, b"Date", b"date", b"ETag", b"Etag", b"etag", b"Last-Modified", b"last-modified", b"Expires", b"expires")
)
VARYING = frozenset(name.decode().lower() for name in _VARY)
_OPEN = VARYING | {"content-type"}  # with another boundary each time
# What may be kept beyond its exchange, and told: fields that tell of the product, never of a patient or a session.
IMPERSONAL = frozenset(
    {
        "accept-ranges", "access-control-allow-credentials", "access-control-allow-headers", "access-control-allow-methods",
        "access-control-allow-origin", "access-control-expose-headers", "cache-control", "connection", "content-length",
        "content-type", "date", "etag", "expires", "keep-alive", "last-modified", "pragma", "server",
        "strict-transport-security", "vary", "x-content-type-options", "x-frame-options", "x-powered-by", "x-xss-protection",
    }
)  # fmt: skip
_MOST_DIGITS = 15
# Of a multipart: elsewhere it means nothing. The only one of its line, and the last word in it.
_BOUNDARY = re.compile(
    rb"""([Cc]ontent-[Tt]ype: multipart/(?:(?!boundary=).)*;[ ]?boundary="?)([0-9A-Za-z+_.-]{1,70})("?)"""
)
_PLAIN = re.compile(rb"[!-~](?:[ -~]*[!-~])?")  # no other way to read it
# `[{"00080005"`: a list of data sets, whatever follows.
_RESULT = re.compile(rb'[ \t\r\n]*\[[ \t\r\n]*\{[ \t\r\n]*"[0-9A-Fa-f]{8}"[ \t\r\n]*:')
_PART_HEADER = re.compile(rb"\r\n[A-Za-z-]+:")
_ENOUGH = 512  # bytes of a content by which its kind is told
_TAIL = 1024  # bytes at the end of a multipart among which its closing delimiter stands


@dataclass(frozen=True, slots=True)
class Head:
    """The head of an answer. `shape` is all that has to be the same, `lines` are its lines as they came, the status line
    first and two empty ones last."""

    shape: tuple[bytes, ...]
    lines: list[bytes]
    length: int
    boundary: bytes

    def reason(self) -> str:
        """The words behind its status."""
        return self.lines[0].split(b" ", 2)[2].decode("latin-1")

    def fields(self) -> Fields:
        """Its field lines."""
        pairs = (line.partition(b":") for line in self.lines[1:] if line)
        return Fields.from_raw((name, value.strip()) for name, _, value in pairs)


def read_head(head: bytes) -> Head | None:
    """The head of an answer of known length, status line to blank line; None where it has to be read with more care."""
    lines = head.split(b"\r\n")
    shape, length, boundary = [], -1, b""
    for line in lines:
        name, _, value = line.partition(b": ")
        if name in _VARY:
            if _PLAIN.fullmatch(value) is None:
                return None
            if name in _LENGTH:
                if length >= 0 or not _is_length(value):
                    return None
                length = int(value)
            shape.append(name)
        elif b"boundary=" in line:
            match = _BOUNDARY.fullmatch(line)
            if match is None or boundary:
                return None
            boundary = match[2]
            shape.append(match[1] + match[3])
        else:
            shape.append(line)
    return Head(tuple(shape), lines, length, boundary) if length > 0 else None


def _is_length(value: bytes) -> bool:
    return value.isdigit() and len(value) <= _MOST_DIGITS and value[:1] != b"0"


# Whether a content is what its label says, told by its first bytes, by its last where they are there, and by the boundary.
Told = Callable[[bytes, bytes | None, bytes], bool]


def _is_result(first: bytes, last: bytes | None, _boundary: bytes) -> bool:
    return _RESULT.match(first) is not None and (last is None or last.rstrip()[-1:] == b"]")


def _is_multipart(first: bytes, last: bytes | None, boundary: bytes) -> bool:
    delimiter = b"--" + boundary
    if not boundary or not first.startswith(delimiter) or _PART_HEADER.match(first, len(delimiter)) is None:
        return False
    return last is None or delimiter + b"--" in last


def _is_object(_first: bytes, _last: bytes | None, _boundary: bytes) -> bool:
    """By its label alone: a preamble may hold anything (PS3.10 7.1)."""
    return True


def _begins(magic: bytes) -> Told:
    return lambda first, _last, _boundary: first.startswith(magic)


KINDS: Mapping[str, Told] = MappingProxyType(
    {
        "application/dicom": _is_object,
        "application/dicom+json": _is_result,
        "application/json": _is_result,
        "image/jpeg": _begins(b"\xff\xd8\xff"),
        "image/png": _begins(b"\x89PNG\r\n\x1a\n"),
        "multipart/related": _is_multipart,
    }
)


def _kind(request: RequestFacts, essence: str) -> Told | None:
    if essence == "application/octet-stream" and is_value(request.transaction.id, essence):
        return _is_object
    return KINDS.get(essence)


@dataclass(frozen=True, slots=True)
class Alike:
    """What an answer must be like to get the same verdict as one that was judged. Content of up to `peek` bytes is looked
    at as a whole."""

    kind: Told
    peek: int

    def enough(self, length: int) -> int:
        """How many bytes of a content of this length must be there."""
        return length if length <= self.peek else min(_ENOUGH, self.peek)

    def holds(self, content: bytes | memoryview, head: Head) -> bool:
        """Whether this content, of which there is enough, is of the same kind."""
        last = bytes(content[-_TAIL:]) if len(content) == head.length else None
        return self.kind(bytes(content[:_ENOUGH]), last, head.boundary)


def likeness(request: RequestFacts, response: Response, decision: Decision, policy: Policy) -> Alike | None:
    """What other answers to such a request must be like to be judged alike; None where each has to be judged by itself."""
    media = parse_media_type(response.fields.get("Content-Type"))
    kind = _kind(request, media.essence) if media else None
    if kind is None or request.method != "GET" or request.opaque or not _is_as_promised(decision):
        return None
    if request.transaction.family not in ("search", "retrieve") or request.transaction.service != "studies":
        return None
    if any(name.lower() not in IMPERSONAL for name, _ in response.fields):
        return None
    if kind is _is_multipart and not is_well_written(response.fields.get("Content-Type")):
        return None
    left = policy.sieve.candidates(request, response)
    return Alike(kind, policy.peek) if all(_is_out(candidate, request, response) for candidate in left) else None


def _is_out(candidate: Candidate, request: RequestFacts, response: Response) -> bool:
    """Whether this rule will not match any answer of the same shape: what it misses here, it misses there."""
    return any(_is_in_shape(condition) and not condition.holds(request, response) for condition in candidate.of_head)


def _is_in_shape(condition: Condition) -> bool:
    """Whether it asks for what is the same in all heads of one shape."""
    if isinstance(condition, FieldMatches):
        return condition.name.lower() not in _OPEN
    return isinstance(condition, ReasonMatches | LocationMatches)


def _is_as_promised(decision: Decision) -> bool:
    """Whether the answer stands as it came: nothing was changed, and nothing noted."""
    as_it_came = decision.status == decision.received == 200 and decision.rule == UNCHANGED and decision.healthy
    changed = decision.body is not BodyPlan.KEEP or decision.edits != NO_EDITS or decision.retry is not None
    return as_it_came and not (changed or decision.observed or decision.suspicion or decision.untouched)
