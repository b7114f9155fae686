"""A search without a hit, by edition: 204 up to 2024e, 200 with an empty list from 2026a (PS3.18 8.3.4.4.1).

Archives say it in four ways: 204, an empty list, zero bytes, and an error whose text means "no match". The first three are
read here; the fourth needs words, so it is a rule's business. A 404 without such a text stays: it mostly means that there
is no search service at that address, and "no priors" would be a dangerous lie.
"""

from gateway.core.decision import BodyPlan
from gateway.core.facts import RequestFacts, Response
from gateway.core.meaning import Meaning
from gateway.core.policy import Policy
from gateway.dicomweb.json_shape import JsonShape, json_shape

_RULE = "empty-search"


def empty_search(request: RequestFacts, response: Response, policy: Policy) -> Meaning | None:
    """The answer of the edition to a search that found nothing."""
    if request.transaction.family != "search" or request.method != "GET" or response.status not in (200, 204, 206):
        return None
    if response.status == 204:
        return no_match(request, policy) if edition_status(request, policy) != 204 else None
    if not response.whole or response.peek is None:
        return None
    if not response.peek.strip():
        if policy.quirks_of(request.upstream).empty_search == "error":
            return Meaning(
                500, _RULE, "this archive sends nothing where it failed (quirks.empty_search)", BodyPlan.PROBLEM
            )
        return no_match(request, policy)
    if b"{" in response.peek:  # something was found, whatever it is; a list without a hit holds no brace
        return None
    if json_shape(response.peek)[0] is JsonShape.EMPTY_LIST and edition_status(request, policy) == 204:
        return no_match(request, policy)
    return None


def no_match(request: RequestFacts, policy: Policy) -> Meaning:
    if edition_status(request, policy) == 204:
        return Meaning(204, _RULE, "nothing matches (PS3.18 2024e 10.6.3)", BodyPlan.EMPTY)
    return Meaning(200, _RULE, "nothing matches (PS3.18 2026a 10.6.3)", BodyPlan.EMPTY_LIST)


def edition_status(request: RequestFacts, policy: Policy) -> int:
    """Scheduled procedure steps kept their 204 (14.4.3 of 2025e)."""
    return 204 if policy.documented.edition == "2024e" or request.transaction.id == "mwl.search" else 200
