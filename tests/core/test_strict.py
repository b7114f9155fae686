"""`documented.strict`: only the codes of the table of each transaction."""

from dataclasses import replace

import pytest

from gateway.core.conditions import StatusIs
from gateway.core.facts import RequestFacts
from gateway.core.failures import FailureKind, Sent
from gateway.core.policy import Documented, Policy
from gateway.dicomweb.transactions import TRANSACTIONS
from tests.core.making import ELSEWHERE, RETRIEVE, SEARCH, STORE, asked, failed, judged, rule, said

STRICT = Policy(documented=Documented(strict=True))
DELETE = asked("DELETE", "/rs/studies/1.2")
WORKITEM = asked("GET", "/rs/workitems/1")
TEXT = ("Content-Type", "text/plain")


@pytest.mark.parametrize(
    ("request_", "received", "status"),
    [
        (RETRIEVE, 200, 200),
        (RETRIEVE, 410, 410),
        (RETRIEVE, 415, 400),
        (RETRIEVE, 500, 503),
        (RETRIEVE, 501, 503),
        (RETRIEVE, 203, 200),
        (SEARCH, 410, 400),
        (SEARCH, 500, 503),
        (STORE, 201, 200),
        (STORE, 404, 400),
        (STORE, 500, 500),  # it may have acted, and 503 would invite a repetition
        (STORE, 501, 501),
        (DELETE, 202, 200),
        (DELETE, 409, 400),
        (WORKITEM, 403, 400),
        (asked("POST", "/rs/workitems/1/cancelrequest"), 201, 202),
        (ELSEWHERE, 415, 415),
        (ELSEWHERE, 500, 500),
    ],
)
def test_a_code_outside_the_table_of_its_transaction_becomes_the_nearest_in_it(
    request_: RequestFacts, received: int, status: int
) -> None:
    decision = judged(request_, said(received, TEXT, body=b"no"), STRICT)
    assert (decision.status, decision.rule) == (status, "-" if status == received else "strict")
    lenient = judged(request_, said(received, TEXT, body=b"no"))
    assert lenient.rule != "strict"


def test_the_first_reason_keeps_its_name() -> None:
    decision = judged(SEARCH, said(451, TEXT, body=b"no"), STRICT)
    assert (decision.status, decision.rule) == (403, "fold")
    gone = rule("gone", StatusIs(frozenset({404})), status=410)
    decision = judged(SEARCH, said(404), replace(STRICT, rules=(gone,)))
    assert (decision.status, decision.rule) == (400, "gone")


def test_a_row_of_the_site_counts_in_every_table() -> None:
    added = Policy(documented=Documented(strict=True, added={429: "A limit was reached."}))
    assert judged(RETRIEVE, said(429), added).status == 429


def test_a_store_that_may_have_acted_is_not_to_be_repeated() -> None:
    assert judged(STORE, failed(FailureKind.CONNECTION_TERMINATED, Sent.PERHAPS), STRICT).status == 500
    assert judged(RETRIEVE, failed(FailureKind.CONNECTION_TERMINATED, Sent.PERHAPS), STRICT).status == 503


@pytest.mark.parametrize("id_", sorted(TRANSACTIONS))
def test_no_code_of_http_leaves_the_table_but_what_a_code_owes(id_: str) -> None:
    """401, 405 and the like are answers to what strictness cannot know; everything else is in the table."""
    transaction = TRANSACTIONS[id_]
    method = "GET" if transaction.family in ("retrieve", "search") else "POST"
    request = replace(RETRIEVE, method=method, classification=replace(RETRIEVE.classification, transaction=transaction))
    for received in range(200, 600):
        status = judged(request, said(received, TEXT, ("Location", "/x"), body=b"no"), STRICT).status
        assert STRICT.documented.allows(status)
        assert id_ == "other" or status in transaction.responses or status in (200, 400, 403, 500, 503)
