"""Do clients that honour Retry-After get served on their next try? A simulation with 500 clients on the guard itself.

    python -m bench.returns

No sockets and no waiting: a queue of events, the guard exactly as it runs in the gateway, and an archive that takes its
time. Each client asks, and if it is turned away comes back when it was told to. Printed is the share of those that were
served then. In an outage nobody can know when the archive returns; there only what comes after it is held to the goal.
"""

import heapq
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from gateway.core.decision import RetryAdvice, RetrySource
from gateway.core.failures import Failure
from gateway.core.policy import RetryPolicy
from gateway.core.retry_after import rendered
from gateway.dicomweb.classify import classify
from gateway.guard.breaker import BreakerSettings
from gateway.guard.line import LimitSettings, Line, Place, Standing
from gateway.guard.protection import Asking, Held, Permit, Protection, ProtectionSettings
from gateway.guard.rate import RateSettings

CLIENTS = 500
MINUTES = 5
GOAL = 0.95
SEARCH, STUDY = classify("GET", "/studies?limit=1"), classify("GET", "/studies/1.2")
STUDIES = 0.2  # of the requests where both are asked for
STUDY_TAKES = 4  # times as long as a search
RETRY = RetryPolicy()


@dataclass(frozen=True)
class Scene:
    """One hospital: how it is protected, how long an answer takes and a client thinks (seconds), and when the archive is
    down."""

    name: str
    protection: ProtectionSettings
    service: float = 0.1
    think: float = 20.0
    outage: tuple[float, float] = (0.0, 0.0)
    studies: float = 0.0  # of the requests; each takes longer, and more places


LIMITED = LimitSettings(in_flight=8, queue=64, queue_timeout=5.0)
SCENES = (
    Scene("all open their viewers at once", ProtectionSettings(limits=LIMITED)),
    Scene("the same, with a slow archive", ProtectionSettings(limits=LIMITED), service=1.0, think=120.0),
    Scene("nearly more than it can serve", ProtectionSettings(limits=LIMITED), think=6.5),
    Scene("twice as much as it can serve", ProtectionSettings(limits=LIMITED), think=3.0),
    Scene("studies among searches", ProtectionSettings(limits=LIMITED), think=20.0, studies=STUDIES),
    Scene(
        "a line and a rate for each", ProtectionSettings(limits=LIMITED, rates=(RateSettings(1, per=8.0),)), think=3.0
    ),
    Scene("a rate for all together", ProtectionSettings(rates=(RateSettings(20, key="upstream"),)), think=30.0),
    Scene("after an outage", ProtectionSettings(limits=LIMITED, breaker=BreakerSettings()), outage=(60.0, 100.0)),
    Scene("after an outage, unlimited", ProtectionSettings(breaker=BreakerSettings()), outage=(60.0, 100.0)),
)


@dataclass
class Visit:
    """One request of one client; `is_return` where it was turned away before and told when to come back."""

    asking: Asking
    is_return: bool = False


@dataclass
class Hospital:
    """A scene being played. `now` is the seconds since its beginning."""

    scene: Scene
    chance: random.Random
    now: float = 0.0
    returns: int = 0
    kept: int = 0
    _events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self.protection = Protection(self.scene.protection)

    @property
    def share(self) -> float:
        """Of the promises, those that were kept."""
        return self.kept / self.returns

    def play(self) -> None:
        for number in range(CLIENTS):
            self.later(2 * self.chance.random(), self.new_visit(str(number)))
        while self._events and self.now < 60 * MINUTES:
            self.now, _, event = heapq.heappop(self._events)
            event()

    def new_visit(self, client: str) -> Visit:
        return Visit(Asking(STUDY if self.chance.random() < self.scene.studies else SEARCH, client))

    def later(self, seconds: float, visit: Visit) -> None:
        self.at(seconds, lambda: self.arrive(visit))

    def at(self, seconds: float, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._numbers), event))

    def arrive(self, visit: Visit) -> None:
        guard, asking = self.protection, visit.asking
        refusal = guard.out_of_service(asking, 0.0, self.now) or guard.over_rate(asking, self.now)
        if refusal:
            self.turn_away(visit, refusal)
        elif lines := guard.lines_for(asking):
            self.stand_in(lines[0], visit)
        else:
            self.begin(visit, ())

    def stand_in(self, line: Line, visit: Visit) -> None:
        place: Place | Failure | None = None

        def told() -> None:
            assert isinstance(place, Place)
            if place.standing is Standing.DISPLACED:
                self.turn_away_from(line, visit)
            else:
                self.begin(visit, ((line, place),))

        def patience_ends() -> None:
            if isinstance(place, Place) and place.standing is Standing.WAITING:
                line.leave(place)
                self.turn_away_from(line, visit)

        place = self.protection.join(line, visit.asking, told, self.now)
        if isinstance(place, Failure):
            self.protection.give_back(visit.asking)
            self.turn_away(visit, place)
        elif place.standing is Standing.UNDER_WAY:
            self.begin(visit, ((line, place),))
        else:
            self.at(line.settings.queue_timeout, patience_ends)

    def begin(self, visit: Visit, held: Held) -> None:
        permit = self.protection.begin(held, visit.asking, self.now)
        if isinstance(permit, Failure):
            self.protection.give_back(visit.asking)
            self.turn_away(visit, permit)
            return
        down = self.scene.outage[0] <= self.now < self.scene.outage[1]
        longer = STUDY_TAKES if visit.asking.asked is STUDY else 1
        seconds = 0.001 if down else longer * self.scene.service * self.chance.uniform(0.5, 1.5)
        self.at(seconds, lambda: self.end(visit, permit, healthy=not down))

    def end(self, visit: Visit, permit: Permit, *, healthy: bool) -> None:
        self.protection.hear(permit, healthy, self.scene.service, self.now)
        self.protection.leave(permit, self.now, served=healthy)
        if healthy:
            self.count(visit, kept=True)
            self.later(self.chance.expovariate(1 / self.scene.think), self.new_visit(visit.asking.client))
        else:
            self.send_back(visit, max(RETRY.default, self.protection.known_wait(self.now)))

    def turn_away_from(self, line: Line, visit: Visit) -> None:
        self.protection.give_back(visit.asking)
        self.turn_away(visit, self.protection.turned_away(line, visit.asking, self.now))

    def turn_away(self, visit: Visit, refusal: Failure) -> None:
        assert refusal.retry_after is not None
        self.send_back(visit, refusal.retry_after)

    def send_back(self, visit: Visit, seconds: float) -> None:
        self.count(visit, kept=False)
        told = rendered(RetryAdvice(RetrySource.QUEUE, seconds=seconds), RETRY, self.now, self.chance.random())
        self.later(told[2] + 0.05 * self.chance.random(), Visit(visit.asking, is_return=True))

    def count(self, visit: Visit, *, kept: bool) -> None:
        if visit.is_return and self.now >= self.scene.outage[1]:
            self.returns += 1
            self.kept += kept


def played(scene: Scene) -> Hospital:
    """The same every time."""
    hospital = Hospital(scene, random.Random(1))  # noqa: S311 - a simulation
    hospital.play()
    return hospital


def main() -> int:
    hospitals = [played(scene) for scene in SCENES]
    for hospital in hospitals:
        print(
            f"{hospital.scene.name:32} {hospital.returns:6} came back when told, {hospital.share:7.2%} were served then"
        )
    return 0 if min(hospital.share for hospital in hospitals) >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
