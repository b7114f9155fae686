"""The line before an archive: how many go out at a time, and who is next."""

import pytest

from gateway.guard.line import LimitSettings, Line, Place, Standing


class Hospital:
    """Clients at one line, and who was told what."""

    def __init__(self, in_flight: int, queue: int) -> None:
        self.line = Line(LimitSettings(in_flight, queue))
        self.told: list[Place] = []

    def join(self, client: str, cost: int = 1, *, is_return: bool = False) -> Place | None:
        place: Place | None = None

        def told() -> None:
            assert place is not None
            self.told.append(place)

        place = self.line.join(client, cost, told, is_return=is_return)
        return place

    def joined(self, client: str, cost: int = 1, *, is_return: bool = False) -> Place:
        place = self.join(client, cost, is_return=is_return)
        assert place is not None
        return place


def test_no_more_go_out_than_may_and_no_more_wait() -> None:
    hospital = Hospital(in_flight=2, queue=1)
    places = [hospital.join("a") for _ in range(4)]
    assert [place and place.standing for place in places] == [
        Standing.UNDER_WAY, Standing.UNDER_WAY, Standing.WAITING, None,
    ]  # fmt: skip


def test_who_leaves_makes_room_for_the_next() -> None:
    hospital = Hospital(in_flight=1, queue=2)
    first, second, third = (hospital.joined("a") for _ in range(3))
    hospital.line.leave(first)
    assert hospital.told == [second]
    hospital.line.leave(second)
    assert hospital.told == [second, third]
    hospital.line.leave(third)
    assert (hospital.line.under_way, hospital.line.waiting) == (0, 0)


def test_clients_take_turns_whatever_each_has_asked_for() -> None:
    hospital = Hospital(in_flight=1, queue=10)
    running = hospital.joined("a")
    for client in "aaab":
        hospital.joined(client)
    order = []
    for _ in range(4):
        hospital.line.leave(running)
        running = hospital.told[-1]
        order.append(running.client)
    assert order == ["a", "b", "a", "a"]


def test_who_gives_up_waiting_is_not_called() -> None:
    hospital = Hospital(in_flight=1, queue=2)
    first, second, third = (hospital.joined("a") for _ in range(3))
    hospital.line.leave(second)
    hospital.line.leave(first)
    assert hospital.told == [third]


def test_what_costs_more_takes_more_room() -> None:
    hospital = Hospital(in_flight=4, queue=4)
    study, search = hospital.joined("a", cost=4), hospital.joined("b")
    assert (study.standing, search.standing) == (Standing.UNDER_WAY, Standing.WAITING)


def test_what_costs_more_than_there_is_goes_alone_and_is_not_passed_over() -> None:
    hospital = Hospital(in_flight=2, queue=4)
    small = hospital.joined("a")
    study, later = hospital.joined("a", cost=4), hospital.joined("a")
    assert later.standing is Standing.WAITING
    hospital.line.leave(small)
    assert (study.standing, later.standing) == (Standing.UNDER_WAY, Standing.WAITING)


def test_a_newcomer_takes_the_last_place_of_who_holds_most() -> None:
    hospital = Hospital(in_flight=1, queue=3)
    hospital.joined("a")
    hospital.joined("a")
    hospital.joined("a")
    last = hospital.joined("a")
    newcomer = hospital.joined("b")
    assert hospital.told == [last]
    assert (last.standing, newcomer.standing) == (Standing.DISPLACED, Standing.WAITING)
    assert hospital.join("a") is None


def test_nobody_is_displaced_for_one_who_holds_as_many() -> None:
    hospital = Hospital(in_flight=1, queue=2)
    hospital.joined("x")
    hospital.joined("a")
    hospital.joined("b")
    assert hospital.join("c") is None
    assert hospital.told == []


def test_a_line_without_places_refuses_at_once() -> None:
    hospital = Hospital(in_flight=1, queue=0)
    hospital.joined("a")
    assert hospital.join("b") is None


def test_a_lower_limit_lets_nobody_out_until_there_is_room() -> None:
    hospital = Hospital(in_flight=2, queue=2)
    first, second, third = (hospital.joined("a") for _ in range(3))
    hospital.line.limit = 1
    hospital.line.leave(first)
    assert third.standing is Standing.WAITING
    hospital.line.leave(second)
    assert third.standing is Standing.UNDER_WAY


def test_who_comes_back_in_its_turn_goes_first() -> None:
    hospital = Hospital(in_flight=1, queue=3)
    running, new = hospital.joined("a"), hospital.joined("b")
    returning = hospital.joined("c", is_return=True)
    hospital.line.leave(running)
    assert hospital.told == [returning]
    hospital.line.leave(returning)
    assert hospital.told == [returning, new]


def test_a_full_line_has_room_for_who_comes_back_until_all_in_it_do() -> None:
    hospital = Hospital(in_flight=1, queue=1)
    hospital.joined("a")
    new = hospital.joined("b")
    returning = hospital.joined("c", is_return=True)
    assert (new.standing, returning.standing) == (Standing.DISPLACED, Standing.WAITING)
    assert hospital.join("d", is_return=True) is None


def test_observe_mode_counts_and_holds_nobody_back() -> None:
    line = Line(LimitSettings(1, 1))
    first = line.begin_anyway("a", 1)
    assert not line.would_refuse(1), "it would wait a little, and go out"
    second = line.begin_anyway("a", 1)
    assert line.under_way == 2
    assert line.would_refuse(1)
    line.leave(first)
    line.leave(second)
    assert not line.would_refuse(1)


def test_observe_mode_counts_who_would_have_waited_for_too_long() -> None:
    line = Line(LimitSettings(1, queue=100, queue_timeout=5.0))
    for _ in range(100):
        line.learn(1.0, 1)
    places = [line.begin_anyway("a", 1) for _ in range(5)]
    assert len(places) == line.under_way
    assert line.would_refuse(1)


def test_who_comes_back_does_not_wait_behind_a_costly_one_that_has_no_room_yet() -> None:
    hospital = Hospital(in_flight=4, queue=4)
    hospital.joined("a", cost=2)
    study = hospital.joined("b", cost=4)
    returning = hospital.joined("c", is_return=True)
    assert (study.standing, returning.standing) == (Standing.WAITING, Standing.UNDER_WAY)


def test_while_the_archive_is_probed_those_who_hang_from_before_do_not_count() -> None:
    hospital = Hospital(in_flight=8, queue=4)
    for _ in range(7):
        hospital.joined("hanging")
    hospital.line.bear(8, probes=1)
    probe, next_one = hospital.joined("a"), hospital.joined("a")
    assert (probe.standing, next_one.standing) == (Standing.UNDER_WAY, Standing.WAITING)
    hospital.line.leave(probe)
    assert next_one.standing is Standing.UNDER_WAY


def test_each_time_the_archive_is_probed_is_counted_anew() -> None:
    hospital = Hospital(in_flight=8, queue=4)
    for probes in (1, None, 1):
        hospital.line.bear(8, probes)
        last = hospital.joined("a")
    assert last.standing is Standing.UNDER_WAY, "the probe of the first time has hung since then"


def test_when_the_probe_is_over_all_that_wait_go_out_as_far_as_there_is_room() -> None:
    hospital = Hospital(in_flight=3, queue=4)
    hospital.line.bear(3, probes=1)
    places = [hospital.joined("a") for _ in range(5)]
    hospital.line.bear(3)
    assert [place.standing is Standing.UNDER_WAY for place in places] == [True, True, True, False, False]


def test_who_is_dismissed_knows_and_holds_no_place() -> None:
    hospital = Hospital(in_flight=1, queue=4)
    running = hospital.joined("a")
    waiting = [hospital.joined("a"), hospital.joined("b", is_return=True)]
    hospital.line.dismiss()
    assert [place.standing for place in waiting] == [Standing.DISPLACED] * 2
    assert (hospital.line.waiting, hospital.line.under_way, running.standing) == (0, 1, Standing.UNDER_WAY)


def test_what_is_served_per_second_follows_from_what_requests_take_of_the_limit() -> None:
    line = Line(LimitSettings(in_flight=8))
    for _ in range(100):
        line.learn(4.0, 4)
    assert line.per_second == pytest.approx(0.95 * 8 / 16, rel=0.01), "two studies at a time, four seconds each"
