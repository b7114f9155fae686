"""Which event loop a process runs on, and what is said where a reload would have it otherwise."""

import asyncio

import pytest
import uvloop

from gateway.config.load import quick_start
from gateway.config.settings import Settings
from gateway.loop import run
from gateway.reload import needs_restart

PLAIN, OVER_TLS = quick_start("http://pacs:8042"), quick_start("https://pacs:8042")


@pytest.mark.parametrize(("settings", "is_asyncios"), [(PLAIN, False), (OVER_TLS, True)])
def test_asyncios_own_loop_only_where_tls_is_spoken(settings: Settings, is_asyncios: bool) -> None:
    async def here() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    assert isinstance(run(here(), settings), uvloop.Loop) is not is_asyncios


@pytest.mark.parametrize(
    ("before", "after", "notes"),
    [(PLAIN, OVER_TLS, 1), (OVER_TLS, PLAIN, 0), (PLAIN, PLAIN, 0), (OVER_TLS, OVER_TLS, 0)],
)
def test_a_reload_that_brings_tls_says_what_a_restart_is_for(before: Settings, after: Settings, notes: int) -> None:
    assert sum("until a restart" in note for note in needs_restart(before, after)) == notes
