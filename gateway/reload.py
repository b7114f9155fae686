"""Reload: read the file again, build everything, then put it in force at once. A bad file changes nothing."""

import asyncio
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gateway.config.files import read_text
from gateway.config.findings import ConfigErrors
from gateway.config.load import loading_text
from gateway.config.settings import Settings
from gateway.config.tls import Unusable
from gateway.loop import speaks_tls
from gateway.slices import in_slices

log = logging.getLogger("pacs_gateway")


@dataclass(frozen=True, slots=True)
class ReloadResult:
    """What became of a reload. `digest` names the configuration now in force: the old one where `ok` is false."""

    ok: bool
    digest: str
    findings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Reloadable(Protocol):
    """What goes by a configuration: a runtime, or all of them."""

    @property
    def settings(self) -> Settings: ...

    @property
    def draining(self) -> bool: ...

    async def adopt(self, settings: Settings, text: str) -> None:
        """Go by these settings, which were read from this text. Changes nothing where it raises."""
        ...

    def reload_failed(self) -> None: ...


class Reloader:
    """Reloads from one file, one at a time. A quick start has no file and nothing to reload."""

    def __init__(self, gateway: Reloadable, source: Path | None, environ: Mapping[str, str] = os.environ) -> None:
        self._gateway, self._source, self._environ = gateway, source, environ
        self._lock = asyncio.Lock()

    async def reload(self) -> ReloadResult:
        """Put the file's present content in force, or say why not. Never raises."""
        async with self._lock:
            before = self._gateway.settings
            if self._gateway.draining:
                log.warning("asked to reload, but the gateway is shutting down: nothing is read any more")
                return ReloadResult(False, before.digest, ("the gateway is shutting down",))
            if self._source is None:
                log.warning("asked to reload, but started without a file: there is nothing to reload")
                return ReloadResult(False, before.digest, ("started without a file: there is nothing to reload",))
            try:
                # Reading and compiling a thousand rules takes a while; traffic goes on meanwhile.
                text = await asyncio.to_thread(read_text, self._source)
                after = await in_slices(loading_text(text, str(self._source), self._environ))
                await self._gateway.adopt(after, text)
            except (ConfigErrors, Unusable) as error:
                self._gateway.reload_failed()
                # A certificate may have been replaced by a bad one since the file that names it was read.
                found = error.findings if isinstance(error, ConfigErrors) else (error,)
                findings = tuple(str(finding) for finding in found)
                log.error("reload refused, the old configuration stays in force: %s", "; ".join(findings))
                return ReloadResult(False, before.digest, findings)
            notes = needs_restart(before, after)
            log.info("reloaded %s (%s)%s", self._source, after.digest, "".join(f"; {note}" for note in notes))
            return ReloadResult(True, after.digest, (), notes)


def needs_restart(before: Settings, after: Settings) -> tuple[str, ...]:
    """What a reload cannot change, because a port or a log is open already."""
    changed = [
        name
        for name, old, new in (
            ("server.host", before.server.host, after.server.host),
            ("server.port", before.server.port, after.server.port),
            ("server.workers", before.server.workers, after.server.workers),
            ("server.tls", before.server.tls, after.server.tls),
            ("admin", before.admin, after.admin),
            ("logging", before.logging, after.logging),
            ("audit", before.audit, after.audit),
        )
        if old != new
    ]
    notes = [f"{name} changed and takes effect at the next start" for name in changed]
    if speaks_tls(after) and not speaks_tls(before):
        notes.append("an archive is reached over https now: until a restart, what it says as it hangs up may be lost")
    return tuple(notes)
