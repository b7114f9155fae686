"""Conditions in words: what a rule asks for, as a clause for people.

`explain` shows which clause failed, and the conformance statement says when a code is sent; both take the words from here,
so that they cannot say otherwise than the rule asks. Nothing is judged here. The clauses follow "when": `the status is 500
or 502`.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from gateway.core.conditions import (
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
)
from gateway.dicomweb.transactions import TRANSACTIONS, transaction_ids

_LEAST_RUN = 3  # numbers in a row from which on a range is shorter to read

# Groups of transactions that people know by one name, by the word that a rule may write for them.
GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "commitment": "any storage commitment",
        "mpps": "anything of a performed procedure step",
        "npi": "anything of the non-patient instances",
        "retrieve": "any retrieve",
        "search": "any search",
        "studies.retrieve.*": "any retrieve by WADO-RS",
        "studies": "anything of the studies service",
        "uri": "any WADO-URI request",
        "worklist": "anything of the worklist",
    }
)
# Names that would not read as part of a sentence.
_NAMES: Mapping[str, str] = {"other": "none of DICOMweb", "ws.retrieve": "a SOAP request (WADO-WS, retired)"}


def wording(condition: Condition) -> str:
    """A condition as a clause: `Location matches /login`."""
    return WORDINGS[type(condition)](condition)


def _one_of(condition: OneOf) -> str:
    return FACT_CLAUSES[condition.word](condition.wanted)


def _origin(wanted: frozenset[str]) -> str:
    said = {"upstream": "the archive answered", "gateway": "the gateway answers in the archive's place"}
    return either(said[word] for word in sorted(wanted, reverse=True))


FACT_CLAUSES: Mapping[str, Callable[[frozenset[str]], str]] = MappingProxyType(
    {
        "origin": _origin,
        "route": lambda wanted: f"the request came by the route {either(sorted(wanted))}",
        "upstream": lambda wanted: f"the archive is {either(sorted(wanted))}",
        "transaction": lambda wanted: f"the transaction is {transaction_words(wanted)}",
        "method": lambda wanted: f"the method is {either(sorted(wanted))}",
        "failure": lambda wanted: f"the failure is {either(sorted(wanted))}",
    }
)


def transaction_words(ids: Iterable[str]) -> str:
    """Transactions by the names people know: whole groups first, then each by its name in the standard."""
    left, said = set(ids), []
    for word in sorted(GROUPS, key=lambda word: (-len(transaction_ids(word)), word)):
        if transaction_ids(word) <= left:
            said.append(GROUPS[word])
            left -= transaction_ids(word)
    return either(said + [transaction_name(id_) for id_ in TRANSACTIONS if id_ in left])


def transaction_name(id_: str) -> str:
    """One transaction inside a sentence."""
    return _NAMES.get(id_) or TRANSACTIONS[id_].name


def number_words(numbers: Iterable[int]) -> str:
    """Numbers with their runs drawn together: `404, 410 or 500 to 599`."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return either(word for run in runs for word in _run_words(run))


def _run_words(run: list[int]) -> list[str]:
    return [f"{run[0]} to {run[-1]}"] if len(run) >= _LEAST_RUN else [str(number) for number in run]


def either(words: Iterable[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def _field(condition: FieldMatches) -> str:
    if condition.pattern is None:
        return f"the header {condition.name} is absent"
    return f"the header {condition.name} matches {_shown(condition.pattern)}"


def _unexpected_media(condition: UnexpectedMedia) -> str:
    is_so = "is not" if condition.wanted else "is"
    return f"the content's label {is_so} what the transaction promises"


def _size(condition: SizeIs) -> str:
    equal = "" if condition.text.startswith(("<", ">")) else "= "
    return f"the announced length is {equal}{condition.text}"


def _looks_like(condition: LooksLike) -> str:
    kinds = sorted(looks.value for looks in condition.wanted)
    return "the content is empty" if kinds == ["empty"] else f"the content looks like {either(kinds)}"


def _json(condition: JsonHas) -> str:
    place = f"JSON at {condition.pointer}" if condition.pointer else "the whole JSON document"
    if isinstance(condition.wanted, re.Pattern):
        return f"{place} matches {_shown(condition.wanted)}"
    return f"{place} is {json.dumps(condition.wanted, ensure_ascii=False)}"


def _shown(pattern: re.Pattern[str]) -> str:
    """As it was written, in quotation marks where one would not see where it ends."""
    return f'"{pattern.pattern}"' if " " in pattern.pattern else pattern.pattern


WORDINGS: Mapping[type, Callable[[Any], str]] = MappingProxyType(
    {
        OneOf: _one_of,
        StatusIs: lambda condition: f"the status is {number_words(condition.wanted)}",
        FieldMatches: _field,
        LocationMatches: lambda condition: f"Location matches {_shown(condition.pattern)}",
        ReasonMatches: lambda condition: f"the reason phrase matches {_shown(condition.pattern)}",
        MediaTypeIs: lambda condition: f"the content is labelled {either(sorted(condition.wanted))}",
        UnexpectedMedia: _unexpected_media,
        SizeIs: _size,
        LooksLike: _looks_like,
        JsonHas: _json,
        BodyMatches: lambda condition: f"the content matches {_shown(condition.pattern)}",
    }
)
