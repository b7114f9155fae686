"""What the admin port may see and do: the few things it needs of the running process, and nothing else of it."""

from typing import Protocol

from gateway.config.settings import Settings
from gateway.reload import ReloadResult
from gateway.telemetry.journal import Journal
from gateway.telemetry.metrics import Metrics


class AdminControl(Protocol):
    """The running process, seen from the admin port."""

    @property
    def settings(self) -> Settings: ...

    @property
    def metrics(self) -> Metrics: ...

    @property
    def journal(self) -> Journal: ...

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

    async def reload(self) -> ReloadResult: ...
