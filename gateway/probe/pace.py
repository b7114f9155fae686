"""How fast and how much: a survey must not be felt by the people who work with the archive. Pure; `now` is an argument."""

import re

_RATE = re.compile(r"([0-9]+(?:\.[0-9]+)?)(?:/(s|m|min))?")
FASTEST = 1000.0


class Spent(Exception):  # noqa: N818 - the end of a survey, not an error
    """As many requests as were allowed have been sent."""


def rate_of(written: str) -> float:
    """`5`, `5/s`, `30/m`: requests in a second."""
    match = _RATE.fullmatch(written.strip())
    rate = float(match[1]) / (1 if match[2] in (None, "s") else 60) if match else 0.0
    if not 0 < rate <= FASTEST:
        raise ValueError(f"{written} is not a rate; write 5/s, or 30/m for one every two seconds")
    return rate


class Pace:
    """Says how long to wait before each request, and when enough were sent."""

    def __init__(self, rate: float, most: int) -> None:
        self._gap, self.most = 1 / rate, most
        self.sent = 0
        self._next = 0.0

    def take(self, now: float) -> float:
        """The seconds to wait before the next request, which counts as sent; `Spent` where there may be no other."""
        if self.sent >= self.most:
            raise Spent
        self.sent += 1
        turn = max(now, self._next)
        self._next = turn + self._gap
        return turn - now
