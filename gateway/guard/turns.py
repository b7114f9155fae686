"""Turns: when each client that was turned away is told to come back, and that it is let in when it does.

Told the same moment, all would come at that moment and most would be turned away again. So each gets a turn of its own, as
far behind the one before as one request takes to be served; and who comes back in its turn goes before those who come for
the first time. What `Retry-After` says is then a promise that can be kept.
"""

from collections import OrderedDict, deque
from typing import NamedTuple

LONGEST = 300.0  # seconds; further ahead a promise would be a guess
MOST_PER_CLIENT = 8  # turns at a time: a viewer asks for several frames at once, a loop asks for ever
MOST_CLIENTS = 10_000
_KEPT = 60.0  # seconds for which a turn that has come is kept for its client


class Turn(NamedTuple):
    """Seconds to wait, and whether this is a promise made just now: not one made before, nor one too far ahead to make."""

    wait: float
    is_new: bool


class Turns:
    """Gives turns to those who wait outside. Seconds on any clock that only goes forward."""

    __slots__ = ("_given", "_next")

    def __init__(self) -> None:
        self._next = 0.0
        self._given: OrderedDict[str, deque[float]] = OrderedDict()

    def give(self, client: str, now: float, earliest: float, per_second: float) -> Turn:
        """The client's turn, which is `earliest` seconds away at least. `per_second` is how many requests are served. Who
        holds many turns already is told the last of them again."""
        held = self._held_by(client, now)
        if len(held) >= MOST_PER_CLIENT:
            return Turn(max(held[-1] - now, earliest), is_new=False)
        moment, farthest = max(self._next, now + earliest), max(LONGEST, earliest)
        if moment - now > farthest:
            return Turn(farthest, is_new=False)
        self._next = moment + 1 / per_second
        held.append(moment)
        return Turn(moment - now, is_new=True)

    def claim(self, client: str, now: float) -> bool:
        """Whether this client comes back in its turn, which is used up by that."""
        if client not in self._given:
            return False
        held = self._held_by(client, now)
        if not held or held[0] > now:
            return False
        held.popleft()
        return True

    def _held_by(self, client: str, now: float) -> deque[float]:
        held = self._given.setdefault(client, deque())
        self._given.move_to_end(client)
        if len(self._given) > MOST_CLIENTS:
            self._given.popitem(last=False)
        while held and held[0] < now - _KEPT:
            held.popleft()
        return held
