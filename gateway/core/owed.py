"""What a code owes, where owing decides whether it can be sent at all.

A 401 without a challenge, a redirect without an address, a 304 nobody asked for: RFC 9110 forbids each, and a client can
do nothing with it. The archive's code is kept where the missing piece is known, and replaced where it is not.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gateway.core.addresses import scheme_of
from gateway.core.decision import NO_EDITS, BodyPlan, FieldEdits
from gateway.core.empty_results import edition_status
from gateway.core.facts import Outcome, RequestFacts, Response
from gateway.core.failures import Failure
from gateway.core.fields import Fields
from gateway.core.headers import end_to_end
from gateway.core.policy import Policy
from gateway.core.request import FORWARDED_METHODS

SEARCH_WARNING = '299 pacs-gateway "The archive marked this list as partial; more matches may exist"'
PARTIAL_WARNING = '299 pacs-gateway "Some of what was asked for is missing from this answer"'


@dataclass(frozen=True, slots=True)
class Settled:
    """A code with all it owes, or the code that takes its place."""

    status: int
    rule: str = ""
    why: str = ""
    edits: FieldEdits = NO_EDITS
    body: BodyPlan | None = None


def settle(status: int, edits: FieldEdits, request: RequestFacts, outcome: Outcome, policy: Policy) -> Settled:
    """`status` with what it owes. `edits` are those decided so far: a rule may have paid already."""
    debt = DEBTS.get(status)
    settled = debt(request, outcome, policy, edits) if debt else Settled(status)
    if settled.status != status and _keeps_its_status(request, outcome, status):
        return Settled(status)
    return settled


def _keeps_its_status(request: RequestFacts, outcome: Outcome, status: int) -> bool:
    """Paths outside the standard keep the archive's documented code, even where it owes something nobody knows."""
    return request.transaction.id == "other" and isinstance(outcome, Response) and outcome.status == status


def _has(name: str, edits: FieldEdits, outcome: Outcome) -> bool:
    if any(line[0].lower() == name.lower() for line in edits.set + edits.add):
        return True
    removed = any(removed.lower() == name.lower() for removed in edits.remove)
    # A line that stays behind, named in `Connection` or with control characters in it, pays for nothing.
    return not removed and isinstance(outcome, Response) and name in Fields(end_to_end(outcome.fields))


def _challenge(request: RequestFacts, outcome: Outcome, policy: Policy, edits: FieldEdits) -> Settled:
    """RFC 9110 15.5.2: a 401 must say how to authenticate. Without a challenge it is a refusal."""
    if _has("WWW-Authenticate", edits, outcome):
        return Settled(401)
    challenge = policy.quirks_of(request.upstream).unauthorized_challenge
    if challenge:
        return Settled(401, edits=FieldEdits(set=(("WWW-Authenticate", challenge),)))
    return Settled(403, "no-challenge", "a 401 must carry a challenge, and none is known (RFC 9110 15.5.2)")


def _allow(request: RequestFacts, outcome: Outcome, _policy: Policy, edits: FieldEdits) -> Settled:
    """RFC 9110 15.5.6: a 405 must list the methods; a proxy must not alter a list that is there."""
    if _has("Allow", edits, outcome):
        return Settled(405)
    known = outcome.allow if isinstance(outcome, Failure) else ()
    known = known or request.classification.allow or FORWARDED_METHODS
    # Whatever the standard offers on this path, this method has just been refused.
    allowed = ", ".join(method for method in known if method != request.method)
    return Settled(405, edits=FieldEdits(set=(("Allow", allowed),)))


def _location(status: int) -> Callable[[RequestFacts, Outcome, Policy, FieldEdits], Settled]:
    def settled(_request: RequestFacts, outcome: Outcome, _policy: Policy, edits: FieldEdits) -> Settled:
        if _has("Location", edits, outcome) and _leads_somewhere(edits, outcome):
            return Settled(status)
        return Settled(503, "no-location", "a redirect without an address leads nowhere", body=BodyPlan.PROBLEM)

    return settled


def _leads_somewhere(edits: FieldEdits, outcome: Outcome) -> bool:
    """Whether the address is one a client may follow; `javascript:` and its kin are attacks, not addresses."""
    said = outcome.fields.all("Location") if isinstance(outcome, Response) else ()
    given = Fields(edits.set).all("Location")
    return all(scheme_of(address) in ("", "http", "https") for address in given or said)


def _condition(request: RequestFacts, _outcome: Outcome, _policy: Policy, _edits: FieldEdits) -> Settled:
    """RFC 9110 15.4.5: 304 answers a condition; without one the client has nothing to fall back on."""
    if request.is_conditional:
        return Settled(304)
    return Settled(
        503, "unasked-304", "a 304 without a condition in the request holds no answer", body=BodyPlan.PROBLEM
    )


def _partial(request: RequestFacts, outcome: Outcome, _policy: Policy, edits: FieldEdits) -> Settled:
    """206 is for ranges (RFC 9110 15.3.7) and for retrieves that miss a target (PS3.18 10.4.3), not for searches."""
    if _has("Content-Range", edits, outcome) or _is_byteranges(outcome):
        return Settled(206)
    if request.transaction.family == "search":
        return Settled(
            200,
            "partial-search",
            "PS3.18 8.3.4.4.1: a shortened list is 200 with a Warning",
            _warn(SEARCH_WARNING),
        )
    if request.method in ("GET", "HEAD"):
        return Settled(206, edits=_warn(PARTIAL_WARNING))
    return Settled(202, "partial-write", "206 answers GET only (RFC 9110 14.2); the request was carried out in part")


def _warn(text: str) -> FieldEdits:
    return FieldEdits(add=(("Warning", text),))


def _is_byteranges(outcome: Outcome) -> bool:
    return isinstance(outcome, Response) and outcome.fields.get("Content-Type").lower().startswith(
        "multipart/byteranges"
    )


def _nothing(request: RequestFacts, _outcome: Outcome, policy: Policy, _edits: FieldEdits) -> Settled:
    """A rule may say 204 for a search without a hit; how that is answered is the edition's to say."""
    searches = request.transaction.family == "search" and request.method == "GET"
    if not searches or edition_status(request, policy) == 204:
        return Settled(204)
    return Settled(200, "empty-search", "nothing matches (PS3.18 2026a 10.6.3)", body=BodyPlan.EMPTY_LIST)


DEBTS: Mapping[int, Callable[[RequestFacts, Outcome, Policy, FieldEdits], Settled]] = MappingProxyType(
    {
        204: _nothing,
        206: _partial,
        301: _location(301),
        302: _location(302),
        303: _location(303),
        304: _condition,
        401: _challenge,
        405: _allow,
    }
)
