"""All that protects one archive, together: the order in which a request meets it, and that what was taken is given back."""

from dataclasses import replace

import pytest

from gateway.core.failures import Failure, FailureKind
from gateway.dicomweb.classify import classify
from gateway.guard.adaptive import AdaptiveSettings
from gateway.guard.breaker import BreakerSettings, BreakerState
from gateway.guard.line import LimitSettings, Line, Place, Standing
from gateway.guard.protection import Asking, Held, Permit, Protection, ProtectionSettings, give_up
from gateway.guard.rate import RateSettings
from gateway.guard.retry import RetrySettings

K = FailureKind
SEARCH, STUDY = classify("GET", "/studies?limit=1"), classify("GET", "/studies/1.2")
STORE = classify("POST", "/studies")
ONE = LimitSettings(in_flight=1, queue=4)
BREAKER = BreakerSettings(failures=2, window=10.0, open=15.0)
EVERYTHING = ProtectionSettings(
    limits=LimitSettings(in_flight=1, queue=0), rates=(RateSettings(1, per=60.0),), breaker=BREAKER
)


class Clinic:
    """Clients of one archive. `now` is set by the test."""

    def __init__(self, settings: ProtectionSettings) -> None:
        self.guard = Protection(settings)
        self.now = 100.0
        self.told: list[Asking] = []

    def asks(self, client: str = "a", *, what: str = "search", left: float = 0.0) -> Permit | Failure | Held:
        """What a request gets at once: a permit, a refusal, or the places of which the last waits."""
        asking = Asking({"search": SEARCH, "study": STUDY, "store": STORE}[what], client)
        refusal = self.guard.out_of_service(asking, left, self.now) or self.guard.over_rate(asking, self.now)
        held: Held = ()
        for line in () if refusal else self.guard.lines_for(asking):
            place = self.guard.join(line, asking, lambda: self.told.append(asking), self.now, held)
            if isinstance(place, Failure):
                give_up(held)
                return place
            held = (*held, (line, place))
            if place.standing is Standing.WAITING:
                return held
        return refusal or self.guard.begin(held, asking, self.now)

    def permit(self, client: str = "a", what: str = "search") -> Permit:
        permit = self.asks(client, what=what)
        assert isinstance(permit, Permit)
        return permit

    def refused(self, client: str = "a", *, left: float = 0.0) -> Failure:
        failure = self.asks(client, left=left)
        assert isinstance(failure, Failure)
        return failure

    def waits(self, client: str = "a", what: str = "search") -> tuple[Line, Place]:
        held = self.asks(client, what=what)
        assert isinstance(held, tuple)
        return held[-1]

    def ends(self, permit: Permit, *, healthy: bool | None = True) -> None:
        self.guard.hear(permit, healthy, 0.1, self.now)
        self.guard.leave(permit, self.now, served=healthy is True)

    def breaks(self) -> None:
        """The archive fails until it is left alone."""
        for _ in range(BREAKER.failures):
            self.ends(self.permit(), healthy=False)
        assert self.state is BreakerState.OPEN

    @property
    def state(self) -> BreakerState:
        assert self.guard.breaker is not None
        return self.guard.breaker.state

    @property
    def line(self) -> Line:
        assert self.guard.lines.all_requests is not None
        return self.guard.lines.all_requests


def test_maintenance_comes_first_and_says_when_it_ends() -> None:
    clinic = Clinic(replace(EVERYTHING, rates=()))
    clinic.breaks()
    assert clinic.refused(left=600.0) == Failure(K.MAINTENANCE, retry_after=600.0)


def test_the_breaker_comes_before_the_rates() -> None:
    """Who is told that the archive is down has not used up anything."""
    clinic = Clinic(EVERYTHING)
    for client in "xy":
        clinic.ends(clinic.permit(client), healthy=False)
    assert clinic.refused().kind is K.BREAKER_OPEN
    clinic.now += BREAKER.open
    clinic.permit()


def test_the_rates_come_before_the_line() -> None:
    clinic = Clinic(EVERYTHING)
    clinic.permit("a")
    assert clinic.refused("a").kind is K.RATE_LIMITED
    assert clinic.refused("b").kind is K.TOO_BUSY


@pytest.mark.parametrize(("key", "kind"), [("client", K.RATE_LIMITED), ("upstream", K.RATE_EXHAUSTED)])
def test_a_rate_says_whose_it_is(key: str, kind: FailureKind) -> None:
    clinic = Clinic(ProtectionSettings(rates=(RateSettings(1, per=10.0, key=key),)))  # type: ignore[arg-type]
    clinic.permit()
    assert clinic.refused() == Failure(kind, retry_after=10.0)


def test_a_rate_that_refuses_leaves_the_others_unpaid() -> None:
    clinic = Clinic(ProtectionSettings(rates=(RateSettings(2, per=100.0), RateSettings(1, per=1.0, key="upstream"))))
    clinic.permit()
    assert clinic.refused().kind is K.RATE_EXHAUSTED
    clinic.now += 1
    clinic.permit()


def test_who_is_turned_away_at_the_line_has_not_used_up_its_rate() -> None:
    clinic = Clinic(replace(EVERYTHING, breaker=None))
    running = clinic.permit("a")
    assert clinic.refused("b").kind is K.TOO_BUSY
    clinic.guard.give_back(Asking(SEARCH, "b"))
    clinic.ends(running)
    clinic.permit("b")


@pytest.mark.parametrize("healthy", [True, False, None])
@pytest.mark.parametrize("what", ["search", "study", "store"])
def test_what_a_permit_took_is_given_back_whatever_became_of_it(what: str, healthy: bool | None) -> None:
    clinic = Clinic(replace(EVERYTHING, rates=(), families={"store": ONE, "search": ONE}))
    clinic.ends(clinic.permit(what=what), healthy=healthy)
    assert [(line.under_way, line.in_use, line.waiting) for line in clinic.guard.lines] == [(0, 0, 0)] * 3


def test_a_refusal_in_the_second_line_gives_the_place_in_the_first_back() -> None:
    clinic = Clinic(ProtectionSettings(limits=LimitSettings(1, queue=0), families={"store": LimitSettings(2)}))
    clinic.permit(what="search")
    failure = clinic.asks(what="store")
    assert isinstance(failure, Failure)
    assert [line.under_way for line in clinic.guard.lines] == [0, 1]


def test_a_family_has_its_own_line_within_the_line_for_all() -> None:
    clinic = Clinic(ProtectionSettings(limits=LimitSettings(3), families={"store": ONE}))
    clinic.permit(what="store")
    family, second_store = clinic.waits(what="store")
    search = clinic.permit(what="search")
    whole, second_search = clinic.waits(what="search")
    assert family is not whole
    clinic.ends(search)
    assert (second_store.standing, second_search.standing) == (Standing.WAITING, Standing.UNDER_WAY)


def test_who_comes_back_goes_first_in_both_lines() -> None:
    clinic = Clinic(
        ProtectionSettings(limits=LimitSettings(1, queue=1), families={"search": LimitSettings(1, queue=0)})
    )
    running = clinic.permit()
    refused = clinic.refused("b")
    assert refused.retry_after is not None
    clinic.ends(running)
    clinic.now += refused.retry_after
    store = clinic.permit(what="store")
    _, new = clinic.waits("c", what="store")
    _, returning = clinic.waits("b")
    assert (new.standing, returning.standing) == (Standing.DISPLACED, Standing.WAITING)
    clinic.ends(store)
    assert returning.standing is Standing.UNDER_WAY


def test_costs_are_counted_and_can_be_changed() -> None:
    clinic = Clinic(ProtectionSettings(limits=LimitSettings(4)))
    clinic.permit(what="study")
    clinic.waits(what="search")
    cheap = Clinic(ProtectionSettings(limits=LimitSettings(4), costs={"study": 3}))
    cheap.permit(what="study")
    cheap.permit(what="search")
    cheap.waits(what="search")


def test_without_settings_nothing_is_held_back() -> None:
    clinic = Clinic(ProtectionSettings())
    for _ in range(1000):
        clinic.permit()
    assert clinic.guard.known_wait(clinic.now) == 0


def test_those_who_wait_are_told_at_once_when_the_archive_is_left_alone() -> None:
    clinic = Clinic(ProtectionSettings(limits=LimitSettings(2), breaker=BREAKER))
    failing = [clinic.permit(), clinic.permit()]
    line, place = clinic.waits("b")
    for permit in failing:
        clinic.guard.hear(permit, False, None, clinic.now)  # their last bytes are still on the way
    assert place.standing is Standing.DISPLACED
    failure = clinic.guard.turned_away(line, Asking(SEARCH, "b"), clinic.now)
    assert failure == Failure(K.BREAKER_OPEN, retry_after=BREAKER.open)


def test_while_a_probe_finds_out_the_others_wait_and_go_on_when_it_succeeds() -> None:
    clinic = Clinic(ProtectionSettings(limits=LimitSettings(3), breaker=BREAKER))
    clinic.breaks()
    clinic.now += BREAKER.open
    probe = clinic.permit("probe")
    places = [clinic.waits(client)[1] for client in "abcd"]
    clinic.ends(probe)
    assert [place.standing is Standing.UNDER_WAY for place in places] == [True, True, True, False]


def test_when_the_probe_fails_all_who_waited_for_it_are_told() -> None:
    clinic = Clinic(ProtectionSettings(limits=LimitSettings(3), breaker=BREAKER))
    clinic.breaks()
    clinic.now += BREAKER.open
    probe = clinic.permit("probe")
    places = [clinic.waits(client)[1] for client in "abcd"]
    clinic.ends(probe, healthy=False)
    assert {place.standing for place in places} == {Standing.DISPLACED}
    assert clinic.line.waiting == 0


def test_no_more_probes_at_a_time_than_settled() -> None:
    settings = ProtectionSettings(limits=LimitSettings(8), breaker=replace(BREAKER, probes=2))
    clinic = Clinic(settings)
    clinic.breaks()
    clinic.now += BREAKER.open
    first = clinic.permit("a")
    clinic.permit("b")
    _, third = clinic.waits("c")
    clinic.ends(first, healthy=None)
    assert third.standing is Standing.UNDER_WAY, "the client of the first left, which says nothing"


def test_requests_that_hang_since_before_the_outage_do_not_keep_the_probe_away() -> None:
    clinic = Clinic(ProtectionSettings(limits=LimitSettings(8), breaker=BREAKER))
    hanging = [clinic.permit() for _ in range(5)]
    clinic.breaks()
    clinic.now += BREAKER.open
    clinic.ends(clinic.permit("client that leaves"), healthy=None)
    clinic.ends(clinic.permit("probe"))
    assert (clinic.state, clinic.line.under_way) == (BreakerState.CLOSED, len(hanging))


def test_a_probe_that_hangs_keeps_the_line_no_longer_than_the_breaker_was_open() -> None:
    clinic = Clinic(ProtectionSettings(limits=LimitSettings(8), breaker=BREAKER))
    clinic.breaks()
    clinic.now += BREAKER.open
    clinic.permit("hanging")
    _, place = clinic.waits("b")
    clinic.now += BREAKER.open
    clinic.waits("c")
    assert place.standing is Standing.UNDER_WAY, "the next probe"


def test_without_a_line_those_who_come_during_a_probe_are_told_to_come_back() -> None:
    clinic = Clinic(ProtectionSettings(breaker=BREAKER))
    clinic.breaks()
    clinic.now += BREAKER.open
    clinic.permit()
    assert clinic.refused().kind is K.BREAKER_OPEN


def test_those_who_are_told_to_come_back_after_an_outage_do_not_all_come_at_once() -> None:
    clinic = Clinic(ProtectionSettings(limits=LimitSettings(2), breaker=BREAKER))
    clinic.breaks()
    waits = [clinic.refused(client).retry_after for client in "abcd"]
    assert waits[0] == BREAKER.open
    assert waits == sorted(set(waits), key=lambda wait: wait or 0)


def test_what_fails_quickly_does_not_make_promises_shorter() -> None:
    clinic = Clinic(ProtectionSettings(limits=LimitSettings(1, queue=0)))
    for healthy in (True, *[False] * 50):
        permit = clinic.permit()
        clinic.now += 2.0 if healthy else 0.001
        clinic.ends(permit, healthy=healthy)
    served = clinic.line.per_second
    assert 0.4 < served < 1.0, "one in two seconds was seen, one in a second was assumed"


def test_promises_are_as_far_apart_as_studies_take() -> None:
    clinic = Clinic(ProtectionSettings(limits=LimitSettings(4, queue=0)))
    for _ in range(50):
        permit = clinic.permit(what="study")
        clinic.now += 4.0
        clinic.ends(permit)
    clinic.permit(what="study")
    first, second = (clinic.refused(client).retry_after for client in "ab")
    assert first is not None
    assert second is not None
    assert second - first == pytest.approx(4.0 / 0.95, rel=0.1)


def test_a_limit_that_adapts_is_the_limit_of_the_line() -> None:
    clinic = Clinic(ProtectionSettings(limits=LimitSettings(8), adaptive=AdaptiveSettings(floor=2)))
    for _ in range(50):
        clinic.ends(clinic.permit(), healthy=False)
        clinic.now += 1.0
    assert clinic.line.limit == 2


def test_a_reload_that_changes_nothing_changes_nothing() -> None:
    settings = replace(EVERYTHING, rates=(RateSettings(9),), adaptive=AdaptiveSettings(), limits=LimitSettings(8))
    clinic = Clinic(settings)
    clinic.breaks()
    guard = clinic.guard
    parts = (guard.breaker, guard.rates, guard.adaptive, guard.budget, clinic.line)
    guard.under(replace(settings, limits=LimitSettings(8)))
    assert parts == (guard.breaker, guard.rates, guard.adaptive, guard.budget, clinic.line)
    assert clinic.state is BreakerState.OPEN


def test_a_reload_that_changes_the_breaker_forgets_the_outage_and_nobody_who_is_under_way() -> None:
    settings = ProtectionSettings(limits=LimitSettings(3), breaker=BREAKER)
    clinic = Clinic(settings)
    early = clinic.permit()
    clinic.breaks()
    clinic.guard.under(replace(settings, breaker=replace(BREAKER, failures=1)))
    assert (clinic.state, clinic.line.under_way) == (BreakerState.CLOSED, 1)
    clinic.ends(early, healthy=False)
    assert (clinic.state, clinic.line.under_way) == (BreakerState.CLOSED, 0), "it was asked under the old one"


def test_a_reload_in_the_middle_of_a_probe_lets_nobody_else_out() -> None:
    settings = ProtectionSettings(limits=LimitSettings(3), breaker=BREAKER)
    clinic = Clinic(settings)
    clinic.breaks()
    clinic.now += BREAKER.open
    clinic.permit("probe")
    _, place = clinic.waits("b")
    clinic.guard.under(replace(settings, limits=LimitSettings(5)))
    assert place.standing is Standing.WAITING


@pytest.mark.parametrize(("limit", "under_way"), [(1, 2), (2, 2), (3, 3), (9, 5)])
def test_a_reload_moves_the_limit_for_those_who_wait(limit: int, under_way: int) -> None:
    clinic = Clinic(ProtectionSettings(limits=LimitSettings(2)))
    permits = [clinic.permit(), clinic.permit()]
    for _ in range(3):
        clinic.waits()
    clinic.guard.under(ProtectionSettings(limits=LimitSettings(limit)))
    assert (clinic.line.under_way, clinic.line.under_way + clinic.line.waiting) == (under_way, 5)
    for permit in permits:
        clinic.ends(permit)
    assert clinic.line.under_way == min(3, limit)


def test_a_reload_that_takes_the_limit_away_keeps_nobody_waiting() -> None:
    clinic = Clinic(ProtectionSettings(limits=ONE))
    clinic.permit()
    _, place = clinic.waits()
    clinic.guard.under(ProtectionSettings())
    assert place.standing is Standing.UNDER_WAY


def test_a_reload_that_changes_what_may_be_repeated_begins_with_a_new_budget() -> None:
    clinic = Clinic(ProtectionSettings())
    before = clinic.guard.budget
    clinic.guard.under(ProtectionSettings(retry=RetrySettings(budget=0.5)))
    assert clinic.guard.budget is not before


def test_in_observe_mode_the_breaker_learns_and_lets_everybody_through() -> None:
    clinic = Clinic(ProtectionSettings(limits=ONE, breaker=BREAKER))
    lines = clinic.guard.lines_for(asking := Asking(SEARCH, "a"))
    permits = [clinic.guard.begin_anyway(lines, asking, clinic.now) for _ in range(5)]
    for permit in permits:
        clinic.ends(permit, healthy=False)
    assert clinic.state is BreakerState.OPEN
    clinic.ends(clinic.guard.begin_anyway(lines, asking, clinic.now))
    assert (clinic.state, clinic.line.under_way) == (BreakerState.OPEN, 0)
    clinic.now += BREAKER.open
    clinic.ends(clinic.guard.begin_anyway(lines, asking, clinic.now))
    assert clinic.state is BreakerState.CLOSED
