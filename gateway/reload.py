"""Reload: read the file again, build everything, then put it in force at once. A bad file changes nothing.

A signal asks for it, the admin port, or a file that changed (`gateway.watching`). The log says who asked and what changed.
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gateway.config.changes import bounded, changing
from gateway.config.contents import Contents, changed
from gateway.config.expiry import remarks
from gateway.config.files import read_text_again
from gateway.config.findings import ConfigErrors
from gateway.config.load import loading_text
from gateway.config.settings import Settings
from gateway.config.tls import Unusable
from gateway.loop import speaks_tls
from gateway.slices import in_slices

log = logging.getLogger("pacs_gateway")

_MOST_CHANGES, _MOST_FINDINGS = 20, 10  # in the log; whoever asked the admin port is told all


@dataclass(frozen=True, slots=True)
class ReloadResult:
    """What became of a reload. `digest` names the configuration now in force: the old one where `ok` is false."""

    ok: bool
    digest: str
    findings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


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
        self._began = gateway.settings
        # What was read last, whether it was of use or not: only something else is worth another attempt.
        self._contents: Contents = self._began.contents

    def files(self) -> tuple[Path, ...]:
        """The file, and those that it names. A change in any of them may call for a reload."""
        return tuple(content.path for content in self._contents.values()) if self._source else ()

    async def reload(self, asked_by: str = "the process itself") -> ReloadResult:
        """Put the file's present content in force, or say why not. Never raises."""
        async with self._lock:
            before = self._gateway.settings
            if self._gateway.draining:
                log.warning("asked to reload, but the gateway is shutting down: nothing is read any more")
                return ReloadResult(False, before.digest, ("the gateway is shutting down",))
            if self._source is None:
                log.warning("asked to reload, but started without a file: there is nothing to reload")
                return ReloadResult(False, before.digest, ("started without a file: there is nothing to reload",))
            return await self._reload(self._source, asked_by)

    async def reload_if_changed(self) -> None:
        """The same, if one of the files holds something else than when it was read last."""
        async with self._lock:
            news = await asyncio.to_thread(changed, self._contents)
            if news and self._source and not self._gateway.draining:
                named = ("the file" if path == self._source else str(path) for path in news)
                await self._reload(self._source, f"{' and '.join(named)} changed")

    async def _reload(self, source: Path, asked_by: str) -> ReloadResult:
        before = self._gateway.settings
        try:
            # Reading and compiling a thousand rules takes a while; traffic goes on meanwhile.
            text = await asyncio.to_thread(read_text_again, source)
            after = await in_slices(loading_text(text, str(source), self._environ))
        except ConfigErrors as errors:
            return self._refused(errors, errors.contents, asked_by)
        different = await in_slices(changing(before, after))
        try:
            await self._gateway.adopt(after, text)
        except (ConfigErrors, Unusable) as error:
            # A certificate may have been replaced by a bad one since the file that names it was read.
            return self._refused(error, after.contents, asked_by)
        self._contents = after.contents
        notes = (*needs_restart(self._began, after), *remarks(after, time.time()))
        result = ReloadResult(True, after.digest, (), notes, different)
        _tell(result, source, asked_by)
        return result

    def _refused(self, error: ConfigErrors | Unusable, contents: Contents, asked_by: str) -> ReloadResult:
        self._contents = contents
        self._gateway.reload_failed()
        findings = tuple(map(str, error.findings if isinstance(error, ConfigErrors) else (error,)))
        told = bounded(findings, _MOST_FINDINGS, "and {} more, which `pacs-gateway check` lists")
        log.error("reload refused (%s), the old configuration stays in force: %s", asked_by, "; ".join(told))
        return ReloadResult(False, self._gateway.settings.digest, findings)


def _tell(result: ReloadResult, source: Path, asked_by: str) -> None:
    number = len(result.changes)
    what = "1 change" if number == 1 else f"{number or 'no'} changes"
    log.info("reloaded %s (%s), now %s: %s", source, asked_by, result.digest, what)
    for line in bounded(result.changes, _MOST_CHANGES):
        log.info("change: %s", line)
    for note in result.notes:
        log.warning("%s", note)


# What a reload cannot change, because a port or a log is open already, by the key that leads there.
AT_THE_START: Mapping[str, Callable[[Settings], object]] = {
    "server.host": lambda settings: settings.server.host,
    "server.port": lambda settings: settings.server.port,
    "server.workers": lambda settings: settings.server.workers,
    "server.tls": lambda settings: settings.server.tls is not None,
    "admin": lambda settings: settings.admin,
    "logging": lambda settings: settings.logging,
    "audit": lambda settings: settings.audit,
    "recording": lambda settings: settings.recording,
    "tracing": lambda settings: settings.tracing,
}


_READ_AGAIN = frozenset({"server.tls"})  # below these, the files that are named are in force at once


def needs_restart(began: Settings, after: Settings) -> tuple[str, ...]:
    """What of these settings is not in force in a process that began with those, and will be in the next."""
    notes = [
        f"{key} changed and takes effect at the next start"
        for key, part in AT_THE_START.items()
        if part(began) != part(after) or (key not in _READ_AGAIN and _read_for(key, began) != _read_for(key, after))
    ]
    if speaks_tls(after) and not speaks_tls(began):
        notes.append("an archive is reached over https now: until a restart, what it says as it hangs up may be lost")
    return tuple(notes)


def _read_for(key: str, settings: Settings) -> Contents:
    """What is in the files that are named below this key, such as a certificate."""
    return {name: content for name, content in settings.contents.items() if name.startswith(f"{key}.")}
