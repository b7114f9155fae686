"""Admission: whether an exchange may begin, and how many are under way.

A permit is a value to hand back. Nothing here waits: a refusal is a failure like any other and is judged like one.
"""

from collections import Counter
from dataclasses import dataclass

from gateway.core.failures import Failure, FailureKind


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to talk to one upstream. Hand it back when the last byte of the exchange has passed."""

    upstream: str


@dataclass(frozen=True, slots=True)
class Load:
    """What the gateway carries at this moment: client connections, and whether it is on its way out."""

    connections: int
    draining: bool = False


class Gate:
    """Counts exchanges under way, for each upstream and in all."""

    def __init__(self) -> None:
        self._under_way: Counter[str] = Counter()

    def admit(self, upstream: str, load: Load, most_connections: int) -> Permit | Failure:
        """A permit, or the failure that explains why not: more clients are connected than the gateway may serve."""
        if load.connections > most_connections:
            return Failure(FailureKind.TOO_BUSY)
        self._under_way[upstream] += 1
        return Permit(upstream)

    def leave(self, permit: Permit) -> None:
        self._under_way[permit.upstream] -= 1

    @property
    def under_way(self) -> int:
        return self._under_way.total()
