"""The recorder of one process: hears of exchanges at their end, and writes what is left of them. Nobody waits for it.

Drawing and writing are a thread's work, and the loop only puts exchanges into its queue. The thread rests after each: two
threads of Python share one processor, and traffic comes first. Where more comes than it can draw, or the disk does not
take it, exchanges are left out and counted.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Literal

from gateway.clock import timestamp
from gateway.config.settings import LoggingSettings, RecordingSettings, Settings
from gateway.core.facts import Response
from gateway.recordings.entry import VERSION, Entry, drawn
from gateway.recordings.files import Files, Share
from gateway.recordings.form import to_line
from gateway.recordings.judging import Bench
from gateway.telemetry.pseudonyms import naming
from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.redaction import described
from gateway.telemetry.seen import Seen

log = logging.getLogger("pacs_gateway.recording")

Counted = Callable[[Literal["written", "dropped"], int], None]

_MOST_WAITING = 1000  # exchanges
_MOST_HELD = 32 * 1024 * 1024  # bytes of their contents
_BATCH = 64
_REST = 0.0002  # seconds after each exchange
_PATIENCE = 5.0  # at the end of the process
_GENERATIONS = 4  # configurations of which exchanges may be under way


class Recorder:
    """Open it when the process begins, close it when its last exchange has ended."""

    def __init__(self, recording: RecordingSettings, counted: Counted) -> None:
        self._share = Share(recording.directory, recording.keep, recording.place, recording.places)
        self._files = Files(self._share)
        named = LoggingSettings(identifiers=recording.identifiers, identifier_key_file=recording.identifier_key_file)
        self._naming, self._counted = naming(named), counted
        self._queue: SimpleQueue[tuple[Seen, ExchangeRecord] | None] = SimpleQueue()
        # Bytes that came into the queue are the loop's to count, those that left it the thread's.
        self._came = self._left = 0
        self._benches: tuple[tuple[Settings, Bench], ...] = ()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._closing = self._failing = False

    def adopt(self, settings: Settings) -> None:
        """From now on exchanges are judged by these; those before may still be under way."""
        self._benches = ((settings, Bench(settings)), *self._benches[: _GENERATIONS - 1])

    def open(self) -> None:
        self._thread.start()

    async def close(self) -> None:
        """What waits is written, within a few seconds."""
        if self._thread.is_alive():
            self._closing = True
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join, _PATIENCE)
            self._counted("dropped", self._queue.qsize())

    def hear(self, seen: Seen | None, record: ExchangeRecord) -> None:
        """An exchange is over. Where nothing was judged, there is nothing to judge again."""
        if seen is None:
            return
        held = _held(seen)
        if self._queue.qsize() >= _MOST_WAITING or self._came - self._left + held > _MOST_HELD:
            self._counted("dropped", 1)
            return
        self._came += held
        self._queue.put((seen, record))

    def _run(self) -> None:
        going_on = True
        while going_on:
            batch, lines = [self._queue.get()], []
            while len(batch) < _BATCH and not self._queue.empty():
                batch.append(self._queue.get())
            for heard in batch:
                if heard is None:
                    going_on = False
                else:
                    lines.append(self._line(*heard))
            self._write([line for line in lines if line])
            self._counted("dropped", lines.count(b""))

    def _line(self, seen: Seen, record: ExchangeRecord) -> bytes:
        """The line of one exchange; empty where none could be made."""
        try:
            line = to_line(self._entry(seen, record)).encode("ascii")
        except Exception as error:
            log.error("An exchange could not be recorded: %s", described(error))
            line = b""
        self._left += _held(seen)
        if not self._closing:
            time.sleep(_REST)
        return line if len(line) <= self._share.of_a_file else b""

    def _entry(self, seen: Seen, record: ExchangeRecord) -> Entry:
        settings, bench = next(pair for pair in self._benches if pair[0].policy is seen.policy)
        upstream = settings.upstreams.get(seen.request.upstream)
        exchange, known = drawn(seen.request, seen.outcome, upstream.origin if upstream else "", bench)
        return Entry(
            version=VERSION,
            time=timestamp(record.started),
            id=record.id,
            config=settings.digest,
            mode=settings.policy.mode,
            status=record.status,
            known=known,
            exchange=exchange,
            names={name: hashed for name, hashed in self._naming(seen.request.target).items() if hashed},
        )

    def _write(self, lines: list[bytes]) -> None:
        if not lines:
            return
        try:
            self._files.append(b"".join(lines))
        except OSError as error:
            self._counted("dropped", len(lines))
            self._fails(error)
            return
        self._counted("written", len(lines))
        if self._failing:
            log.info("exchanges are recorded again")
        self._failing = False

    def _fails(self, error: OSError) -> None:
        """Said once, and again after it has worked meanwhile."""
        if not self._failing:
            log.error("exchanges are not recorded, %s: %s", self._share.directory, error.strerror or described(error))
        self._failing = True


def _held(seen: Seen) -> int:
    return len(seen.outcome.peek or b"") if isinstance(seen.outcome, Response) else 0
