"""The embedded legacy PACS: a DICOMweb server that works, and misbehaves where `misbehaviours` says so.

It listens on what it is given, keeps everything in memory and logs nothing. Its front page lists how to make
it misbehave, and it has a login form to redirect to.
"""

import asyncio

from aiohttp import web

from gateway.demo import afflicted, misbehaviours, pages, studies
from gateway.demo.archive import CAPACITY, Archive
from gateway.demo.replies import perform
from gateway.demo.resource import Transaction, read
from gateway.demo.service import Service
from gateway.demo.store import store

SERVER = "LegacyPACS/6.5"
SHUTDOWN_TIMEOUT = 1.0


class LegacyPacs:
    """`start` it, `stop` it; every instance has an archive of its own."""

    def __init__(self) -> None:
        self._archive = Archive(studies.files() + afflicted.files())
        self._service = Service(self._archive)
        self._stopping = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; port 0 takes any. Returns the port that was bound."""
        app = web.Application(client_max_size=CAPACITY)
        app.router.add_route("*", "/{path:.*}", self._handle)
        # handler_cancellation: a client that gives up on `no-answer` must not leave its handler behind.
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=SHUTDOWN_TIMEOUT)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        bound: int = self._runner.addresses[0][1]
        return bound

    async def stop(self) -> None:
        """End every connection, those without an answer too."""
        self._stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        page = _page(request)
        response = await self._answer(request) if page is None else page
        response.headers.setdefault("Server", SERVER)
        return response

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        resource = read(request.method, request.path, request.query, ranged="Range" in request.headers)
        row = misbehaviours.find(resource, known=self._archive.knows(resource))
        if row is not None:
            return await perform(row.reply, request, self._stopping)
        if resource.transaction is Transaction.STORE:
            content_type = request.headers.get("Content-Type", "")
            return store(self._archive, resource.study, content_type, await request.read())
        return self._service.answer(resource, request.headers.get("Accept", ""))


def _page(request: web.Request) -> web.Response | None:
    """What the archive shows to people."""
    match request.path:
        case "/":
            return web.Response(text=misbehaviours.listing(f"http://{request.host}"))
        case "/login":
            return web.Response(body=pages.LOGIN, content_type="text/html")
        case _:
            return None
