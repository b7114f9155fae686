"""Rates: so many requests in so much time, for each client or in all.

The generic cell rate algorithm, a leaky bucket with one number per key: the moment at which the key will have paid for
everything it asked. A burst of the whole allowance may come at once; then one request per interval. Who is refused gets a
turn, and the turn is paid for then and there: it is still free when its client comes back.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

from gateway.guard.turns import Turns

# A key nobody has used for a whole period has a full allowance and need not be remembered. This bounds the others.
MOST_KEYS = 50_000
_ROUNDING = 1e-9  # seconds


@dataclass(frozen=True, slots=True)
class RateSettings:
    """`requests` in `per` seconds; for each client, or for all clients of an upstream together."""

    requests: int
    per: float = 1.0
    key: Literal["client", "upstream"] = "client"

    @property
    def interval(self) -> float:
        """Seconds between two requests that use up the allowance evenly."""
        return self.per / self.requests


class _Account:
    """What one key has used: the moment at which it is even again, and the turns given to its refused requests, if any."""

    __slots__ = ("_turns", "even")

    def __init__(self) -> None:
        self.even = 0.0
        self._turns: Turns | None = None  # most clients need none, and there may be many

    def claim(self, client: str, now: float) -> bool:
        return self._turns is not None and self._turns.claim(client, now)

    @property
    def turns(self) -> Turns:
        if self._turns is None:
            self._turns = Turns()
        return self._turns


class Rate:
    """The accounts of one rate."""

    def __init__(self, settings: RateSettings) -> None:
        self.settings = settings
        self._accounts: OrderedDict[str, _Account] = OrderedDict()

    def take(self, client: str, now: float) -> float:
        """0 where the request may pass, and is then paid for; else the seconds until its turn."""
        account = self._account(client)
        if account.claim(client, now):
            return 0.0  # paid for when it was given
        interval, begin = self.settings.interval, max(account.even, now)
        too_early = begin + interval - self.settings.per - now
        if too_early <= _ROUNDING:
            account.even = begin + interval
            return 0.0
        turn = account.turns.give(client, now, too_early, 1 / interval)
        account.even += interval * turn.is_new
        return turn.wait

    def turn(self, client: str, now: float, wait: float) -> float:
        """The turn of a request that somebody else refused, who said that the next may come in `wait` seconds."""
        return self._account(client).turns.give(client, now, wait, 1 / self.settings.interval).wait

    def came_back(self, client: str, now: float) -> None:
        """A request that somebody else let pass: the turn of its client is used up, if it came in one."""
        account = self._accounts.get(self._key(client))
        if account is not None:
            account.claim(client, now)

    def give_back(self, client: str) -> None:
        """A request was paid for and then turned away for another reason."""
        self._account(client).even -= self.settings.interval

    def _key(self, client: str) -> str:
        return client if self.settings.key == "client" else ""

    def _account(self, client: str) -> _Account:
        key = self._key(client)
        account = self._accounts.get(key)
        if account is None:
            account = self._accounts[key] = _Account()
            if len(self._accounts) > MOST_KEYS:
                self._accounts.popitem(last=False)
        self._accounts.move_to_end(key)
        return account
