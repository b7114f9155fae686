"""What an archive says: the verdict on it with every pack, and the readers of documents."""

import json
import re
from functools import cache

from gateway.config.load import quick_start
from gateway.core.attention import look
from gateway.core.decision import BodyPlan
from gateway.core.facts import RequestFacts, Response, classified, part_counter
from gateway.core.failures import Failure, FailureKind, Sent
from gateway.core.normalise import normalise
from gateway.core.policy import Policy
from gateway.core.reply import Reply, compose
from gateway.core.retry_after import is_valid
from gateway.core.websocket import is_agreed
from gateway.dicomweb.json_shape import JsonShape, json_shape
from gateway.dicomweb.statuses import FORBIDS_CONTENT
from gateway.dicomweb.store_response import read_store_response
from tests.core.making import NOON
from tests.fuzz.form import lines, message, number, words

ORIGIN = "http://pacs.internal:8042"
_UNCERTAIN = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@cache
def policy() -> Policy:
    """Every pack that ships."""
    return quick_start(ORIGIN, packs="all").policy


def check_reply(data: bytes) -> None:
    """Any answer to any request leaves with a documented status that is no better than the truth, in lines that can be
    written. A request as in `form`, then the answer: status, `cut` where its content is not whole, parts sent."""
    request, rest = _request(data)
    first, fields, content = message(rest)
    status, cut, parts = words(first, 3)
    sent = number(parts, 1) if part_counter(request) else None
    head = Response(number(status, 200), fields, parts_sent=sent)
    held = look(request, head, content, policy())
    if cut == "cut" and held.peek is not None:
        held = Response(head.status, fields, held.peek, whole=False, parts_sent=sent)
    decision = normalise(request, held, policy())
    assert decision == normalise(request, held, policy())
    reply = compose(decision, request, held, policy(), NOON, ORIGIN)
    _can_be_sent(reply, decision.status)
    assert policy().documented.allows(reply.status) or is_agreed(request, held)
    if not (200 <= held.status < 300 or held.status == 304):
        by_module = (reply.status, decision.rule) == (202, "store-outcome")
        assert reply.status >= 300 or by_module or is_agreed(request, held)
    outcome = read_store_response(held.peek) if held.whole and held.peek else None
    if outcome and request.transaction.id == "studies.store" and held.status not in FORBIDS_CONTENT:
        assert reply.status != 200 or not outcome.failed
        assert reply.status >= 300 or outcome.stored


def check_failure(data: bytes) -> None:
    """Any failure is an error with a report; what may have been acted on is never offered for repetition."""
    request, rest = _request(data)
    kind, sent, wait = words(lines(rest, 1)[0], 3)
    failure = Failure(
        FailureKind(kind) if kind in set(FailureKind) else FailureKind.CONNECTION_TERMINATED,
        Sent.PERHAPS if sent == "perhaps" else Sent.NOTHING,
        float(number(wait, 7)) if wait else None,
    )
    decision = normalise(request, failure, policy())
    reply = compose(decision, request, failure, policy(), NOON, ORIGIN)
    _can_be_sent(reply, decision.status)
    assert policy().documented.allows(reply.status)
    assert reply.status >= 400
    assert reply.body is BodyPlan.PROBLEM
    if request.method in _UNCERTAIN - {"DELETE"} and failure.sent is Sent.PERHAPS and failure.meaning.status >= 502:
        upstream = failure.origin.value == "upstream"
        assert not upstream or (reply.status, "Retry-After" in reply.fields) == (500, False)


def _request(data: bytes) -> tuple[RequestFacts, bytes]:
    first, fields, rest = message(data)
    method, target = words(first, 2)
    found = classified(method, target, fields)
    return RequestFacts(method, target, fields, found, "dicomweb", "pacs", "https://gw.example"), rest


def _can_be_sent(reply: Reply, status: int) -> None:
    assert reply.status == status
    assert not re.search(r"[^ -~]", reply.reason)
    for name, value in reply.fields:
        assert re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name)
        assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value)
        value.encode("latin-1")
    if status in FORBIDS_CONTENT:
        assert reply.content == b""
    for value in reply.fields.all("Retry-After"):
        assert is_valid(value)
    assert status not in (429, 503) or len(reply.fields.all("Retry-After")) == 1


def check_store_response(data: bytes) -> None:
    """Counts that agree with each other, or nothing at all; and blanks around a document do not matter."""
    outcome = read_store_response(data)
    if outcome is None:
        return
    assert 0 <= outcome.warned <= outcome.stored
    assert 0 <= outcome.other_failures <= outcome.failed
    assert len(outcome.reasons) <= outcome.failed
    assert all(0 <= reason <= 0xFFFF for reason in outcome.reasons)
    assert not outcome.all_out_of_resources or outcome.reasons
    assert read_store_response(data + b" \n") == outcome
    assert read_store_response(data + b"]x") is None


def check_json_shape(data: bytes) -> None:
    """The quick way and the parser agree; a cut document is not a whole one."""
    shape, status = json_shape(data)
    assert status is None or 400 <= status < 600
    assert (status is not None) <= (shape in (JsonShape.STATUS_NUMBER, JsonShape.ERROR_OBJECT))
    cut = json_shape(data.rstrip()[:-1])[0]
    try:
        document = json.loads(data, strict=False)
    except (ValueError, RecursionError):
        return
    assert shape not in (JsonShape.TRUNCATED, JsonShape.NOT_JSON)
    assert (shape is JsonShape.EMPTY_LIST) == (document == [])
    if shape is JsonShape.RESULT:
        assert isinstance(document, list | dict)
        assert cut is not JsonShape.RESULT
