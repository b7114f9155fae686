"""Which event loop a process runs on, and what is said where a reload would have it otherwise."""

import asyncio
import subprocess
import sys

import pytest
import uvloop

from gateway.config.load import quick_start
from gateway.config.settings import Settings
from gateway.loop import run
from gateway.reload import needs_restart

PLAIN, OVER_TLS = quick_start("http://pacs:8042"), quick_start("https://pacs:8042")


@pytest.mark.parametrize(("settings", "is_asyncios"), [(PLAIN, False), (OVER_TLS, True)])
def test_asyncios_own_loop_only_where_tls_is_spoken(settings: Settings, is_asyncios: bool) -> None:
    async def here() -> int:
        return isinstance(asyncio.get_running_loop(), uvloop.Loop)

    assert bool(run(here(), settings)) is not is_asyncios


LINGERING = """
import asyncio, sys, time
from gateway.config.load import quick_start
from gateway.config.settings import LoggingSettings
from gateway.loop import run
from gateway.telemetry.access_log import AccessLog, setup_logging
from gateway.telemetry.record import ExchangeRecord

async def main():
    asyncio.get_running_loop().run_in_executor(None, time.sleep, 60)
    AccessLog(LoggingSettings()).add(ExchangeRecord("0b1e", 0.0, "pacs", "pacs", "other", "GET", 200, 200, "-", ""), "/")
    return 143

setup_logging(LoggingSettings())
raise SystemExit(run(main(), quick_start(sys.argv[1])))
"""


@pytest.mark.parametrize("archive", ["http://pacs:8042", "https://pacs:8042"])
def test_the_end_waits_for_no_thread_and_loses_no_line(archive: str) -> None:
    ended = subprocess.run([sys.executable, "-c", LINGERING, archive], capture_output=True, text=True, timeout=30)
    assert (ended.returncode, len(ended.stdout.splitlines()), ended.stderr) == (143, 1, "")


@pytest.mark.parametrize(
    ("before", "after", "notes"),
    [(PLAIN, OVER_TLS, 1), (OVER_TLS, PLAIN, 0), (PLAIN, PLAIN, 0), (OVER_TLS, OVER_TLS, 0)],
)
def test_a_reload_that_brings_tls_says_what_a_restart_is_for(before: Settings, after: Settings, notes: int) -> None:
    assert sum("until a restart" in note for note in needs_restart(before, after)) == notes
