"""What is kept of an exchange to explain it by, what is not, and what comes of it when the policy has changed."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from gateway.core.conditions import (
    BodyMatches,
    Condition,
    FieldMatches,
    JsonHas,
    LooksLike,
    ReasonMatches,
    SizeIs,
    StatusIs,
)
from gateway.core.decision import Observed
from gateway.core.facts import Outcome, RequestFacts, Response, classified
from gateway.core.failures import Failure, FailureKind
from gateway.core.fields import Fields
from gateway.core.inspect import Looks
from gateway.core.normalise import normalise
from gateway.core.policy import Policy
from gateway.telemetry.recalled import NOTHING_JUDGED, SAME, recalled
from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.seen import MOST, NO_CONTENT, NO_FIELD, NO_LENGTH, NO_REASON, Kept, Memory, Seen, is_worth_a_look
from tests.core.making import asked, rule, said
from tests.telemetry.records import record, settings

SECRET = "DOE^JOHN"
PERSONAL = (
    ("Authorization", f"Basic {SECRET}"), ("Cookie", f"sid={SECRET}"), ("X-Patient", SECRET), ("Referer", SECRET),
    ("User-Agent", SECRET), ("Accept", "application/dicom+json"), ("If-None-Match", '"1"'),
)  # fmt: skip
SEARCH = asked("GET", f"/{SECRET}/rs/studies?PatientName={SECRET}", *PERSONAL)
JSON = ("Content-Type", "application/dicom+json")
RESULT = b'[{"00080005": {"vr": "CS"}}]'
LATE = rule("late", StatusIs(frozenset({500})), BodyMatches(re.compile("late")), status=503)


def seen(outcome: Outcome, *rules: Any, request: RequestFacts = SEARCH, policy: Policy | None = None) -> Seen:
    policy = policy or Policy(rules=rules)
    return Seen(request, outcome, normalise(request, outcome, policy), policy)


def kept(outcome: Outcome, *rules: Any, closely: bool = True, **more: Any) -> Kept:
    return Memory().keep(seen(outcome, *rules, **more), closely=closely)


def told_of(outcome: Outcome, *rules: Any, now: Policy | None = None, **more: Any) -> dict[str, Any]:
    """An exchange that was judged by some rules, and is explained by a policy."""
    found = seen(outcome, *rules)
    status, by = found.decision.status, found.decision.rule
    told = record(status=status, received=found.decision.received, rule=by, **more)
    entry = (told, Memory().keep(found, closely=is_worth_a_look(found.decision, told)))
    return recalled(entry, replace(settings(), policy=now or found.policy))


# ---- what is kept ----------------------------------------------------------------------------------------------------


def test_no_target_no_credential_and_no_name_is_kept() -> None:
    answer = said(404, JSON, ("X-Patient", SECRET), ("Set-Cookie", SECRET), body=b"[]")
    left = kept(answer, rule("asks", FieldMatches("Set-Cookie", re.compile("x")), status=404))
    assert isinstance(left.outcome, Response)
    assert [name for name, _ in left.request.fields] == ["Accept", "If-None-Match"]
    assert left.request.target == "/"
    assert left.request.classification.root == "/*/*"
    assert [name for name, _ in left.outcome.fields] == ["Content-Type"]
    assert SECRET not in f"{left.request}{left.outcome.fields.lines}"


def test_of_the_query_only_the_keys_of_wado_uri_are_kept() -> None:
    target = f"/wado?requestType=WADO&studyUID={SECRET}&{SECRET}=1&PatientID={SECRET}"
    left = kept(said(404), request=asked("GET", target))
    assert left.request.target == "/?requesttype&studyuid"


def test_a_field_that_a_rule_asks_for_is_kept() -> None:
    answer = said(500, ("X-Error", "12"), ("X-Other", SECRET))
    left = kept(answer, rule("asks", FieldMatches("X-Error", re.compile("12")), status=404))
    assert isinstance(left.outcome, Response)
    assert left.outcome.fields == Fields([("X-Error", "12")])


def test_the_memory_follows_the_policy() -> None:
    memory, answer = Memory(), said(500, ("X-Error", "12"))
    asks = Policy(rules=(rule("asks", FieldMatches("X-Error", re.compile("1")), status=404),))
    before, after = (memory.keep(seen(answer, policy=policy), closely=True) for policy in (Policy(), asks))
    assert isinstance(before.outcome, Response)
    assert isinstance(after.outcome, Response)
    assert (len(before.outcome.fields), len(after.outcome.fields)) == (0, 1)


def test_a_content_is_kept_up_to_a_bound_and_no_longer_whole() -> None:
    left = kept(said(500, body=b"x" * (MOST + 1)), policy=Policy(peek=2 * MOST)).outcome
    assert isinstance(left, Response)
    assert (len(left.peek or b""), left.whole) == (MOST, False)
    short = kept(said(500, body=b"x" * 20), policy=Policy(peek=10)).outcome
    assert isinstance(short, Response)
    assert (short.peek, short.whole) == (b"x" * 10, False)


def test_of_what_went_well_neither_content_nor_reason_is_kept() -> None:
    answer = replace(said(200, JSON, body=RESULT), reason=SECRET)
    left = kept(answer, closely=False).outcome
    assert isinstance(left, Response)
    assert (left.peek, left.whole, left.reason) == (None, False, "")


@pytest.mark.parametrize(
    ("outcome", "more", "worth"),
    [
        (said(200, JSON, body=RESULT), {}, False),
        (said(404, ("Content-Type", "text/plain"), body=b"none"), {}, False),
        (said(422), {}, True),
        (said(500, ("Content-Type", "text/plain"), body=b"broken"), {}, True),
        (Failure(FailureKind.DNS_ERROR), {}, True),
        (said(200, JSON, body=RESULT), {"ended": "truncated"}, True),
    ],
)
def test_who_was_changed_or_failed_is_worth_a_look(outcome: Outcome, more: dict[str, Any], worth: bool) -> None:
    decision = seen(outcome).decision
    told = record(status=decision.status, **more)
    assert is_worth_a_look(decision, told) is worth
    assert is_worth_a_look(replace(decision, observed=(Observed("r", 404),)), told)
    assert is_worth_a_look(replace(decision, suspicion="store_without_response"), told)


# ---- what can be asked again -----------------------------------------------------------------------------------------

PAGE = said(500, JSON, ("Content-Length", "9"), body=b"it is late")


@pytest.mark.parametrize(
    ("outcome", "closely", "condition", "missing"),
    [
        (PAGE, True, BodyMatches(re.compile("late")), ""),
        (PAGE, False, BodyMatches(re.compile("late")), NO_CONTENT),
        (PAGE, False, LooksLike(frozenset({Looks.HTML})), NO_CONTENT),
        (PAGE, False, JsonHas("/a", 1), NO_CONTENT),
        (PAGE, False, ReasonMatches(re.compile("late")), NO_REASON),
        (PAGE, True, ReasonMatches(re.compile("late")), ""),
        (PAGE, True, FieldMatches("X-Error", re.compile("1")), NO_FIELD),
        (PAGE, True, FieldMatches("Server", re.compile("1")), ""),
        (PAGE, True, SizeIs(lambda size: size > 1, "> 1"), ""),
        (PAGE, False, SizeIs(lambda size: size > 1, "> 1"), NO_LENGTH),
        (said(500), False, SizeIs(lambda size: size > 1, "> 1"), NO_LENGTH),
        (PAGE, False, StatusIs(frozenset({500})), ""),
        (Failure(FailureKind.DNS_ERROR), False, BodyMatches(re.compile("late")), ""),
        (said(500, ("Content-Encoding", "gzip")), True, BodyMatches(re.compile("late")), ""),
    ],
)
def test_what_was_not_kept_cannot_be_asked(outcome: Outcome, closely: bool, condition: Condition, missing: str) -> None:
    assert kept(outcome, closely=closely).missing(condition, Policy()) == missing


def test_a_part_of_a_content_is_said_to_be_one() -> None:
    left = kept(said(500, JSON, body=b"x" * 20), policy=Policy(peek=10))
    assert left.missing_content(Policy(peek=10)) == ""
    assert left.missing_content(Policy(peek=100)) == "only the first 10 bytes of the content were kept"


def test_one_is_the_like_of_another_but_for_what_differs() -> None:
    answer = said(200, JSON, ("ETag", "1"), ("Content-Length", "28"), ("Server", "nginx"), body=RESULT)
    left = kept(answer, closely=False)
    assert isinstance(left.outcome, Response)
    assert left.outcome.fields == Fields([JSON, ("Server", "nginx")])
    assert left.missing(FieldMatches("ETag", re.compile("1")), Policy()) == NO_FIELD
    sized = left.with_length(record(bytes_out=99)).outcome
    assert isinstance(sized, Response)
    assert sized.fields.get("Content-Length") == "99"
    for otherwise in ({"ended": "truncated"}, {"method": "HEAD"}, {"status": 206}):
        assert left.with_length(record(bytes_out=9, **otherwise)) is left


# ---- what is told ----------------------------------------------------------------------------------------------------


def test_the_present_policy_decides_the_same() -> None:
    told = told_of(said(500, body=b"it is late"), LATE)
    assert (told["same"], told["verdict"]) == (True, SAME)
    assert told["exchange"]["rule"] == told["explanation"]["rule"] == "late"
    assert told["explanation"]["missing"] == ()


def test_another_policy_decides_otherwise() -> None:
    told = told_of(said(500, body=b"it is late"), LATE, now=Policy())
    assert (told["same"], told["verdict"]) == (False, "The present policy would decide otherwise: 500, unchanged.")
    told = told_of(
        said(422, body=b"it is late"), now=Policy(rules=(rule("new", StatusIs(frozenset({422})), status=409),))
    )
    assert (told["same"], told["verdict"]) == (False, "The present policy would decide otherwise: 409, by new.")


def test_what_cannot_be_known_is_not_guessed() -> None:
    new = rule("new", StatusIs(frozenset({404})), BodyMatches(re.compile("late")), status=503)
    plain = ("Content-Type", "text/plain")
    told = told_of(
        said(404, plain, body=b"it is late"),
        now=Policy(rules=(new, rule("then", StatusIs(frozenset({404})), status=410))),
    )
    assert told["same"] is None
    assert told["verdict"] == (
        "Whether the present policy would decide otherwise is not known. "
        "Whether the rule new matches is not known: the content was not kept."
    )


def test_an_exchange_that_nobody_judged_has_no_explanation() -> None:
    told = recalled((record(status=None, ended="client_gone"), None), settings())
    assert (told["same"], told["verdict"], told["explanation"]) == (None, NOTHING_JUDGED, None)


def test_who_left_in_the_middle_had_been_judged() -> None:
    told = told_of(said(500, body=b"it is late"), LATE, ended="client_gone")
    assert told["same"] is True


def test_nothing_that_could_name_a_patient_is_told() -> None:
    answer = Response(
        404,
        Fields([("Content-Type", f"text/html; charset={SECRET}"), ("Location", f"/{SECRET}"), ("X-Patient", SECRET)]),
        f"<html>{SECRET}".encode(),
        whole=True,
        reason=SECRET,
    )
    never = re.compile("^never$")
    asks = [FieldMatches("X-Patient", never), ReasonMatches(never), BodyMatches(never), FieldMatches("Location", never)]
    told = told_of(answer, *(rule(f"r{number}", one, status=404) for number, one in enumerate(asks)))
    assert SECRET not in json.dumps(told)
    assert len(told["explanation"]["rules"]) == len(asks)


def test_a_record_says_when_and_by_whom() -> None:
    told = told_of(Failure(FailureKind.DNS_ERROR), failure="dns_error")
    assert told["exchange"]["failure"] == told["explanation"]["came"]["failure"] == "dns_error"
    assert told["explanation"]["retry_after"]["source"] == "default"


def test_a_route_of_one_service_keeps_its_own_view() -> None:
    """What a route offers is in the classification, which is kept as it was made."""
    fields = Fields()
    facts = RequestFacts("GET", "/studies", fields, classified("GET", "/studies", fields, "opaque"), opaque=True)
    told: ExchangeRecord = record(transaction="other")
    left = kept(said(200, JSON, body=RESULT), request=facts)
    assert recalled((told, left), settings())["explanation"]["asked"]["id"] == "other"
