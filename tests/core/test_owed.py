"""What a code owes: a challenge, a list of methods, an address, a condition, a range. Kept where it is paid or can be."""

import pytest

from gateway.core.conditions import StatusIs
from gateway.core.decision import BodyPlan, FieldEdits
from gateway.core.facts import RequestFacts
from gateway.core.failures import Failure, FailureKind
from gateway.core.policy import Policy, Quirks
from gateway.core.request import FORWARDED_METHODS
from tests.core.making import ELSEWHERE, RETRIEVE, SEARCH, STORE, asked, judged, replied, rule, said

CHALLENGE = 'Basic realm="PACS"'
KNOWN = Policy(quirks={"pacs": Quirks(unauthorized_challenge=CHALLENGE)})


def test_a_401_with_a_challenge_passes() -> None:
    reply = replied(RETRIEVE, said(401, ("WWW-Authenticate", "Bearer"), ("WWW-Authenticate", "Basic")), KNOWN)
    assert (reply.status, reply.fields.all("WWW-Authenticate")) == (401, ("Bearer", "Basic"))


def test_a_401_without_a_challenge_gets_the_one_that_is_known() -> None:
    reply = replied(RETRIEVE, said(401, ("Content-Type", "application/json")), KNOWN)
    assert (reply.status, reply.fields.all("WWW-Authenticate")) == (401, (CHALLENGE,))


def test_a_401_without_a_challenge_is_a_refusal_where_none_is_known() -> None:
    decision = judged(RETRIEVE, said(401))
    assert (decision.status, decision.rule) == (403, "no-challenge")


@pytest.mark.parametrize(
    "lines",
    [
        [("WWW-Authenticate", "Basic"), ("Connection", "Upgrade"), ("X", "y")],
        [("WWW-Authenticate", "Basic"), ("Connection", "WWW-Authenticate")],
    ],
)
def test_a_connection_list_cannot_take_the_challenge_away(lines: list[tuple[str, str]]) -> None:
    reply = replied(RETRIEVE, said(401, *lines))
    assert (reply.status, reply.fields.all("WWW-Authenticate")) == (401, ("Basic",))


def test_a_challenge_that_cannot_be_sent_pays_nothing() -> None:
    """A control character keeps the line behind; a 401 without it would be a lie."""
    assert judged(RETRIEVE, said(401, ("WWW-Authenticate", "Ba\x07sic"))).status == 403


def test_a_rule_may_pay_and_may_take_away() -> None:
    pays = rule("login", StatusIs(frozenset({302})), status=401, edits=FieldEdits(set=(("www-authenticate", "Basic"),)))
    takes = rule("strip", StatusIs(frozenset({401})), edits=FieldEdits(remove=("www-authenticate",)))
    policy = Policy(rules=(pays, takes))
    assert judged(RETRIEVE, said(302, ("Location", "/login")), policy).status == 401
    stripped = judged(RETRIEVE, said(401, ("WWW-Authenticate", "Basic")), policy)
    assert (stripped.status, stripped.rule) == (403, "strip")
    assert replied(
        RETRIEVE, said(401, ("WWW-Authenticate", "Bearer")), Policy(rules=(takes,), quirks=KNOWN.quirks)
    ).fields.all("WWW-Authenticate") == (CHALLENGE,)


def test_a_405_keeps_the_list_of_the_archive() -> None:
    assert replied(STORE, said(405, ("Allow", "GET"))).fields.all("Allow") == ("GET",)


@pytest.mark.parametrize(
    ("request_", "allow"),
    [
        (STORE, "GET, HEAD, OPTIONS"),
        (asked("PUT", "/rs/studies"), "GET, HEAD, OPTIONS, POST"),
        (asked("DELETE", "/rs/studies"), "GET, HEAD, OPTIONS, POST"),
        (ELSEWHERE, "DELETE, HEAD, OPTIONS, PATCH, POST, PUT"),
    ],
)
def test_a_405_without_a_list_gets_what_the_path_may_offer_but_not_what_was_refused(
    request_: RequestFacts, allow: str
) -> None:
    reply = replied(request_, said(405, ("Content-Type", "text/plain"), body=b"no"))
    assert (reply.status, reply.fields.all("Allow")) == (405, (allow,))


def test_a_method_that_the_gateway_refuses_names_those_it_takes() -> None:
    reply = replied(asked("TRACE", "/"), Failure(FailureKind.METHOD_REFUSED, allow=FORWARDED_METHODS))
    assert (reply.status, reply.fields.all("Allow")) == (405, (", ".join(FORWARDED_METHODS),))


@pytest.mark.parametrize("status", [301, 303])
def test_a_redirect_needs_an_address_that_a_client_may_follow(status: int) -> None:
    for address in ("/other", "https://x.example/", "../up", "?q=1", "//x.example/y"):
        assert judged(RETRIEVE, said(status, ("Location", address))).status == status
    for address in ("javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "file:///etc/passwd"):
        decision = judged(RETRIEVE, said(status, ("Location", address)))
        assert (decision.status, decision.rule, decision.body) == (503, "no-location", BodyPlan.PROBLEM)
    assert judged(RETRIEVE, said(status)).rule == "no-location"


def test_a_rule_gives_an_address_in_the_place_of_the_archives() -> None:
    there = rule("moved", StatusIs(frozenset({404})), status=303, edits=FieldEdits(set=(("Location", "/there"),)))
    bad = said(404, ("Location", "javascript:alert(1)"))
    reply = replied(RETRIEVE, bad, Policy(rules=(there,)))
    assert (reply.status, reply.fields.all("Location")) == (303, ("/there",))


def test_a_304_answers_a_condition() -> None:
    for field in ("If-None-Match", "If-Modified-Since"):
        assert judged(asked("GET", "/rs/studies/2.25.1/metadata", (field, "x")), said(304)).status == 304
    decision = judged(RETRIEVE, said(304))
    assert (decision.status, decision.rule, decision.body) == (503, "unasked-304", BodyPlan.PROBLEM)


@pytest.mark.parametrize(
    ("request_", "lines", "status", "rule_", "warned"),
    [
        (RETRIEVE, [("Content-Range", "bytes 0-9/99")], 206, "-", False),
        (RETRIEVE, [("Content-Type", "Multipart/ByteRanges; boundary=b")], 206, "-", False),
        (RETRIEVE, [], 206, "-", True),
        (SEARCH, [], 200, "partial-search", True),
        (SEARCH, [("Content-Range", "items 0-9/99")], 206, "-", False),
        (STORE, [], 202, "partial-write", False),
    ],
)
def test_a_206_says_what_is_missing_or_gives_way(
    request_: RequestFacts, lines: list[tuple[str, str]], status: int, rule_: str, warned: bool
) -> None:
    reply, decision = replied(request_, said(206, *lines)), judged(request_, said(206, *lines))
    assert (reply.status, decision.rule) == (status, rule_)
    assert ("Warning" in reply.fields) is warned


def test_a_rule_that_keeps_its_own_name_is_named_where_its_code_gave_way() -> None:
    gone = rule("gone-there", StatusIs(frozenset({404})), status=301)
    decision = judged(RETRIEVE, said(404), Policy(rules=(gone,)))
    assert (decision.status, decision.rule) == (503, "gone-there")
    assert "address" in decision.why
