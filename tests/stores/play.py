"""Plays one row of the table for real: an archive and a client on sockets, and the gateway between them."""

import asyncio
import json
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from gateway.config.load import load
from gateway.server import GatewayProcess
from gateway.telemetry.record import ExchangeRecord
from tests.stores.sides import Archive, Sender
from tests.stores.table import Row, Upload
from tests.support.client import Connection, Reply

# Longer than any name may be, so that no server need be asked (RFC 1035 2.3.4).
NOBODY = ".".join(["archive" * 8] * 5)

CONFIGURATION = """\
version: 1
server: {{host: 127.0.0.1, port: 0, drain: {drain}, limits: {{body_timeout: 500ms}}}}
admin: {{host: 127.0.0.1, port: 0}}
upstreams: {{pacs: {{url: "{url}", timeouts: {{connect: 2s, response: {patience}, idle: 500ms}}}}}}
"""


@dataclass
class Played:
    """What was seen on all sides."""

    archive: Archive
    reply: Reply | None
    record: ExchangeRecord | None


async def played(row: Row, upload: Upload, folder: Path) -> Played:
    """One store, on connections of its own."""
    archive = Archive(row.archive or ())
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(place(row, archive))
        file = folder / "gateway.yaml"
        drain, patience = ("100ms", "5s") if row.ends_the_gateway == "cut" else ("5s", "500ms")
        file.write_text(CONFIGURATION.format(url=url, drain=drain, patience=patience))
        start = own_process if row.ends_the_gateway == "kill" else in_this_loop
        gateway = await stack.enter_async_context(start(file))
        if row.where == "silent":
            gateway.hears_no_name_server()
        sender = Sender(await Connection.to(gateway.port), upload, row.large)
        async with asyncio.timeout(20):
            await store(row, sender, archive, gateway)
            gone = {"leave", "reset"} & set(row.client)
            reply = None if gone else await sender.listen()
            record = await gateway.record() if row.ended else None
            await sender.connection.close()
            archive.released.set()
            if archive.connections:
                await archive.over.wait()
    return Played(archive, reply if reply is not None and reply.status is not None else None, record)


async def store(row: Row, sender: Sender, archive: Archive, gateway: "Gateway") -> None:
    """The steps of the client, and those in which it waits for the others."""
    waits = {
        "heard": archive.heard.wait,
        "answered": archive.answered.wait,
        "recorded": gateway.record,
        "drain": gateway.begin_to_drain,
        "cut": gateway.end,
        "kill": gateway.end,
    }
    for step in row.client:
        wait = waits.get(step) if isinstance(step, str) else None
        await (wait() if wait else sender.take(step))


@asynccontextmanager
async def place(row: Row, archive: Archive) -> AsyncIterator[str]:
    """Where the archive is: its address, or one where there is none in the way that the row says."""
    async with AsyncExitStack() as stack:
        if row.where == "nowhere":
            yield f"http://{NOBODY}:1"
        elif row.where == "silent":
            yield "http://silent:1"
        elif row.where == "closed":
            with socket.create_server(("127.0.0.1", 0)) as server:
                port = server.getsockname()[1]
            yield f"http://127.0.0.1:{port}"
        elif row.where == "full":
            yield f"http://127.0.0.1:{stack.enter_context(full()).getsockname()[1]}"
        else:
            server = await asyncio.start_server(archive.serve, "127.0.0.1", 0)
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            server.close()


@contextmanager
def full() -> Iterator[socket.socket]:
    """A port whose queue of connections is full: the system lets further ones wait."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            with suppress(BlockingIOError):
                waiting.connect(server.getsockname())
        yield server


class Gateway:
    """A gateway to be stored through, and to be ended."""

    def __init__(self, port: int, stack: AsyncExitStack, process: GatewayProcess | None = None) -> None:
        self.port, self._stack, self._process = port, stack, process
        self._draining: asyncio.Task[int] | None = None

    async def record(self) -> ExchangeRecord:
        """The record of the store, once it is over."""
        assert self._process is not None
        # A turn of the loop and not a wait: the journal tells nobody.
        while not (found := self._process.runtime.journal.recent(2)):  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert len(found) == 1
        return found[0]

    def hears_no_name_server(self) -> None:
        def look_up(_host: str) -> NoReturn:
            threading.Event().wait(20)
            raise TimeoutError

        assert self._process is not None
        self._process.runtime.names._look_up = look_up

    async def begin_to_drain(self) -> None:
        assert self._process is not None
        self._draining = asyncio.ensure_future(self._process.drain())
        while not self._process.runtime.draining:  # noqa: ASYNC110
            await asyncio.sleep(0)

    async def end(self) -> None:
        """What follows a signal: time to end by itself, if it was given any, and then the end."""
        if self._process is not None:
            await self._process.drain()
        await self._stack.aclose()

    async def close(self) -> None:
        if self._draining is not None:
            await self._draining
        await self._stack.aclose()


@asynccontextmanager
async def in_this_loop(file: Path) -> AsyncIterator[Gateway]:
    stack = AsyncExitStack()
    process = await stack.enter_async_context(GatewayProcess(load(file, {}), file))
    gateway = Gateway(process.port, stack, process)
    try:
        yield gateway
    finally:
        await gateway.close()


@asynccontextmanager
async def own_process(file: Path) -> AsyncIterator[Gateway]:
    """A gateway that can be killed."""
    command = [sys.executable, "-m", "gateway", "serve", "--config", str(file)]
    process = await asyncio.create_subprocess_exec(
        *command, stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    stack = AsyncExitStack()

    async def kill() -> None:
        process.send_signal(signal.SIGKILL)
        await process.communicate()

    stack.push_async_callback(kill)
    async with asyncio.timeout(20):
        port = await _port(process)
    gateway = Gateway(port, stack)
    try:
        yield gateway
    finally:
        await gateway.close()


async def _port(process: asyncio.subprocess.Process) -> int:
    """The port that the gateway was given, by what it says once it listens."""
    assert process.stderr is not None
    while line := await process.stderr.readline():
        words = str(json.loads(line).get("message", "")).replace(",", "").split()
        if words[:3] == ["listening", "on", "port"]:
            return int(words[3])
    raise AssertionError("the gateway ended before it listened")
