"""A scripted archive and a gateway in front of it, and what the gateway wrote down."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.server import GatewayProcess
from gateway.telemetry.record import ExchangeRecord
from tests.support.running import running
from tests.support.upstream import Script, ScriptedUpstream

CALM = "documented: {set: dicom, add: {}}\nretry_after: {jitter: 0%}\n"


@asynccontextmanager
async def stage(
    folder: Path, script: Script, more: str = CALM
) -> AsyncIterator[tuple[ScriptedUpstream, GatewayProcess]]:
    """An archive that follows the script, and a gateway with short timeouts; `more` is YAML of its configuration."""
    async with ScriptedUpstream(script) as archive, running(folder, archive.url, more) as gateway:
        yield archive, gateway


async def records(gateway: GatewayProcess, number: int) -> tuple[ExchangeRecord, ...]:
    """All records, the newest first, once there are so many: a record is written after the last byte has left."""
    async with asyncio.timeout(5):
        # A turn of the loop and not a wait: the journal tells nobody.
        while len(found := gateway.runtime.journal.recent(1000)) < number:  # noqa: ASYNC110
            await asyncio.sleep(0)
    return found
