"""Label words in the words of a PACS administrator: codes, built-in rules, endings and spans of time."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from gateway.core.failures import MEANINGS, FailureKind
from gateway.core.policy import Policy
from gateway.dicomweb.statuses import STATUS_CODES
from gateway.telemetry.record import ExchangeRecord

# What stands behind each verdict that needs no rule of the operator.
BUILT_IN_RULES: Mapping[str, str] = MappingProxyType(
    {
        "-": "The archive's own answer, unchanged.",
        "failure": "There was no usable answer; the code tells the client what it can do about it.",
        "fold": "The archive's code is not documented; the documented code that means the same was sent.",
        "preflight": "A browser asked what scripts of another site may do; answered in the archive's place.",
        "hop-code": "The archive's code concerns the connection between gateway and archive, not the client.",
        "invalid-status": "What the archive sent is no final HTTP status.",
        "error-body": "The code stands; its page or stack trace was replaced by a report for clients.",
        "no-challenge": "A 401 must say how to log in, and the archive's does not; it was sent as 403.",
        "no-location": "A redirect must say where to, and the archive's does not.",
        "unasked-304": "“Not modified” answers a condition, and the request set none.",
        "unasked-412": "A precondition failed, and the request set none.",
        "unasked-416": "A range was refused, and the request asked for none.",
        "partial-search": "A shortened search result is 200 with a Warning.",
        "store-outcome": "The store response lists what was stored; the status was made to say the same.",
        "empty-retrieve": "A retrieve that brings nothing found nothing.",
        "empty-search": "A search without a hit, as the documented edition answers it.",
        "impossible-range": "The range of the answer ends before it begins.",
        "json-error": "The content under a success was an error in JSON.",
        "truncated": "The JSON broke off before its end.",
        "unexpected-page": "A page for people came where data was asked for.",
        "error-text": "The text under a success spoke of an error.",
        "not-acceptable": "The archive sent a media type that the client had excluded.",
        "missing-key": "A mandatory key of WADO-URI is missing in the request.",
        "wrong-method": "No transaction of the path knows the method of the request, which is 405.",
        "wrong-content-type": "The type of the request's content is the cause, which is 415.",
        "wrong-accept": "The request accepts no type that this transaction can produce, which is 406.",
        "misused-code": "A documented code where its own table has no row for it.",
        "forbidden-as-not-found": "This archive says 403 where nothing is (quirks).",
        "label": "Only the Content-Type was repaired: it did not say what the content is.",
        "strict": "The code is not in this transaction's own table.",
        "partial-write": "Only a GET can have partial content; the request was carried out in part.",
    }
)

# Why requests were not let through to an archive, after a number of them.
HELD_BACK_WORDS: Mapping[str, str] = MappingProxyType(
    {
        FailureKind.MAINTENANCE: "during maintenance",
        FailureKind.BREAKER_OPEN: "while it was left alone",
        FailureKind.RATE_LIMITED: "of clients that ask too often",
        FailureKind.RATE_EXHAUSTED: "because all together ask too often",
        FailureKind.TOO_BUSY: "that found no place in line or waited too long",
    }
)

_ENDED = {
    "truncated": "The client's copy was cut at the same place.",
    "client_gone": "The client left before the end.",
}


def code_name(code: str) -> str:
    """The name of a status code; empty for a code without one, and for the words that stand in place of a code."""
    known = STATUS_CODES.get(int(code)) if code.isdecimal() else None
    return known.name if known else ""


def why(rule: str, policy: Policy) -> str:
    """What a rule is there for: the operator's own sentence, or ours."""
    own = {given.id: given.why for given in policy.rules}
    return own.get(rule) or BUILT_IN_RULES.get(rule) or "From an earlier configuration."


def what_happened(record: ExchangeRecord) -> str:
    """A failed exchange in a sentence or two."""
    ended = "" if record.failure == FailureKind.CLIENT_GONE else _ENDED.get(record.ended, "")
    return " ".join(filter(None, (_sentence(record), ended))) or "The archive reported an error of its own."


def _sentence(record: ExchangeRecord) -> str:
    known = record.failure in frozenset(FailureKind)
    return MEANINGS[FailureKind(record.failure)].sentence if known else record.why


def span(seconds: float) -> str:
    """A length of time in its two largest units: `3 d 4 h`."""
    left, parts = max(int(seconds), 0), []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def clock_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
