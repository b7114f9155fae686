"""What one request looks like from the client's side: the answer, or how it failed, in words.

It follows no redirect, decodes nothing, keeps no cookie and never tries twice: what came is what is shown.
"""

import asyncio
import hashlib
from dataclasses import dataclass, field

from aiohttp import (
    ClientConnectionError,
    ClientConnectorError,
    ClientError,
    ClientHandlerType,
    ClientOSError,
    ClientRequest,
    ClientResponse,
    ClientSession,
    DummyCookieJar,
    ServerDisconnectedError,
    TCPConnector,
)
from multidict import CIMultiDict, MultiMapping
from yarl import URL

from gateway.demo.probe import Probe

# Which words for which error: subclasses first.
WORDS: tuple[tuple[type[ClientError], str], ...] = (
    (ClientConnectorError, "no connection: nobody listens there"),
    (ServerDisconnectedError, "connection closed without an answer"),
    (ClientOSError, "connection reset without an answer"),
    (ClientError, "an answer that is not HTTP"),
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """An answer as far as it came. `trouble` says what went wrong, empty if nothing did."""

    status: int = 0
    reason: str = ""
    fields: MultiMapping[str] = field(default_factory=CIMultiDict)
    content: bytes = b""
    trouble: str = ""

    @property
    def digest(self) -> str:
        """The beginning of the content's SHA-256: enough to compare two of them by eye."""
        return hashlib.sha256(self.content).hexdigest()[:12]


class LostError(ClientConnectionError):
    """The connection ended before the answer began. The cause says how."""


def client_session() -> ClientSession:
    """Every request has a connection of its own, and is sent once."""
    return ClientSession(
        connector=TCPConnector(force_close=True),
        cookie_jar=DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=("Accept-Encoding", "Content-Type", "User-Agent"),
        middlewares=(_once,),
    )


async def _once(request: ClientRequest, send: ClientHandlerType) -> ClientResponse:
    """aiohttp repeats a GET after these two errors, and the second answer would hide the first."""
    try:
        return await send(request)
    except ClientConnectorError:
        raise
    except (ClientOSError, ServerDisconnectedError) as error:
        raise LostError from error


async def look(client: ClientSession, base: str, probe: Probe, patience: float) -> Sighting:
    """Send the request and describe what comes back within so many seconds. Never raises for what a server does."""
    url = URL(base.rstrip("/") + probe.target, encoded=True)
    try:
        async with (
            asyncio.timeout(patience),
            client.request(
                probe.method, url, headers=probe.fields, data=probe.content or None, allow_redirects=False
            ) as response,
        ):
            return await _read(response)
    except TimeoutError:
        return Sighting(trouble=f"no answer within {patience:g} s")
    except ClientError as error:
        return Sighting(trouble=_words(error))


def _words(error: ClientError) -> str:
    seen = error.__cause__ if isinstance(error, LostError) else error
    return next(words for kind, words in WORDS if isinstance(seen, kind))


async def _read(response: ClientResponse) -> Sighting:
    content, trouble = bytearray(), ""
    try:
        async for piece in response.content.iter_any():
            content += piece
    except ClientError:
        promised = response.headers.get("Content-Length")
        trouble = f"connection closed after {len(content)}{f' of {promised}' if promised else ''} bytes"
    return Sighting(response.status, response.reason or "", response.headers, bytes(content), trouble)
