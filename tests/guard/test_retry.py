"""Whether a request goes to the archive once more."""

import pytest

from gateway.guard.retry import RetryBudget, RetrySettings, wait_before_retry

SETTINGS = RetrySettings(attempts=3, max_wait=2.0)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_reads_are_repeated(method: str) -> None:
    assert wait_before_retry(SETTINGS, method, 1, None, 0.5) is None


def test_there_is_a_last_attempt() -> None:
    assert wait_before_retry(SETTINGS, "GET", 2, None, 0.5) is not None
    assert wait_before_retry(SETTINGS, "GET", 3, None, 0.5) is None


def test_the_archives_wish_is_honoured_or_there_is_no_repetition() -> None:
    assert wait_before_retry(SETTINGS, "GET", 1, 1.5, 0.0) == 1.5
    assert wait_before_retry(SETTINGS, "GET", 1, 2.5, 0.9) is None


@pytest.mark.parametrize("said", [None, -5.0, 0.0, 1.0])
def test_repetitions_of_many_clients_do_not_fall_together(said: float | None) -> None:
    waits = [wait_before_retry(SETTINGS, "GET", 1, said, chance / 10) or 0.0 for chance in range(10)]
    assert len(set(waits)) == 10
    assert min(waits) == max(said or 0.0, 0.0)


def test_only_a_share_of_requests_is_repeated() -> None:
    budget = RetryBudget(0.1)
    repeated = 0
    for _ in range(1000):
        budget.save()
        repeated += budget.spend()
    assert 95 <= repeated <= 101


def test_a_calm_time_does_not_save_up_for_a_storm() -> None:
    budget = RetryBudget(0.1)
    for _ in range(10_000):
        budget.save()
    assert sum(budget.spend() for _ in range(100)) == 10
