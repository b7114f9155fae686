"""The line before one archive: so many requests under way at a time, so many waiting, and a fair order among clients.

Who was turned away before and comes back in its turn goes first (`turns`). Otherwise clients take turns: a viewer that
wants two hundred frames does not keep a second one waiting for all of them. Who comes to a full line and holds fewer
places than the client with most takes the last of these.

Nothing here waits: a place in line is a value, and `told` is called when its turn has come.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from gateway.guard.fair_queue import FairQueue

_FIRST_HOLD = 1.0  # seconds that a request is taken to last before one has been seen
_WEIGHT = 0.1  # of the newest in the moving average
_PROMISED = 0.95  # of what is served; the rest is for the error of the estimate


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """`in_flight` requests at a time, counted by what they cost; `queue` waiting, each for up to `queue_timeout` seconds."""

    in_flight: int = 32
    queue: int = 64
    queue_timeout: float = 5.0


class Standing(Enum):
    """Where a place in line is."""

    WAITING = "waiting"
    UNDER_WAY = "under way"
    DISPLACED = "displaced"  # by one with a better right to it, or because the archive will not be asked for a while
    GONE = "gone"


class Place:
    """One request: first in line, then under way. `told` is called when either ends by the line's doing."""

    __slots__ = ("client", "cost", "is_return", "standing", "told")

    def __init__(self, client: str, cost: int, told: Callable[[], None], *, is_return: bool) -> None:
        self.client, self.cost, self.told, self.is_return = client, cost, told, is_return
        self.standing = Standing.WAITING


class Line:
    """Requests under way and waiting."""

    def __init__(self, settings: LimitSettings) -> None:
        self.settings = settings
        self.limit = settings.in_flight  # moved by adaptive concurrency
        self.under_way = 0  # requests
        self.in_use = 0  # what they cost
        self._returning: FairQueue[Place] = FairQueue()
        self._new: FairQueue[Place] = FairQueue()
        self._probes: int | None = None  # the most that may begin while the archive is probed
        self._probing: set[Place] = set()  # those that did
        self._hold = _FIRST_HOLD

    @property
    def waiting(self) -> int:
        return len(self._returning) + len(self._new)

    @property
    def per_second(self) -> float:
        """How many requests are served, as far as can be told, of the mixture that comes."""
        return _PROMISED * self.limit / max(self._hold, 0.001)

    def learn(self, seconds: float, cost: int) -> None:
        """A request was served, which took so much of the limit for so long."""
        self._hold += _WEIGHT * (seconds * cost - self._hold)

    def under(self, settings: LimitSettings) -> "Line":
        """The same line, with other limits from now on."""
        self.settings = settings
        return self

    def bear(self, limit: int, probes: int | None = None) -> None:
        """So much may be under way from now on; and while the archive is probed, `probes` requests besides those that
        were under way when that began. These may hang until their time is over."""
        if (limit, probes) == (self.limit, self._probes):
            return
        if self._probes is None:
            self._probing.clear()
        self.limit, self._probes = limit, probes
        self.advance()

    def join(self, client: str, cost: int, told: Callable[[], None], *, is_return: bool = False) -> Place | None:
        """A place, under way at once where there is room; None where the line is full."""
        place = Place(client, cost, told, is_return=is_return)
        is_next = not self._returning if is_return else not self.waiting
        if is_next and self.has_room(cost):
            self._begin(place)
        elif self.waiting < self.settings.queue or self._displace_for(place):
            self._queue_of(place).push(place)
        else:
            return None
        return place

    def would_refuse(self, cost: int) -> bool:
        """Whether one more would find the line full, or wait in it for too long, if those who are beyond the limit were
        waiting: in observe mode they are under way."""
        beyond = max(0, self.in_use + cost - self.limit) if self.in_use else 0
        requests = beyond * self.under_way / max(self.in_use, 1)
        return requests > self.settings.queue or requests / self.per_second > self.settings.queue_timeout

    def begin_anyway(self, client: str, cost: int) -> Place:
        """Under way at once, room or not: observe mode holds nobody back."""
        place = Place(client, cost, lambda: None, is_return=False)
        self._begin(place)
        return place

    def leave(self, place: Place) -> None:
        """Done, timed out or given up; whoever is next gets its turn."""
        if place.standing is Standing.UNDER_WAY:
            self.in_use -= place.cost
            self.under_way -= 1
            self._probing.discard(place)
        elif place.standing is Standing.WAITING:
            self._queue_of(place).remove(place)
        place.standing = Standing.GONE
        self.advance()

    def advance(self) -> None:
        """Let out whom there is room for."""
        while self.waiting:
            queue = self._returning or self._new
            if not self.has_room(queue.first().cost):
                return  # who is next waits until there is room, or the costly ones would never go
            place = queue.pop()
            self._begin(place)
            place.told()

    def dismiss(self) -> None:
        """Nobody waits any longer: the archive will not be asked for a while."""
        while self.waiting:
            self._displace((self._returning or self._new).first())

    def _queue_of(self, place: Place) -> FairQueue[Place]:
        return self._returning if place.is_return else self._new

    def has_room(self, cost: int) -> bool:
        """Whether a request of this cost could begin now, if nobody waited."""
        if self._probes is not None and len(self._probing) >= self._probes:
            return False
        # What costs more than there ever is goes alone.
        return self.in_use + cost <= self.limit or not self.in_use

    def _begin(self, place: Place) -> None:
        place.standing = Standing.UNDER_WAY
        self.in_use += place.cost
        self.under_way += 1
        if self._probes is not None:
            self._probing.add(place)

    def _displace_for(self, newcomer: Place) -> bool:
        """Make room in a full line: who comes back goes before who is new, and nobody new holds more than his share."""
        if not self._new:
            return False
        last = self._new.last_of_largest()
        if not newcomer.is_return and self._new.held_by(last.client) <= self._new.held_by(newcomer.client) + 1:
            return False
        self._displace(last)
        return True

    def _displace(self, place: Place) -> None:
        self._queue_of(place).remove(place)
        place.standing = Standing.DISPLACED
        place.told()
