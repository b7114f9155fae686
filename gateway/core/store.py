"""What became of a store (PS3.18 10.5.3): the Store Instances Response decides, not the status line.

Archives answer 200 for a store in which every instance failed and 400 for one in which most were kept. The response
module lists both. Items are counted, not sequences; and the parts that were sent are counted as they go up, because a real
archive lists a part it could not read in neither sequence.

    stored  failed or unaccounted   answer
    some    none                    200; from an error 202, never more
    some    some                    202
    none    some                    409
    none    none                    400 where nothing was sent, else 409: the answer contradicts itself

A failure never becomes a 200 here. Without a module the class of the archive's code stands; with one that was cut off
nobody knows the outcome, and that is 500: clients repeat a 503 by themselves.
"""

from gateway.core.decision import BodyPlan
from gateway.core.facts import RequestFacts, Response
from gateway.core.inspect import Looks, is_error_wording, looks_like
from gateway.core.meaning import Meaning
from gateway.core.policy import Policy
from gateway.dicomweb.media import parse_media_type
from gateway.dicomweb.store_response import StoreOutcome, ends_too_early, read_store_response

# Successes that look wrong and cannot be repaired: nothing says what was stored.
SUSPICIONS = ("store_without_response", "store_response_unread")

_RULE = "store-outcome"
_STORE_MEDIA = ("multipart/related", "application/dicom", "application/dicom+json", "application/dicom+xml")


def store_outcome(request: RequestFacts, response: Response, _policy: Policy) -> Meaning | None:
    """The status that tells how many instances are stored."""
    content = _content(response)
    if request.transaction.id != "studies.store" or content is None:
        return None
    outcome = read_store_response(content)
    if outcome is not None:
        return _by_module(response, outcome, _sent(request, response))
    return _without_module(request, response, content) if 200 <= response.status < 300 else None


def _sent(request: RequestFacts, response: Response) -> int | None:
    """How many parts went up: none where there was no content to count them in."""
    return 0 if request.fields.get("Content-Length").strip() == "0" else response.parts_sent


def _content(response: Response) -> bytes | None:
    """The whole content, None where it is not known to its end. A 204 has none, and that is known."""
    if response.status == 204:
        return b""
    return response.peek if response.whole else None


def _by_module(response: Response, outcome: StoreOutcome, sent: int | None) -> Meaning | None:
    missing = max(0, sent - outcome.stored - outcome.failed) if sent is not None else 0
    status, why = _derived(response.status, outcome, missing, sent)
    if status == response.status:
        return None
    # The module is the client's only list of what to send again: it goes along with whatever code.
    return Meaning(status, _RULE, why, BodyPlan.KEEP)


def _derived(status: int, outcome: StoreOutcome, missing: int, sent: int | None) -> tuple[int, str]:
    success = 200 <= status < 300
    if outcome.stored and (outcome.failed or missing):
        lost = outcome.failed + missing
        return 202, f"{outcome.stored} stored, {lost} not (PS3.18 10.5.3)"
    if outcome.stored and not success:
        return 202, f"{outcome.stored} stored although the status says failure (PS3.18 10.5.3)"
    if outcome.stored:
        return _all_stored(status, outcome, sent)
    if outcome.failed:
        return 409, f"nothing stored, {outcome.failed} failed (PS3.18 10.5.3)"
    if not success:
        return status, ""
    if sent == 0:
        return 400, "the request held no instance (PS3.18 10.5.3)"
    return 409, "the status says success, and the response lists nothing as stored (PS3.18 10.5.3)"


def _all_stored(status: int, outcome: StoreOutcome, sent: int | None) -> tuple[int, str]:
    """200 means all; 202 is kept where warnings, or an archive that may know more than its list, speak for it."""
    if status == 200 or (status == 202 and (outcome.warned or sent is None)):
        return status, ""
    return 200, f"all {outcome.stored} stored (PS3.18 10.5.3)"


def _without_module(request: RequestFacts, response: Response, content: bytes) -> Meaning | None:
    if _sent(request, response) == 0:
        return Meaning(400, _RULE, "the request held no instance (PS3.18 10.5.3)", BodyPlan.PROBLEM)
    if not content.strip():
        if response.status == 200 and not _is_store_media(request):
            return Meaning(415, _RULE, "an empty answer to a media type that no store accepts", BodyPlan.PROBLEM)
        return None
    if looks_like(content) is Looks.HTML:
        return Meaning(501, "unexpected-page", "a page for people in answer to a store", BodyPlan.PROBLEM)
    if ends_too_early(content):
        return Meaning(
            500, _RULE, "the list of what was stored ends too early: what failed is not known", BodyPlan.PROBLEM
        )
    if is_error_wording(content):
        status = 500 if request.fields.get("Content-Type") else 415
        return Meaning(status, "error-text", "a success whose text speaks of an error", BodyPlan.PROBLEM)
    return None


def _is_store_media(request: RequestFacts) -> bool:
    media = parse_media_type(request.fields.get("Content-Type"))
    return media is not None and media.essence in _STORE_MEDIA


def suspicion(request: RequestFacts, response: Response) -> str:
    """What looks wrong about a success and cannot be repaired: a word for the metric, empty where nothing does."""
    content = _content(response)
    if request.transaction.id != "studies.store" or content is None or not 200 <= response.status < 300:
        return ""
    if not content.strip():
        return "store_without_response"
    return "store_response_unread" if read_store_response(content) is None else ""
