"""Codes that blame the wrong thing: what the request itself shows about the cause of an error.

A WADO-URI request without its mandatory keys is malformed, not about something missing. A 406 for a request whose content
type no archive takes means 415. A 400 or 500 for an `Accept` that names nothing the service can produce means 406.
"""

from gateway.core.decision import BodyPlan
from gateway.core.facts import RequestFacts, Response
from gateway.core.meaning import Meaning
from gateway.core.policy import Policy
from gateway.dicomweb.media import covers, parse_accept, parse_media_type

_MANDATORY = ("requesttype", "studyuid", "seriesuid", "objectuid")
_WRITES = frozenset({"POST", "PUT"})
_DICOM_REQUESTS = (
    "application/dicom",
    "application/dicom+json",
    "application/dicom+xml",
    "application/json",
    "multipart/related",
)


def missing_keys(request: RequestFacts, response: Response, _policy: Policy) -> Meaning | None:
    """PS3.18 9.4.1: four keys are mandatory, and their lack is a 400."""
    if response.status not in (404, 500) or request.method not in ("GET", "HEAD"):
        return None
    _, _, query = request.target.partition("?")
    keys = {pair.partition("=")[0].lower() for pair in query.split("&")}
    given = [key in keys for key in _MANDATORY]
    # Two of the four keys are no coincidence: this was meant to be WADO-URI.
    if all(given) or sum(given) < 2 or request.transaction.service not in ("uri", "unknown", "other"):
        return None
    return Meaning(400, "missing-key", "a mandatory key of WADO-URI is missing (PS3.18 9.4.1)")


def wrong_method(request: RequestFacts, response: Response, _policy: Policy) -> Meaning | None:
    """RFC 9110 15.5.6: a method that no transaction of the path knows is 405's business, not a malformed request."""
    allow = request.classification.allow
    if response.status != 400 or request.transaction.id != "other" or not allow or request.method in allow:
        return None
    return Meaning(405, "wrong-method", "no transaction of this path knows the method (RFC 9110 15.5.6)")


def wrong_content_type(request: RequestFacts, response: Response, _policy: Policy) -> Meaning | None:
    """RFC 9110 15.5.16: the type of what was sent is 415's business, the type of what is wanted 406's."""
    if response.status != 406 or request.method not in _WRITES or request.transaction.id == "other":
        return None
    media = parse_media_type(request.fields.get("Content-Type"))
    known = request.transaction.request_media_types or _DICOM_REQUESTS
    if media is None or any(media.essence == entry.partition(";")[0].strip() for entry in (*known, *_DICOM_REQUESTS)):
        return None
    return Meaning(415, "wrong-content-type", "the type of the request's content is the cause (RFC 9110 15.5.16)")


def wrong_accept(request: RequestFacts, response: Response, _policy: Policy) -> Meaning | None:
    """PS3.18 8.7: an `Accept` without any type of the transaction cannot be served, whatever the archive calls it."""
    if response.status not in (400, 500) or request.transaction.family not in ("retrieve", "search"):
        return None
    if request.transaction.service == "uri" or request.method not in ("GET", "HEAD"):
        return None
    ranges = parse_accept(request.fields.combined("Accept"))
    types = [media for media in map(parse_media_type, request.transaction.media_types) if media is not None]
    if not ranges or not types or any(covers(ranges, media) for media in types):
        return None
    return Meaning(406, "wrong-accept", "Accept names no type that this transaction can produce (PS3.18 8.7)")


def misused_codes(request: RequestFacts, response: Response, _policy: Policy) -> Meaning | None:
    """Documented codes in a place where their own table has no row for them."""
    id_, status = request.transaction.id, response.status
    if id_ == "worklist.request-cancel" and status in (200, 204):
        return Meaning(202, "misused-code", "a cancellation is passed on, not carried out (PS3.18 11.8.3)")
    created = (id_ in ("worklist.create", "mpps.create") and "Location" in response.fields) or (
        id_ == "worklist.subscribe" and ("Content-Location" in response.fields or "Location" in response.fields)
    )
    if created and status == 200:
        return Meaning(201, "misused-code", "something was created (PS3.18 11.4.3, 11.10.3)")
    if status == 409 and request.transaction.service == "studies" and request.method in ("GET", "HEAD"):
        return Meaning(400, "misused-code", "a read cannot be in conflict (PS3.18 10.4.3, 10.6.3)")
    return None


def forbidden_as_not_found(request: RequestFacts, response: Response, policy: Policy) -> Meaning | None:
    """A store of static files that may not list its folders says 403 for what is not there. Only the site can know."""
    if response.status != 403 or request.method not in ("GET", "HEAD"):
        return None
    if not policy.quirks_of(request.upstream).forbidden_as_not_found:
        return None
    return Meaning(404, "forbidden-as-not-found", "this archive says 403 where nothing is (quirks)", BodyPlan.PROBLEM)
