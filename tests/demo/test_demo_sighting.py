"""What one request looks like from outside, against servers that say exactly these bytes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine

import pytest

from gateway.demo.probe import Probe
from gateway.demo.sighting import Sighting, client_session, look

PROBE = Probe("/a%2Fb?c=%5E")
Saying = Callable[..., Coroutine[None, None, Sighting]]


@pytest.fixture
async def saying() -> AsyncIterator[Saying]:
    """A server that sends some bytes to whoever asks, and then closes; and the request to it."""
    asked: list[bytes] = []
    servers: list[asyncio.Server] = []

    async def ask(said: bytes, probe: Probe = PROBE) -> Sighting:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(said)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        servers.append(server)
        async with client_session() as client:
            seen = await look(client, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", probe, 5)
        assert len(asked) == len(servers), "asked more than once"
        assert asked[-1].startswith(b"GET /a%2Fb?c=%5E HTTP/1.1\r\n")
        return seen

    yield ask
    for server in servers:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    ("said", "status", "content", "trouble"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", 200, b"ab", ""),
        (b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", 302, b"", ""),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nab", 200, b"ab", ""),
        (b"HTTP/1.0 503 No\r\n\r\nto the end", 503, b"to the end", ""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", 200, b"ab", "connection closed after 2 of 9 bytes"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", 200, b"ab", "closed after 2 bytes"),
        (b"", 0, b"", "connection closed without an answer"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", 0, b"", "an answer that is not HTTP"),
    ],
)
async def test_it_shows_what_came(saying: Saying, said: bytes, status: int, content: bytes, trouble: str) -> None:
    seen = await saying(said)
    assert (seen.status, seen.content) == (status, content)
    assert trouble in seen.trouble
    assert bool(trouble) is bool(seen.trouble)
