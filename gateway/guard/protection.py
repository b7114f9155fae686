"""What protects one archive, in the order in which a request meets it: maintenance, breaker, rates, the line.

Every refusal is a failure with the wait that is really known. Clients are told turns (`turns`), so that they do not all
come back at once and are let in when they do. Nothing here waits or looks at a clock: `now` is monotonic seconds, `wall`
Unix seconds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gateway.core.failures import Failure, FailureKind
from gateway.dicomweb.classify import Classification
from gateway.guard.adaptive import AdaptiveLimit, AdaptiveSettings
from gateway.guard.breaker import Breaker, BreakerSettings, BreakerState, Leave
from gateway.guard.cost import COSTS, what_is_asked
from gateway.guard.line import LimitSettings, Line, Place
from gateway.guard.lines import Lines
from gateway.guard.rate import Rate, RateSettings
from gateway.guard.retry import RetryBudget, RetrySettings
from gateway.guard.turns import Turns

K = FailureKind


@dataclass(frozen=True, slots=True)
class ProtectionSettings:
    """What an operator decided for one archive; what is None or empty holds nothing back."""

    limits: LimitSettings | None = None
    families: Mapping[str, LimitSettings] = field(default_factory=dict)
    costs: Mapping[str, int] = field(default_factory=lambda: COSTS)
    adaptive: AdaptiveSettings | None = None
    rates: tuple[RateSettings, ...] = ()
    breaker: BreakerSettings | None = None
    retry: RetrySettings = field(default_factory=RetrySettings)


@dataclass(frozen=True, slots=True)
class Asking:
    """What the guard wants to know of a request: what is asked, and by whom."""

    asked: Classification
    client: str


# The lines a request stands in, one after the other, with its place in each.
Held = tuple[tuple[Line, Place], ...]


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to talk to an archive until the last byte has passed, to be handed back with what became of it."""

    held: Held
    leave: Leave | None
    asked: str
    cost: int
    since: float


# Of an archive with nothing before it: there is nothing to hand back, and nobody to tell.
_UNGUARDED = Permit((), None, "", 0, 0.0)


class Protection:
    """One archive's protection. It outlives reloads, and keeps what they do not change."""

    def __init__(self, settings: ProtectionSettings) -> None:
        self.settings = settings
        self.breaker = Breaker(settings.breaker) if settings.breaker else None
        self.lines = Lines(settings.limits, settings.families)
        self.rates = tuple(Rate(rate) for rate in settings.rates)
        self.adaptive = _adaptive(settings)
        self.budget = RetryBudget(settings.retry.budget)
        self._turns = Turns()
        self._is_open = _holds_nothing_back(settings)

    def under(self, settings: ProtectionSettings) -> "Protection":
        """The same, by other settings from now on. Who is under way is still counted."""
        before, self.settings = self.settings, settings
        self._is_open = _holds_nothing_back(settings)
        if settings.breaker != before.breaker:
            self.breaker = Breaker(settings.breaker) if settings.breaker else None
        if settings.rates != before.rates:
            self.rates = tuple(Rate(rate) for rate in settings.rates)
        if (settings.adaptive, settings.limits) != (before.adaptive, before.limits):
            self.adaptive = _adaptive(settings)
        if settings.retry != before.retry:
            self.budget = RetryBudget(settings.retry.budget)
        self.lines.under(settings.limits, settings.families)
        self._adjust()
        return self

    def out_of_service(self, asking: Asking, left: float, now: float) -> Failure | None:
        """Maintenance for `left` seconds more, or a breaker that lets nobody through."""
        if left:
            return Failure(K.MAINTENANCE, retry_after=left)
        if self.breaker is None:
            return None
        refuses = self.breaker.refuses(now)
        self._adjust()  # its time may be over
        if not refuses or self._waits_for_probe():
            return None
        return self._left_alone(asking, self.breaker.wait(now), now)

    def over_rate(self, asking: Asking, now: float) -> Failure | None:
        """A rate that is used up: the client's own is its own affair (429), one of all clients is the archive's (503)."""
        for number, rate in enumerate(self.rates):
            if wait := rate.take(asking.client, now):
                for paid in self.rates[:number]:
                    paid.give_back(asking.client)
                return Failure(REFUSED_BY[rate.settings.key], retry_after=wait)
        return None

    def give_back(self, asking: Asking) -> None:
        """The rates had let a request pass that was then turned away: it did not ask anything of the archive."""
        for rate in self.rates:
            rate.give_back(asking.client)

    def came_back(self, asking: Asking, now: float) -> None:
        """A request for which the rates were counted elsewhere, and which may pass."""
        for rate in self.rates:
            rate.came_back(asking.client, now)

    def lines_for(self, asking: Asking) -> tuple[Line, ...]:
        """The lines to stand in, one after the other."""
        return self.lines.of(asking.asked.transaction.family)

    def join(
        self, line: Line, asking: Asking, told: Callable[[], None], now: float, held: Held = ()
    ) -> Place | Failure:
        """A place in line, or the failure that says when there will be one. `held` are the places it has in other lines."""
        is_return = any(place.is_return for _, place in held) or self._turns.claim(asking.client, now)
        place = line.join(asking.client, self.cost(asking), told, is_return=is_return)
        return place or self.turned_away(line, asking, now)

    def turned_away(self, line: Line, asking: Asking, now: float) -> Failure:
        """The line is full, or the time in it was over, or nobody waits in it since the breaker has opened."""
        if wait := self.known_wait(now):
            return self._left_alone(asking, wait, now)
        served = line.per_second
        return Failure(K.TOO_BUSY, retry_after=self._turns.give(asking.client, now, line.waiting / served, served).wait)

    def begin(self, held: Held, asking: Asking, now: float) -> Permit | Failure:
        """The permit of a request whose turn has come, unless the breaker has opened meanwhile."""
        leave = self.breaker.admit(now) if self.breaker else None
        self._adjust()
        if isinstance(leave, float):
            give_up(held)
            return self._left_alone(asking, leave, now)
        return Permit(held, leave, what_is_asked(asking.asked), self.cost(asking), now)

    def at_once(self, asking: Asking, now: float) -> Permit | None:
        """The permit of a request that nothing holds back and that need not be counted beforehand; None where it has to go
        the usual way, of which nothing is done yet."""
        if self._is_open:
            return _UNGUARDED
        if self.rates or (self.breaker and self.breaker.state is not BreakerState.CLOSED):
            return None
        lines, cost = self.lines_for(asking), self.cost(asking)
        if any(line.waiting or not line.has_room(cost) for line in lines):
            return None
        places = [(line, self.join(line, asking, _no_wait, now)) for line in lines]
        permit = self.begin(tuple((line, place) for line, place in places if isinstance(place, Place)), asking, now)
        return permit if isinstance(permit, Permit) else None

    def begin_anyway(self, lines: tuple[Line, ...], asking: Asking, now: float) -> Permit:
        """The permit of a request in observe mode. The breaker learns, and lets everybody through."""
        leave = self.breaker.admit(now) if self.breaker else None
        held = tuple((line, line.begin_anyway(asking.client, self.cost(asking))) for line in lines)
        known = leave if isinstance(leave, Leave) else None
        return Permit(held, known, what_is_asked(asking.asked), self.cost(asking), now)

    def hear(self, permit: Permit, healthy: bool | None, head_seconds: float | None, now: float) -> None:
        """What the archive is like, as soon as it is known. `healthy` None: what happened says nothing about it."""
        if permit is _UNGUARDED:
            return
        if permit.leave and self.breaker:
            self.breaker.hear(permit.leave, healthy, now)
        if self.adaptive and self.lines.all_requests and healthy is not None:
            self.adaptive.hear(permit.asked, head_seconds, healthy, self.lines.all_requests.in_use, now)
        self._adjust()

    def leave(self, permit: Permit, now: float, *, served: bool = True) -> None:
        """Hand a permit back. What was not `served` was quick, and says nothing about how many can be."""
        if permit is _UNGUARDED:
            return
        if served:
            self.lines.learn((line for line, _ in permit.held), now - permit.since, permit.cost)
        give_up(permit.held)

    def recalled(self, permit: Permit, now: float) -> Failure | None:
        """Why a request may not go out a second time, where the breaker has opened since the first."""
        if self.breaker is None or permit.leave is None or self.breaker.knows(permit.leave):
            return None
        wait = self.breaker.wait(now)
        return Failure(K.BREAKER_OPEN, retry_after=wait) if wait else None

    def recover(self, asked: float, now: float) -> None:
        """A health check that was sent at the moment `asked` found the archive at work."""
        if self.breaker:
            self.breaker.recover(asked, now)
            self._adjust()

    def known_wait(self, now: float) -> float:
        """Seconds for which the breaker will let nobody through, for an answer that is sent just after it opened."""
        return self.breaker.wait(now) if self.breaker else 0.0

    def cost(self, asking: Asking) -> int:
        return self.settings.costs.get(what_is_asked(asking.asked), 1)

    def _left_alone(self, asking: Asking, wait: float, now: float) -> Failure:
        turn = self._turns.give(asking.client, now, wait, self.lines.per_second)
        return Failure(K.BREAKER_OPEN, retry_after=turn.wait)

    def _waits_for_probe(self) -> bool:
        """While a probe is under way, those who come wait in line for what it finds."""
        is_probing = self.breaker is not None and self.breaker.state is BreakerState.PROBING
        return is_probing and self.lines.all_requests is not None

    def _adjust(self) -> None:
        """What may be under way: as much as the archive bears, while it is probed the probes, and then who waits waits for
        them; when it is to be left alone, nobody waits."""
        probes = self.breaker.probes if self.breaker else None
        for line in self.lines:
            if self.breaker and self.breaker.state is BreakerState.OPEN:
                line.dismiss()
            follows = self.adaptive if line is self.lines.all_requests else None
            line.bear(follows.limit if follows else line.settings.in_flight, probes)


def _holds_nothing_back(settings: ProtectionSettings) -> bool:
    return not (settings.limits or settings.families or settings.rates or settings.breaker)


def _adaptive(settings: ProtectionSettings) -> AdaptiveLimit | None:
    if settings.adaptive is None or settings.limits is None:
        return None
    return AdaptiveLimit(settings.adaptive, settings.limits.in_flight)


def _no_wait() -> None:
    """To be told to whoever waits for a turn: nobody."""


def give_up(held: Held) -> None:
    """Leave every line, the last one first."""
    for line, place in reversed(held):
        line.leave(place)


REFUSED_BY: Mapping[str, FailureKind] = {"client": K.RATE_LIMITED, "upstream": K.RATE_EXHAUSTED}
