"""What gateway/proxy/aiohttp_seam.py believes of aiohttp's inside. A test that fails here after an upgrade says which belief
is wrong, before an archive or a client finds out."""

import asyncio
import inspect
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientTimeout
from aiohttp.base_protocol import BaseProtocol
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import HttpResponseParser
from aiohttp.http_exceptions import BadHttpMessage, ContentLengthError, LineTooLong, TransferEncodingError
from aiohttp.streams import StreamReader
from aiohttp.web_protocol import RequestHandler, _ErrInfo
from yarl import URL

from gateway.core.failures import FailureKind
from gateway.proxy.aiohttp_seam import (
    DownstreamProtocol,
    Finished,
    GatewayConnector,
    GatewayServer,
    Incoming,
    Origin,
    UpstreamProtocol,
    require_suitable_aiohttp,
)
from tests.support.client import Connection
from tests.support.upstream import Said, ScriptedUpstream, answer

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
REFUSED = b"HTTP/1.1 400 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def parser(**options: Any) -> Any:
    loop = asyncio.get_running_loop()
    limits: dict[str, Any] = {"max_line_size": 100, "max_field_size": 100, "max_headers": 5, **options}
    return HttpResponseParser(ResponseHandler(loop), loop, 2**16, read_until_eof=True, auto_decompress=False, **limits)


# ---- which aiohttp ---------------------------------------------------------------------------------------------------


def test_the_aiohttp_at_work_is_the_one_the_gateway_was_proven_on() -> None:
    require_suitable_aiohttp()


@pytest.mark.parametrize(
    ("flags", "environment", "reason"),
    [
        ([], {"AIOHTTP_NO_EXTENSIONS": "1"}, "lacks its C extension"),
        (["-X", "dev"], {}, "is in debug mode"),
        ([], {"PYTHONASYNCIODEBUG": "1"}, "is in debug mode"),
    ],
)
def test_another_parser_is_refused(flags: list[str], environment: dict[str, str], reason: str) -> None:
    """The pure Python parser and debug mode judge other bytes to be valid HTTP."""
    code = "from gateway.proxy.aiohttp_seam import require_suitable_aiohttp as r; r()"
    run = subprocess.run(
        [sys.executable, *flags, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert run.returncode == 1
    assert f"UnsuitableAiohttp: aiohttp {reason}" in run.stderr


# ---- the parser ------------------------------------------------------------------------------------------------------


async def test_an_error_in_one_feed_loses_the_head_in_it() -> None:
    """Why heads are fed apart."""
    with pytest.raises(BadHttpMessage):
        parser().feed_data(HEAD + b"helloSURPLUS")
    apart = parser()
    [(message, content)], _upgraded, _tail = apart.feed_data(HEAD)
    with pytest.raises(BadHttpMessage):
        apart.feed_data(b"helloSURPLUS")
    assert (message.code, await content.read(), content.is_eof()) == (200, b"hello", True)


async def test_the_end_of_the_connection_is_the_end_of_content_without_length() -> None:
    open_ended = parser()
    [(_message, content)], _upgraded, _tail = open_ended.feed_data(b"HTTP/1.1 200 OK\r\n\r\nhello")
    open_ended.feed_eof()
    assert content.is_eof()


@pytest.mark.parametrize(
    ("head", "error"),
    [
        (b"Content-Length: 5\r\n\r\nhel", ContentLengthError),
        (b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel", TransferEncodingError),
    ],
)
async def test_the_end_of_the_connection_is_not_the_end_of_content_with_a_length(
    head: bytes, error: type[Exception]
) -> None:
    framed = parser()
    [(_message, content)], _upgraded, _tail = framed.feed_data(b"HTTP/1.1 200 OK\r\n" + head)
    with pytest.raises(error):
        framed.feed_eof()
    assert not content.is_eof()


@pytest.mark.parametrize(("value", "chunked"), [(b"chunked", True), (b"chunked\t", False), (b"gzip, chunked", True)])
async def test_a_message_says_whether_its_content_is_read_as_chunks(value: bytes, chunked: bool) -> None:
    """The value alone does not: a tab is stripped from it after the parser has judged."""
    [(message, _content)], _upgraded, _tail = parser().feed_data(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: " + value + b"\r\n\r\n"
    )
    assert bool(message.chunked) is chunked


async def test_the_answer_to_head_ends_with_its_head() -> None:
    [(_message, content)], _upgraded, _tail = parser(response_with_body=False).feed_data(HEAD)
    assert content.is_eof()


async def test_a_line_too_long_says_which_limit_it_broke() -> None:
    with pytest.raises(LineTooLong) as raised:
        parser().feed_data(b"HTTP/1.1 200 " + b"x" * 200 + b"\r\n\r\n")
    assert "100" in str(raised.value.args[1:2])


# ---- names and shapes ------------------------------------------------------------------------------------------------


async def test_the_protocols_have_what_is_used_of_them() -> None:
    loop = asyncio.get_running_loop()
    ours = UpstreamProtocol(loop)
    for name in ("_parser", "_payload", "_should_close", "_paused", "_loop", "transport", "should_close"):
        assert hasattr(ours, name), name
    server = GatewayServer(refusing, header_timeout=1.0, farewell=0.1)()
    for name in ("_messages", "_waiter", "_request_count", "_request_handler", "_buffer_paused", "_paused"):
        assert hasattr(server, name), name
    assert (server.max_line_size, server._lingering_time) == (8190, 0.0)
    for method in ("close", "force_close", "resume_reading", "_make_error_handler", "handle_error", "log_exception"):
        assert method in dir(RequestHandler), method


def test_the_methods_that_are_overridden_are_called_as_they_are_written() -> None:
    for ours, theirs in ((DownstreamProtocol, RequestHandler), (UpstreamProtocol, ResponseHandler)):
        for name in vars(ours).keys() & vars(theirs).keys() - {"__init__", "__slots__", "__module__", "__doc__"}:
            if inspect.isfunction(vars(theirs)[name]):
                wanted = list(inspect.signature(vars(theirs)[name]).parameters)
                assert list(inspect.signature(vars(ours)[name]).parameters) == wanted, name
    assert list(inspect.signature(BaseProtocol._drain_helper).parameters) == ["self"]
    assert list(inspect.signature(_ErrInfo).parameters) == ["status", "exc", "message"]


async def test_an_exception_reaches_whoever_waits_for_content() -> None:
    loop = asyncio.get_running_loop()
    protocol = ResponseHandler(loop)
    protocol.transport = asyncio.Transport()
    content = StreamReader(protocol, 2**16, loop=loop)
    reading = asyncio.ensure_future(content.readany())
    await asyncio.sleep(0)
    content.set_exception(BadHttpMessage("chunk"))
    with pytest.raises(BadHttpMessage):
        await reading


def test_an_option_nobody_knows_is_an_error() -> None:
    """aiohttp would drop it, and all others with it: the access log would be back, and patients in it."""

    async def make() -> None:
        with pytest.raises(TypeError):
            GatewayServer(refusing, header_timeout=1.0, farewell=0.1, acces_log=None)()

    asyncio.run(make())


# ---- connections -----------------------------------------------------------------------------------------------------


async def test_new_connections_are_ours() -> None:
    async with ScriptedUpstream(lambda _received, _number: Said(answer(200))) as archive:
        connector = GatewayConnector()
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
        serving.add(incoming._task)
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


@pytest.mark.parametrize("cut", range(1, 8))
async def test_a_head_ends_where_its_blank_line_ends_however_it_is_cut(cut: int) -> None:
    """Surplus bytes do not spoil the answer in front of them, wherever the network cuts."""
    ours, theirs = socket.socketpair()
    loop = asyncio.get_running_loop()
    with theirs:
        transport, protocol = await loop.create_connection(lambda: UpstreamProtocol(loop), sock=ours)
        awaited = protocol.begin(bodiless=True, max_line=100, max_field=100, max_fields=5)
        protocol.data_received(HEAD[:-cut])
        protocol.data_received(HEAD[-cut:] + b"helloSURPLUS")
        message, content = await awaited
        assert (message.code, content.is_eof(), protocol.end()) == (200, True, False)
        transport.abort()
