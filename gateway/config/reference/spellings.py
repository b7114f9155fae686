"""The table from functions that read a single value to how it is written. A new function needs a row here.

Patterns are those that the functions themselves use, as far as they have some; they keep to what regular expressions mean
alike in Python and in ECMAScript, which JSON Schema demands.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from gateway.config import (
    case_reader,
    files,
    packs,
    protection,
    rules,
    scalars,
    schema,
    then,
    tracing,
    vocabulary,
    when,
)
from gateway.config.reference import named
from gateway.config.reference.spelling import WORDS, Spelling, whole
from gateway.config.reference.text import listed
from gateway.config.regex import regex
from gateway.core.failures import FailureKind


class NoSpelling(LookupError):  # noqa: N818 - read as a sentence
    """A function of which nobody said how its values are written."""


def spelling_of(parse: Callable[[str], Any]) -> Spelling:
    """How the values are written that this function reads."""
    function, bounds = (parse.func, parse.keywords) if isinstance(parse, partial) else (parse, {})
    if function not in SPELLINGS:
        name = f"{function.__module__}.{function.__qualname__}"
        raise NoSpelling(f"nobody says how a value for {name} is written; add a row to SPELLINGS in {__name__}")
    row = SPELLINGS[function]
    return row if isinstance(row, Spelling) else row(**bounds)


def _whole(least: int, most: int) -> Spelling:
    words = f"a whole number from {least} to {most}"
    return Spelling(words, whole(scalars.WHOLE.pattern), types=("integer",), bounds={"minimum": least, "maximum": most})


def _decimal(least: float, most: float) -> Spelling:
    words, pattern = f"a number from {least:g} to {most:g}", whole(scalars.DECIMAL.pattern)
    return Spelling(words, pattern, types=("number",), bounds={"minimum": least, "maximum": most})


def _word(known: tuple[str, ...], what: str = "") -> Spelling:
    return named.FAILURE if known == tuple(FailureKind) else Spelling(listed(known), values=known)


def _given(known: tuple[str, ...]) -> Spelling:
    """Which ids there are in a file, no schema knows."""
    return named.ID


_ANY_TEXT = Spelling("any text", types=WORDS)
_STATUS_CODE = Spelling(
    "a status code", whole(vocabulary.STATUS_CODE.pattern), types=("integer",), bounds={"minimum": 200, "maximum": 599}
)

SPELLINGS: Mapping[Callable[..., Any], Spelling | Callable[..., Spelling]] = {
    str: _ANY_TEXT,
    str.encode: _ANY_TEXT,
    schema.version: Spelling("`1`", values=(1, "1")),
    # scalars
    scalars.text: named.TEXT,
    scalars.boolean: Spelling("`true` or `false`", whole("true|false"), types=("boolean",)),
    scalars.whole: _whole,
    scalars.decimal: _decimal,
    scalars.identifier: named.ID,
    scalars.duration: named.duration,
    scalars.size: named.size,
    scalars.percent: named.SHARE,
    scalars.statuses: named.STATUSES,
    scalars.network: named.NETWORK,
    scalars.host: Spelling("a host name or an IP address", whole(rf"{scalars.HOST.pattern}|{named.IP}"), types=WORDS),
    scalars.origin: named.ADDRESS,
    scalars.collector: Spelling("an address such as `tls://audit.internal:6514`", whole(scalars.COLLECTOR.pattern)),
    scalars.shared_state: Spelling("an address such as `redis://redis:6379/0`", whole(scalars.SHARED_STATE.pattern)),
    tracing.endpoint: Spelling("an address such as `http://otel-collector:4318`", whole(tracing.ENDPOINT.pattern)),
    scalars.prefix: Spelling("the beginning of a path", whole(r'/[!"$->@-\[\]-~]*'), examples=("/", "/dicom-web")),
    scalars.path: Spelling("a path", whole(scalars.PATH.pattern), examples=("/system",)),
    scalars.folder: Spelling("the whole path of a folder", whole(r"/[\s\S]*")),
    scalars.word: _word,
    # protection
    protection.workers: Spelling(
        f"`auto` or a whole number from 1 to {protection.MOST_WORKERS}",
        whole(f"auto|{scalars.WHOLE.pattern}"),
        types=("integer",),
        bounds={"minimum": 1, "maximum": protection.MOST_WORKERS},
        examples=("auto",),
    ),
    protection.moment: named.MOMENT,
    protection.web_origin: Spelling(
        "an origin such as `https://viewer.example.org`, or `*`", whole(rf"\*|{scalars.WEB_ORIGIN.pattern}")
    ),
    # vocabulary
    vocabulary.status_code: _STATUS_CODE,
    vocabulary.transactions: named.TRANSACTION,
    vocabulary.field_name: named.FIELD,
    vocabulary.editable_field: named.FIELD,
    vocabulary.field_value: Spelling("a field value", whole(vocabulary.FIELD_VALUE.pattern), types=WORDS),
    vocabulary.challenge: Spelling(
        'a challenge such as `Basic realm="PACS"`', whole(vocabulary.CHALLENGE.pattern), types=("boolean",)
    ),
    vocabulary.method: Spelling("a method", whole(vocabulary.METHOD.pattern), types=("boolean",), examples=("GET",)),
    vocabulary.media_type: Spelling(
        "a media type", whole(r"[A-Za-z0-9!#$&^_.+-]+/(?:[A-Za-z0-9!#$&^_.+-]+|\*)"), examples=("text/html", "text/*")
    ),
    # rules
    regex: named.REGEX,
    rules.rule_id: named.ID,
    when.named: _given,
    when.size: Spelling(
        "a length, or a comparison with one",
        whole(when.COMPARISON.pattern),
        types=("integer",),
        bounds={"minimum": 0},
        examples=("0", "<1KiB", ">=16MiB"),
    ),
    when.pointer: Spelling("a JSON pointer", whole(r"(?:/[\s\S]*)?"), examples=("/HttpStatus",)),
    then.retry_after: Spelling(
        "a duration of at least 1s, `upstream` or `none`",
        whole(f"upstream|none|{scalars.DURATION.pattern}"),
        examples=("upstream", "none", "3m"),
    ),
    packs.all_packs: Spelling("`all`", values=("all",)),
    packs.pack_name: Spelling("the name of a pack", values=packs.names()),
    files.file_name: named.FILE,
    # cases
    case_reader.target: Spelling(
        "a path, perhaps with a query", whole(case_reader.TARGET.pattern), examples=("/studies?limit=1",)
    ),
    case_reader.expected_value: Spelling("any text, or `~` and a regular expression", types=WORDS),
    case_reader.base64: Spelling("base64", whole(r"[A-Za-z0-9+/=\s]*"), types=WORDS),
}
