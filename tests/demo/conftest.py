"""A legacy PACS on a port of the loopback, for one test."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from gateway.demo.legacy_pacs import LegacyPacs
from tests.demo.wire import Running


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    pacs = LegacyPacs()
    port = await pacs.start("127.0.0.1", 0)
    async with ClientSession() as client:
        yield Running(pacs, port, client)
    await pacs.stop()
