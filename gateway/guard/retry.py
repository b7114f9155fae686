"""Whether a request is sent to the archive once more (Table N.7-89, RFC 9110 9.2.2).

Only GET and HEAD, only before the first byte went to the client, only within a budget: in an outage, repetitions are what
keeps an archive down. And only if the archive's own `Retry-After` is no longer than we are ready to wait.
"""

from dataclasses import dataclass

REPEATABLE = frozenset({"GET", "HEAD"})
_MOST_SAVED = 10.0  # repetitions in one burst
_FIRST_WAIT = 0.1  # seconds before the first repetition, doubled for each further one


@dataclass(frozen=True, slots=True)
class RetrySettings:
    """`attempts` in all, the first included; each after `max_wait` seconds at most; `budget` is the share of requests that
    may be repeated."""

    attempts: int = 2
    max_wait: float = 2.0
    budget: float = 0.1


class RetryBudget:
    """Every request saves a little, every repetition costs one."""

    __slots__ = ("_saved", "_share")

    def __init__(self, share: float) -> None:
        self._share, self._saved = share, 1.0

    def save(self) -> None:
        self._saved = min(self._saved + self._share, _MOST_SAVED)

    def spend(self) -> bool:
        """Whether there is enough for a repetition, which is then paid."""
        if self._saved < 1:
            return False
        self._saved -= 1
        return True


def wait_before_retry(
    settings: RetrySettings, method: str, attempts: int, said: float | None, chance: float
) -> float | None:
    """Seconds to wait before the next attempt, None where there may be none. `attempts` were made so far; `said` is the
    archive's Retry-After in seconds; `chance` in [0, 1) spreads those who repeat at the same time, as the archive would have
    them all do that it told the same."""
    if method not in REPEATABLE or attempts >= settings.attempts:
        return None
    if said is not None and said > settings.max_wait:
        return None
    own: float = min(_FIRST_WAIT * 2 ** (attempts - 1), settings.max_wait) * chance
    return max(said or 0.0, 0.0) + own
