"""What every server of the tests is: a port on the loopback, a task for each connection, and an end that ends them all."""

import asyncio
import ssl
from collections.abc import Callable
from typing import ClassVar, Self


class Listener:
    """For dataclasses to inherit from; they say in `_serve` what becomes of a connection. Use as an async context manager,
    more than once if need be: an archive dies and comes back."""

    port: int
    tls: ssl.SSLContext | None = None
    patience: ClassVar[float] = 5.0  # seconds, with what a test waits for

    def __post_init__(self) -> None:
        self.connections = self.ended = 0
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._is_closed = False

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError

    @property
    def open(self) -> int:
        """How many connections have not ended."""
        return self.connections - self.ended

    async def __aenter__(self) -> Self:
        self._is_closed = False
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, limit=2**20, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_error: object) -> None:
        assert self._server is not None
        self._is_closed = True
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_closed:
            writer.close()  # let in just before the end: the dead answer nobody
            return
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self._changed.set()
        try:
            await self._serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()
            self.ended += 1
            self._changed.set()

    async def _until(self, condition: Callable[[], bool]) -> None:
        """Until it holds, looked at whenever something has changed. Raises `TimeoutError`."""
        async with asyncio.timeout(self.patience):
            while not condition():
                self._changed.clear()
                await self._changed.wait()
