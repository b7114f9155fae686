"""The built-in semantics of DICOMweb: every reading of an answer, in the order in which they are asked.

Evidence first: what the response module lists, then what is missing, then what the content is, then what the request itself
shows, last what the code alone can tell. Whoever adds a reading adds it here, with a case in tests/cases/.
"""

from gateway.core.empty_results import empty_search
from gateway.core.facts import RequestFacts, Response
from gateway.core.meaning import Meaning, Reading
from gateway.core.policy import Policy
from gateway.core.request_faults import (
    forbidden_as_not_found,
    missing_keys,
    misused_codes,
    wrong_accept,
    wrong_content_type,
    wrong_method,
)
from gateway.core.soft_errors import (
    empty_retrieve,
    error_text,
    impossible_range,
    json_errors,
    no_parts,
    not_acceptable,
    unexpected_page,
)
from gateway.core.store import store_outcome

READINGS: tuple[Reading, ...] = (
    missing_keys,
    store_outcome,
    empty_retrieve,
    impossible_range,
    empty_search,
    no_parts,
    json_errors,
    unexpected_page,
    error_text,
    not_acceptable,
    wrong_content_type,
    wrong_accept,
    misused_codes,
    forbidden_as_not_found,
)

# Labels of these readings, for metrics; an operator's rule cannot take them.
LABELS = frozenset(
    {
        "store-outcome", "empty-retrieve", "impossible-range", "empty-search", "json-error", "truncated", "unexpected-page",
        "error-text", "not-acceptable", "missing-key", "wrong-method", "wrong-content-type", "wrong-accept", "misused-code",
        "forbidden-as-not-found",
    }
)  # fmt: skip


def meaning_of(request: RequestFacts, response: Response, policy: Policy) -> Meaning | None:
    """What the answer means, where it means something else than it says."""
    if request.opaque:
        return None
    if request.transaction.id == "other":
        return missing_keys(request, response, policy) or wrong_method(request, response, policy)
    for reading in READINGS:
        meaning = reading(request, response, policy)
        if meaning is not None:
            return meaning
    return None
