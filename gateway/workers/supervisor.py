"""The supervisor: the process that operators see. It listens to signals and serves the admin port; what it is asked about, it
asks its workers. No request of a client ever reaches it.

A reload is one for all: the supervisor reads the file, then every worker reads the same text, and only when none of them has
found a mistake do they go by it.
"""

import asyncio
import logging
import os
import secrets
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from gateway import __version__
from gateway.config.findings import ConfigErrors, Finding, Place
from gateway.config.settings import Secret, Settings
from gateway.config.sharing import unshareable
from gateway.config.tls import towards_clients
from gateway.ports import AdminPort, CannotStart, opened, port_of
from gateway.proxy.aiohttp_seam import require_suitable_aiohttp
from gateway.recordings.files import require_writable
from gateway.reload import Reloader, ReloadResult
from gateway.server import run
from gateway.telemetry.exposition import TEXT, Form
from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.redaction import redacting_exception_handler
from gateway.telemetry.snapshot import Snapshot, snapshot
from gateway.workers.crossing import newest, together
from gateway.workers.fleet import Fleet
from gateway.workers.nursery import Nursery
from gateway.workers.summing import Sums, forget, new_folder
from gateway.workers.worker import Life

log = logging.getLogger("pacs_gateway")

_A_MOMENT = 2.0  # for an answer to whoever looks at the admin port
_READING = 60.0  # for a configuration
_CHANGING = 10.0  # to it, which reads certificates
_FAREWELL = 15.0  # for what follows a drain


def serve(settings: Settings, source: Path | None, workers: int, *, watch: bool = True) -> int:
    """Run until a signal asks to leave; the exit code."""
    require_suitable_aiohttp()
    for finding in _unshareable(settings, workers):
        raise CannotStart(f"{finding.path}: {finding.message}")
    folder = _folder_for_counts()
    try:
        nursery = Nursery(Life(_with_one_key(settings), workers, folder), partial(forget, folder))
        supervisor = partial(Supervisor, settings, source, workers, folder, nursery)
        return asyncio.run(_serve(supervisor, watch=watch))
    finally:
        forget(folder)


def _folder_for_counts() -> Path:
    try:
        return new_folder()
    except OSError:
        raise CannotStart(
            "server.workers: several processes add up their counts in files, and neither /dev/shm nor /tmp can be written; "
            "mount a tmpfs there, or use one process"
        ) from None


async def _serve(begin: "Callable[[], Supervisor]", *, watch: bool) -> int:
    supervisor = begin()
    return await run(supervisor, watch=watch) or supervisor.code


def _unshareable(settings: Settings, workers: int) -> list[Finding]:
    """What is too little for so many, told without a line: the number may not be in the file."""
    protections = {id_: upstream.protection for id_, upstream in settings.upstreams.items()}
    found = unshareable(settings.server.limits, protections, workers, rates_in_common=settings.shared_state is not None)
    return [Finding.at(Place(settings.source, path=".".join(map(str, keys))), message) for keys, message in found]


def _with_one_key(settings: Settings) -> Settings:
    """A key of hashes that is drawn once, so that they are the same whichever worker writes them."""
    drawn = Secret(Path(os.devnull), secrets.token_bytes(32))
    logging, recording = settings.logging, settings.recording
    if logging.identifiers == "hash" and logging.identifier_key_file is None:
        settings = replace(settings, logging=replace(logging, identifier_key_file=drawn))
    if recording and recording.identifiers == "hash" and recording.identifier_key_file is None:
        settings = replace(settings, recording=replace(recording, identifier_key_file=drawn))
    return settings


class Supervisor:
    """The gateway as several processes: what `GatewayProcess` is as one. It is the admin port's control as well."""

    def __init__(self, settings: Settings, source: Path | None, workers: int, folder: Path, nursery: Nursery) -> None:
        self.started, self.version, self.settings = time.time(), __version__, settings
        self.reloader = Reloader(self, source)
        self.draining = False
        self.port = self.code = 0  # the code of the exit, where no signal has another
        self._workers = workers
        self._sums = Sums(folder, settings, self.started)
        self._fleet = Fleet(nursery, self._died, self._lost)
        self._admin = AdminPort(self)

    async def __aenter__(self) -> "Supervisor":
        asyncio.get_running_loop().set_exception_handler(redacting_exception_handler)
        server = self.settings.server
        try:
            await self._admin.open(self.settings.admin)
            if server.tls is not None:
                towards_clients(server.tls)  # to be told of a bad certificate once
            if self.settings.recording is not None:
                require_writable(self.settings.recording.directory)
            doors = opened("server", server.host, server.port, self._workers)
            self.port = port_of(doors[0])
            await self._fleet.begin(doors)
        except BaseException:
            await self._close()
            raise
        log.info("%d workers serve", self._workers)
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._close()

    async def _close(self) -> None:
        await self._fleet.end()
        await self._admin.close()

    def _died(self, worker: int) -> None:
        self._sums.replaced.inc()
        self._sums.ended(worker)

    def _lost(self) -> None:
        """Not to be repaired from here: whoever started this process may start another."""
        self.code = 1
        signal.raise_signal(signal.SIGTERM)

    @property
    def admin_port(self) -> int:
        return self._admin.number

    @property
    def ready(self) -> bool:
        """One worker is enough: the others' clients are heard by their successors in a moment."""
        return not self.draining and self._fleet.up > 0

    async def drain(self) -> int:
        """Stop accepting, let exchanges end; the number that did not end in time."""
        self.draining = True
        return await self._fleet.leave(self.settings.server.drain + _FAREWELL)

    def hurry(self) -> None:
        self._fleet.hurry()

    async def adopt(self, settings: Settings, text: str) -> None:
        """For `reload`: all workers, or none."""
        if found := _unshareable(settings, self._workers):
            raise ConfigErrors(found)
        async with self._fleet.changing:
            if wrong := await self._fleet.prepare(text, patience=_READING):
                raise ConfigErrors(wrong)
            await self._fleet.commit(text, patience=_CHANGING)
        self.settings = settings
        self._sums.description.reload_succeeded(settings, time.time())

    def reload_failed(self) -> None:
        self._sums.description.reload_failed()

    async def reload(self) -> ReloadResult:
        return await self.reloader.reload("POST /-/reload")

    async def metrics(self, form: Form = TEXT) -> bytes:
        await self._fleet.ask("settle", patience=_A_MOMENT)
        self._sums.up.set(self._fleet.up)
        return self._sums.render(form)

    async def counts(self) -> Snapshot:
        await self._fleet.ask("settle", patience=_A_MOMENT)
        standings = await self._fleet.ask("standings", patience=_A_MOMENT)
        return snapshot(self._sums.counted(), together(standings))

    async def recent(self, limit: int) -> tuple[ExchangeRecord, ...]:
        return newest(await self._fleet.ask("recent", limit, patience=_A_MOMENT), limit)

    async def failures(self, limit: int) -> tuple[ExchangeRecord, ...]:
        return newest(await self._fleet.ask("failures", limit, patience=_A_MOMENT), limit)

    async def explained(self, id_: str) -> Mapping[str, Any] | None:
        """By the one who served it."""
        answers = await self._fleet.ask("explained", id_, patience=_A_MOMENT)
        return next((answer for answer in answers if answer is not None), None)
