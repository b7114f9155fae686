"""Turns: each client that was turned away comes back at a moment of its own, and is let in then."""

import pytest

from gateway.guard.turns import LONGEST, MOST_CLIENTS, MOST_PER_CLIENT, Turns


def test_turns_are_as_far_apart_as_requests_take() -> None:
    turns = Turns()
    assert [turns.give(client, 100.0, 2.0, 4.0).wait for client in "abcd"] == [2.0, 2.25, 2.5, 2.75]


def test_a_turn_nobody_was_waiting_for_does_not_hold_up_who_comes_later() -> None:
    turns = Turns()
    turns.give("a", 100.0, 2.0, 4.0)
    assert turns.give("b", 200.0, 1.0, 4.0).wait == 1.0


def test_who_comes_back_in_its_turn_is_known_once() -> None:
    turns = Turns()
    wait = turns.give("a", 100.0, 2.0, 4.0).wait
    assert not turns.claim("a", 100.0 + wait - 0.1)
    assert not turns.claim("b", 100.0 + wait)
    assert turns.claim("a", 100.0 + wait)
    assert not turns.claim("a", 100.0 + wait)


def test_a_turn_is_not_kept_for_ever() -> None:
    turns = Turns()
    turns.give("a", 100.0, 2.0, 4.0)
    assert not turns.claim("a", 200.0)


def test_nobody_is_sent_further_away_than_can_be_promised() -> None:
    turns = Turns()
    given = [turns.give(str(number), 0.0, 1.0, 1.0) for number in range(1000)]
    assert max(turn.wait for turn in given) == LONGEST
    assert not given[-1].is_new
    assert turns.give("known", 0.0, 2 * LONGEST, 1.0).wait == pytest.approx(2 * LONGEST)


def test_who_asks_for_ever_is_told_the_same_again() -> None:
    turns = Turns()
    given = [turns.give("loop", 0.0, 1.0, 1.0) for _ in range(MOST_PER_CLIENT + 5)]
    assert sum(turn.is_new for turn in given) == MOST_PER_CLIENT
    assert {turn.wait for turn in given[MOST_PER_CLIENT:]} == {given[MOST_PER_CLIENT - 1].wait}
    assert turns.give("other", 0.0, 1.0, 1.0).wait == given[MOST_PER_CLIENT - 1].wait + 1


def test_the_number_of_clients_that_are_remembered_is_bounded() -> None:
    turns = Turns()
    for number in range(MOST_CLIENTS + 1):
        turns.give(str(number), 0.0, 1.0, 1e9)
    assert not turns.claim("0", 2.0)
    assert turns.claim(str(MOST_CLIENTS), 2.0)
