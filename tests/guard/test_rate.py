"""Rates: who may send how many requests in how much time."""

import pytest

from gateway.guard.rate import MOST_KEYS, Rate, RateSettings


def test_a_whole_allowance_may_come_at_once() -> None:
    rate = Rate(RateSettings(5, per=1.0))
    assert [rate.take("a", 10.0) for _ in range(5)] == [0.0] * 5
    assert rate.take("a", 10.0) == pytest.approx(0.2)


def test_the_wait_is_long_enough_and_no_longer() -> None:
    for early, passes in ((0.01, False), (0.0, True)):
        rate = Rate(RateSettings(2, per=1.0))
        rate.take("a", 0.0)
        rate.take("a", 0.0)
        wait = rate.take("a", 0.0)
        assert (rate.take("a", wait - early) == 0.0) is passes


def test_a_turn_is_still_free_when_its_client_comes_back() -> None:
    rate = Rate(RateSettings(1, per=1.0, key="upstream"))
    rate.take("a", 0.0)
    turn = rate.take("b", 0.0)
    assert rate.take("c", turn) > 0, "the turn is b's"
    assert rate.take("b", turn) == 0.0


def test_those_who_are_refused_together_come_back_one_after_the_other() -> None:
    rate = Rate(RateSettings(1, per=1.0, key="upstream"))
    rate.take("a", 0.0)
    assert [rate.take(client, 0.0) for client in "bcd"] == pytest.approx([1.0, 2.0, 3.0])


def test_one_client_does_not_use_up_what_another_may_send() -> None:
    rate = Rate(RateSettings(1))
    assert rate.take("a", 0.0) == 0.0
    assert rate.take("a", 0.0) > 0
    assert rate.take("b", 0.0) == 0.0


def test_a_rate_of_the_upstream_is_one_for_all() -> None:
    rate = Rate(RateSettings(1, key="upstream"))
    assert rate.take("a", 0.0) == 0.0
    assert rate.take("b", 0.0) > 0


def test_over_a_long_time_no_more_pass_than_allowed() -> None:
    rate = Rate(RateSettings(10, per=1.0))
    passed = sum(rate.take("a", moment / 100) == 0.0 for moment in range(1000))
    assert 100 <= passed <= 110  # ten seconds, and one burst


def test_what_was_paid_for_nothing_is_given_back() -> None:
    rate = Rate(RateSettings(1))
    rate.take("a", 0.0)
    rate.give_back("a")
    assert rate.take("a", 0.0) == 0.0


def test_the_number_of_clients_that_are_remembered_is_bounded() -> None:
    rate = Rate(RateSettings(1, per=3600.0))
    for number in range(MOST_KEYS + 10):
        rate.take(str(number), 0.0)
    assert rate.take("0", 0.0) == 0.0  # forgotten: the oldest goes first
    assert rate.take(str(MOST_KEYS + 9), 0.0) > 0
