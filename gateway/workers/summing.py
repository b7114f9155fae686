"""Metrics of several processes as if they were one, with the multiprocess mode of prometheus-client: each worker keeps its
counts in files that are mapped into its memory, and whoever is asked reads the files of all.

The files belong to the place of a worker and not to its process: who takes the place of one that died counts on in the same
files. So nothing that was counted goes down, and there are never more files than places. What a worker has under way dies
with it: those files are deleted.
"""

import os
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Metric,
    disable_created_metrics,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from gateway.config.settings import Settings
from gateway.telemetry.description import Description
from gateway.telemetry.exposition import TEXT, Form

_IN_MEMORY = "/dev/shm"  # noqa: S108 - only a place; the folder in it is new and private
_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
# A series stands at zero in its file until its first value is written there; no exchange has ever been seen at that moment.
_MOMENT = "_seen_timestamp_seconds"


def new_folder() -> Path:
    """A private folder for the files, in memory where that can be."""
    place = _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK | os.X_OK) else None
    return Path(tempfile.mkdtemp(prefix="pacs-gateway-", dir=place))


def forget(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def count_for_all(folder: Path, worker: int) -> None:
    """From now on each metric that is made in this process lives in these files."""
    os.environ[_VARIABLE] = str(folder)
    values.ValueClass = values.MultiProcessValue(process_identifier=lambda: worker)  # type: ignore[no-untyped-call]


class _Files(MultiProcessCollector):
    """The files of all workers. One that is just being born has some that are still empty."""

    def collect(self) -> Iterable[Metric]:
        files = [str(file) for file in Path(self._path).glob("*.db") if _size(file)]
        found: Iterable[Metric] = self.merge(files, accumulate=True)  # type: ignore[no-untyped-call]
        for metric in found:
            if metric.name.endswith(_MOMENT):
                metric.samples = [sample for sample in metric.samples if sample.value]
            yield metric


def _size(file: Path) -> int:
    with suppress(FileNotFoundError):  # it went with its worker
        return file.stat().st_size
    return 0


class Sums:
    """All workers' counts, and what the supervisor says of the gateway as a whole."""

    def __init__(self, folder: Path, settings: Settings, now: float) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._folder, self._registry = str(folder), CollectorRegistry()
        self._workers = _Files(self._registry, self._folder)  # type: ignore[no-untyped-call]
        self.description = Description(self._registry)
        self.description.reload_succeeded(settings, now)
        self.up = Gauge("pacs_gateway_workers", "Workers that serve.", registry=self._registry)
        self.replaced = Counter(
            "pacs_gateway_workers_replaced", "Workers that ended unasked, and were replaced.", registry=self._registry
        )

    def ended(self, worker: int) -> None:
        """What it had under way, it has no more."""
        mark_process_dead(worker, self._folder)  # type: ignore[no-untyped-call]

    def render(self, form: Form = TEXT) -> bytes:
        return form.write(self._registry)

    def counted(self) -> Iterable[Metric]:
        """The workers' alone."""
        return self._workers.collect()
