"""The audit trail of one process: hears of finished exchanges and tells the collector. Nobody waits for it."""

import os
import socket
import time

from gateway.audit import codes
from gateway.audit.codes import Code
from gateway.audit.collector import Collector, Counted
from gateway.audit.ending import Ending
from gateway.audit.event import Action, Event, Outcome, Participant
from gateway.audit.events import events
from gateway.audit.message import Source, message
from gateway.audit.syslog import framed, header
from gateway.clock import timestamp
from gateway.config.settings import AuditSettings
from gateway.config.tls import towards_collector
from gateway.core.facts import RequestFacts

_PATIENCE = 5.0  # with the collector, when the process ends


class AuditTrail:
    """Open it when the process begins, close it when its last exchange has ended."""

    def __init__(self, settings: AuditSettings, counted: Counted) -> None:
        host, pid = socket.gethostname(), os.getpid()
        self._source = Source(settings.source_id, settings.site)
        # A.5.2.1: a process is named as the logs of its system name it.
        self._process = Participant(str(pid), place=host, name="pacs-gateway")
        self._header = header(host, pid)
        self._settings = settings
        self._collector = Collector(settings.queue, counted)

    def waiting(self) -> int:
        """How many messages wait for the collector."""
        return len(self._collector)

    def open(self) -> None:
        """Raises `Unusable` (gateway.config.tls) where a certificate is that."""
        tls = towards_collector(self._settings) if self._settings.scheme == "tls" else None
        self._tell(self._activity(codes.APPLICATION_START))
        self._collector.open(self._settings.host, self._settings.port, tls)

    async def close(self) -> None:
        if self._collector.is_open:
            self._tell(self._activity(codes.APPLICATION_STOP))
            await self._collector.close(_PATIENCE)

    def hear(self, request: RequestFacts, client: str, status: int | None, complete: bool, exchange: str) -> None:
        """An exchange is over; see `Ending` for the words."""
        ending = Ending(client, status, complete, exchange, time.time())
        for event in events(request, ending, self._process):
            self._tell(event)

    def _tell(self, event: Event) -> None:
        self._collector.put(framed(self._header, timestamp(event.moment), message(event, self._source)))

    def _activity(self, type_: Code) -> Event:
        """The process starts or stops (A.5.3.1)."""
        who = Participant(self._process.user, codes.APPLICATION, place=self._process.place, name=self._process.name)
        return Event(codes.APPLICATION_ACTIVITY, Action.EXECUTE, Outcome.SUCCESS, time.time(), (who,), type=type_)
