"""The breaker: when an archive is left alone, and how it comes back."""

from gateway.guard.breaker import Breaker, BreakerSettings, BreakerState, Leave

SETTINGS = BreakerSettings(failures=3, window=10.0, open=15.0)


def fail(breaker: Breaker, now: float, times: int = 1) -> None:
    for _ in range(times):
        hear(breaker, now, healthy=False)


def hear(breaker: Breaker, now: float, *, healthy: bool | None) -> None:
    leave = breaker.admit(now)
    assert isinstance(leave, Leave)
    breaker.hear(leave, healthy, now)


def opened(at: float = 100.0) -> Breaker:
    breaker = Breaker(SETTINGS)
    fail(breaker, at, times=3)
    return breaker


def test_enough_failures_open_it_and_the_wait_is_what_is_left() -> None:
    breaker = opened(at=100.0)
    assert breaker.state is BreakerState.OPEN
    assert breaker.admit(105.0) == 10.0


def test_failures_that_lie_far_apart_do_not() -> None:
    breaker = Breaker(SETTINGS)
    for moment in (0.0, 6.0, 12.0, 18.0, 24.0):
        fail(breaker, moment)
    assert breaker.state is BreakerState.CLOSED


def test_a_few_failures_among_many_successes_do_not() -> None:
    breaker = Breaker(SETTINGS)
    for moment in range(100):
        hear(breaker, moment / 100, healthy=moment % 10 != 0)
    assert breaker.state is BreakerState.CLOSED


def test_an_archive_that_dies_under_load_is_left_alone_at_once() -> None:
    """However much went well just before."""
    breaker = Breaker(SETTINGS)
    for moment in range(1000):
        hear(breaker, moment / 1000, healthy=True)
    fail(breaker, 1.0, times=5)
    assert breaker.state is BreakerState.CLOSED
    hear(breaker, 1.0, healthy=True)
    fail(breaker, 1.0, times=5)
    assert breaker.state is BreakerState.CLOSED, "one that serves now and then is not dead"
    fail(breaker, 1.0)
    assert breaker.state is BreakerState.OPEN


def test_what_says_nothing_about_the_archive_counts_for_nothing() -> None:
    breaker = Breaker(SETTINGS)
    for _ in range(10):
        hear(breaker, 0.0, healthy=None)
    assert breaker.state is BreakerState.CLOSED


def test_when_its_time_is_over_one_request_finds_out() -> None:
    breaker = opened(at=100.0)
    probe = breaker.admit(115.0)
    assert isinstance(probe, Leave)
    assert probe.is_probe
    assert breaker.state is BreakerState.PROBING
    assert breaker.admit(115.0) == 1.0
    breaker.hear(probe, True, 115.2)
    assert breaker.state is BreakerState.CLOSED


def test_a_probe_that_takes_long_sends_the_others_away_for_as_long_again() -> None:
    breaker = opened(at=100.0)
    breaker.admit(115.0)
    assert breaker.admit(119.0) == 4.0
    assert breaker.admit(127.0) == 3.0, "then the next probe is sent"


def test_a_probe_that_hangs_does_not_keep_the_next_from_finding_out() -> None:
    breaker = opened(at=100.0)
    hanging, later = breaker.admit(115.0), breaker.admit(130.0)
    assert isinstance(hanging, Leave)
    assert isinstance(later, Leave)
    assert isinstance(breaker.admit(130.1), float), "one more, and no storm"
    breaker.hear(later, True, 130.2)
    assert breaker.state is BreakerState.CLOSED
    breaker.hear(hanging, False, 175.0)
    assert breaker.state is BreakerState.CLOSED


def test_without_a_probe_under_way_time_does_not_make_more_of_them() -> None:
    breaker = opened(at=100.0)
    probe = breaker.admit(115.0)
    assert isinstance(probe, Leave)
    breaker.hear(probe, None, 115.5)
    assert isinstance(breaker.admit(1000.0), Leave)
    assert isinstance(breaker.admit(1000.0), float)


def test_a_probe_that_takes_longer_than_the_breaker_was_open_still_closes_it() -> None:
    breaker = opened(at=100.0)
    slow = breaker.admit(115.0)
    assert isinstance(slow, Leave)
    breaker.admit(130.0)
    breaker.hear(slow, True, 140.0)
    assert breaker.state is BreakerState.CLOSED


def test_a_leave_of_another_breaker_is_not_known() -> None:
    leave = Breaker(SETTINGS).admit(0.0)
    assert isinstance(leave, Leave)
    assert not Breaker(SETTINGS).knows(leave)


def test_a_probe_that_fails_opens_it_again_for_the_whole_time() -> None:
    breaker = opened(at=100.0)
    probe = breaker.admit(115.0)
    assert isinstance(probe, Leave)
    breaker.hear(probe, False, 116.0)
    assert breaker.admit(116.0) == 15.0
    assert breaker.opened == 2


def test_a_probe_whose_client_left_makes_room_for_the_next() -> None:
    breaker = opened(at=100.0)
    probe = breaker.admit(115.0)
    assert isinstance(probe, Leave)
    breaker.hear(probe, None, 115.5)
    assert isinstance(breaker.admit(115.5), Leave)


def test_an_answer_from_before_the_outage_does_not_end_it() -> None:
    breaker = Breaker(SETTINGS)
    early = breaker.admit(100.0)
    assert isinstance(early, Leave)
    fail(breaker, 100.0, times=3)
    breaker.hear(early, True, 101.0)
    assert breaker.state is BreakerState.OPEN


def test_a_late_failure_of_the_outage_does_not_open_it_again() -> None:
    breaker = Breaker(SETTINGS)
    late = [breaker.admit(100.0) for _ in range(5)]
    fail(breaker, 100.0, times=3)
    breaker.recover(109.0, 110.0)
    for leave in late:
        assert isinstance(leave, Leave)
        breaker.hear(leave, False, 111.0)
    assert breaker.state is BreakerState.CLOSED


def test_a_health_check_closes_it_early() -> None:
    breaker = opened(at=100.0)
    breaker.recover(102.0, 103.0)
    assert breaker.state is BreakerState.CLOSED
    assert isinstance(breaker.admit(103.0), Leave)
    assert breaker.wait(103.0) == 0.0


def test_a_health_check_from_before_the_outage_closes_nothing() -> None:
    """The archive may have answered it with its last breath."""
    breaker = opened(at=100.0)
    breaker.recover(99.9, 103.0)
    assert breaker.state is BreakerState.OPEN


def test_a_leave_is_known_until_the_state_changes() -> None:
    breaker = Breaker(SETTINGS)
    leave = breaker.admit(100.0)
    assert isinstance(leave, Leave)
    assert breaker.knows(leave)
    fail(breaker, 100.0, times=3)
    assert not breaker.knows(leave)
