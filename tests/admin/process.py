"""A process as the admin port sees it: real metrics and a real journal, and a reload that ends as the test wants."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.config.settings import Settings
from gateway.reload import ReloadResult
from gateway.telemetry.exposition import TEXT, Form
from gateway.telemetry.journal import Journal
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.recalled import recalled
from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.snapshot import Snapshot
from tests.telemetry.records import settings


@dataclass
class Process:
    settings: Settings = field(default_factory=lambda: settings(source="/etc/pacs-gateway.yaml"))
    result: ReloadResult | Exception = field(default_factory=lambda: ReloadResult(True, "c0ffee"))
    ready: bool = True
    started: float = field(default_factory=time.time)
    version: str = "1.2.3"
    reloads: int = 0
    journal: Journal = field(default_factory=Journal)
    counted: Metrics = field(init=False)

    def __post_init__(self) -> None:
        self.counted = Metrics(self.settings, self.started)

    async def metrics(self, form: Form = TEXT) -> bytes:
        return self.counted.render(form)

    async def counts(self) -> Snapshot:
        return self.counted.snapshot()

    async def recent(self, limit: int) -> tuple[ExchangeRecord, ...]:
        return self.journal.recent(limit)

    async def failures(self, limit: int) -> tuple[ExchangeRecord, ...]:
        return self.journal.failures(limit)

    async def explained(self, id_: str) -> Mapping[str, Any] | None:
        entry = self.journal.find(id_)
        return recalled(entry, self.settings) if entry else None

    async def reload(self) -> ReloadResult:
        self.reloads += 1
        if isinstance(self.result, Exception):
            raise self.result
        return self.result

    def saw(self, *records: ExchangeRecord) -> "Process":
        for record in records:
            self.counted.observe(record)
            self.journal.add(record)
        return self
