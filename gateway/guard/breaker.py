"""A breaker for one upstream: it stops asking an archive that fails, and finds out when it works again.

    closed ---- enough failures in the window ----> open
    open ------ its time is over -----------------> probing
    probing --- a probe succeeds -----------------> closed
    probing --- a probe fails --------------------> open
    probing --- no verdict for as long as `open` -> more probes
    open ------ a health check succeeds ----------> closed

What counts as a failure is `Decision.healthy`: a login page with 200 is one, an unknown study is none. Only answers to
requests that were let through in the present state count; those of before tell of an archive that is no more.
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

_SLOTS = 10  # the window moves on in tenths
_RUN = 2  # times as many failures without a success among them: whatever went well before, nothing does now


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    PROBING = "probing"


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    """Opens after `failures` within `window` seconds, if they are at least `share` of all answers there, for `open`
    seconds; then lets `probes` requests through at a time. Twice as many in a row need no share: an archive that has just
    died would else be asked for as long as it takes to outnumber its successes."""

    failures: int = 5
    window: float = 30.0
    open: float = 15.0
    share: float = 0.5
    probes: int = 1


@dataclass(frozen=True, slots=True)
class Leave:
    """The breaker's leave for one request, to be handed back with what became of it."""

    era: object
    is_probe: bool = False


class Breaker:
    """Clock and chance are the caller's; `now` is in seconds."""

    def __init__(self, settings: BreakerSettings) -> None:
        self.settings = settings
        self.state = BreakerState.CLOSED
        self.opened = 0  # how often, for the metric
        self._era = object()  # another with every change of state, and of no other breaker
        self._since = 0.0
        self._probes = 0  # under way
        self._most = 0  # probes at a time
        self._probed = 0.0  # when the last probe was sent
        self._slots: deque[list[float]] = deque()  # [begin, failures, answers]
        self._run = 0  # failures in a row

    @property
    def probes(self) -> int | None:
        """The most requests at a time while it probes, else None."""
        return self._most if self.state is BreakerState.PROBING else None

    def tick(self, now: float) -> None:
        """What time alone changes. A probe may hang for as long as an answer may take: then another is sent meanwhile."""
        if self.state is BreakerState.OPEN and now >= self._since + self.settings.open:
            self._become(BreakerState.PROBING, now)
        hangs = self._probes >= self._most and now >= self._probed + self.settings.open
        if hangs and self.state is BreakerState.PROBING:
            self._most += self.settings.probes

    def admit(self, now: float) -> Leave | float:
        """Leave for a request, or the seconds until the archive may be asked again."""
        if self.refuses(now):
            return self.wait(now)
        is_probe = self.state is BreakerState.PROBING
        if is_probe:
            self._probes, self._probed = self._probes + 1, now
        return Leave(self._era, is_probe)

    def refuses(self, now: float) -> bool:
        """Whether a request that came now would be turned away."""
        self.tick(now)
        if self.state is BreakerState.PROBING:
            return self._probes >= self._most
        return self.state is BreakerState.OPEN

    def wait(self, now: float) -> float:
        """Seconds for which nobody is let through, as far as is known; 0 while closed."""
        if self.state is BreakerState.CLOSED:
            return 0.0
        if self.state is BreakerState.OPEN:
            return max(0.0, self._since + self.settings.open - now)
        # A probe is under way, and nobody knows for how long: as long again as it has taken so far, or until the next.
        taken = now - self._probed
        return max(1.0, min(taken, self.settings.open - taken))

    def hear(self, leave: Leave, healthy: bool | None, now: float) -> None:
        """What became of a request: whether the archive works, None where the request says nothing about it."""
        if not self.knows(leave):
            return
        if leave.is_probe:
            self._probes -= 1
            if healthy is not None:
                self._become(BreakerState.CLOSED if healthy else BreakerState.OPEN, now)
        elif healthy is not None and self._has_failed(healthy, now):
            self._become(BreakerState.OPEN, now)

    def knows(self, leave: Leave) -> bool:
        """Whether what it was given for still holds."""
        return leave.era is self._era

    def recover(self, asked: float, now: float) -> None:
        """A health check found the archive at work: no need to wait longer. One that was `asked` before the state changed
        may have been answered by an archive that has died since."""
        if self.state is not BreakerState.CLOSED and asked >= self._since:
            self._become(BreakerState.CLOSED, now)

    def _become(self, state: BreakerState, now: float) -> None:
        self.state, self._since, self._era = state, now, object()
        self._probes, self._most = 0, self.settings.probes
        self._slots.clear()
        self._run = 0
        self.opened += state is BreakerState.OPEN

    def _has_failed(self, healthy: bool, now: float) -> bool:
        """Counts one answer in the window; whether that makes it too many failures."""
        slots, settings = self._slots, self.settings
        while slots and slots[0][0] <= now - settings.window:
            slots.popleft()
        if not slots or now >= slots[-1][0] + settings.window / _SLOTS:
            slots.append([now, 0, 0])
        slots[-1][1] += not healthy
        slots[-1][2] += 1
        self._run = 0 if healthy else self._run + 1
        if healthy:
            return False
        failures, answers = sum(slot[1] for slot in slots), sum(slot[2] for slot in slots)
        return failures >= settings.failures and (
            failures >= settings.share * answers or self._run >= _RUN * settings.failures
        )
