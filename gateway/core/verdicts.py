"""The built-in verdicts in words: what stands behind each label, and which codes it can lead to.

The judgement reads nothing here. `explain`, the status page and the conformance statement do, so that there is one sentence
for each. `tests/core/test_verdicts.py` holds the table against `normalise`: no verdict leads elsewhere than its row says, and
no row says more than can happen.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gateway.core.decision import UNCHANGED
from gateway.core.observing import FIELDS
from gateway.core.policy import Policy

_SUCCESS = range(200, 300)
_ERRORS = range(400, 600)
_ANY = range(200, 600)


@dataclass(frozen=True, slots=True)
class Lead:
    """Answers with a code in `of` are read as one in `to`, before that is folded where it is not documented."""

    to: frozenset[int]
    of: frozenset[int]
    text: str


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A verdict leads nowhere where the archive's code stands, or where another table says whereto: failures and folds.
    `on_reads`: only answers to GET, which may always be asked again, are read so."""

    sentence: str
    leads: tuple[Lead, ...] = ()
    on_reads: bool = False


def _lead(to: int | Iterable[int], of: int | Iterable[int], text: str) -> Lead:
    return Lead(_codes(to), _codes(of), text)


def _codes(codes: int | Iterable[int]) -> frozenset[int]:
    return frozenset({codes} if isinstance(codes, int) else codes)


def _one(sentence: str, to: int, *of: int) -> BuiltIn:
    """A verdict that leads to a single code; its sentence says when."""
    return BuiltIn(sentence, (_lead(to, of, sentence),))


VERDICTS: Mapping[str, BuiltIn] = MappingProxyType(
    {
        UNCHANGED: BuiltIn("The archive's own answer, unchanged."),
        FIELDS: BuiltIn("Only header fields were completed or taken away, as the code demands."),
        "failure": BuiltIn("There was no usable answer; the code tells the client what it can do about it."),
        "fold": BuiltIn("The archive's code is not documented; the documented code that means the same was sent."),
        "preflight": BuiltIn("A browser asked what scripts of another site may do; answered in the archive's place."),
        "hop-code": BuiltIn("The archive's code concerns the connection between gateway and archive, not the client."),
        "invalid-status": BuiltIn("What the archive sent is no final HTTP status."),
        "error-body": BuiltIn("The code stands; its page or stack trace was replaced by a report for clients."),
        "label": BuiltIn("Only the Content-Type was repaired: it did not say what the content is."),
        "strict": BuiltIn("The code is not in this transaction's own table."),
        "unasked-412": BuiltIn("A precondition failed, and the request set none."),
        "unasked-416": BuiltIn("A range was refused, and the request asked for none."),
        "no-challenge": _one("A 401 must say how to log in, and the archive's does not; it was sent as 403.", 403, 401),
        "no-location": _one("A redirect must say where to, and the archive's does not.", 503, 301, 302, 303),
        "unasked-304": _one("“Not modified” answers a condition, and the request set none.", 503, 304),
        "partial-search": _one("A shortened search result is 200 with a Warning.", 200, 206),
        "partial-write": _one("Only a GET can have partial content; the request was carried out in part.", 202, 206),
        "store-outcome": BuiltIn(
            "The store response lists what was stored; the status was made to say the same.",
            (
                _lead(200, _SUCCESS, "After a store, the response lists every instance as stored."),
                _lead(
                    202,
                    _ANY,
                    "After a store, some instances are stored and some are not, or some in spite of an error.",
                ),
                _lead(400, _SUCCESS, "A store held no instance."),
                _lead(409, _ANY, "After a store, the response lists nothing as stored."),
                _lead(415, 200, "A store of a media type that no store takes was answered with nothing."),
                _lead(500, _SUCCESS, "After a store, the list of what was stored broke off."),
            ),
        ),
        "empty-retrieve": BuiltIn(
            "A retrieve that brings nothing found nothing.",
            (
                _lead(304, 204, "A retrieve with a condition was answered with 204: nothing has changed."),
                _lead(404, _SUCCESS, "A retrieve that brings nothing found nothing."),
            ),
        ),
        "empty-search": BuiltIn(
            "A search without a hit, as the documented edition answers it.",
            (
                _lead(200, (200, 204, 206), "A search without a hit, in the edition 2026a."),
                _lead(204, (200, 206), "A search without a hit, in the edition 2024e."),
                _lead(500, (200, 206), "A search was answered with no bytes at all (quirks.empty_search: error)."),
            ),
        ),
        "impossible-range": BuiltIn(
            "The range of the answer ends before it begins.",
            tuple(_lead(to, 206, "The range of the answer ends before it begins.") for to in (400, 416)),
        ),
        "json-error": BuiltIn(
            "The content under a success was an error in JSON.",
            (
                _lead(_ERRORS, _SUCCESS, "The content under a success was an error in JSON that names this code."),
                _lead(500, _SUCCESS, "The content under a success was an error in JSON that names no code."),
            ),
        ),
        "truncated": BuiltIn(
            "The JSON broke off before its end.",
            (_lead(502, _SUCCESS, "The JSON broke off before its end."),),
            on_reads=True,
        ),
        "unexpected-page": BuiltIn(
            "A page for people came where data was asked for.",
            (
                _lead(404, _SUCCESS, "A page for people came where data was asked for."),
                _lead(501, _SUCCESS, "A page for people came in answer to a store or another request to act."),
            ),
        ),
        "error-text": BuiltIn(
            "The text under a success spoke of an error.",
            (
                _lead(500, _SUCCESS, "The text under a success spoke of an error."),
                _lead(415, _SUCCESS, "The text under the success of a store without a Content-Type spoke of an error."),
            ),
        ),
        "not-acceptable": _one("The archive sent a media type that the client had excluded.", 406, 200, 206),
        "missing-key": _one("A mandatory key of WADO-URI is missing in the request.", 400, 404, 500),
        "wrong-method": _one("No transaction of the path knows the method of the request, which is 405.", 405, 400),
        "wrong-content-type": _one("The type of the request's content is the cause, which is 415.", 415, 406),
        "wrong-accept": _one(
            "The request accepts no type that this transaction can produce, which is 406.", 406, 400, 500
        ),
        "misused-code": BuiltIn(
            "A documented code where its own table has no row for it.",
            (
                _lead(
                    201, 200, "A workitem, a procedure step or a subscription was created, and the archive said 200."
                ),
                _lead(202, (200, 204), "A cancellation was passed on, not carried out."),
                _lead(400, 409, "The archive said 409 to a read, which cannot be in conflict."),
            ),
        ),
        "forbidden-as-not-found": _one("This archive says 403 where nothing is (quirks).", 404, 403),
    }
)

# What a code needs to be sent, and what is sent where that is not known: in the words of `owed` and `normalise`.
NEEDS: Mapping[int, str] = MappingProxyType(
    {
        204: "To a search only in the edition 2024e; in 2026a that is 200 with an empty list.",
        206: "Only to GET and HEAD: with its Content-Range, or else with a Warning that something is missing.",
        301: "Only with an address (Location) that may be followed.",
        302: "Only with an address (Location) that may be followed.",
        303: "Only with an address (Location) that may be followed.",
        304: "Only if the request set a condition (If-None-Match, If-Modified-Since).",
        401: "Only with a challenge (WWW-Authenticate): the archive's own, a rule's, or that of the configuration.",
        405: "With the methods that are allowed (Allow).",
        412: "Only if the request set a precondition.",
        416: "Only if the request asked for a range.",
    }
)


def whys(policy: Policy) -> Callable[[str], str]:
    """What is behind a label: the operator's own sentence, or ours. Counts outlive the rules that they are of."""
    known = {label: row.sentence for label, row in VERDICTS.items()} | {rule.id: rule.why for rule in policy.rules}
    return lambda label: known.get(label, "From an earlier configuration.")
