"""A limit that follows the archive."""

from gateway.guard.adaptive import AdaptiveLimit, AdaptiveSettings


def steady(limit: AdaptiveLimit, seconds: float, begin: float, times: int, *, healthy: bool = True) -> None:
    for number in range(times):
        limit.hear("search", seconds, healthy, limit.limit, begin + number * seconds)


def test_it_begins_at_the_ceiling_and_stays_while_the_archive_is_quick() -> None:
    limit = AdaptiveLimit(AdaptiveSettings(floor=2), 16)
    steady(limit, 0.1, 0.0, 100)
    assert limit.limit == 16


def test_a_slow_archive_gets_less_but_never_less_than_the_floor() -> None:
    limit = AdaptiveLimit(AdaptiveSettings(floor=2), 16)
    steady(limit, 0.1, 0.0, 10)
    steady(limit, 1.0, 1.0, 10)
    assert 2 < limit.limit < 16
    steady(limit, 1.0, 11.0, 40)
    assert limit.limit == 2


def test_failures_count_however_quick() -> None:
    limit = AdaptiveLimit(AdaptiveSettings(floor=2), 16)
    steady(limit, 0.1, 0.0, 40, healthy=False)
    assert limit.limit == 2


def test_failures_of_one_cause_count_once() -> None:
    """Sixteen requests under way when the archive dies say no more than one."""
    limit = AdaptiveLimit(AdaptiveSettings(floor=2), 16)
    steady(limit, 0.1, 0.0, 10)
    for number in range(16):
        limit.hear("search", None, False, 16, 1.0 + number / 1000)
    assert limit.limit == 14


def test_what_was_not_measured_changes_nothing() -> None:
    limit = AdaptiveLimit(AdaptiveSettings(floor=2), 16)
    for number in range(100):
        limit.hear("store", None, True, 16, number / 10)
    assert limit.limit == 16


def test_it_grows_again_while_it_is_in_use() -> None:
    limit = AdaptiveLimit(AdaptiveSettings(floor=2), 16)
    steady(limit, 0.1, 0.0, 40, healthy=False)
    steady(limit, 0.1, 10.0, 200)
    assert limit.limit == 16


def test_it_does_not_grow_while_nobody_needs_it() -> None:
    limit = AdaptiveLimit(AdaptiveSettings(floor=2), 16)
    steady(limit, 0.1, 0.0, 40, healthy=False)
    for number in range(200):
        limit.hear("search", 0.1, True, 0, 10.0 + number)
    assert limit.limit == 2


def test_a_large_kind_is_not_slow_because_a_small_one_is_quick() -> None:
    limit = AdaptiveLimit(AdaptiveSettings(floor=2), 16)
    for number in range(100):
        limit.hear("search", 0.01, True, 16, number / 10)
        limit.hear("study", 5.0, True, 16, number / 10)
    assert limit.limit == 16


def test_an_archive_that_has_become_slower_for_good_is_measured_anew() -> None:
    limit = AdaptiveLimit(AdaptiveSettings(floor=2), 16)
    steady(limit, 0.1, 0.0, 10)
    steady(limit, 1.0, 1.0, 400)
    assert limit.limit == 16
