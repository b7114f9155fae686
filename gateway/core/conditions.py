"""The conditions a rule may set: one class per word of `when`.

A condition answers yes or no about one exchange and never raises. Those that read content (`needs_content`) say no while
the content was not looked at, and say no to DICOM objects: text rules must never fire on an image or a report.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from gateway.core.facts import Outcome, RequestFacts, Response
from gateway.core.failures import Failure
from gateway.core.inspect import Looks, is_dicom_payload, kind_of
from gateway.dicomweb.media import parse_media_type, promised

_MAX_DIGITS = 18  # of a length; more is no length, and Python refuses to read numbers of thousands of digits


class Condition(Protocol):
    """One line of `when`. `is_keyed`: it asks for nothing but route, upstream, transaction, method, status or failure, and
    what the label says: the media type, and the `type` of a multipart."""

    @property
    def word(self) -> str: ...

    @property
    def needs_content(self) -> bool: ...

    @property
    def is_keyed(self) -> bool: ...

    def holds(self, request: RequestFacts, outcome: Outcome) -> bool: ...


@dataclass(frozen=True, slots=True)
class OneOf:
    """A fact about the exchange is one of the words the operator listed."""

    word: str
    wanted: frozenset[str]
    needs_content: ClassVar[bool] = False
    is_keyed: ClassVar[bool] = True

    def holds(self, request: RequestFacts, outcome: Outcome) -> bool:
        return FACT_WORDS[self.word](request, outcome) in self.wanted


def _origin(_request: RequestFacts, outcome: Outcome) -> str:
    # In rules there are two: what the archive answered, and what the gateway has to answer in its place.
    return "upstream" if isinstance(outcome, Response) else "gateway"


FACT_WORDS: dict[str, Callable[[RequestFacts, Outcome], str]] = {
    "origin": _origin,
    "route": lambda request, _: request.route,
    "upstream": lambda request, _: request.upstream,
    "transaction": lambda request, _: request.transaction.id,
    "method": lambda request, _: request.method,
    "failure": lambda _, outcome: outcome.kind.value if isinstance(outcome, Failure) else "",
}


@dataclass(frozen=True, slots=True)
class StatusIs:
    """The archive's status code is one of these."""

    wanted: frozenset[int]
    word: ClassVar[str] = "status"
    needs_content: ClassVar[bool] = False
    is_keyed: ClassVar[bool] = True

    def holds(self, request: RequestFacts, outcome: Outcome) -> bool:
        return isinstance(outcome, Response) and outcome.status in self.wanted


@dataclass(frozen=True, slots=True)
class FieldMatches:
    """A field line of the answer matches, or (pattern None) the field is absent."""

    name: str
    pattern: re.Pattern[str] | None
    word: ClassVar[str] = "header"
    needs_content: ClassVar[bool] = False
    is_keyed: ClassVar[bool] = False

    def holds(self, request: RequestFacts, outcome: Outcome) -> bool:
        if not isinstance(outcome, Response):
            return False
        values = outcome.fields.all(self.name)
        if self.pattern is None:
            return not values
        return any(self.pattern.search(value) for value in values)


@dataclass(frozen=True, slots=True)
class LocationMatches:
    """The answer redirects to an address that matches."""

    pattern: re.Pattern[str]
    word: ClassVar[str] = "location"
    needs_content: ClassVar[bool] = False
    is_keyed: ClassVar[bool] = False

    def holds(self, request: RequestFacts, outcome: Outcome) -> bool:
        return isinstance(outcome, Response) and bool(self.pattern.search(outcome.fields.get("Location")))


@dataclass(frozen=True, slots=True)
class ReasonMatches:
    """The archive's reason phrase matches: some products say there what went wrong, and send nothing else."""

    pattern: re.Pattern[str]
    word: ClassVar[str] = "reason"
    needs_content: ClassVar[bool] = False
    is_keyed: ClassVar[bool] = False

    def holds(self, request: RequestFacts, outcome: Outcome) -> bool:
        return isinstance(outcome, Response) and bool(self.pattern.search(outcome.reason))


@dataclass(frozen=True, slots=True)
class MediaTypeIs:
    """The answer is labelled with one of these media types; `text/*` names a whole type."""

    wanted: frozenset[str]
    word: ClassVar[str] = "media_type"
    needs_content: ClassVar[bool] = False
    is_keyed: ClassVar[bool] = True

    def holds(self, request: RequestFacts, outcome: Outcome) -> bool:
        if not isinstance(outcome, Response):
            return False
        media = parse_media_type(outcome.fields.get("Content-Type"))
        if media is None:
            return False
        return media.essence in self.wanted or f"{media.essence.split('/', 1)[0]}/*" in self.wanted


@dataclass(frozen=True, slots=True)
class UnexpectedMedia:
    """The answer is labelled with something the transaction does not promise (or, `wanted` false, with what it does)."""

    wanted: bool
    word: ClassVar[str] = "unexpected_media"
    needs_content: ClassVar[bool] = False
    is_keyed: ClassVar[bool] = True

    def holds(self, request: RequestFacts, outcome: Outcome) -> bool:
        if not isinstance(outcome, Response):
            return False
        media = parse_media_type(outcome.fields.get("Content-Type"))
        return promised(request.transaction, media) is not self.wanted


@dataclass(frozen=True, slots=True)
class SizeIs:
    """The announced length of the content compares so; answers without an announced length never match."""

    compare: Callable[[int], bool]
    text: str
    word: ClassVar[str] = "size"
    needs_content: ClassVar[bool] = False
    is_keyed: ClassVar[bool] = False

    def holds(self, request: RequestFacts, outcome: Outcome) -> bool:
        if not isinstance(outcome, Response):
            return False
        length = length_of(outcome)
        return length is not None and self.compare(length)


def length_of(answer: Response) -> int | None:
    """The length of the content: as announced, or else as seen to its end."""
    announced = answer.fields.get("Content-Length")
    if announced.isdecimal() and len(announced) <= _MAX_DIGITS:
        return int(announced)
    return len(answer.peek) if answer.whole and answer.peek is not None else None


def readable(outcome: Outcome) -> bytes | None:
    """The content that text rules may read: None while unread, and None for DICOM objects."""
    if not isinstance(outcome, Response) or outcome.peek is None or is_dicom_payload(outcome):
        return None
    return outcome.peek


@dataclass(frozen=True, slots=True)
class LooksLike:
    """The first bytes look like one of these kinds, whatever the label says."""

    wanted: frozenset[Looks]
    word: ClassVar[str] = "looks_like"
    needs_content: ClassVar[bool] = True
    is_keyed: ClassVar[bool] = False

    def holds(self, request: RequestFacts, outcome: Outcome) -> bool:
        if not isinstance(outcome, Response) or outcome.peek is None:
            return False
        kind = kind_of(outcome)
        # Only a content known to its end can be called empty.
        return kind in self.wanted and (kind is not Looks.EMPTY or outcome.whole)


@dataclass(frozen=True, slots=True)
class BodyMatches:
    """The first bytes match, read as ISO 8859-1 so that every byte has a character."""

    pattern: re.Pattern[str]
    word: ClassVar[str] = "body"
    needs_content: ClassVar[bool] = True
    is_keyed: ClassVar[bool] = False

    def holds(self, request: RequestFacts, outcome: Outcome) -> bool:
        content = readable(outcome)
        return content is not None and bool(self.pattern.search(content.decode("latin-1")))


@dataclass(frozen=True, slots=True)
class JsonHas:
    """A whole JSON document holds this value at this pointer (RFC 6901); a pattern is matched against text values."""

    pointer: str
    wanted: str | int | float | bool | re.Pattern[str] | None
    word: ClassVar[str] = "json"
    needs_content: ClassVar[bool] = True
    is_keyed: ClassVar[bool] = False

    def holds(self, request: RequestFacts, outcome: Outcome) -> bool:
        content = readable(outcome)
        if content is None or not isinstance(outcome, Response) or not outcome.whole:
            return False
        found, value = value_at(self.pointer, content)
        if isinstance(self.wanted, re.Pattern):
            return found and isinstance(value, str) and bool(self.wanted.search(value))
        return found and value == self.wanted and isinstance(value, bool) == isinstance(self.wanted, bool)


def value_at(pointer: str, content: bytes) -> tuple[bool, object]:
    """Whether a document has something at this pointer, and what."""
    try:
        value: object = json.loads(content)
    except (ValueError, RecursionError):
        return False, None
    for key in keys_of(pointer):
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and len(key) < 10 and int(key) < len(value):
            value = value[int(key)]
        else:
            return False, None
    return True, value


def keys_of(pointer: str) -> list[str]:
    """The keys and places that a pointer leads along (RFC 6901 4)."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
