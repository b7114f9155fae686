"""The packs that ship: every rule is needed, shown by examples, and safe in every configuration."""

import json
from collections.abc import Iterator
from dataclasses import replace
from html import escape

import pytest

from gateway.config.cases import Answer, Case, CaseRequest, Expected, play, run_case
from gateway.config.findings import Report
from gateway.config.lint import lint_pack, run_example
from gateway.config.load import pack_rules
from gateway.config.packs import names, parsing_pack
from gateway.config.rules import Read
from gateway.config.source import Scalar
from gateway.config.steps import finished
from gateway.core.conditions import FieldMatches, OneOf, StatusIs
from gateway.core.fields import Fields
from gateway.core.policy import Policy, Quirks
from gateway.core.rule import Rule
from gateway.dicomweb.statuses import DICOM_SET
from gateway.dicomweb.transactions import ALIASES

CHALLENGE = {"": Quirks('Basic realm="PACS"')}
ALL: list[Read] = [read for name in names() for read in pack_rules(name, Report())]
RULES = tuple(read.rule for read in ALL)
EVERY = Policy(rules=RULES, quirks=CHALLENGE)


def test_the_packs_of_this_release_in_the_order_of_all() -> None:
    assert names() == (
        "clearcanvas", "conquest", "dcm4chee", "dicomcloud", "microsoft", "orthanc", "static-wado",
        "iis", "java-servers", "api-gateways", "login-pages", "front-ends", "permanent-refusals", "error-texts",
    )  # fmt: skip


@pytest.mark.parametrize("name", names())
def test_a_pack_says_its_name_and_why(name: str) -> None:
    report = Report()
    tree = finished(parsing_pack(name, report))
    assert pack_rules(name, report)
    assert report.findings == []
    pack, why = tree.get("pack"), tree.get("why")
    assert isinstance(pack, Scalar)
    assert isinstance(why, Scalar)
    assert (pack.text, len(why.text) > 40) == (name, True)
    assert [pair.key for pair in tree.pairs] == ["pack", "why", "rules"]


@pytest.mark.parametrize("name", names())
def test_the_examples_of_a_pack_hold(name: str) -> None:
    assert lint_pack(name) == ()


BLAMES = [read.rule for read in ALL if (read.rule.then.status or 500) in {400, 404, 406, 413}]


@pytest.mark.parametrize("rule", BLAMES, ids=lambda rule: rule.id)
def test_who_finds_the_request_at_fault_does_not_open_the_breaker(rule: Rule) -> None:
    """Else five requests for what is not there would take the archive from everybody."""
    received = {code for condition in rule.when if isinstance(condition, StatusIs) for code in condition.wanted}
    assert rule.then.healthy is (True if any(code >= 500 for code in received) else None)


@pytest.mark.parametrize("read", ALL, ids=lambda read: read.rule.id)
def test_the_examples_hold_with_all_packs_together(read: Read) -> None:
    """Also that nothing more general decides first: an example with the status of its rule names the rule."""
    assert [difference for example in read.examples for difference in run_example(example, EVERY)] == []


@pytest.mark.parametrize("read", ALL, ids=lambda read: read.rule.id)
def test_without_the_rule_one_of_its_examples_fails(read: Read) -> None:
    """With all packs, and in its own alone: what the core or another rule says anyway needs no rule."""
    others = tuple(rule for rule in RULES if rule.id != read.rule.id)
    of_its_pack = tuple(rule for rule in others if rule.pack == read.rule.pack)
    for rules in (others, of_its_pack):
        without = Policy(rules=rules, quirks=CHALLENGE)
        assert any(run_case(example.case, without) for example in read.examples)


def test_every_rule_says_where_it_was_seen() -> None:
    assert [read.rule.id for read in ALL if not read.source] == []
    assert [line for read in ALL for line in read.source if not line.startswith(("https://", "http://"))] == []


def test_every_rule_has_an_id_of_its_own_and_sends_a_code_of_the_smallest_set() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert {rule.then.status for rule in RULES} <= DICOM_SET


def condition(rule: Rule, word: str) -> frozenset[str]:
    (found,) = [c for c in rule.when if isinstance(c, OneOf) and c.word == word]
    return found.wanted


def codes(rule: Rule) -> frozenset[int]:
    (found,) = [c for c in rule.when if isinstance(c, StatusIs)]
    return found.wanted


def test_every_rule_is_bound_to_codes_and_transactions_and_none_to_other_paths() -> None:
    for rule in RULES:
        assert {"other", "cors.preflight", "ws.retrieve"}.isdisjoint(condition(rule, "transaction"))
        assert codes(rule)


def test_a_success_is_made_of_nothing_but_a_search_that_says_404() -> None:
    successes = [rule for rule in RULES if rule.then.status is not None and rule.then.status < 400]
    assert [rule.id for rule in successes] == ["dcm4chee-no-match", "text-no-match"]
    for rule in successes:
        assert (rule.then.status, rule.then.allow_success, codes(rule)) == (204, True, frozenset({404}))
        assert condition(rule, "transaction") <= ALIASES["search"]


def test_only_reads_are_told_to_come_again_by_a_text() -> None:
    """After a store the archive may have acted, and clients repeat a 503 by themselves."""
    again = [rule for rule in RULES if rule.then.status == 503 and rule.id != "plain-http-to-tls-port"]
    assert all(condition(rule, "transaction") <= ALIASES["search"] | ALIASES["retrieve"] for rule in again)


def test_a_permanent_refusal_needs_a_503_without_a_retry_after_of_its_own() -> None:
    permanent = [rule for rule in RULES if codes(rule) == {503}]
    assert {rule.id for rule in permanent} == {"dcm4chee-unknown-ae", "permanent-unknown-ae", "permanent-refusal"}
    for rule in permanent:
        assert rule.then.retry_after == "none"
        assert FieldMatches("Retry-After", None) in rule.when


# What no text rule may touch


def texts() -> Iterator[str]:
    """Every text that some example of some pack fires on, or nearly."""
    for example in (example for read in ALL for example in read.examples):
        if isinstance(example.case.upstream, Answer):
            yield example.case.upstream.content.decode("latin-1")
            yield example.case.upstream.reason


EVIL = sorted({text for text in texts() if text})
SEARCHES = ("/rs/studies", "/rs/studies/2.25.1/metadata", "/rs/workitems")


def decided(method: str, path: str, status: int, content_type: str, content: bytes) -> str:
    answer = Answer(status, Fields([("Content-Type", content_type)]), content)
    request = CaseRequest(method, path, Fields([("Content-Type", 'multipart/related; type="application/dicom"')]))
    return play(Case("", request, answer, Expected(status)), EVERY).rule


@pytest.mark.parametrize("content_type", ["application/dicom+json", "application/json"])
def test_a_result_may_speak_of_anything(content_type: str) -> None:
    for text in EVIL:
        result = json.dumps([{"00081030": {"vr": "LO", "Value": [text]}}]).encode()
        assert [decided("GET", path, 200, content_type, result) for path in SEARCHES] == ["-", "-", "-"]


@pytest.mark.parametrize("status", [200, 202, 400, 401, 403, 404, 409, 500, 503])
def test_a_store_response_is_never_read_as_a_text(status: int) -> None:
    """What its comments say is about one instance. The response module itself decides."""
    ids = {rule.id for rule in RULES}
    for text in EVIL:
        item = {"00081155": {"vr": "UI", "Value": ["2.25.1"]}, "00000902": {"vr": "LO", "Value": [text]}}
        module = json.dumps({"00081198": {"vr": "SQ", "Value": [item]}}).encode()
        assert decided("POST", "/rs/studies", status, "application/dicom+json", module) not in ids
        native = f"<NativeDicomModel><DicomAttribute tag='00081198'>{escape(text)}</DicomAttribute></NativeDicomModel>"
        assert decided("POST", "/rs/studies", status, "application/dicom+xml", native.encode()) not in ids


def test_a_rendered_report_may_speak_of_anything() -> None:
    for text in EVIL:
        report = f"<html><head><title>Report</title></head><body>{escape(text)}</body></html>".encode()
        for path in ("/rs/studies/2.25.1/rendered", "/wado?requestType=WADO&studyUID=1&seriesUID=2&objectUID=3"):
            assert decided("GET", path, 200, "text/html", report) == "-"


def test_a_login_page_is_a_refusal_where_no_challenge_is_known() -> None:
    redirect = next(read for read in ALL if read.rule.id == "login-redirect").examples[0].case
    expect = Expected(403, "login-redirect", headers_absent=("Location", "WWW-Authenticate"))
    assert run_case(replace(redirect, expect=expect), Policy(rules=RULES)) == []


DICOM = b"<html>" + b"\0" * 122 + b'DICM<input type="password">j_security_check'


@pytest.mark.parametrize("content_type", ["application/dicom", "text/html", "application/octet-stream"])
def test_a_dicom_object_is_never_a_login_page(content_type: str) -> None:
    answer = Answer(200, Fields([("Content-Type", content_type)]), DICOM)
    for path in ("/studies/2.25.1", "/studies/2.25.1/rendered", "/wado?requestType=WADO&studyUID=1", "/studies"):
        case = Case("", CaseRequest("GET", path), answer, Expected(200, "-"))
        assert run_case(case, EVERY) == []


@pytest.mark.parametrize(
    "location",
    [
        "https://archive.example/dicom-web/studies/2.25.1", "/dicom-web/studies/2.25.1/", "/catalog/investigation",
        "https://store.example/bucket/2.25.1?X-Signature=login", "/studies/2.25.1/rendered?accept=image/jpeg",
        "https://authors.example/", "/ontology/terms", "/blog/in",
    ],
)  # fmt: skip
def test_a_redirect_to_data_stays_one(location: str) -> None:
    answer = Answer(303, Fields([("Location", location)]))
    case = Case("", CaseRequest("GET", "/studies/2.25.1/thumbnail"), answer, Expected(303, "-"))
    assert run_case(case, EVERY) == []


@pytest.mark.parametrize(
    "location",
    [
        "/login", "/Login.aspx?ReturnUrl=x", "/portal/user-login.jsp;jsessionid=1",
        "/auth/realms/x/protocol/openid-connect/auth?a=b",
        "https://idp.example/adfs/ls/?wa=wsignin1.0", "https://sso.example/", "//accounts.example/x",
        "https://auth.example/?rd=https%3A%2F%2Fpacs.example%2F", "login.jsp", "/my.policy", "/cdn-cgi/access/login/pacs",
        "https://ping.example/as/authorization.oauth2?x=1", "/Shibboleth.sso/Session", "/oauth2/start?rd=%2F",
        "/cas/login?service=x",
        "https://x.example/oauth2/authorize?client_id=1", "https://x.example/?wtrealm=urn", "/saml2/redirect", "/logon",
        "/sign-in",
    ],
)  # fmt: skip
def test_a_redirect_to_a_sign_on_page_is_not_a_result(location: str) -> None:
    answer = Answer(302, Fields([("Location", location)]))
    case = Case("", CaseRequest("GET", "/studies"), answer, Expected(401, "login-redirect"))
    assert run_case(case, EVERY) == []
