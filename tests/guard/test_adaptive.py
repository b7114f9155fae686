"""A limit that follows the archive."""

import random

from gateway.guard.adaptive import AdaptiveLimit, AdaptiveSettings


def warm(ceiling: int = 16) -> AdaptiveLimit:
    """A limit that has found its archive to be quick."""
    limit = AdaptiveLimit(AdaptiveSettings(floor=2), ceiling)
    steady(limit, 0.1, -1000.0, 210)
    assert limit.limit == ceiling
    return limit


def steady(limit: AdaptiveLimit, seconds: float, begin: float, times: int, *, healthy: bool = True) -> None:
    """One answer after the other, all alike, while the limit is in use."""
    for number in range(times):
        limit.hear("search", seconds, healthy, limit.limit, begin + number * seconds)


def test_it_begins_at_the_floor_and_is_soon_at_the_ceiling_of_a_quick_archive() -> None:
    limit = AdaptiveLimit(AdaptiveSettings(floor=2), 32)
    seen = []
    for number in range(6):
        seen.append(limit.limit)
        steady(limit, 0.1, 3.0 * number, 30)
    assert seen == [2, 4, 8, 16, 32, 32]


def test_after_the_first_sign_of_too_much_it_grows_one_by_one() -> None:
    limit = warm()
    steady(limit, 0.4, 0.0, 30)
    lowered = limit.limit
    steady(limit, 0.1, 20.0, 30)
    assert (lowered, limit.limit) == (8, 9)


def test_a_slow_archive_gets_less_but_never_less_than_the_floor() -> None:
    limit = warm()
    steady(limit, 0.3, 10.0, 40)
    assert 8 < limit.limit < 16, "half as slow again as is borne: a third less"
    steady(limit, 1.0, 22.0, 100)
    assert limit.limit == 2


def test_one_slow_answer_among_many_changes_nothing() -> None:
    limit = warm()
    for number in range(1000):
        limit.hear("search", 1.0 if number % 100 == 0 else 0.1, True, 16, number / 10)
    assert limit.limit == 16


def test_an_archive_is_not_slow_because_its_cache_is_quick() -> None:
    limit = warm(32)
    chance = random.Random(1)
    for number in range(20_000):
        limit.hear("frames", chance.choice([0.005, 0.2]), True, limit.limit, number / 100)
    assert limit.limit > 16


def test_failures_count_however_quick() -> None:
    limit = warm()
    steady(limit, 0.1, 0.0, 60, healthy=False)
    assert limit.limit == 2


def test_failures_of_one_cause_count_once() -> None:
    """Sixteen requests under way when the archive dies say no more than one."""
    limit = warm()
    for number in range(16):
        limit.hear("search", None, False, 16, 10.0 + number / 1000)
    assert limit.limit == 14


def test_what_was_not_measured_changes_nothing() -> None:
    limit = warm()
    for number in range(100):
        limit.hear("store", None, True, 16, number / 10)
    assert limit.limit == 16


def test_it_grows_again_while_it_is_in_use() -> None:
    limit = warm()
    steady(limit, 0.1, 0.0, 60, healthy=False)
    steady(limit, 0.1, 10.0, 500)
    assert limit.limit == 16


def test_it_does_not_grow_while_nobody_needs_it() -> None:
    limit = warm()
    steady(limit, 0.1, 0.0, 60, healthy=False)
    for number in range(500):
        limit.hear("search", 0.1, True, 0, 10.0 + number)
    assert limit.limit == 2


def test_a_large_kind_is_not_slow_because_a_small_one_is_quick() -> None:
    limit = warm()
    for number in range(500):
        limit.hear("search", 0.01, True, 16, number / 10)
        limit.hear("study", 5.0, True, 16, number / 10)
    assert limit.limit == 16


def test_an_archive_that_has_become_slower_for_good_is_measured_anew() -> None:
    limit = warm()
    steady(limit, 1.0, 10.0, 100)
    assert limit.limit < 8
    steady(limit, 1.0, 110.0, 800)
    assert limit.limit == 16
