"""What browsers are told, so that a viewer's script sees a 503 and not "network error"."""

import pytest

from gateway.core.cors import EXPOSED, Cors, preflight
from gateway.core.facts import Outcome, RequestFacts
from gateway.core.failures import FailureKind
from gateway.core.fields import Fields
from gateway.core.policy import Policy
from tests.core.making import asked, failed, replied, said

VIEWER = "https://viewer.example.org"
ONE = Policy(cors=Cors(frozenset({VIEWER})))
ALL = Policy(cors=Cors(frozenset({"*"})))
LOGIN = Policy(cors=Cors(frozenset({VIEWER}), credentials=True))
FROM_VIEWER = asked("GET", "/rs/studies", ("Origin", VIEWER))
PREFLIGHT = asked(
    "OPTIONS", "/rs/studies", ("Origin", VIEWER), ("Access-Control-Request-Method", "GET"),
    ("Access-Control-Request-Headers", "authorization, x-viewer"),
)  # fmt: skip
ORIGIN = "Access-Control-Allow-Origin"


@pytest.mark.parametrize(
    "outcome",
    [
        said(200),
        said(404),
        said(502),
        failed(FailureKind.CONNECTION_REFUSED),
        failed(FailureKind.DESTINATION_NOT_FOUND),
    ],
    ids=lambda outcome: str(getattr(outcome, "status", getattr(outcome, "kind", ""))),
)
def test_every_answer_may_be_seen_by_a_script_of_a_listed_origin(outcome: Outcome) -> None:
    fields = replied(FROM_VIEWER, outcome, ONE).fields
    assert fields.all(ORIGIN) == (VIEWER,)
    assert set(EXPOSED) <= set(fields.get("Access-Control-Expose-Headers").split(", "))
    assert {"Retry-After", "Warning", "Content-Location", "Proxy-Status"} <= set(EXPOSED)
    assert fields.all("Vary") == ("Origin",)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://viewer.example.org.evil.example"])
def test_no_other_origin_is_let_in(origin: str) -> None:
    fields = replied(asked("GET", "/rs/studies", ("Origin", origin)), said(200), ONE).fields
    assert ORIGIN not in fields
    assert fields.all("Vary") == ("Origin",), "a cache must not keep this for the listed origin"


def test_without_the_section_nothing_is_said_and_nothing_taken_away() -> None:
    fields = replied(FROM_VIEWER, said(200, (ORIGIN, "https://other.example"))).fields
    assert fields.all(ORIGIN) == ("https://other.example",)


def test_the_archives_opinion_is_replaced() -> None:
    theirs = ((ORIGIN, "*"), ("Access-Control-Max-Age", "1"), ("Access-Control-Allow-Credentials", "true"))
    fields = replied(FROM_VIEWER, said(200, *theirs), ONE).fields
    assert fields.all(ORIGIN) == (VIEWER,)
    assert "Access-Control-Max-Age" not in fields
    assert "Access-Control-Allow-Credentials" not in fields


def test_all_origins_are_named_by_a_star_and_the_answer_does_not_vary() -> None:
    fields = replied(FROM_VIEWER, said(200), ALL).fields
    assert fields.all(ORIGIN) == ("*",)
    assert "Vary" not in fields


def test_with_credentials_the_origin_is_named() -> None:
    fields = replied(FROM_VIEWER, said(200), LOGIN).fields
    assert (fields.get(ORIGIN), fields.get("Access-Control-Allow-Credentials")) == (VIEWER, "true")


@pytest.mark.parametrize(
    ("vary", "expected"),
    [("Accept", ("Accept", "Origin")), ("origin, Accept", ("origin, Accept",)), ("*", ("*",))],
)
def test_what_the_answer_varies_by_is_added_to(vary: str, expected: tuple[str, ...]) -> None:
    assert replied(FROM_VIEWER, said(200, ("Vary", vary)), ONE).fields.all("Vary") == expected


def preflighted(request: RequestFacts, policy: Policy) -> Fields:
    answer = preflight(request, policy.cors)
    assert answer is not None
    reply = replied(request, answer, policy)
    assert (reply.status, reply.content) == (204, b"")
    return reply.fields


def test_a_preflight_is_answered_without_the_archive() -> None:
    fields = preflighted(PREFLIGHT, ONE)
    assert fields.get(ORIGIN) == VIEWER
    assert "POST" in fields.get("Access-Control-Allow-Methods")
    assert fields.get("Access-Control-Allow-Headers") == "authorization, x-viewer"
    assert fields.get("Access-Control-Max-Age") == "600"


def test_a_preflight_of_a_stranger_is_told_nothing() -> None:
    stranger = asked("OPTIONS", "/rs/studies", ("Origin", "null"), ("Access-Control-Request-Method", "GET"))
    assert not any(name.startswith("Access-Control") for name, _ in preflighted(stranger, ONE))


def test_a_list_of_names_that_is_none_is_not_said_again() -> None:
    odd = asked(
        "OPTIONS", "/rs", ("Origin", VIEWER), ("Access-Control-Request-Method", "GET"),
        ("Access-Control-Request-Headers", "a: b\x01"),
    )  # fmt: skip
    assert "Access-Control-Allow-Headers" not in preflighted(odd, ONE)
