"""The spans of one process: one for each exchange. Nobody waits for a collector.

Which trace an exchange belongs to is known when it begins, since the archive is told; what is told of it is known when it
has ended. Whether anybody is told at all was said by the client, and where it said nothing, chance decides.
"""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal

from gateway.config.settings import TracingSettings
from gateway.core.fields import Fields
from gateway.core.trace_context import SAMPLED, Trace, parent_in
from gateway.telemetry.record import ExchangeRecord

if TYPE_CHECKING:
    from gateway.tracing.exporting import Exporting

Counted = Callable[[Literal["sent", "dropped"], int], None]

_RANDOM: Final = 0x02  # Trace Context level 2: the id of this trace was drawn by chance
_DIGITS: Final = 14  # of a trace id, from which chance is taken: 56 bits


class Tracer:
    """Open it when the process begins and after it was forked, close it when its last exchange has ended."""

    def __init__(self, settings: TracingSettings, counted: Counted) -> None:
        self._settings, self._counted = settings, counted
        self._below = int(settings.sample * 16**_DIGITS)
        self._exporting: Exporting | None = None

    def open(self) -> None:
        """Here the extra is imported, and a thread started: neither would survive a fork."""
        from gateway.tracing.exporting import Exporting

        self._exporting = Exporting(self._settings, self._counted)

    async def close(self) -> None:
        if self._exporting is not None:
            await self._exporting.close()

    def begin(self, fields: Fields) -> Trace:
        """The span of an exchange whose request has these fields."""
        parent, digits = parent_in(fields), os.urandom(24).hex()
        if parent is not None:
            return Trace(parent.trace_id, digits[:16], parent.flags, parent)
        sampled = int(digits[-_DIGITS:], 16) < self._below
        return Trace(digits[16:], digits[:16], _RANDOM | (SAMPLED if sampled else 0))

    def hear(self, record: ExchangeRecord, trace: Trace) -> None:
        """An exchange is over."""
        if trace.is_sampled and self._exporting is not None:
            self._exporting.put(record, trace)
