"""A sketch: all that is kept of an exchange, and the exchange of the same shape that stands in for it when it is judged
again.

Pure. What is drawn here is written to a file, so nothing may get in that is not of a closed list, a number or a word of the
configuration.
"""

from dataclasses import dataclass

from gateway.core.facts import Outcome, RequestFacts, Response
from gateway.core.failures import Failure
from gateway.core.request import FORWARDED_METHODS, KNOWN_METHODS
from gateway.dicomweb.classify import Classification
from gateway.dicomweb.transactions import TRANSACTIONS
from gateway.recordings.addresses import query_like, target_of, template_like
from gateway.recordings.content import Content, content_shape
from gateway.recordings.copies import content_like
from gateway.recordings.lines import NO_LINES, Lines, of_answer, of_request, reason_like

OTHER_METHOD = "other"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. `path` is its template, or nameless segments; `query` are its keys."""

    method: str
    path: str
    transaction: str
    query: tuple[str, ...] = ()
    level: str = ""
    allow: tuple[str, ...] = ()
    fields: Lines = NO_LINES
    route: str = ""
    upstream: str = ""
    opaque: bool = False
    content: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer of the archive. `reason` is None where it was in words of its own; `content` where none was looked at."""

    status: int
    fields: Lines = NO_LINES
    reason: str | None = ""
    content: Content | None = None
    parts_sent: int | None = None
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Sketch:
    """An exchange: what was asked, and what became of it; one of `answer` and `failure`."""

    request: Asked
    answer: Answered | None = None
    failure: Failure | None = None


def sketch(request: RequestFacts, outcome: Outcome, origin: str = "") -> Sketch:
    """What is kept of an exchange. `origin` is that of its archive."""
    asked = _asked(request)
    if isinstance(outcome, Failure):
        return Sketch(asked, failure=outcome)
    return Sketch(asked, _answered(request, outcome, origin))


def _asked(request: RequestFacts) -> Asked:
    found = request.classification
    return Asked(
        method=request.method if request.method in KNOWN_METHODS else OTHER_METHOD,
        path=template_like(found.template, request.target),
        transaction=found.transaction.id,
        query=query_like(request.target),
        level=found.level,
        allow=tuple(method for method in found.allow if method in FORWARDED_METHODS),
        fields=of_request(request.fields),
        route=request.route,
        upstream=request.upstream,
        opaque=request.opaque,
        content=request.has_content,
    )


def _answered(request: RequestFacts, answer: Response, origin: str) -> Answered:
    return Answered(
        status=answer.status,
        fields=of_answer(answer.fields, origin, request.fields.get("Sec-WebSocket-Key")),
        reason=reason_like(answer.status, answer.reason),
        content=content_shape(answer, of_store=request.transaction.id == "studies.store"),
        parts_sent=answer.parts_sent,
        ours=answer.ours,
    )


def stand_in(drawn: Sketch) -> tuple[RequestFacts, Outcome]:
    """An exchange of this shape."""
    asked, answer = drawn.request, drawn.answer
    request = RequestFacts(
        method=asked.method,
        target=target_of(asked.path, asked.query),
        fields=asked.fields.fields(),
        classification=Classification(TRANSACTIONS[asked.transaction], "", asked.level, asked.allow),
        route=asked.route,
        upstream=asked.upstream,
        opaque=asked.opaque,
        has_content=asked.content,
    )
    if answer is None:
        assert drawn.failure is not None
        return request, drawn.failure
    content = answer.content
    return request, Response(
        status=answer.status,
        fields=answer.fields.fields(),
        peek=None if content is None else content_like(content),
        whole=content is not None and content.whole,
        reason=answer.reason or "",
        parts_sent=answer.parts_sent,
        ours=answer.ours,
    )
