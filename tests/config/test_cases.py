"""Examples of rules: they run, through the whole judgement, and say what was not as expected."""

from textwrap import indent

import pytest

from gateway.config.lint import lint
from gateway.config.load import load_text

HEAD = """
version: 1
upstreams: {pacs: {url: 'http://pacs:8042'}, old: {url: 'http://old', quirks: {unauthorized_challenge: Basic}}}
routes:
  - {id: all, prefix: /, upstream: pacs}
  - {id: old, prefix: /old, upstream: old}
  - {id: raw, prefix: /raw, upstream: old, service: opaque}
"""
RULES = """
rules:
  - id: unknown-study
    why: The archive calls an unknown study an error of its own.
    when: {transaction: retrieve, status: 500, body: no such study}
    then: {status: 404, body: problem}
    examples:
"""


def findings(example: str, head: str = HEAD, rules: str = RULES) -> list[str]:
    text = head + rules + indent("- " + indent(example.strip(), "  ").lstrip(), "      ")
    return [f"{finding.path}: {finding.message}" for finding in lint(load_text(text, "g.yaml", {}))]


GOOD = """
request: {path: /studies/2.25.1}
upstream: {status: 500, headers: {Content-Type: text/plain}, body: no such study here}
expect: {status: 404, body: problem, headers: {Content-Type: application/problem+json}, headers_absent: [ETag]}
"""


def test_an_example_that_holds_is_no_finding() -> None:
    assert findings(GOOD) == []


WHY = "rule unknown-study, The archive calls an unknown study an error of its own."
PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    ("old", "new", "messages"),
    [
        ("status: 404", "status: 410", [f"status 404 instead of 410 (by {WHY})"]),
        (
            "no such study here",
            "database down",
            [
                "Content-Type is text/plain instead of application/problem+json",
                "body keep instead of problem",
                "decided by no rule instead of unknown-study",
                "status 500 instead of 404 (by no rule)",
            ],
        ),
        ("body: problem", "body: keep", ["body problem instead of keep"]),
        (PROBLEM, "text/html", [f"Content-Type is {PROBLEM} instead of text/html"]),
        (PROBLEM, "~ ^text/", [f"Content-Type is {PROBLEM} instead of ^text/"]),
        ("{Content-Type: application/problem+json}", "{Retry-After: '1'}", ["Retry-After is absent instead of 1"]),
        ("[ETag]", "[Via]", ["Via is there"]),
        ("status: 404,", "status: 404, rule: fold,", [f"decided by {WHY} instead of fold"]),
    ],
)
def test_an_example_that_does_not_hold_says_why(old: str, new: str, messages: list[str]) -> None:
    assert findings(GOOD.replace(old, new)) == [f"rules[0].examples[0]: {message}" for message in messages]


def test_a_finding_has_the_place_of_the_example() -> None:
    text = HEAD + RULES + indent("- " + indent(GOOD.replace("404", "410").strip(), "  ").lstrip(), "      ")
    (finding,) = lint(load_text(text, "g.yaml", {}))
    assert text.splitlines()[finding.line - 1][finding.column - 1 :].startswith("request:")


def test_an_example_of_what_the_rule_leaves_alone_need_not_say_who_decides() -> None:
    assert (
        findings(GOOD.replace("here", "x").replace("no such", "such").split("expect")[0] + "expect: {status: 500}")
        == []
    )


def test_an_example_ends_up_on_its_route() -> None:
    unauthorized = "upstream: {status: 401}\nexpect: {status: %s}"
    assert findings("request: {path: /old/studies}\n" + unauthorized % 401) == []
    assert findings("request: {path: /studies}\n" + unauthorized % 403) == []
    assert findings("request: {path: /studies, route: old}\n" + unauthorized % 401) == []


def test_on_an_opaque_route_no_body_is_read() -> None:
    assert (
        findings(GOOD.replace("/studies", "/raw/studies").split("expect")[0] + "expect: {status: 500, rule: '-'}") == []
    )


def test_a_failure_is_an_outcome_too() -> None:
    assert findings(
        "request: {method: POST, path: /studies}\nupstream: {failure: connection_refused}\n"
        "expect: {status: 503, rule: failure, headers: {Retry-After: '10', Proxy-Status: ~ error=connection_refused}}"
    ) == []  # fmt: skip


def test_content_beyond_the_peek_is_not_seen() -> None:
    far = GOOD.replace("body: no such study here", f"body: '{' ' * 1024}no such study'").replace("404", "500")
    assert findings(far.replace("body: problem", "rule: '-'").split(", headers: {Content-Type: app")[0] + "}",
                    head=HEAD + "inspect: {peek: 1KiB}\n") == []  # fmt: skip


def test_examples_run_in_earnest_where_the_policy_or_the_rule_only_observes() -> None:
    assert findings(GOOD, head=HEAD + "mode: observe\n") == []
    assert findings(GOOD, rules=RULES.replace("body: problem}", "body: problem, observe: true}")) == []


TIDY = """
rules:
  - id: tidy
    why: Nobody needs to know.
    when: {status: 200}
    then: {headers: {remove: Server}}
    examples:
"""


def test_an_example_of_a_rule_without_a_status_is_decided_by_it() -> None:
    request, upstream = "request: {path: /}\n", "upstream: {status: %d, headers: {Server: IIS}}\n"
    assert findings(request + upstream % 200 + "expect: {status: 200, headers_absent: [Server]}", rules=TIDY) == []
    (found,) = findings(request + upstream % 203 + "expect: {status: 203}", rules=TIDY)
    assert found == "rules[0].examples[0]: decided by no rule instead of tidy"


def test_characters_beyond_ascii_arrive_as_bytes() -> None:
    text = GOOD.replace("no such study here", "'Käse: no such study'").replace("text/plain", "text/plain; x=ä")
    assert findings(text) == []
