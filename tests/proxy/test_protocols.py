"""Our two protocols on real sockets, one at a time: what aiohttp does with them, and what they add to it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientTimeout
from yarl import URL

from gateway.core.failures import FailureKind
from gateway.names import Names
from gateway.proxy.aiohttp_seam import Finished, GatewayConnector, GatewayServer, Incoming, Origin, UpstreamProtocol
from tests.support.client import Connection
from tests.support.upstream import Said, ScriptedUpstream, answer

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
REFUSED = b"HTTP/1.1 400 X\r\nDate: Sun, 22 Nov 2026 10:00:00 GMT\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


async def test_new_connections_are_ours() -> None:
    async with ScriptedUpstream(lambda _received, _number: Said(answer(200))) as archive:
        connector = GatewayConnector(Names())
        origin = Origin(URL(archive.url), is_tls=False)
        connection = await connector.connect(origin, [], ClientTimeout(total=None))  # type: ignore[arg-type]
        assert isinstance(connection.protocol, UpstreamProtocol)
        connection.close()
        await connector.close()


async def test_what_the_archive_said_last_is_heard_although_writing_failed() -> None:
    """asyncio gives a connection up when a write fails, whatever may still be read from it."""
    ours, theirs = socket.socketpair()
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_connection(lambda: UpstreamProtocol(loop), sock=ours)
    awaited = protocol.begin(bodiless=False, max_line=100, max_field=100, max_fields=5)
    theirs.sendall(HEAD + b"hello")
    theirs.close()
    for _ in range(3):
        transport.write(b"upload")
    message, content = await awaited
    assert (message.code, await content.read()) == (200, b"hello")
    assert not protocol.end()


async def refusing(incoming: Incoming) -> Finished:
    """A handler that refuses everything."""
    assert incoming.protocol.transport is not None
    incoming.protocol.transport.write(REFUSED)
    return Finished(keep_alive=False)


@asynccontextmanager
async def served(handler: Any, farewell: float) -> AsyncIterator[tuple[GatewayServer, int]]:
    server = GatewayServer(handler, header_timeout=1.0, farewell=farewell, access_log=None)
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    yield server, listening.sockets[0].getsockname()[1]
    listening.close()
    await server.shutdown(0.1)


async def test_what_is_no_request_comes_to_the_handler_as_an_error() -> None:
    errors = []

    async def noting(incoming: Incoming) -> Finished:
        errors.append(incoming.error)
        return await refusing(incoming)

    async with served(noting, farewell=0.1) as (_server, port):
        for line in (b"NOT HTTP", b"GET /" + b"x" * 9000 + b" HTTP/1.1", b"GET / HTTP/1.0"):
            client = await Connection.to(port)
            await client.send(line + b"\r\n\r\n")
            assert (await client.reply()).status == 400
            await client.close()
    assert errors == [FailureKind.HTTP_REQUEST_ERROR, FailureKind.TARGET_TOO_LONG, None]


async def test_nobody_lingers_for_ever_over_a_refusal() -> None:
    """The client neither reads on nor closes."""
    serving = set()

    async def noting(incoming: Incoming) -> Finished:
        serving.add(asyncio.current_task())
        return await refusing(incoming)

    async with served(noting, farewell=0.2) as (_server, port):
        client = await Connection.to(port)
        await client.send(b"NOT HTTP\r\n\r\n")
        assert (await client.reply()).status == 400
        done, _ = await asyncio.wait(serving, timeout=2)
        assert done
        await client.close()


async def test_what_is_left_in_a_buffer_is_waited_for() -> None:
    """Less than the high-water mark, so that nothing else would wait for it."""
    flushed: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    async def filling(incoming: Incoming) -> Finished:
        transport = incoming.protocol.transport
        assert transport is not None
        while not transport.get_write_buffer_size():
            transport.write(b"x" * 10_000)
        waiting = asyncio.ensure_future(incoming.protocol.flushed())
        done, _ = await asyncio.wait({waiting}, timeout=0.1)
        flushed.set_result(bool(done))
        await waiting
        return Finished(keep_alive=False)

    async with served(filling, farewell=0.1) as (_server, port):
        client = await Connection.to(port)
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        assert not await flushed
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]
        assert await client.is_closed()
        await client.close()


@asynccontextmanager
async def conversing(*, bodiless: bool = False) -> AsyncIterator[tuple[UpstreamProtocol, Any]]:
    """A connection on which one answer is awaited."""
    ours, theirs = socket.socketpair()
    loop = asyncio.get_running_loop()
    with theirs:
        transport, protocol = await loop.create_connection(lambda: UpstreamProtocol(loop), sock=ours)
        yield protocol, protocol.begin(bodiless=bodiless, max_line=100, max_field=100, max_fields=5)
        transport.abort()


@pytest.mark.parametrize("cut", range(1, 8))
async def test_a_head_ends_where_its_blank_line_ends_however_it_is_cut(cut: int) -> None:
    """Surplus bytes do not spoil the answer in front of them, wherever the network cuts."""
    async with conversing(bodiless=True) as (protocol, awaited):
        protocol.data_received(HEAD[:-cut])
        protocol.data_received(HEAD[-cut:] + b"helloSURPLUS")
        message, content = await awaited
        assert (message.code, content.is_eof(), protocol.end()) == (200, True, False)


async def test_a_connection_that_owes_an_answer_carries_no_other() -> None:
    async with conversing() as (protocol, _awaited):
        assert not protocol.end()


async def test_a_reset_is_no_end_for_a_reader_that_comes_late() -> None:
    """aiohttp would end content without a length however the connection went."""
    async with conversing() as (protocol, awaited):
        protocol.data_received(b"HTTP/1.1 200 OK\r\n\r\nhello")
        protocol.connection_lost(ConnectionResetError())
        _message, content = await awaited
        assert not content.is_eof()
        assert content.exception().failure.kind is FailureKind.HTTP_RESPONSE_INCOMPLETE


async def test_the_first_fault_is_the_one_that_is_told() -> None:
    """The connection is given up because of it, and its loss tells less."""
    async with conversing() as (protocol, awaited):
        protocol.data_received(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n")
        protocol.connection_lost(None)
        _message, content = await awaited
        assert content.exception().failure.kind is FailureKind.HTTP_PROTOCOL_ERROR


async def test_however_much_nonsense_comes_it_is_refused_once() -> None:
    heard = asyncio.Event()
    queued = []

    async def slow(incoming: Incoming) -> Finished:
        if incoming.error is None:
            await heard.wait()
            queued.append(len(incoming.protocol._messages))
        return await refusing(incoming)

    async with served(slow, farewell=0.1) as (_server, port):
        client = await Connection.to(port)
        await client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" + b"NOT HTTP\r\n\r\n" * 10)
        asyncio.get_running_loop().call_later(0.05, heard.set)
        assert (await client.reply()).status == 400
        await client.close()
    assert queued == [1]
