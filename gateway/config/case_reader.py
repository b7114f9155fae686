"""Cases from YAML: `{request: {method, path, headers}, upstream: {status, headers, body}, expect: {status, ...}}`."""

import re
from functools import partial
from typing import Any

from gateway.config import scalars, vocabulary
from gateway.config.cases import Answer, Case, CaseRequest, Expected
from gateway.config.findings import Report, Wrong
from gateway.config.kinds import Key, ListOf, MapOf, One, Table
from gateway.config.regex import regex
from gateway.config.source import Node
from gateway.core.decision import BodyPlan
from gateway.core.failures import Failure, FailureKind
from gateway.core.fields import Fields

_TARGET = re.compile(r"/[!-~]*")
_STATUS = partial(scalars.whole, least=100, most=999)
_FIELDS = MapOf(vocabulary.field_name, ListOf(One(str), lone=True))


def _target(written: str) -> str:
    if not _TARGET.fullmatch(written) or "#" in written:
        raise Wrong("is not a request target; it begins with / and holds visible ASCII characters, without #")
    return written


def _expected_value(written: str) -> str | re.Pattern[str]:
    return regex(written[1:].lstrip()) if written.startswith("~") else written


_REQUEST = Table(
    {
        "method": Key(One(vocabulary.method), "The method.", "GET"),
        "path": Key(One(_target), "Path and query, as the client sends them."),
        "headers": Key(_FIELDS, "Request fields.", {}),
        "route": Key(One(scalars.text), "The route, where the path does not tell.", ""),
    }
)
_UPSTREAM = Table(
    {
        "status": Key(One(_STATUS), "What the archive says.", None),
        "reason": Key(One(str), "Its reason phrase.", ""),
        "headers": Key(_FIELDS, "The fields of its answer; Content-Length is added where nothing frames it.", {}),
        "body": Key(One(str), "Its content, as text.", ""),
        "failure": Key(One(partial(scalars.word, known=tuple(FailureKind))), "Or what went wrong instead.", None),
    }
)
_EXPECT = Table(
    {
        "status": Key(One(vocabulary.status_code), "What the client gets."),
        "rule": Key(One(scalars.text), "The label of who decides; - where the answer of the archive stands.", None),
        "headers": Key(
            MapOf(vocabulary.field_name, One(_expected_value)), "Values, or ~ and a regular expression.", {}
        ),
        "headers_absent": Key(ListOf(One(vocabulary.field_name)), "Fields that must not be there.", ()),
        "body": Key(One(partial(scalars.word, known=tuple(BodyPlan))), "keep, empty or problem.", None),
    }
)
CASE = Table(
    {
        "name": Key(One(scalars.text), "A name for people.", ""),
        "request": Key(_REQUEST, "What the client asks."),
        "upstream": Key(_UPSTREAM, "What the archive says, or how it fails."),
        "expect": Key(_EXPECT, "What must become of it."),
    }
)


def read_case(node: Node, report: Report) -> Case | None:
    """A case; None where parts of it, reported by then, cannot be read."""
    before = report.faults
    values = CASE.read(node, report)
    if report.faults > before:
        return None
    upstream = _upstream(values["upstream"])
    return Case(values["name"], _request(values["request"]), upstream, _expected(values["expect"]))


def _request(values: dict[str, Any]) -> CaseRequest:
    return CaseRequest(values["method"], values["path"], _fields(values["headers"]), values["route"])


def _upstream(values: dict[str, Any]) -> Answer | Failure:
    if (values["status"] is None) == (values["failure"] is None):
        raise Wrong("upstream has either a status or a failure")
    if values["failure"] is not None:
        return Failure(FailureKind(values["failure"]))
    return Answer(values["status"], _fields(values["headers"]), values["body"].encode(), values["reason"])


def _expected(values: dict[str, Any]) -> Expected:
    body = BodyPlan(values["body"]) if values["body"] else None
    headers = tuple(values["headers"].items())
    return Expected(values["status"], values["rule"], headers, values["headers_absent"], body)


def _fields(headers: dict[str, tuple[str, ...]]) -> Fields:
    # One character per byte, as field lines are held everywhere.
    lines = [(name, value) for name, values in headers.items() for value in values]
    return Fields((name, value.encode().decode("latin-1")) for name, value in lines)
