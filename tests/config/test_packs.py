"""The packs that ship: every rule is needed, shown by examples, and safe in every configuration."""

from dataclasses import replace

import pytest

from gateway.config.cases import Answer, Case, CaseRequest, Expected, run_case
from gateway.config.findings import Report
from gateway.config.lint import lint_pack, run_example
from gateway.config.load import pack_rules
from gateway.config.packs import names, pack_tree
from gateway.config.rules import Read
from gateway.config.source import Scalar
from gateway.core.fields import Fields
from gateway.core.policy import Policy, Quirks
from gateway.dicomweb.statuses import DICOM_SET

CHALLENGE = {"": Quirks('Basic realm="PACS"')}
ALL: list[Read] = [read for name in names() for read in pack_rules(name, Report())]
RULES = tuple(read.rule for read in ALL)


def test_the_packs_of_this_release() -> None:
    assert names() == ("login-pages", "orthanc")


@pytest.mark.parametrize("name", names())
def test_a_pack_says_its_name_and_why(name: str) -> None:
    report = Report()
    tree = pack_tree(name, report)
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


def test_the_examples_hold_with_all_packs_together() -> None:
    policy = Policy(rules=RULES, quirks=CHALLENGE)
    assert [
        run_example(example, policy) for read in ALL for example in read.examples if run_example(example, policy)
    ] == []


@pytest.mark.parametrize("read", ALL, ids=lambda read: read.rule.id)
def test_without_the_rule_one_of_its_examples_fails(read: Read) -> None:
    others = Policy(rules=tuple(rule for rule in RULES if rule.id != read.rule.id), quirks=CHALLENGE)
    assert any(run_case(example.case, others) for example in read.examples)


def test_every_rule_has_an_id_of_its_own_and_sends_a_code_of_the_smallest_set() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert {rule.then.status for rule in RULES} <= DICOM_SET


def test_no_rule_of_a_pack_makes_a_success() -> None:
    assert all(rule.then.status is not None and rule.then.status >= 400 for rule in RULES)
    assert not any(rule.then.allow_success for rule in RULES)


def test_every_rule_is_bound_to_transactions_and_none_to_other_paths() -> None:
    for rule in RULES:
        (transactions,) = [c for c in rule.when if c.word == "transaction"]
        assert {"other", "cors.preflight"}.isdisjoint(getattr(transactions, "wanted"))  # noqa: B009


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
        assert run_case(case, Policy(rules=RULES, quirks=CHALLENGE)) == []


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
    assert run_case(case, Policy(rules=RULES, quirks=CHALLENGE)) == []


@pytest.mark.parametrize(
    "location",
    [
        "/login", "/Login.aspx?ReturnUrl=x", "/portal/user-login.jsp;jsessionid=1",
        "/auth/realms/x/protocol/openid-connect/auth?a=b",
        "https://idp.example/adfs/ls/?wa=wsignin1.0", "https://sso.example/", "//accounts.example/x",
        "/cas/login?service=x",
        "https://x.example/oauth2/authorize?client_id=1", "https://x.example/?wtrealm=urn", "/saml2/redirect", "/logon",
        "/sign-in",
    ],
)  # fmt: skip
def test_a_redirect_to_a_sign_on_page_is_not_a_result(location: str) -> None:
    answer = Answer(302, Fields([("Location", location)]))
    case = Case("", CaseRequest("GET", "/studies"), answer, Expected(401, "login-redirect"))
    assert run_case(case, Policy(rules=RULES, quirks=CHALLENGE)) == []
