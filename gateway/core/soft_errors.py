"""Errors under a success: a 2xx whose content is not what the transaction and `Accept` promise.

A login or firewall page is known by its words, and rules and packs know those. Here is what needs no words: a page where
data was asked for, a bare number, an error object, a text that speaks of an error, nothing at all, a multipart without
parts, JSON that breaks off.
"""

from gateway.core.decision import BodyPlan
from gateway.core.facts import RequestFacts, Response
from gateway.core.inspect import Looks, is_dicom_payload, is_error_wording, is_stack_trace, looks_like
from gateway.core.meaning import Meaning
from gateway.core.policy import Policy
from gateway.dicomweb.json_shape import JsonShape, json_shape
from gateway.dicomweb.media import covers, parse_accept, parse_media_type, promised
from gateway.dicomweb.multipart import PartCounter, boundary_of, sniff_boundary

_READS = frozenset({"search", "retrieve"})
_OBJECTS = frozenset({"multipart/related", "application/dicom", "application/octet-stream"})
_BULK = frozenset({"studies.retrieve.bulkdata", "studies.retrieve.pixeldata", "studies.retrieve.frames"})


def _success_content(request: RequestFacts, response: Response) -> bytes | None:
    """The content that may be judged: of a success, to a request that gets one, not an object."""
    if not 200 <= response.status < 300 or request.method == "HEAD" or is_dicom_payload(response):
        return None
    return None if _is_bulk(request, response) else response.peek


def _is_bulk(request: RequestFacts, response: Response) -> bool:
    media = parse_media_type(response.fields.get("Content-Type"))
    return media is not None and is_value(request.transaction.id, media.essence)


def is_value(transaction: str, essence: str) -> bool:
    """Whether such a content is the value of one attribute: digits, words and markup are as good there as any others."""
    return transaction in _BULK and essence == "application/octet-stream"


def empty_retrieve(request: RequestFacts, response: Response, _policy: Policy) -> Meaning | None:
    """A retrieve that brings nothing found nothing (PS3.18 10.4.3), unless it was asked whether something changed."""
    retrieves = request.transaction.family == "retrieve" or request.transaction.id == "worklist.retrieve"
    if not retrieves or request.method != "GET" or response.status not in (200, 203, 204):
        return None
    if response.status != 204 and not (response.whole and not response.peek):
        return None
    if response.status == 204 and request.is_conditional:
        return Meaning(304, "empty-retrieve", "nothing has changed (RFC 9110 15.4.5)")
    return Meaning(
        404, "empty-retrieve", "a retrieve that brings nothing found nothing (PS3.18 10.4.3)", BodyPlan.PROBLEM
    )


def impossible_range(_request: RequestFacts, response: Response, policy: Policy) -> Meaning | None:
    """206 with a range that ends before it begins: the range could not be served."""
    if response.status != 206:
        return None
    unit, _, rest = response.fields.get("Content-Range").partition(" ")
    first, _, last = rest.partition("/")[0].partition("-")
    if unit != "bytes" or not (first.isdecimal() and last.isdecimal()) or int(first[:18]) <= int(last[:18]):
        return None
    status = 416 if policy.documented.allows(416) else 400
    return Meaning(status, "impossible-range", "the range ends before it begins (RFC 9110 14.4)", BodyPlan.PROBLEM)


def json_errors(request: RequestFacts, response: Response, _policy: Policy) -> Meaning | None:
    """JSON under a success that is no result: a bare status number, an error object, a document that breaks off."""
    content = _success_content(request, response)
    if content is None or not response.whole or looks_like(content) not in (Looks.JSON, Looks.TEXT):
        return None
    shape, code = json_shape(content)
    # An object without attributes may be the honest report on a request to act; in answer to a read it is no result.
    reads = request.transaction.family in _READS or request.transaction.id == "worklist.retrieve"
    if shape is JsonShape.STATUS_NUMBER or (shape is JsonShape.ERROR_OBJECT and (reads or code)):
        return Meaning(code or 500, "json-error", "a success whose JSON is an error", BodyPlan.PROBLEM)
    if shape is JsonShape.TRUNCATED and reads and _breaks_off(content):
        return Meaning(502, "truncated", "the JSON breaks off before its end", BodyPlan.PROBLEM)
    if shape is JsonShape.EMPTY_LIST and request.transaction.id == "studies.retrieve.metadata":
        return Meaning(404, "empty-retrieve", "metadata of nothing: the target does not exist", BodyPlan.PROBLEM)
    return None


def _breaks_off(content: bytes) -> bool:
    """Whether the last bracket is missing. A slip in the middle is the archive's style, and clients may live with it."""
    closing = {b"[": b"]", b"{": b"}"}.get(content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1])
    return closing is not None and content.rstrip()[-1:] != closing


def unexpected_page(request: RequestFacts, response: Response, _policy: Policy) -> Meaning | None:
    """A page for people where data was asked for. Reports and structured reports rendered as HTML are data."""
    content = _success_content(request, response)
    if content is None or looks_like(content) is not Looks.HTML or _wants(request, "text/html", response):
        return None
    if request.method in ("GET", "OPTIONS"):
        return Meaning(404, "unexpected-page", "a page for people where data was asked for", BodyPlan.PROBLEM)
    return Meaning(501, "unexpected-page", "a page for people in answer to a request to act", BodyPlan.PROBLEM)


def error_text(request: RequestFacts, response: Response, _policy: Policy) -> Meaning | None:
    """A short text that speaks of an error, or a stack trace, where no text was asked for."""
    content = _success_content(request, response)
    if content is None or not response.whole or looks_like(content) is not Looks.TEXT:
        return None
    if _wants(request, "text/plain", response) and not is_stack_trace(content):
        return None
    if not is_error_wording(content) and not is_stack_trace(content):
        return None
    return Meaning(500, "error-text", "a success whose text speaks of an error", BodyPlan.PROBLEM)


def no_parts(request: RequestFacts, response: Response, _policy: Policy) -> Meaning | None:
    """A multipart answer without a part: nothing was found."""
    if request.transaction.family != "retrieve" or not 200 <= response.status < 300:
        return None
    if request.method != "GET" or not response.whole or not response.peek:
        return None
    label = response.fields.get("Content-Type")
    if not label.lower().startswith("multipart/"):
        return None
    boundary = boundary_of(label) or sniff_boundary(response.peek)
    if boundary is None:
        return None
    counter = PartCounter(boundary)
    counter.feed(response.peek)
    if counter.parts:
        return None
    return Meaning(404, "empty-retrieve", "a multipart without parts: nothing was found", BodyPlan.PROBLEM)


def not_acceptable(request: RequestFacts, response: Response, _policy: Policy) -> Meaning | None:
    """PS3.18 8.7.5: what the client did not accept is not to be sent. Only whole media types are compared: whether a
    client can read another type of part is more than its `Accept` says."""
    if request.transaction.family not in _READS or request.method != "GET" or response.status not in (200, 206):
        return None
    accept = request.fields.combined("Accept")
    media = parse_media_type(response.fields.get("Content-Type"))
    if not accept.strip() or media is None or request.transaction.service == "uri":
        return None
    ranges = parse_accept(accept)
    if not ranges or covers(ranges, media) or _same_kind(_essences(accept), media.essence):
        return None
    return Meaning(
        406, "not-acceptable", "the archive sent a media type that Accept excludes (PS3.18 8.7.5)", BodyPlan.PROBLEM
    )


def _essences(accept: str) -> frozenset[str]:
    return frozenset(f"{r.type}/{r.subtype}" for r in parse_accept(accept) if r.q > 0)


def _same_kind(wanted: frozenset[str], essence: str) -> bool:
    """Multipart or single, the same data: what a client asked for in the one form it can mostly read in the other."""
    if essence == "multipart/related":
        return any(map(_is_object, wanted))
    if "multipart/related" in wanted:
        return _is_object(essence)
    return essence in wanted or {essence, *wanted} <= {"application/dicom", "application/octet-stream"}


def _is_object(essence: str) -> bool:
    """Whether this is how objects, frames and bulk data travel, and not results, pages or texts."""
    return essence in _OBJECTS or essence.startswith(("image/", "video/", "audio/"))


def _wants(request: RequestFacts, essence: str, response: Response) -> bool:
    """Whether content of this type is what was asked for: promised by the transaction, and not excluded by `Accept`."""
    media = parse_media_type(response.fields.get("Content-Type")) or parse_media_type(essence)
    assert media is not None
    if not promised(request.transaction, media):
        return False
    accept = request.fields.combined("Accept")
    wanted = parse_media_type(essence)
    return not accept.strip() or (wanted is not None and covers(parse_accept(accept), wanted))
