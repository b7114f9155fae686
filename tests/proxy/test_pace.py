"""Slow peers, in both directions and on both legs: whoever keeps a line barely warm is let go within the configured time, and
whoever is slow but gets on is served to the end."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.proxy.pace import LEAST
from gateway.server import GatewayProcess
from tests.support.buffers import MORE_THAN_BUFFERED
from tests.support.client import Connection, Reply, ask, request
from tests.support.running import running
from tests.support.upstream import Said, ScriptedUpstream, answer

ASK = request("GET", "/studies/1/metadata")
OPEN = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
QUICK = """\
version: 1
server: {host: 127.0.0.1, port: 0, drain: 1s, limits: {header_timeout: 500ms, body_timeout: 500ms, idle_timeout: 500ms}}
admin: {host: 127.0.0.1, port: 0}
upstreams: {pacs: {url: "${UPSTREAM}", timeouts: {connect: 1s, response: 1s, idle: 500ms}}}
routes: [{id: dicomweb, prefix: /, upstream: pacs, service: opaque}]
"""
LONG = 10.0  # seconds: what must not be waited for


def post(framing: str) -> bytes:
    return f"POST /studies HTTP/1.1\r\nHost: gw.example\r\n{framing}\r\n\r\n".encode()


async def drip(client: Connection, drop: bytes) -> None:
    while True:
        await client.send(drop)
        await asyncio.sleep(0.02)


async def reply_to_a_drip(port: int, head: bytes, drop: bytes) -> Reply:
    client = await Connection.to(port)
    await client.send(head)
    dripping = asyncio.ensure_future(drip(client, drop))
    reply = await client.reply("POST")
    dripping.cancel()
    await asyncio.gather(dripping, return_exceptions=True)
    await client.close()
    return reply


@pytest.mark.parametrize(
    ("framing", "drop"),
    [
        pytest.param("Content-Length: 100000", b"x", id="content"),
        pytest.param("Transfer-Encoding: chunked", b"1\r\nx\r\n", id="chunks"),
        pytest.param("Transfer-Encoding: chunked", b"0", id="size-of-a-chunk"),
    ],
)
async def test_a_client_that_drips_its_content_is_refused(framing: str, drop: bytes, tmp_path: Path) -> None:
    """Each byte would rearm a clock that only measures silence."""
    async with (
        ScriptedUpstream(lambda _received, _number: Said(answer(200))) as archive,
        running(tmp_path, archive.url, base=QUICK) as gateway,
    ):
        began = time.monotonic()
        assert (await reply_to_a_drip(gateway.port, post(framing), drop)).status == 400
        assert time.monotonic() - began < LONG / 4
        await archive.has_ended(1)
        assert not archive.requests[0].complete
        assert gateway.runtime.journal.failures(1)[0].failure == "request_timeout"


@pytest.mark.parametrize(
    ("framing", "drop"),
    [
        pytest.param(b"Content-Length: 100000\r\n\r\n", b"x", id="content"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", id="chunks"),
        pytest.param(b"\r\n", b"x", id="until-the-end"),
    ],
)
async def test_an_archive_that_drips_its_content_is_given_up(framing: bytes, drop: bytes, tmp_path: Path) -> None:
    """The client can tell that it has not got all."""
    drops = OPEN + framing + drop * 5000
    async with (
        ScriptedUpstream(lambda _received, _number: Said(drops, split="bytes", pause=0.01)) as archive,
        running(tmp_path, archive.url, base=QUICK) as gateway,
    ):
        began = time.monotonic()
        reply = await ask(gateway.port, ASK)
        assert not reply.complete
        assert time.monotonic() - began < LONG / 2
        await archive.has_ended(1)
        failure = gateway.runtime.journal.failures(1)[0]
        assert (failure.ended, failure.failure) == ("truncated", "connection_read_timeout")


async def test_a_slow_peer_that_gets_on_is_served_to_the_end(tmp_path: Path) -> None:
    """Both take longer than the time for `LEAST` bytes, and neither sends so many at once."""
    received = bytearray()

    async def slow_echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        received.extend(await reader.readexactly(2400))
        writer.write(OPEN + b"Content-Length: 2400\r\n\r\n")
        await send_slowly(writer, bytes(received))

    async with listening(slow_echo) as url, running(tmp_path, url, base=QUICK) as gateway:
        client = await Connection.to(gateway.port)
        began = time.monotonic()
        await client.send(post("Content-Length: 2400"))
        await send_slowly(client.writer, b"y" * 2400)
        reply = await client.reply("POST")
        await client.close()
        assert (reply.status, reply.complete, reply.body) == (200, True, bytes(received))
        assert time.monotonic() - began > 2 * 0.5


@pytest.mark.parametrize("content", [b"", b"x", b"x" * LEAST])
async def test_little_is_enough_where_it_is_all(content: bytes, tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(lambda _received, _number: Said(answer(200, content), "keep", "bytes")) as archive,
        running(tmp_path, archive.url, base=QUICK) as gateway,
    ):
        reply = await ask(gateway.port, request("POST", "/studies", body=content))
        assert (reply.status, reply.body, archive.requests[0].body) == (200, content, content)


async def test_an_archive_that_reads_drop_by_drop_is_given_up(tmp_path: Path) -> None:
    """Its few bytes do not bring our buffer down to where more may be written."""
    heard = bytearray()

    async def drop_by_drop(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        while drop := await reader.read(1):
            heard.extend(drop)
            await asyncio.sleep(0.01)

    async with listening(drop_by_drop) as url, running(tmp_path, url, base=QUICK) as gateway:
        client = await Connection.to(gateway.port)
        began = time.monotonic()
        await client.send(post(f"Content-Length: {MORE_THAN_BUFFERED}"))
        pouring = asyncio.ensure_future(pour(client, MORE_THAN_BUFFERED))
        reply = await client.reply("POST")
        assert (reply.status, time.monotonic() - began < LONG / 2) == (500, True)
        assert "error=connection_write_timeout" in reply.value("Proxy-Status")
        pouring.cancel()
        await asyncio.gather(pouring, return_exceptions=True)
        await client.close()
        assert 0 < len(heard) < 1000


async def test_a_client_that_reads_drop_by_drop_is_let_go(tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(lambda _received, _number: Said(answer(200, b"x" * MORE_THAN_BUFFERED), "keep")) as archive,
        running(tmp_path, archive.url, base=QUICK) as gateway,
    ):
        narrow_sending(gateway)
        sock = await narrow_socket(gateway.port)
        loop, read = asyncio.get_running_loop(), 0
        await loop.sock_sendall(sock, ASK)
        exchange = await running_exchange(gateway)
        while not exchange.done():
            read += len(await loop.sock_recv(sock, 1))
            await asyncio.wait({exchange}, timeout=0.01)
        sock.close()
        await archive.has_ended(1)
        assert 0 < read < 1000
        assert gateway.runtime.journal.failures(1)[0].ended == "client_gone"


async def test_time_is_given_for_each_piece_of_a_long_document(tmp_path: Path) -> None:
    """The answer to a store is read to its end before it is passed on. A client on a thin line takes longer for all of it
    than for one piece."""
    items = [
        {"00081150": {"vr": "UI", "Value": ["1.2"]}, "00081155": {"vr": "UI", "Value": [f"1.2.{n}"]}}
        for n in range(12_000)
    ]
    document = json.dumps({"00081199": {"vr": "SQ", "Value": items}}).encode()
    said = Said(answer(200, document, ("Content-Type", "application/dicom+json")), "keep")
    asked = request("POST", "/studies", ("Content-Type", "application/dicom"), body=b"x")
    base = QUICK.replace("service: opaque", "service: dicomweb").replace("idle_timeout: 500ms", "idle_timeout: 1s")
    async with (
        ScriptedUpstream(lambda _received, _number: said) as archive,
        running(tmp_path, archive.url, base=base) as gateway,
    ):
        narrow_sending(gateway)
        sock = await narrow_socket(gateway.port)
        began = time.monotonic()
        await asyncio.get_running_loop().sock_sendall(sock, asked)
        content = await read_slowly(sock, len(document), 100_000, 0.13)
        sock.close()
        assert time.monotonic() - began > 1.0
        assert content.endswith(document)


async def read_slowly(sock: socket.socket, most: int, at_once: int, pause: float) -> bytes:
    """So much at a time, until a content of `most` bytes and its head must be there."""
    loop, heard, due = asyncio.get_running_loop(), b"", at_once
    while piece := await loop.sock_recv(sock, 65536):
        heard += piece
        if len(heard.partition(b"\r\n\r\n")[2]) >= most:
            break
        if len(heard) >= due:
            due += at_once
            await asyncio.sleep(pause)
    return heard


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[str]:
    """An archive that minds its own pace; its address."""

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the gateway has hung up
        finally:
            writer.close()

    server = await asyncio.start_server(served, "127.0.0.1", 0, limit=256)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def send_slowly(writer: asyncio.StreamWriter, content: bytes) -> None:
    for begin in range(0, len(content), 200):
        writer.write(content[begin : begin + 200])
        await asyncio.sleep(0.06)


async def pour(client: Connection, length: int) -> None:
    for _ in range(length // 100_000):
        await client.send(b"x" * 100_000)


async def narrow_socket(port: int) -> socket.socket:
    """A client's socket that takes in little ahead of its reader."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    return sock


def narrow_sending(gateway: GatewayProcess) -> None:
    for listening in gateway._traffic.doors:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # its connections inherit this


async def running_exchange(gateway: GatewayProcess) -> "asyncio.Task[None]":
    async with asyncio.timeout(5):
        while not gateway.runtime.server.connections:  # noqa: ASYNC110 - a turn of the loop: the server tells nobody
            await asyncio.sleep(0)
    [connection] = gateway.runtime.server.connections
    assert connection._task_handler is not None
    return connection._task_handler
