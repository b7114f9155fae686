"""Archives to survey: one that does nothing wrong, one that answers by a script, one that sends bytes."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from gateway.demo import studies
from gateway.demo.archive import Archive
from gateway.demo.resource import Resource, Transaction, read
from gateway.demo.service import METHODS, Service
from gateway.demo.store import store

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class GoodArchive:
    """The legacy PACS without its misbehaviours; `other` may answer in its place. It counts and keeps what it was asked."""

    def __init__(self, other: Callable[[Resource, bool], web.Response | None] = lambda _resource, _known: None) -> None:
        self.archive = Archive(studies.files())
        self._service, self._other = Service(self.archive), other
        self.asked: list[web.BaseRequest] = []

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(request)
        resource = read(request.method, request.path, request.query, ranged="Range" in request.headers)
        content = await request.read()
        answer = self._other(resource, self.archive.knows(resource))
        if answer is not None:
            return answer
        if request.method not in METHODS:
            return web.Response(status=405, headers={"Allow": METHODS}, text="Not here.\n")
        if resource.transaction is Transaction.STORE:
            return store(self.archive, resource.study, request.headers.get("Content-Type", ""), content)
        return self._service.answer(resource, request.headers.get("Accept", ""))


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """The handler on a port of the loopback; its origin."""
    runner = web.ServerRunner(web.Server(handler, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def saying(data: bytes) -> AsyncIterator[str]:
    """Somebody who reads a little of every request, says these bytes, and hangs up."""

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(64 * 1024)
        writer.write(data)
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()
