"""What was seen where a condition asked for something else: a short text for each word of `when`."""

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from gateway.core.conditions import (
    FACT_WORDS,
    BodyMatches,
    Condition,
    FieldMatches,
    JsonHas,
    LocationMatches,
    LooksLike,
    MediaTypeIs,
    OneOf,
    ReasonMatches,
    SizeIs,
    StatusIs,
    UnexpectedMedia,
    length_of,
    readable,
    value_at,
)
from gateway.core.explain.explanation import Came
from gateway.core.explain.view import View, essence
from gateway.core.facts import Outcome, RequestFacts, Response
from gateway.core.inspect import WORDY, Looks, is_dicom_payload, kind_of
from gateway.core.wording import transaction_name

_MOST = 60  # characters of a value


def came(outcome: Outcome, content: str = "") -> Came:
    """The outcome in short; `content` is why it cannot be read."""
    if not isinstance(outcome, Response):
        return Came(failure=outcome.kind.value, sentence=outcome.meaning.sentence)
    label = outcome.fields.get("Content-Type")
    looks = "" if content or outcome.peek is None else kind_of(outcome).value
    return Came(outcome.status, essence(label) if label else "", length_of(outcome), looks)


def seen(condition: Condition, request: RequestFacts, outcome: Outcome, view: View) -> str:
    """What was there instead of what the condition asks for."""
    if isinstance(condition, OneOf):
        value = FACT_WORDS[condition.word](request, outcome)
        return _FACTS.get(condition.word, _plain)(value)
    if not isinstance(outcome, Response):
        return f"the archive gave no answer ({outcome.kind.value})"
    return _SEEN[type(condition)](condition, request, outcome, view)


def _plain(value: str) -> str:
    return value or "none"


# Facts whose word alone says too little.
_FACTS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "origin": {"upstream": "the archive answered", "gateway": "the archive gave no answer"}.__getitem__,
        "transaction": lambda id_: f"{transaction_name(id_)}, {id_}",
        "failure": lambda kind: kind or "none, the archive answered",
    }
)


def _field(condition: FieldMatches, _request: RequestFacts, answer: Response, view: View) -> str:
    return _value(condition.name, answer, view)


def _value(name: str, answer: Response, view: View) -> str:
    values = answer.fields.all(name)
    if not values:
        return "it is absent"
    told = view.told(name, values)
    return "it is there" if told is None else shortened(told) or "it is empty"


def _reason(_condition: ReasonMatches, _request: RequestFacts, answer: Response, view: View) -> str:
    if not answer.reason:
        return "there is none"
    return shortened(answer.reason) if view.is_open else "another one"


def _label(answer: Response) -> str:
    label = answer.fields.get("Content-Type")
    return essence(label) if label else "there is no label"


def _looks(condition: LooksLike, _request: RequestFacts, answer: Response, _view: View) -> str:
    if answer.peek is None:
        return "the content was not looked at"
    kind = kind_of(answer)
    if kind is Looks.EMPTY and kind in condition.wanted:
        return "nothing yet, and the end is not known"
    return kind.value


def _body(_condition: BodyMatches, _request: RequestFacts, answer: Response, view: View) -> str:
    if unreadable := _unreadable(answer):
        return unreadable
    content, kind = answer.peek or b"", kind_of(answer)
    told = f"{len(content)} bytes that look like {kind.value}"
    return f'{told}: "{_beginning(content)}"' if view.is_open and kind in WORDY else told


def _beginning(content: bytes) -> str:
    """Of a text, for who has sent it along."""
    return shortened(content[: 4 * _MOST].decode("utf-8", "replace").strip())


def _json(condition: JsonHas, _request: RequestFacts, answer: Response, view: View) -> str:
    content = readable(answer)
    if not content:
        return _unreadable(answer)
    if not answer.whole:
        return "the content was not read to its end"
    found, value = value_at(condition.pointer, content)
    if not found:
        kind = kind_of(answer)
        return "nothing is there" if kind is Looks.JSON else f"the content looks like {kind.value}"
    return shortened(json.dumps(value, ensure_ascii=False)) if view.is_open else "another value"


def _unreadable(answer: Response) -> str:
    """Why text rules do not read this content; empty where they do."""
    if answer.peek is None:
        return "the content was not looked at"
    if answer.whole and not answer.peek:
        return "there is no content"
    return "a DICOM object, which no rule reads" if is_dicom_payload(answer) else ""


def _length(_condition: SizeIs, _request: RequestFacts, answer: Response, _view: View) -> str:
    size = length_of(answer)
    return "it is not announced" if size is None else str(size)


def shortened(text: str, most: int = _MOST) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


_SEEN: Mapping[type, Callable[[Any, RequestFacts, Response, View], str]] = MappingProxyType(
    {
        StatusIs: lambda _condition, _request, answer, _view: str(answer.status),
        FieldMatches: _field,
        LocationMatches: lambda _condition, _request, answer, view: _value("Location", answer, view),
        ReasonMatches: _reason,
        MediaTypeIs: lambda _condition, _request, answer, _view: _label(answer),
        UnexpectedMedia: lambda _condition, _request, answer, _view: _label(answer),
        SizeIs: _length,
        LooksLike: _looks,
        BodyMatches: _body,
        JsonHas: _json,
    }
)
