"""What in an answer tells its cause, so that a rule may go by it: a phrase of the archive's own wording.

A status alone would not do: a rule that makes 404 of every 500 to a retrieve would hide the day on which the disk is gone. So
a phrase must name both what the answer is about and what is the matter with it (`no such study`, not `an error occurred`),
and stand in the answers to two different made-up names where the check makes them up. It is letters and single blanks only,
so that neither a UID nor a number nor a path can be in it. Where nothing qualifies, there is no rule.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from gateway.core.inspect import WORDY, looks_like
from gateway.dicomweb.json_shape import JsonShape, json_shape
from gateway.probe.exchange import Answer, Ending

SHORTEST, LONGEST = 8, 60
_MOST = 16 * 1024
_RUN = re.compile(r"(?<![A-Za-z])[A-Za-z]+(?: [A-Za-z]+)*(?![A-Za-z])")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_KNOWN_PHRASES = frozenset(status.phrase.lower() for status in HTTPStatus)

# By the status that is right: what a phrase must be about, and what it must say of it.
_SAYS: dict[int, tuple[re.Pattern[str], re.Pattern[str]]] = {
    status: (re.compile(rf"\b(?:{about})\b"), re.compile(rf"\b(?:{matter})\b"))
    for status, about, matter in (
        (
            400,
            "parameters?|values?|limit|offset|quer(?:y|ies)|uids?|tags?|attributes?|fields?|keywords?|frames?|arguments?",
            "invalid|malformed|illegal|bad|must be|(?:cannot|could not) parse|not a|out of range|negative|unknown",
        ),
        (
            404,
            "stud(?:y|ies)|series|instances?|images?|objects?|frames?|uids?|sop",
            "not (?:be )?(?:found|exist|known|stored)|no|unknown|absent|nonexistent|inexistent|cannot find",
        ),
        (
            406,
            "accept|media types?|content types?|mime|representations?|transfer syntax|formats?",
            "not|unsupported|unacceptable|cannot|only|invalid|unknown",
        ),
        (409, "stud(?:y|ies)|uids?", "mismatch|not match|differs?|different|other|conflict|not belong"),
        (415, "media types?|content types?|multipart|boundary|mime", "not|unsupported|invalid|missing|only|unknown"),
    )
}


@dataclass(frozen=True, slots=True)
class Sign:
    """A phrase, and where it stands: a condition of a rule."""

    where: Literal["body", "reason"]
    phrase: str


def sign(right: int, answer: Answer, again: Answer | None) -> Sign | None:
    """What tells that `right` is the status of such an answer; None where nothing does."""
    if right not in _SAYS or answer.failure is not None or (again is not None and again.status != answer.status):
        return None
    for where, read in (("body", _text), ("reason", _reason)):
        other = read(again) if again is not None else None
        for phrase in _phrases(read(answer), right):
            if other is None or phrase in other:
                return Sign("body" if where == "body" else "reason", phrase)
    return None


def _phrases(text: str, right: int) -> Iterator[str]:
    about, matter = _SAYS[right]
    for run in _RUN.findall(text):
        plain = _HUMP.sub(" ", run).lower()
        telling = about.search(plain) and matter.search(plain) and plain not in _KNOWN_PHRASES
        if SHORTEST <= len(run) <= LONGEST and telling:
            yield run


def _text(answer: Answer) -> str:
    """The content, where it is short, whole, and no result: in a result, phrases are somebody's data."""
    content = answer.content
    if answer.ending is not Ending.WHOLE or len(content) > _MOST or json_shape(content)[0] is JsonShape.RESULT:
        return ""
    if looks_like(content) not in WORDY:
        return ""
    return content.decode("latin-1")


def _reason(answer: Answer) -> str:
    return answer.reason
