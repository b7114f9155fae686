"""Cases from YAML: `{name, why, source, request, upstream, expect}`, the same in rules and in files of cases.

request:  method, path, headers, body or body_base64, route
upstream: status, reason, headers, body or body_base64, cut and after
          or failure: a word of RFC 9209 or of ours
          or raw or raw_base64 and after: bytes as they go over the wire
expect:   status, rule, headers, headers_absent, body, content
"""

import re
from base64 import b64decode
from collections.abc import Mapping
from functools import partial
from typing import Any, get_args

from gateway.config import scalars, vocabulary
from gateway.config.cases import After, Answer, Case, CaseRequest, Expected, Raw
from gateway.config.findings import Report, Reported, Wrong
from gateway.config.kinds import By, Key, ListOf, MapOf, One, Table
from gateway.config.regex import regex
from gateway.config.source import Node
from gateway.config.values import one_of
from gateway.core.decision import BodyPlan
from gateway.core.failures import Failure, FailureKind, Origin, Sent
from gateway.core.fields import Fields

K = FailureKind
TARGET = re.compile(r"/[!-~]*")
_STATUS = partial(scalars.whole, least=100, most=999)
_LENGTH = partial(scalars.whole, least=0, most=10**9)
_AFTER: tuple[str, ...] = get_args(After)
# Failures of an archive that come before a byte of the request has left. After all others it may have acted on it.
_NOTHING_SENT = frozenset(
    {
        K.DNS_TIMEOUT, K.DNS_ERROR, K.DESTINATION_UNAVAILABLE, K.DESTINATION_IP_UNROUTABLE, K.CONNECTION_REFUSED,
        K.CONNECTION_TIMEOUT, K.TLS_PROTOCOL_ERROR, K.TLS_CERTIFICATE_ERROR,
    }
)  # fmt: skip


def target(written: str) -> str:
    if not TARGET.fullmatch(written) or "#" in written:
        raise Wrong("is not a request target; it begins with / and holds visible ASCII characters, without #")
    return written


def expected_value(written: str) -> str | re.Pattern[str]:
    return regex(written[1:].lstrip()) if written.startswith("~") else written


def base64(written: str) -> bytes:
    try:
        return b64decode("".join(written.split()), validate=True)
    except ValueError:
        raise Wrong("is not base64") from None


_FIELDS = MapOf(vocabulary.field_name, ListOf(One(str), lone=True))
_REQUEST = Table(
    {
        "method": Key(One(vocabulary.method), "The method of the request.", "GET"),
        "path": Key(One(target), "Path and query, as the client sends them."),
        "headers": Key(_FIELDS, "The fields of the request, each with a value or a list of them.", {}),
        "body": Key(One(str.encode), "The content, as text.", None),
        "body_base64": Key(One(base64), "The content in base64, where it is no text.", None),
        "route": Key(One(scalars.text), "The id of the route, where the path does not tell.", ""),
    }
)
_UPSTREAM = Table(
    {
        "status": Key(One(_STATUS), "The status code of the archive's answer.", None),
        "reason": Key(One(str), "Its reason phrase.", None),
        "headers": Key(_FIELDS, "The fields of its answer; Content-Length is added where nothing frames it.", None),
        "body": Key(One(str.encode), "Its content, as text.", None),
        "body_base64": Key(One(base64), "Its content in base64, where it is no text.", None),
        "failure": Key(one_of(*K), "Or what went wrong instead.", None),
        "raw": Key(One(str.encode), "Or the bytes that it sends, head and all, as text.", None),
        "raw_base64": Key(One(base64), "The same in base64, where they are no text.", None),
        "cut": Key(One(_LENGTH), "The connection breaks after so many bytes of the content.", None),
        "after": Key(
            one_of(*_AFTER), "What follows raw or a cut: an end (close), a reset (rst), or silence (hold).", None
        ),
    }
)
_BODIES = tuple(BodyPlan)
_EXPECT = Table(
    {
        "status": Key(
            ListOf(One(vocabulary.status_code), lone=True), "What the client gets; of several, the best first."
        ),
        "rule": Key(One(scalars.text), "The label of who decides; - where the answer of the archive stands.", None),
        "headers": Key(MapOf(vocabulary.field_name, One(expected_value)), "Values, or ~ and a regular expression.", {}),
        "headers_absent": Key(ListOf(One(vocabulary.field_name)), "Fields that must not be there.", ()),
        "body": Key(
            one_of(*_BODIES),
            "What became of the content: kept, dropped (empty), or replaced by a report of ours (problem) or an empty list.",
            None,
        ),
        "content": Key(One(str.encode), "The content itself, as text.", None),
    }
)


def read_case(node: Node, report: Report) -> Case | None:
    """A case; None where parts of it, reported by then, cannot be read."""
    before = report.faults
    values = CASE.read(node, report)
    return Case(**values) if report.faults == before else None


def _sound(table: Table, node: Node, report: Report) -> dict[str, Any]:
    """The values of a table without any mistake in it, so that more may be said about them together."""
    before = report.faults
    values = table.read(node, report)
    if report.faults > before:
        raise Reported
    return values


def _request(node: Node, report: Report) -> CaseRequest:
    values = _sound(_REQUEST, node, report)
    fields, content = _fields(values["headers"]), _either(values, "body")
    return CaseRequest(values["method"], values["path"], fields, values["route"], content=content)


# What may stand beside each way of saying what the archive does.
_BESIDE: Mapping[str, frozenset[str]] = {
    "status": frozenset({"reason", "headers", "body", "body_base64", "cut", "after"}),
    "failure": frozenset(),
    "raw": frozenset({"after"}),
    "raw_base64": frozenset({"after"}),
}


def _upstream(node: Node, report: Report) -> Answer | Raw | Failure:
    values = _sound(_UPSTREAM, node, report)
    given = [key for key, value in values.items() if value is not None]
    ways = [key for key in given if key in _BESIDE]
    if len(ways) != 1:
        raise Wrong(f"upstream has one of {', '.join(_BESIDE)}; given: {' and '.join(ways) or 'none'}")
    for key in given:
        if key not in ways and key not in _BESIDE[ways[0]]:
            raise Wrong(f"{key} says nothing beside {ways[0]}; leave it out")
    if values["failure"] is not None:
        return _failure(FailureKind(values["failure"]))
    raw = _either(values, "raw")
    return _answer(values) if raw is None else Raw(raw, values["after"] or "close")


def _failure(kind: FailureKind) -> Failure:
    failure = Failure(kind)
    underway = failure.origin is Origin.UPSTREAM and kind not in _NOTHING_SENT
    return Failure(kind, Sent.PERHAPS) if underway else failure


def _answer(values: Mapping[str, Any]) -> Answer:
    fields, content = _fields(values["headers"] or {}), _either(values, "body") or b""
    cut, after = values["cut"], values["after"]
    if cut is None and after is not None:
        raise Wrong("after says what follows raw or a cut; without them the answer just ends")
    if cut is not None and not _breaks_off(cut, content, fields):
        raise Wrong(f"cut is {cut}, and the content has {len(content)} bytes: nothing would be missing")
    return Answer(values["status"], fields, content, values["reason"] or "", cut, after or "close")


def _breaks_off(cut: int, content: bytes, fields: Fields) -> bool:
    """Whether a reader can tell that the end is missing: bytes are, or the last chunk, or more was announced."""
    announced = fields.get("Content-Length")
    more = "Transfer-Encoding" in fields or (announced.isdecimal() and int(announced[:18]) > cut)
    return cut < len(content) or (cut == len(content) and more)


def _expected(node: Node, report: Report) -> Expected:
    values = _sound(_EXPECT, node, report)
    status, *others = values["status"] or [None]
    if status is None:
        raise Wrong("status names no code")
    return Expected(
        status,
        values["rule"],
        tuple(values["headers"].items()),
        values["headers_absent"],
        BodyPlan(values["body"]) if values["body"] else None,
        values["content"],
        tuple(others),
    )


def _either(values: Mapping[str, Any], key: str) -> bytes | None:
    """What a key says as text or, with `_base64`, as bytes."""
    text, coded = values[key], values[f"{key}_base64"]
    if text is not None and coded is not None:
        raise Wrong(f"{key} and {key}_base64 say the same thing; give one of them")
    content: bytes | None = coded if text is None else text
    return content


def _fields(headers: Mapping[str, tuple[str, ...]]) -> Fields:
    # One character per byte, as field lines are held everywhere.
    lines = [(name, value) for name, values in headers.items() for value in values]
    return Fields((name, value.encode().decode("latin-1")) for name, value in lines)


CASE = Table(
    {
        "name": Key(One(scalars.text), "A name for people.", ""),
        "why": Key(One(scalars.text), "Why it must be so.", ""),
        "source": Key(ListOf(One(scalars.text), lone=True), "Where it was seen, or what demands it.", ()),
        "request": Key(By(_request, _REQUEST), "What the client asks."),
        "upstream": Key(By(_upstream, _UPSTREAM), "What the archive says, or how it fails."),
        "expect": Key(By(_expected, _EXPECT), "What must become of it."),
    }
)
