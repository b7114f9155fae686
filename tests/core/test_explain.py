"""Explanations: what is said is what is done, in words that can be read aloud."""

import json
import operator
import re
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.conditions import (
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
from gateway.core.cors import Cors
from gateway.core.decision import BodyPlan, FieldEdits
from gateway.core.explain import OPEN, Explanation, View, explain, from_json, to_json
from gateway.core.explain.explanation import Found
from gateway.core.explain.telling import came, is_near, leaves, observing
from gateway.core.explain.telling import rule as told_of
from gateway.core.facts import Outcome, RequestFacts, Response
from gateway.core.failures import FailureKind, Sent
from gateway.core.fields import Fields
from gateway.core.inspect import Looks
from gateway.core.normalise import normalise
from gateway.core.policy import Documented, Mode, Policy, Quirks
from gateway.core.reply import Moment, compose
from gateway.core.rule import Rule
from tests.core.making import ELSEWHERE, NOON, RETRIEVE, SEARCH, STORE, asked, failed, rule, said
from tests.support.strategies import moments, outcomes, policies, requests

HTML = ("Content-Type", "text/html")
JSON = ("Content-Type", "application/dicom+json")
RESULT = b'[{"00080005": {"vr": "CS"}}]'
LOGIN = said(200, HTML, body=b"<html>login</html>")
TEACHING = rule("portal", StatusIs(frozenset({200})), LooksLike(frozenset({Looks.HTML})), status=403)


def explained(request: RequestFacts, outcome: Outcome, *rules: Rule, **policy: object) -> Explanation:
    return explain(request, outcome, Policy(rules=rules, **policy), NOON, "http://pacs.internal:8042")  # type: ignore[arg-type]


# ---- the same as traffic ---------------------------------------------------------------------------------------------


@given(requests(), outcomes, policies(), moments)
def test_what_is_said_is_what_is_done(request: RequestFacts, outcome: Outcome, policy: Policy, moment: Moment) -> None:
    decision = normalise(request, outcome, policy)
    reply = compose(decision, request, outcome, policy, moment)
    told = explain(request, outcome, policy, moment)
    assert (told.status, told.rule, told.why, told.body) == (reply.status, decision.rule, decision.why, reply.body)
    assert told.retry_after is None if reply.retry is None else told.retry_after is not None
    assert [step.after for step in told.steps][-1:] in ([], [told.status])
    assert from_json(json.loads(json.dumps(to_json(told)))) == told
    texts = [came(told.came), leaves(told), observing(told), *(told_of(tried, told) for tried in told.rules)]
    assert all(isinstance(text, str) for text in texts)


@given(requests(), outcomes, policies(), st.booleans())
def test_the_first_condition_that_failed_is_the_one_that_is_named(
    request: RequestFacts, outcome: Outcome, policy: Policy, is_open: bool
) -> None:
    told = explain(request, outcome, policy, NOON, view=View(is_open=is_open))
    assert [tried.id for tried in told.rules] == [one.id for one in policy.rules]
    for one, tried in zip(policy.rules, told.rules, strict=True):
        holds = [condition.holds(request, outcome) for condition in one.when]
        assert tried.held == (holds.index(False) if False in holds else len(holds))
        assert (tried.found is Found.FAILS) == (False in holds) == bool(tried.failed)
        matches = all(holds) and one.is_permitted(outcome)
        assert (tried.found is Found.MATCHES) == matches
    deciding = [tried.id for tried in told.rules if tried.decides]
    assert (
        deciding
        == [
            one.id
            for one in policy.rules
            if one.is_permitted(outcome) and one.matches(request, outcome) and not one.then.observe
        ][:1]
    )


# ---- rules -----------------------------------------------------------------------------------------------------------

SEEN: tuple[tuple[Condition, Outcome, str, str], ...] = (
    (StatusIs(frozenset({500, 502})), said(200), "the status is 500 or 502", "200"),
    (
        StatusIs(frozenset({500})),
        failed(FailureKind.DNS_ERROR),
        "the status is 500",
        "the archive gave no answer (dns_error)",
    ),
    (OneOf("failure", frozenset({"dns_error"})), said(200), "the failure is dns_error", "none, the archive answered"),
    (
        OneOf("origin", frozenset({"gateway"})),
        said(200),
        "the gateway answers in the archive's place",
        "the archive answered",
    ),
    (OneOf("method", frozenset({"POST"})), said(200), "the method is POST", "GET"),
    (OneOf("upstream", frozenset({"vna"})), said(200), "the archive is vna", "pacs"),
    (
        OneOf("transaction", frozenset({"studies.store"})),
        said(200),
        "the transaction is Store (STOW-RS)",
        "Search (QIDO-RS), studies.search",
    ),
    (FieldMatches("Server", re.compile("IIS")), said(200), "the header Server matches IIS", "it is absent"),
    (
        FieldMatches("Server", re.compile("IIS")),
        said(200, ("Server", "nginx")),
        "the header Server matches IIS",
        "nginx",
    ),
    (FieldMatches("Server", None), said(200, ("Server", "nginx")), "the header Server is absent", "nginx"),
    (LocationMatches(re.compile("/login")), said(302), "Location matches /login", "it is absent"),
    (ReasonMatches(re.compile("gone")), said(404), "the reason phrase matches gone", "there is none"),
    (MediaTypeIs(frozenset({"text/html"})), said(200), "the content is labelled text/html", "there is no label"),
    (
        MediaTypeIs(frozenset({"text/html"})),
        said(200, JSON),
        "the content is labelled text/html",
        "application/dicom+json",
    ),
    (
        UnexpectedMedia(True),
        said(200, JSON),
        "the content's label is not what the transaction promises",
        "application/dicom+json",
    ),
    (SizeIs(partial(operator.gt, 5), "< 5"), said(200, ("Content-Length", "9")), "the announced length is < 5", "9"),
    (SizeIs(partial(operator.gt, 5), "< 5"), said(200), "the announced length is < 5", "it is not announced"),
    (LooksLike(frozenset({Looks.HTML})), said(200, body=b"{}"), "the content looks like html", "json"),
    (LooksLike(frozenset({Looks.HTML})), said(200), "the content looks like html", "the content was not looked at"),
    (
        LooksLike(frozenset({Looks.EMPTY})),
        Response(200, peek=b""),
        "the content is empty",
        "nothing yet, and the end is not known",
    ),
    (
        BodyMatches(re.compile("late")),
        said(200, body=b"early"),
        "the content matches late",
        '5 bytes that look like text: "early"',
    ),
    (
        BodyMatches(re.compile("late")),
        said(200, ("Content-Type", "application/dicom"), body=b"early"),
        "the content matches late",
        "a DICOM object, which no rule reads",
    ),
    (JsonHas("/a", 1), said(200, body=b'{"a": 2}'), "JSON at /a is 1", "2"),
    (JsonHas("/a", 1), said(200, body=b"{}"), "JSON at /a is 1", "nothing is there"),
    (JsonHas("/a", 1), said(200, body=b"text"), "JSON at /a is 1", "the content looks like text"),
    (JsonHas("/a", 1), Response(200, peek=b'{"a'), "JSON at /a is 1", "the content was not read to its end"),
)


@pytest.mark.parametrize(("condition", "outcome", "wanted", "seen"), SEEN, ids=lambda value: str(value)[:40])
def test_what_was_seen_stands_beside_what_was_asked_for(
    condition: Condition, outcome: Outcome, wanted: str, seen: str
) -> None:
    (tried,) = explained(SEARCH, outcome, rule("r", condition, status=404)).rules
    assert (tried.found, tried.held, tried.failed, tried.seen) == (Found.FAILS, 0, wanted, seen)


def test_each_rule_says_what_came_of_it() -> None:
    ok = StatusIs(frozenset({200}))
    told = explained(
        SEARCH,
        LOGIN,
        rule("noted", ok, status=404, observe=True),
        rule("late", ok, BodyMatches(re.compile("late")), status=503),
        TEACHING,
        rule("other", ok, status=400),
    )
    assert [told_of(tried, told) for tried in told.rules] == [
        "matches, and only observes: it would say 404. why of noted",
        'fails at condition 2 of 2: the content matches late; seen: 18 bytes that look like html: "<html>login</html>".',
        "decides.",
        "would match and say 400, but portal decides before it.",
    ]
    assert told.observed[0].rule == "noted"
    assert observing(told) == "Noted, and not done: 404 by noted."


def test_a_failure_that_a_rule_would_turn_into_a_success_is_not_permitted() -> None:
    told = explained(SEARCH, said(500), rule("kind", StatusIs(frozenset({500})), status=200))
    assert told_of(told.rules[0], told) == (
        "matches, and is not permitted: it would turn a failure into a success (allow_success)."
    )
    assert told.decider is None


def test_rules_about_other_exchanges_are_far() -> None:
    other = rule("other", OneOf("method", frozenset({"POST"})), status=400)
    first = rule("first", LooksLike(frozenset({Looks.DICOM})), status=400)
    near = rule("near", StatusIs(frozenset({200})), LooksLike(frozenset({Looks.DICOM})), status=400)
    told = explained(SEARCH, LOGIN, other, first, near, TEACHING, near)
    assert [is_near(tried) for tried in told.rules] == [False, False, True, True, False]


# ---- the code --------------------------------------------------------------------------------------------------------

BASIC = {"quirks": {"pacs": Quirks('Basic realm="x"')}}
STEPS: tuple[tuple[RequestFacts, Outcome, dict[str, object], list[tuple[str, int | None, int, str]]], ...] = (
    (RETRIEVE, said(404, ("Content-Type", "text/plain"), body=b"none"), {}, []),
    (SEARCH, said(422), {}, [("fold", 422, 400, "PS3.18 8.5")]),
    (SEARCH, said(407), {}, [("hop-code", 407, 503, "RFC 9110 15.5.8, 15.5.20")]),
    (SEARCH, said(999), {}, [("invalid-status", 999, 503, "RFC 9110 15")]),
    (SEARCH, said(412), {}, [("unasked-412", 412, 400, "RFC 9110 15.5.13")]),
    (
        SEARCH,
        failed(FailureKind.CONNECTION_REFUSED),
        {},
        [("failure", None, 502, "RFC 9110 15.6"), ("fold", 502, 503, "PS3.18 8.5")],
    ),
    (SEARCH, failed(FailureKind.DESTINATION_NOT_FOUND), {}, [("failure", None, 404, "RFC 9110 15.6")]),
    (STORE, failed(FailureKind.HTTP_RESPONSE_TIMEOUT, Sent.PERHAPS), {}, [("failure", None, 500, "RFC 9110 15.6")]),
    (RETRIEVE, said(401), {}, [("no-challenge", 401, 403, "RFC 9110 15.5.2")]),
    (RETRIEVE, said(401), BASIC, [("owed", 401, 401, "RFC 9110 15.5.2")]),
    (RETRIEVE, said(302), {}, [("fold", 302, 503, "PS3.18 8.5")]),
    (RETRIEVE, said(303), {}, [("no-location", 303, 503, "RFC 9110 15.4")]),
    (RETRIEVE, said(304), {}, [("unasked-304", 304, 503, "RFC 9110 15.4.5")]),
    (SEARCH, said(206, JSON, body=RESULT), {}, [("partial-search", 206, 200, "PS3.18 8.3.4.4.1")]),
    (RETRIEVE, said(206, ("Content-Type", "application/dicom")), {}, [("owed", 206, 206, "RFC 9110 15.3.7")]),
    (SEARCH, said(200, JSON, body=RESULT[:-1]), {}, [("truncated", 200, 502, ""), ("fold", 502, 503, "PS3.18 8.5")]),
    (SEARCH, said(200, JSON, body=b"[]"), {}, [("empty-search", 200, 204, "PS3.18 2024e 10.6.3")]),
    (RETRIEVE, LOGIN, {}, [("unexpected-page", 200, 404, "")]),
    (RETRIEVE, said(500, HTML, body=b"<html>x"), {}, [("error-body", 500, 500, "RFC 9457")]),
    (SEARCH, said(200, body=RESULT), {}, [("label", 200, 200, "PS3.18 8.7")]),
    (
        SEARCH,
        said(410, ("Content-Type", "text/plain"), body=b"gone"),
        {"documented": Documented(strict=True)},
        [("strict", 410, 400, "PS3.18 10.6, 8.3.4")],
    ),
    (SEARCH, said(422), {"mode": Mode.OBSERVE}, [("fold", 422, 400, "PS3.18 8.5"), ("observe", 400, 422, "")]),
    (SEARCH, Response(204, ours=True), {}, [("preflight", None, 204, "Fetch 3.2")]),
)


@pytest.mark.parametrize(("request_", "outcome", "policy", "steps"), STEPS, ids=lambda value: str(value)[:50])
def test_each_step_of_the_code_is_told_with_its_clause(
    request_: RequestFacts, outcome: Outcome, policy: dict[str, object], steps: list[tuple[str, int | None, int, str]]
) -> None:
    told = explained(request_, outcome, **policy)
    assert [(step.by, step.before, step.after, step.clause) for step in told.steps] == steps
    assert all(step.why for step in told.steps)


def test_a_rule_without_a_code_leaves_it_to_the_gateway() -> None:
    told = explained(SEARCH, said(422), rule("warns", StatusIs(frozenset({422})), edits=FieldEdits(add=(("X", "1"),))))
    assert [(step.by, step.before, step.after) for step in told.steps] == [("fold", 422, 400), ("warns", 400, 400)]


# ---- field lines, content, Retry-After, breaker ----------------------------------------------------------------------

ALL = (
    ("Connection", "close"), ("Transfer-Encoding", "chunked"), ("Via", "1.0 cache"), ("Alt-Svc", "h2"),
    ("Strict-Transport-Security", "max-age=1"), ("Proxy-Status", "x"), ("Location", "http://pacs.internal:8042/x"),
    ("Set-Cookie", "a=b; Domain=pacs.internal"), ("Content-Range", "bytes 0-1/2"), ("ETag", '"1"'), ("ETag", '"2"'),
    ("Retry-After", "soon"), ("Server", "nginx"),
)  # fmt: skip


def test_each_field_that_leaves_otherwise_has_its_clause() -> None:
    told = explained(SEARCH, said(200, JSON, *ALL, body=RESULT))
    assert {line.name: (line.change, line.clause) for line in told.lines} == {
        "Connection": ("removed", "RFC 9110 7.6.1"),
        "Transfer-Encoding": ("removed", "RFC 9110 7.6.1"),
        "Via": ("changed", "RFC 9110 7.6.3"),
        "Alt-Svc": ("removed", "RFC 7838 2.1"),
        "Strict-Transport-Security": ("removed", "RFC 6797 7.2"),
        "Proxy-Status": ("removed", "RFC 9209 2"),
        "Location": ("changed", "RFC 9110 10.2.2"),
        "Set-Cookie": ("changed", "RFC 6265 4.1.2"),
        "ETag": ("changed", "RFC 9110 5.3"),
        "Retry-After": ("removed", "RFC 9110 10.2.3"),
        "Date": ("added", "RFC 9110 6.6.1"),
    }


def test_what_a_report_brings_along_and_leaves_behind() -> None:
    told = explained(
        RETRIEVE, said(429, HTML, ("ETag", "1"), ("Content-Range", "bytes 0-1/2")), cors=Cors(frozenset({"*"}))
    )
    clauses = {(line.name, line.change): line.clause for line in told.lines}
    assert clauses[("Content-Type", "changed")] == "RFC 9110 8.3"
    assert clauses[("ETag", "removed")] == "RFC 9110 8"
    assert clauses[("Content-Range", "removed")] == "RFC 9110 14.4"
    assert clauses[("Cache-Control", "added")] == "RFC 9111 5.2.2.5"
    assert clauses[("Retry-After", "added")] == "RFC 9110 10.2.3"
    assert clauses[("Access-Control-Allow-Origin", "added")] == "Fetch 3.2"
    assert (told.body, told.body_why) == ("problem", "what the archive sent is not for clients")


def test_a_field_of_a_rule_is_told_as_the_rule_s() -> None:
    edits = FieldEdits(remove=("Server",), set=(("X-Why", "late"),))
    told = explained(
        SEARCH, said(503, ("Server", "IIS")), rule("late", StatusIs(frozenset({503})), status=503, edits=edits)
    )
    assert {line.name: line.clause for line in told.lines if line.clause.startswith("rule")} == {
        "Server": "rule late",
        "X-Why": "rule late",
    }


def test_a_405_and_a_401_pay_what_they_owe() -> None:
    assert [line.clause for line in explained(SEARCH, said(405)).lines if line.name == "Allow"] == ["RFC 9110 10.2.1"]
    told = explained(SEARCH, said(401), **BASIC)
    assert [line.clause for line in told.lines if line.name == "WWW-Authenticate"] == ["RFC 9110 11.6.1"]


@pytest.mark.parametrize(
    ("outcome", "then", "body", "why"),
    [
        (said(200, JSON, body=RESULT), {}, "keep", "the archive's content passes, byte for byte"),
        (said(204), {}, "empty", "a 204 has no content"),
        (LOGIN, {}, "problem", "the content of a success or a redirect explains no failure"),
        (LOGIN, {"status": 404, "body": BodyPlan.EMPTY}, "empty", "the rule r says so"),
        (failed(FailureKind.DNS_ERROR), {}, "problem", "the archive sent none"),
        (said(500, HTML, body=b"<html>"), {}, "problem", "what the archive sent is not for clients"),
    ],
)
def test_what_becomes_of_the_content_is_told_with_its_reason(
    outcome: Outcome, then: dict[str, object], body: str, why: str
) -> None:
    told = explained(SEARCH, outcome, *([rule("r", StatusIs(frozenset({200})), **then)] if then else []))
    assert (told.body, told.body_why) == (body, why)


def test_an_empty_list_is_told_where_the_edition_wants_one() -> None:
    told = explained(SEARCH, said(204), documented=Documented(edition="2026a"))
    assert (told.body, told.body_why) == ("empty_list", "an empty list is how a search says that nothing matches")


@pytest.mark.parametrize(
    ("outcome", "value", "source"),
    [
        (said(503, ("Retry-After", "7")), "7", "upstream"),
        (said(503), "10", "default"),
        (said(200, JSON, body=RESULT), None, None),
    ],
)
def test_who_says_when_to_come_back(outcome: Outcome, value: str | None, source: str | None) -> None:
    back = explained(SEARCH, outcome).retry_after
    assert (back and back.value, back and back.source) == (value, source)
    assert back is None or back.why


@pytest.mark.parametrize(
    ("outcome", "learns"),
    [
        (said(404), "works"),
        (said(500), "fails"),
        (failed(FailureKind.TOO_BUSY), "nothing"),
        (failed(FailureKind.DNS_ERROR), "fails"),
    ],
)
def test_what_the_breaker_learns(outcome: Outcome, learns: str) -> None:
    assert explained(SEARCH, outcome).breaker == learns


def test_a_store_that_looks_wrong_says_so() -> None:
    assert explained(STORE, said(200, body=b"")).suspicion == "store_without_response"


# ---- the transaction -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "id_", "why"),
    [
        (SEARCH, "studies.search", "the path ends as GET /studies, behind /rs"),
        (
            asked("HEAD", "/studies/1.2"),
            "studies.retrieve.dicom",
            "the path ends as GET /studies/{study} (HEAD is judged as GET)",
        ),
        (asked("POST", "/x/studies/1"), "studies.store", "the path ends as POST /studies/{study}, behind /x"),
        (
            asked("GET", "/w?requestType=WADO"),
            "uri.retrieve-rendered",
            "the query has the key requestType, and nothing asks for application/dicom",
        ),
        (
            asked("OPTIONS", "/x"),
            "capabilities.retrieve",
            "it is OPTIONS, which asks on any path what the service can do",
        ),
        (
            asked("TRACE", "/studies"),
            "other",
            "the path is known, but not with TRACE and these query keys; it takes GET, HEAD, OPTIONS, POST",
        ),
        (ELSEWHERE, "other", "no path, method or field of it is one that this route offers as DICOMweb"),
    ],
)
def test_a_transaction_is_told_with_what_it_is_known_by(request_: RequestFacts, id_: str, why: str) -> None:
    told = explained(request_, said(200)).asked
    assert (told.id, told.why) == (id_, why)
    assert told.name


# ---- who may not see everything --------------------------------------------------------------------------------------


def test_values_that_could_name_somebody_are_not_told_to_everybody() -> None:
    closed = View(is_open=False)
    answer = Response(
        404,
        Fields(
            [
                ("X-Patient", "DOE"),
                ("Location", "/DOE"),
                ("Server", "nginx"),
                ("ETag", "DOE"),
                ("Set-Cookie", "DOE"),
                ("Alt-Svc", "DOE"),
            ]
        ),
        b'{"a": "DOE"}',
        whole=True,
        reason="DOE",
    )
    never = re.compile("^never$")
    conditions = (
        FieldMatches("X-Patient", never), FieldMatches("Server", never), FieldMatches("ETag", never), LocationMatches(never),
        ReasonMatches(never), BodyMatches(never), JsonHas("/a", 1),
    )  # fmt: skip
    rules = tuple(rule(str(number), one, status=400) for number, one in enumerate(conditions))
    told = explain(SEARCH, answer, Policy(rules=rules), NOON, view=closed)
    assert [tried.seen for tried in told.rules] == [
        "it is there", "nginx", "it is there", "it is there", "another one", "12 bytes that look like json", "another value",
    ]  # fmt: skip
    assert "DOE" not in json.dumps(to_json(told))
    assert "DOE" in json.dumps(to_json(explain(SEARCH, answer, Policy(rules=rules), NOON, view=OPEN)))
    values = {line.name: (line.before, line.after) for line in told.lines}
    assert values["Via"] == ("", "1.1 pacs-gateway")
    assert values["Alt-Svc"] == (None, "")


def test_a_boundary_that_was_found_in_the_content_is_not_told() -> None:
    answer = said(200, ("Content-Type", "multipart/related"), body=b"--DOE\r\nContent-Type: application/dicom\r\n\r\n")
    told = explain(RETRIEVE, answer, Policy(), NOON, view=View(is_open=False))
    assert [(line.before, line.after) for line in told.lines if line.name == "Content-Type"] == [
        ("multipart/related",) * 2
    ]


def test_what_was_not_kept_is_said_and_not_guessed() -> None:
    lost = View(is_open=False, missing=lambda condition: "gone" if condition.needs_content else "", content="gone")
    ok, late = StatusIs(frozenset({200})), BodyMatches(re.compile("late"))
    told = explain(
        SEARCH,
        said(200, JSON),
        Policy(rules=(rule("late", ok, late, status=503), rule("no", late, StatusIs(frozenset({500})), status=503))),
        NOON,
        view=lost,
    )
    assert [tried.found for tried in told.rules] == [Found.UNKNOWN, Found.FAILS]
    assert told_of(told.rules[0], told) == "cannot be asked again: the content matches late; gone."
    assert told.missing == (
        "Whether the rule late matches is not known: gone.",
        "What the gateway itself makes of the answer is not known for sure: gone.",
    )
