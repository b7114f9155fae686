"""Rules: every word of `when` and `then`, and the conditions they become."""

import re
from dataclasses import replace
from typing import Any

import pytest

from gateway.config.findings import Report
from gateway.config.load import load_text
from gateway.config.parse import parse
from gateway.config.rules import Scope, reading_rules
from gateway.config.source import Pairs
from gateway.config.steps import finished
from gateway.config.when import WHEN, Names
from gateway.core.conditions import BodyMatches, FieldMatches, JsonHas, LooksLike, OneOf, SizeIs, StatusIs
from gateway.core.decision import BodyPlan, FieldEdits
from gateway.core.failures import FailureKind
from gateway.core.inspect import Looks
from gateway.core.policy import Documented
from gateway.core.rule import Rule, Then
from gateway.dicomweb.transactions import ALIASES

TEMPLATE = """
version: 1
upstreams: {{pacs: {{url: 'http://pacs:8042'}}}}
rules:
  - id: a-rule
    why: Because.
    when: {when}
    then: {then}
"""


def rule(when: str = "{status: 500}", then: str = "{status: 503}") -> Rule:
    return load_text(TEMPLATE.format(when=when, then=then), "g.yaml", {}).policy.rules[0]


def condition(when: str) -> Any:
    (only,) = rule(when, "{healthy: true}").when
    return only


@pytest.mark.parametrize(
    ("when", "word", "wanted"),
    [
        ("{origin: gateway}", "origin", {"gateway"}),
        ("{origin: [upstream, gateway]}", "origin", {"upstream", "gateway"}),
        ("{route: pacs}", "route", {"pacs"}),
        ("{upstream: pacs}", "upstream", {"pacs"}),
        ("{method: [GET, HEAD]}", "method", {"GET", "HEAD"}),
        ("{failure: [connection_refused, breaker_open]}", "failure", {"connection_refused", "breaker_open"}),
        ("{transaction: store}", "transaction", {"studies.store"}),
        ("{transaction: [search, studies.store]}", "transaction", {*ALIASES["search"], "studies.store"}),
        ("{transaction: studies.retrieve.*}", "transaction", {i for i in ALIASES["studies"] if ".retrieve." in i}),
    ],
)
def test_words_of_closed_sets(when: str, word: str, wanted: set[str]) -> None:
    assert condition(when) == OneOf(word, frozenset(wanted))


@pytest.mark.parametrize("kind", FailureKind)
def test_every_failure_is_a_word(kind: FailureKind) -> None:
    assert condition(f"{{failure: {kind.value}}}") == OneOf("failure", frozenset({kind.value}))


@pytest.mark.parametrize("looks", Looks)
def test_every_look_is_a_word(looks: Looks) -> None:
    assert condition(f"{{looks_like: {looks.value}}}") == LooksLike(frozenset({looks}))


def test_statuses_in_all_forms() -> None:
    assert condition('{status: [404, "502-504", 3xx]}') == StatusIs(frozenset({404, 502, 503, 504, *range(300, 400)}))


def test_a_header_matches_or_is_absent() -> None:
    conditions = rule("{header: {Server: ^IIS, X-Powered-By: null}}").when
    assert conditions == (FieldMatches("Server", re.compile("^IIS")), FieldMatches("X-Powered-By", None))


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("400", 400),
        ("'400'", "400"),
        ("-1", -1),
        ("1.5", 1.5),
        ("true", True),
        ("'true'", "true"),
        ("null", None),
        ("text", "text"),
        ("'~ (?i)not found'", re.compile("(?i)not found")),
        ("~ not found", re.compile("not found")),
    ],
)
def test_json_values(written: str, wanted: object) -> None:
    assert condition(f"{{json: {{/a: {written}}}}}") == JsonHas("/a", wanted)  # type: ignore[arg-type]


def test_the_whole_json_document_has_the_empty_pointer() -> None:
    assert condition("{json: {'': 500}}") == JsonHas("", 500)


@pytest.mark.parametrize(
    ("written", "holds", "fails"),
    [
        ("0", 0, 1),
        ("12", 12, 13),
        ("<1KiB", 1023, 1024),
        ("<=1KiB", 1024, 1025),
        ("'>1KiB'", 1025, 1024),
        ("'>= 2B'", 2, 1),
    ],
)
def test_sizes(written: str, holds: int, fails: int) -> None:
    size = condition(f"{{size: {written}}}")
    assert isinstance(size, SizeIs)
    assert size.compare(holds)
    assert not size.compare(fails)


def test_conditions_are_asked_cheap_ones_first_whatever_their_order_in_the_file() -> None:
    words = list(WHEN)
    answers = [word for word in words if word != "failure"]
    values = {
        "origin": "upstream", "status": "500", "transaction": "search", "method": "GET", "route": "pacs",
        "upstream": "pacs", "location": "x", "reason": "x", "header": "{X: y}", "media_type": "text/html",
        "unexpected_media": "true",
        "size": "0", "looks_like": "html", "json": "{/a: 1}", "body": "x",
    }  # fmt: skip
    backwards = ", ".join(f"{word}: {values[word]}" for word in reversed(answers))
    asked = rule(f"{{{backwards}}}").when
    assert [condition.word for condition in asked] == answers
    content = [condition.needs_content for condition in asked]
    assert content == sorted(content)


def test_patterns_are_searched_case_as_written() -> None:
    assert condition("{body: 'ERR-[0-9]+'}") == BodyMatches(re.compile("ERR-[0-9]+"))


# then


@pytest.mark.parametrize(
    ("written", "then"),
    [
        ("{status: 404}", Then(status=404)),
        ("{body: empty}", Then(body=BodyPlan.EMPTY)),
        ("{status: 503, retry_after: 3m}", Then(status=503, retry_after=180.0)),
        ("{retry_after: upstream}", Then(retry_after="upstream")),
        ("{status: 503, retry_after: none}", Then(status=503, retry_after="none")),
        ("{healthy: false}", Then(healthy=False)),
        ("{status: 404, observe: true}", Then(status=404, observe=True)),
        ("{headers: {remove: Server}}", Then(edits=FieldEdits(remove=("Server",)))),
        ("{headers: {set: {A: b c, D: e}}}", Then(edits=FieldEdits(set=(("A", "b c"), ("D", "e"))))),
        ("{headers: {add: {Warning: [a, b]}}}", Then(edits=FieldEdits(add=(("Warning", "a"), ("Warning", "b"))))),
    ],
)
def test_what_a_rule_does(written: str, then: Then) -> None:
    assert rule(then=written).then == then


def test_a_success_out_of_a_failure_needs_its_word() -> None:
    written = "{status: 204, body: empty, allow_success: true}"
    assert rule("{transaction: search, status: 404}", written).then.allow_success


def test_a_success_may_become_another_success_without_it() -> None:
    assert rule("{status: [200, 404]}", "{status: 202}").then.status == 202


def test_a_status_is_checked_against_the_set_of_the_same_file() -> None:
    text = TEMPLATE.format(when="{status: 500}", then="{status: 502}") + "documented: {set: dcs}\n"
    assert load_text(text, "g.yaml", {}).policy.rules[0].then.status == 502


def test_a_route_without_a_section_has_the_name_of_the_upstream() -> None:
    assert condition("{route: pacs}").wanted == {"pacs"}


# source


@pytest.mark.parametrize(
    ("written", "source"),
    [
        ("https://pacs.example/issues/1", ("https://pacs.example/issues/1",)),
        ("[PS3.18 10.4.3, a ticket]", ("PS3.18 10.4.3", "a ticket")),
        ("", ()),
    ],
)
def test_where_a_rule_comes_from_is_kept_for_people_and_out_of_the_policy(
    written: str, source: tuple[str, ...]
) -> None:
    text = TEMPLATE.format(when="{status: 500}", then="{status: 503}") + f"    source: {written}\n"
    report = Report()
    tree = parse(text, "g.yaml", {}, report)
    assert isinstance(tree, Pairs)
    (read,) = finished(reading_rules(tree.get("rules"), Scope(Names(), Documented()), report))
    assert (read.source, report.findings) == (source, [])
    assert load_text(text, "g.yaml", {}).policy.rules[0] == replace(rule(), where=read.rule.where)
