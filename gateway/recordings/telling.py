"""Whether a condition of a rule holds, asked of a sketch: yes, no, or None where the sketch does not tell.

Status, media type, size and the like are in every sketch. A text is in none; but of each text condition of the policy that
was in force, the line says whether it held, and that is true under every other policy that asks the same.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.core.attention import is_read
from gateway.core.conditions import (
    BodyMatches,
    Condition,
    FieldMatches,
    JsonHas,
    LocationMatches,
    LooksLike,
    MediaTypeIs,
    ReasonMatches,
    SizeIs,
    UnexpectedMedia,
)
from gateway.core.facts import Outcome, RequestFacts, Response
from gateway.core.inspect import Looks, is_dicom_payload
from gateway.recordings.content import Content
from gateway.recordings.fingerprints import of_condition
from gateway.recordings.lines import Lines
from gateway.recordings.media import UNLISTED
from gateway.recordings.sketch import Answered, Sketch, stand_in
from gateway.recordings.tree import NOTHING, Leaf, at
from gateway.recordings.words import ANSWER_FIELDS, MEDIA_TYPES

Truths = Mapping[str, bool]  # by the fingerprint of a condition
_KINDS: Mapping[str, tuple[type, ...]] = {"text": (str, re.Pattern), "number": (int, float)}
_NO_JSON = (Looks.HTML, Looks.XML, Looks.TEXT, Looks.EMPTY, Looks.MULTIPART, Looks.IMAGE)


@dataclass(frozen=True, slots=True)
class Witness:
    """A sketch that is asked, with its stand-in, and what is known beside it."""

    sketch: Sketch
    request: RequestFacts
    outcome: Outcome
    truths: Truths = field(default_factory=dict)

    @classmethod
    def of(cls, sketch: Sketch, truths: Truths) -> "Witness":
        request, outcome = stand_in(sketch)
        return cls(sketch, request, outcome, truths)

    def holds(self, condition: Condition, peek: int) -> bool | None:
        """`peek` is how much of a content the policy that asks would look at."""
        teller = _TELLERS.get(type(condition))
        answer = self.sketch.answer
        if teller is None or answer is None or not isinstance(self.outcome, Response):
            return condition.holds(self.request, self.outcome)
        told = teller(self, answer, self.outcome, condition)
        if told is None and not (condition.needs_content and _would_read_on(answer.content, peek)):
            return self.truths.get(of_condition(condition))
        return told

    def all_hold(self, conditions: Iterable[Condition], peek: int) -> bool | None:
        """Whether all of them hold: one that does not is enough to know, whatever the others are."""
        answer: bool | None = True
        for condition in conditions:
            held = self.holds(condition, peek)
            if held is False:
                return False
            answer = None if held is None else answer
        return answer

    @property
    def is_unlisted(self) -> bool:
        """Whether its label names a media type that is in no list."""
        return isinstance(self.outcome, Response) and UNLISTED in self.outcome.fields.get("Content-Type")

    def is_unread(self, outcome: Response) -> bool:
        """Whether its content has no part in any verdict."""
        return not is_read(self.request, outcome)


def _would_read_on(content: Content | None, peek: int) -> bool:
    return content is None or not (content.whole or content.size >= peek)


def _media_type(witness: Witness, _answer: Answered, outcome: Response, condition: Condition) -> bool | None:
    """A type that is in no list is like no other, and nobody knows which it was."""
    asks_for_unlisted = isinstance(condition, MediaTypeIs) and not condition.wanted <= MEDIA_TYPES
    held = condition.holds(witness.request, outcome)
    return None if witness.is_unlisted and asks_for_unlisted and not held else held


def _size(_witness: Witness, answer: Answered, _outcome: Response, condition: SizeIs) -> bool | None:
    announced = answer.fields.named("Content-Length")
    if announced and announced[0].like is None:
        return None
    if announced and announced[0].like:
        return condition.compare(int(announced[0].like))
    content = answer.content
    return content is not None and content.whole and condition.compare(content.size)


def _field(_witness: Witness, answer: Answered, _outcome: Response, condition: FieldMatches) -> bool | None:
    if condition.name.lower() not in ANSWER_FIELDS:
        return None if answer.fields.others else condition.pattern is None
    if condition.pattern is None:
        return not answer.fields.named(condition.name)
    return _any_line(answer.fields, condition.name, condition.pattern)


def _any_line(lines: Lines, name: str, pattern: re.Pattern[str]) -> bool | None:
    named = lines.named(name)
    if any(line.exact and pattern.search(line.like or "") for line in named):
        return True
    return False if all(line.exact for line in named) else None


def _location(_witness: Witness, answer: Answered, _outcome: Response, condition: LocationMatches) -> bool | None:
    named = answer.fields.named("Location")
    if not named or named[0].exact:
        return bool(condition.pattern.search(named[0].like or "" if named else ""))
    return None


def _reason(_witness: Witness, answer: Answered, _outcome: Response, condition: ReasonMatches) -> bool | None:
    return None if answer.reason is None else bool(condition.pattern.search(answer.reason))


def _looks(witness: Witness, answer: Answered, outcome: Response, condition: LooksLike) -> bool | None:
    content = answer.content
    if content is None and not witness.is_unread(outcome):
        return None
    if content is not None and not content.is_told_by_its_beginning and not is_dicom_payload(outcome):
        return None
    return condition.holds(witness.request, outcome)


def _body(witness: Witness, answer: Answered, outcome: Response, condition: Condition) -> bool | None:
    """Text is told of nothing but what has none."""
    content = answer.content
    if is_dicom_payload(outcome) or (content is None and witness.is_unread(outcome)):
        return False
    if content is not None and content.whole and not content.size:
        return condition.holds(witness.request, outcome)
    return None


def _json(witness: Witness, answer: Answered, outcome: Response, condition: JsonHas) -> bool | None:
    told = _body(witness, answer, outcome, condition)
    content = answer.content
    if told is not None or content is None:
        return told
    if not content.whole:
        return None  # whoever looks at more of it may see its end
    if content.json is None:
        return False if content.looks in _NO_JSON else None
    if content.json.document is None:
        return None if content.json.sound else False
    found = at(content.json.document, condition.pointer)
    if found is NOTHING:
        return False
    return _of_leaf(found, condition.wanted)


def _of_leaf(found: object, wanted: object) -> bool | None:
    if isinstance(found, Leaf):
        could_be = found.kind == "unseen" or (isinstance(wanted, _KINDS[found.kind]) and not isinstance(wanted, bool))
        return None if could_be else False
    is_plain = found is None or isinstance(found, bool | int)
    return is_plain and found == wanted and isinstance(found, bool) == isinstance(wanted, bool)


_TELLERS: Mapping[type, Callable[[Witness, Answered, Response, Any], bool | None]] = {
    MediaTypeIs: _media_type,
    UnexpectedMedia: _media_type,
    SizeIs: _size,
    FieldMatches: _field,
    LocationMatches: _location,
    ReasonMatches: _reason,
    LooksLike: _looks,
    BodyMatches: _body,
    JsonHas: _json,
}
