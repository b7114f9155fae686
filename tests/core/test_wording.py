"""Conditions in words: every class has a clause, and the clause says what the condition asks for."""

import inspect
import operator
import re
from functools import partial

import pytest

from gateway.core import conditions
from gateway.core.conditions import (
    FACT_WORDS,
    BodyMatches,
    Condition,
    FieldMatches,
    JsonHas,
    LocationMatches,
    LooksLike,
    MediaTypeIs,
    OneOf,
    ReasonMatches,
    SizeIs,
    StatusIs,
    UnexpectedMedia,
)
from gateway.core.inspect import Looks
from gateway.core.wording import FACT_CLAUSES, GROUPS, WORDINGS, number_words, transaction_words, wording
from gateway.dicomweb.transactions import ALIASES, TRANSACTIONS

LOGIN = re.compile("/login")
OTHERS = ALIASES["commitment"] | {"other"}


@pytest.mark.parametrize(
    ("condition", "clause"),
    [
        (OneOf("origin", frozenset({"upstream"})), "the archive answered"),
        (OneOf("origin", frozenset({"gateway"})), "the gateway answers in the archive's place"),
        (OneOf("route", frozenset({"dicomweb"})), "the request came by the route dicomweb"),
        (OneOf("upstream", frozenset({"pacs", "vna"})), "the archive is pacs or vna"),
        (OneOf("method", frozenset({"GET", "HEAD", "POST"})), "the method is GET, HEAD or POST"),
        (OneOf("failure", frozenset({"connection_refused"})), "the failure is connection_refused"),
        (OneOf("transaction", frozenset({"studies.search"})), "the transaction is Search (QIDO-RS)"),
        (OneOf("transaction", ALIASES["search"]), "the transaction is any search"),
        (OneOf("transaction", OTHERS), "the transaction is any storage commitment or none of DICOMweb"),
        (StatusIs(frozenset({500, 502})), "the status is 500 or 502"),
        (StatusIs(frozenset({404, *range(500, 600)})), "the status is 404 or 500 to 599"),
        (FieldMatches("X-Error", None), "the header X-Error is absent"),
        (FieldMatches("Server", re.compile("IIS")), "the header Server matches IIS"),
        (LocationMatches(LOGIN), "Location matches /login"),
        (ReasonMatches(re.compile("No such")), 'the reason phrase matches "No such"'),
        (MediaTypeIs(frozenset({"text/html", "text/plain"})), "the content is labelled text/html or text/plain"),
        (UnexpectedMedia(True), "the content's label is not what the transaction promises"),
        (UnexpectedMedia(False), "the content's label is what the transaction promises"),
        (SizeIs(partial(operator.gt, 1024), "<1KiB"), "the announced length is <1KiB"),
        (SizeIs(partial(operator.eq, 0), "0"), "the announced length is = 0"),
        (LooksLike(frozenset({Looks.HTML, Looks.TEXT})), "the content looks like html or text"),
        (LooksLike(frozenset({Looks.EMPTY})), "the content is empty"),
        (JsonHas("/HttpStatus", 404), "JSON at /HttpStatus is 404"),
        (JsonHas("/code", "not found"), 'JSON at /code is "not found"'),
        (JsonHas("/error", None), "JSON at /error is null"),
        (JsonHas("", True), "the whole JSON document is true"),
        (JsonHas("/Details", re.compile("^Unknown")), "JSON at /Details matches ^Unknown"),
        (BodyMatches(re.compile("Server Error")), 'the content matches "Server Error"'),
    ],
)
def test_a_condition_is_a_clause(condition: Condition, clause: str) -> None:
    assert wording(condition) == clause


def test_every_condition_has_a_wording() -> None:
    known = {thing for _, thing in inspect.getmembers(conditions, inspect.isclass) if hasattr(thing, "holds")}
    assert set(WORDINGS) == known - {Condition}
    assert set(FACT_CLAUSES) == set(FACT_WORDS)


def test_every_group_that_people_know_has_its_words() -> None:
    assert set(GROUPS) >= {word for word, ids in ALIASES.items() if len(ids) > 1}


@pytest.mark.parametrize("id_", TRANSACTIONS)
def test_a_transaction_alone_is_called_by_its_name(id_: str) -> None:
    others = set(TRANSACTIONS) - {id_}
    assert transaction_words({id_}) not in {transaction_words({other}) for other in others}


def test_numbers_in_a_row_are_drawn_together() -> None:
    assert number_words([200, 201, 206, 400, 401, 402]) == "200, 201, 206 or 400 to 402"
