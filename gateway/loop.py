"""Which event loop the gateway runs on.

uvloop asks less of the system for each byte that passes. But what asyncio tells of TLS it keeps to itself: what an archive
said before it hung up, an alert after the handshake, how much of an answer still lies in the TLS layer when a connection is
to be closed. So where TLS is spoken, asyncio's own loop is used; deciphering costs more there than the loop does.
"""

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop

from gateway.config.settings import Settings

GRACE = 1.0  # seconds


def run(main: Coroutine[Any, Any, int], settings: Settings) -> int:
    """What `asyncio.run` does, on the loop for a process that starts with these settings. `main` returns the exit code.

    At its end a loop waits for its threads, and a name server that is silent keeps one for half a minute. All that matters
    has been done by then: after `GRACE` the process ends without them."""
    with asyncio.Runner(loop_factory=loop_factory(settings)) as runner:
        code = runner.run(main)
        end = threading.Timer(GRACE, _end, (code,))
        end.daemon = True
        end.start()
    end.cancel()
    return code


def _end(code: int) -> None:
    logging.shutdown()  # lines that wait are written
    os._exit(code)


def loop_factory(settings: Settings) -> Callable[[], asyncio.AbstractEventLoop]:
    """What makes that loop."""
    return asyncio.new_event_loop if speaks_tls(settings) else uvloop.new_event_loop


def speaks_tls(settings: Settings) -> bool:
    """Whether clients come over TLS, or an archive is reached over it."""
    archives = settings.upstreams.values()
    return settings.server.tls is not None or any(archive.scheme == "https" for archive in archives)
