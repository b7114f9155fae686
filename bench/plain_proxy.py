"""The proxy that tutorials show: an aiohttp server that asks with an aiohttp client. No features, no log.

It is tuned where tutorials are not, so that the comparison is fair: one session without a limit of connections, contents
neither decoded nor collected.

    python -m bench.plain_proxy PORT ORIGIN_PORT
"""

import sys
from collections.abc import AsyncIterator

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web
from yarl import URL

_HOP_BY_HOP = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
_ORIGIN = web.AppKey("origin", str)
_SESSION = web.AppKey("session", ClientSession)


async def handle(request: web.Request) -> web.StreamResponse:
    """Ask the archive what the client asked, and pass on what comes."""
    session, url = request.app[_SESSION], URL(request.app[_ORIGIN] + request.raw_path, encoded=True)
    headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
    content = request.content if request.body_exists else None
    async with session.request(request.method, url, headers=headers, data=content, allow_redirects=False) as answer:
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP}
        reply = web.StreamResponse(status=answer.status, headers=kept)
        await reply.prepare(request)
        async for piece in answer.content.iter_any():
            await reply.write(piece)
        await reply.write_eof()
        return reply


async def session(app: web.Application) -> AsyncIterator[None]:
    """One for the life of the process."""
    connector, patience = TCPConnector(limit=0), ClientTimeout(total=None)
    async with ClientSession(connector=connector, timeout=patience, auto_decompress=False) as opened:
        app[_SESSION] = opened
        yield


def main(port: int, origin: int) -> None:
    app = web.Application()
    app[_ORIGIN] = f"http://127.0.0.1:{origin}"
    app.cleanup_ctx.append(session)
    app.router.add_route("*", "/{path:.*}", handle)
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None, backlog=4096)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
