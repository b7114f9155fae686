"""The gate of the whole gateway: how many exchanges and notification channels are under way, and when there are too many.

Nothing here waits: a refusal is a failure like any other and is judged like one. What protects a single archive is in
`protection`.
"""

from dataclasses import dataclass

from gateway.core.failures import Failure, FailureKind


@dataclass(frozen=True, slots=True)
class Load:
    """What the gateway carries at this moment: client connections, and whether it is on its way out."""

    connections: int
    draining: bool = False


class Gate:
    """Counts exchanges under way, those that wait in line included; and apart from them notification channels, which stay
    open for days."""

    def __init__(self) -> None:
        self.under_way = 0
        self._channels = 0

    def admit(self, load: Load, most_connections: int) -> Failure | None:
        """A place for an exchange, held by whoever got None, or why there is none: too many clients are connected."""
        if load.connections > most_connections:
            return Failure(FailureKind.TOO_BUSY)
        self.under_way += 1
        return None

    def leave(self) -> None:
        self.under_way -= 1

    def admit_channel(self, load: Load, most: int) -> Failure | None:
        """A place for a notification channel, held by whoever got None, or why there is none."""
        if load.draining:
            return Failure(FailureKind.DRAINING)
        if self._channels >= most:
            return Failure(FailureKind.TOO_BUSY)
        self._channels += 1
        return None

    def leave_channel(self) -> None:
        self._channels -= 1
