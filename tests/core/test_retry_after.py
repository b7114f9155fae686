"""Retry-After: who says when to come back, and how it is written."""

from dataclasses import replace

import pytest

from gateway.core.conditions import StatusIs
from gateway.core.decision import RetryAdvice, RetrySource
from gateway.core.failures import Failure, FailureKind
from gateway.core.policy import Documented, Policy, RetryPolicy
from gateway.core.reply import Retry
from gateway.core.retry_after import is_valid, rendered, seconds_until
from tests.core.making import NOON, RETRIEVE, SECOND_SET, STORE, judged, replied, rule, said

S = RetrySource
FIVE_PAST_NOON = "Thu, 01 Jan 2026 12:05:00 GMT"
BOUNDS = RetryPolicy(default=10, minimum=2, maximum=60, jitter=0.5)


@pytest.mark.parametrize(
    "value",
    [
        "0",
        "1",
        "120",
        "007",
        "999999999",
        FIVE_PAST_NOON,
        "Fri, 31 Dec 2032 23:59:59 GMT",
        "Thu, 01 Jan 2026 23:59:60 GMT",
    ],
)
def test_seconds_and_dates_are_values(value: str) -> None:
    assert is_valid(value)


@pytest.mark.parametrize(
    "value",
    [
        *("", " ", "soon", "-5", "+5", "1.5", "30s", "1e3", "0x10", "1 2", "120,120", "9999999999", "٣", "²"),
        "Thu, 32 Jan 2026 12:00:00 GMT",
        "Thu, 00 Jan 2026 12:00:00 GMT",
        "Thu, 01 Jan 2026 24:00:00 GMT",
        "Thu, 01 Jan 2026 12:00:61 GMT",
        "Thu, 01 Jan 2026 12:00:00 CET",
        "Thu, 01 Jan 2026 12:00:00",
        "Thursday, 01-Jan-26 12:00:00 GMT",
        "Thu Jan  1 12:00:00 2026",
        "2026-01-01T12:00:00Z",
    ],
)
def test_all_else_is_no_value(value: str) -> None:
    assert not is_valid(value)
    assert replied(RETRIEVE, said(503, ("Retry-After", value))).retry == Retry(S.DEFAULT, 10.0)


@pytest.mark.parametrize(("value", "wait"), [("120", 120.0), (FIVE_PAST_NOON, 300.0), ("007", 7.0)])
def test_a_valid_value_of_the_archive_goes_out_byte_for_byte(value: str, wait: float) -> None:
    """Whatever the bounds: they are for guesses."""
    reply = replied(RETRIEVE, said(503, ("retry-after", value)), Policy(retry=RetryPolicy(5, 1, 6, 0.2)))
    assert reply.fields.all("Retry-After") == (value,)
    assert reply.retry == Retry(S.UPSTREAM, wait)


@pytest.mark.parametrize("value", ["0", "Thu, 01 Jan 2026 12:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_moment_that_has_come_is_replaced(value: str) -> None:
    reply = replied(RETRIEVE, said(503, ("Retry-After", value)))
    assert (reply.fields.all("Retry-After"), reply.retry) == (("10",), Retry(S.DEFAULT, 10.0))


def test_two_lines_are_no_value() -> None:
    reply = replied(RETRIEVE, said(503, ("Retry-After", "60"), ("Retry-After", "60")))
    assert reply.fields.all("Retry-After") == ("10",)


@pytest.mark.parametrize(
    "kind", [FailureKind.CONNECTION_REFUSED, FailureKind.HTTP_RESPONSE_TIMEOUT, FailureKind.TOO_BUSY]
)
def test_a_failure_gets_the_default(kind: FailureKind) -> None:
    assert replied(RETRIEVE, Failure(kind)).retry == Retry(S.DEFAULT, 10.0)


def test_what_the_guard_knows_is_not_cut_short() -> None:
    reply = replied(RETRIEVE, Failure(FailureKind.MAINTENANCE, retry_after=7200.5))
    assert (reply.fields.all("Retry-After"), reply.retry) == (("7201",), Retry(S.MAINTENANCE, 7201.0))


def test_a_limit_is_503_without_a_row_for_429_and_both_say_when() -> None:
    limited = Failure(FailureKind.RATE_LIMITED, retry_after=3)
    added = Policy(documented=Documented(added={429: "x"}))
    for policy, status in ((Policy(), 503), (added, 429), (SECOND_SET, 429)):
        reply = replied(RETRIEVE, limited, policy)
        assert (reply.status, reply.fields.all("Retry-After")) == (status, ("3",))


def test_a_rule_says_when_or_says_nothing() -> None:
    down = StatusIs(frozenset({502}))
    later = Policy(rules=(rule("later", down, status=503, retry_after=90.0),))
    never = Policy(rules=(rule("never", down, status=503, retry_after="none"),))
    theirs = Policy(rules=(rule("theirs", down, status=503, retry_after="upstream"),))
    answer = said(502, ("Retry-After", "33"))
    assert replied(RETRIEVE, answer, later).retry == Retry(S.RULE, 90.0)
    assert "Retry-After" not in replied(RETRIEVE, answer, never).fields
    assert replied(RETRIEVE, answer, theirs).retry == Retry(S.UPSTREAM, 33.0)
    assert replied(RETRIEVE, said(502), theirs).retry == Retry(S.DEFAULT, 10.0)


@pytest.mark.parametrize("status", [200, 400, 404, 500])
def test_where_it_has_no_meaning_it_does_not_go_out(status: int) -> None:
    reply = replied(RETRIEVE, said(status, ("Retry-After", "60"), ("Content-Type", "application/json"), body=b"{}"))
    assert ("Retry-After" in reply.fields, reply.retry) == (False, None)


@pytest.mark.parametrize("status", [202, 301, 303, 413])
def test_where_it_has_a_meaning_the_archives_word_goes_out_and_none_is_invented(status: int) -> None:
    lines = [("Location", "/x"), ("Content-Type", "application/json")]
    assert replied(RETRIEVE, said(status, *lines, ("Retry-After", "60"), body=b"{}")).fields.all("Retry-After") == (
        "60",
    )
    assert "Retry-After" not in replied(RETRIEVE, said(status, *lines, body=b"{}")).fields


@pytest.mark.parametrize("status", [502, 408])
def test_a_store_whose_end_nobody_knows_is_not_invited_to_repeat(status: int) -> None:
    decision = judged(STORE, said(status, ("Retry-After", "5")))
    assert (decision.status, decision.retry) == (500, None)


@pytest.mark.parametrize(
    ("advice", "chance", "wanted"),
    [
        (RetryAdvice(S.DEFAULT, seconds=10), 0.0, "10"),
        (RetryAdvice(S.DEFAULT, seconds=10), 0.5, "13"),  # 12.5, upwards
        (RetryAdvice(S.DEFAULT, seconds=10), 0.999, "15"),
        (RetryAdvice(S.DEFAULT, seconds=0.1), 0.0, "2"),  # the lower bound
        (RetryAdvice(S.RULE, seconds=500), 0.9, "60"),  # the upper bound
        (RetryAdvice(S.BREAKER, seconds=500), 0.0, "500"),
        (RetryAdvice(S.QUEUE, seconds=0), 0.0, "2"),
        (RetryAdvice(S.MAINTENANCE, seconds=7200), 1.0, "7230"),  # spread, but not by an hour
    ],
)
def test_waits_are_whole_seconds_upwards_within_bounds(advice: RetryAdvice, chance: float, wanted: str) -> None:
    assert rendered(advice, BOUNDS, NOON.now, chance) == (wanted, advice.source, float(wanted))


def test_there_is_always_a_second_to_wait() -> None:
    assert rendered(RetryAdvice(S.DEFAULT), RetryPolicy(0, 0, 0, 0), 0.0, 0.0) == ("1", S.DEFAULT, 1.0)


def test_jitter_only_lengthens() -> None:
    waits = [float(rendered(RetryAdvice(S.DEFAULT, seconds=100), RetryPolicy(), 0.0, c / 100)[0]) for c in range(100)]
    assert min(waits) == 100
    assert max(waits) == 120
    assert waits == sorted(waits)


def test_a_date_is_counted_from_now() -> None:
    assert seconds_until(FIVE_PAST_NOON, NOON.now) == 300
    assert seconds_until("not a date", NOON.now) == 0


@pytest.mark.parametrize(
    ("upstream_says", "closed_for", "wanted"),
    [("5", 15.0, ("15", S.BREAKER)), ("20", 15.0, ("20", S.UPSTREAM)), ("5", 0.0, ("5", S.UPSTREAM))],
)
def test_the_longest_wait_wins(upstream_says: str, closed_for: float, wanted: tuple[str, S]) -> None:
    """The answer with which a breaker opened must not send its client back to a closed door."""
    moment = replace(NOON, closed_for=closed_for)
    reply = replied(RETRIEVE, said(503, ("Retry-After", upstream_says)), moment=moment)
    assert reply.retry is not None
    assert (reply.fields.get("Retry-After"), reply.retry.source) == wanted


def test_who_may_come_back_at_once_is_not_told_to_wait_for_a_breaker() -> None:
    reply = replied(RETRIEVE, said(404), moment=replace(NOON, closed_for=15.0))
    assert "Retry-After" not in reply.fields
