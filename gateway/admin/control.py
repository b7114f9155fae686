"""What the admin port may see and do: the few things it needs of the running process, and nothing else of it."""

from collections.abc import Mapping
from typing import Any, Protocol

from gateway.config.settings import Settings
from gateway.reload import ReloadResult
from gateway.telemetry.exposition import TEXT, Form
from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.snapshot import Snapshot


class AdminControl(Protocol):
    """The running gateway, seen from the admin port: one process, or several that count as one."""

    @property
    def settings(self) -> Settings: ...

    @property
    def ready(self) -> bool:
        """Whether traffic is welcome: not while starting, not while draining."""
        ...

    @property
    def started(self) -> float:
        """Unix seconds."""
        ...

    @property
    def version(self) -> str: ...

    async def metrics(self, form: Form = TEXT) -> bytes:
        """The text that Prometheus reads."""
        ...

    async def counts(self) -> Snapshot: ...

    async def recent(self, limit: int) -> tuple[ExchangeRecord, ...]:
        """The last exchanges, the one that started last first."""
        ...

    async def failures(self, limit: int) -> tuple[ExchangeRecord, ...]:
        """The last of them that failed."""
        ...

    async def explained(self, id_: str) -> Mapping[str, Any] | None:
        """One of the last exchanges, as `telemetry/recalled` tells it; None where it is not known."""
        ...

    async def reload(self) -> ReloadResult: ...
