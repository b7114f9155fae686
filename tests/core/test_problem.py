"""Reports of our own: in the form the client accepts, and with nothing in them that could name a patient."""

import json

import pytest

from gateway.core.decision import Decision
from gateway.core.facts import Outcome
from gateway.core.failures import Failure, FailureKind, Sent
from gateway.core.problem import preferred_form, problem
from tests.core.making import asked, replied, said

CANARY = "DOE^JOHN"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "application/problem+json"),
        ("*/*", "application/problem+json"),
        ("application/dicom+json", "application/problem+json"),
        ('multipart/related; type="application/dicom"', "application/problem+json"),
        ("application/json", "application/json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("text/html;q=0.2, application/json;q=0.7", "application/json"),
        ("text/plain", "text/plain"),
        ("text/plain;q=0, text/html;q=0.001", "text/html"),
        ("text/html;q=0", "application/problem+json"),
        ("text/*", "application/problem+json"),
        ("text/plain, text/html", "text/plain"),
        ("rubbish;;;,", "application/problem+json"),
    ],
)
def test_the_form_is_the_one_that_accept_weighs_highest(accept: str, form: str) -> None:
    assert preferred_form(accept) == form


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("application/json", "application/problem+json"),
        ("text/html", "text/html; charset=utf-8"),
        ("text/plain", "text/plain; charset=utf-8"),
    ],
)
def test_the_report_is_labelled_as_what_it_is(accept: str, media: str) -> None:
    reply = replied(asked("GET", "/rs/studies/1.2", ("Accept", accept)), said(500, body=b""))
    assert reply.fields.all("Content-Type") == (media,)
    assert reply.content is not None
    assert b"500" in reply.content


def test_the_members_are_those_of_rfc_9457_and_those_that_help() -> None:
    content = replied(asked(), said(502, body=b"")).content
    assert content is not None
    assert json.loads(content) == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "Overload or maintenance; Retry-After says when to come back.",
        "instance": "urn:uuid:00000000-0000-4000-8000-000000000000",
        "rule": "fold",
        "temporary": True,
        "advice": "Repeat the request after the time in Retry-After.",
        "received-status": 502,
        "retry-after": 10,
    }


@pytest.mark.parametrize(
    ("outcome", "begins"),
    [
        (Failure(FailureKind.CONNECTION_TERMINATED, Sent.PERHAPS), "Find out first"),
        (Failure(FailureKind.CONNECTION_REFUSED), "Repeat the request after"),
    ],
)
def test_a_store_of_unknown_outcome_is_not_to_be_repeated_blindly(outcome: Failure, begins: str) -> None:
    content = replied(asked("POST", "/rs/studies"), outcome).content
    assert content is not None
    assert json.loads(content)["advice"].startswith(begins)


def test_a_failure_is_named() -> None:
    content = replied(asked(), Failure(FailureKind.CONNECTION_REFUSED)).content
    assert content is not None
    members = json.loads(content)
    assert (members["failure"], members["detail"]) == ("connection_refused", "The archive refused the connection.")
    assert "received-status" not in members


def test_a_date_is_not_copied_into_a_number() -> None:
    content = replied(
        asked(), said(503, ("Retry-After", "Fri, 31 Dec 2032 23:59:59 GMT"), ("Content-Type", "text/html"))
    ).content
    assert content is not None
    assert "retry-after" not in json.loads(content)


def test_a_code_without_a_name_still_has_a_title() -> None:
    report = problem(asked(), Decision(599), "", "", "x")
    assert json.loads(report.content)["title"] == "Error"
    assert json.loads(report.content)["detail"] == ""


@pytest.mark.parametrize("accept", ["application/json", "text/html", "text/plain"])
@pytest.mark.parametrize(
    "outcome", [said(500, ("X", CANARY), body=f"<html>{CANARY}".encode()), Failure(FailureKind.TARGET_TOO_LONG)]
)
def test_nothing_of_the_request_or_of_the_archives_words_is_in_a_report(accept: str, outcome: Outcome) -> None:
    request = asked(
        "GET",
        f"/rs/studies/{CANARY}?PatientName={CANARY}",
        ("Accept", accept),
        ("Authorization", CANARY),
        ("Cookie", CANARY),
    )
    reply = replied(request, outcome)
    assert reply.content is not None
    assert b"DOE" not in reply.content


def test_html_is_escaped() -> None:
    report = problem(asked("GET", "/", ("Accept", "text/html")), Decision(500), "<b>", "", "<script>")
    assert b"<b>" not in report.content
    assert b"<script>" not in report.content
