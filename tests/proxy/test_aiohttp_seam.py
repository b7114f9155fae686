"""What gateway/proxy/aiohttp_seam believes of aiohttp's inside. A test that fails here after an upgrade says which belief
is wrong, before an archive or a client finds out."""

import asyncio
import inspect
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import HttpRequestParser, HttpResponseParser, RawRequestMessage
from aiohttp.http_exceptions import BadHttpMessage, ContentLengthError, LineTooLong, TransferEncodingError
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.web_protocol import ERROR, RequestHandler, _ErrInfo

from gateway.proxy.aiohttp_seam import (
    DownstreamProtocol,
    Finished,
    GatewayServer,
    Incoming,
    OperatorRunner,
    UpstreamProtocol,
    require_suitable_aiohttp,
)
from gateway.proxy.aiohttp_seam.operator_side import OperatorProtocol

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"


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


@pytest.mark.parametrize(
    ("version", "offer", "stops"),
    [
        ("1.1", "Connection: keep-alive, Upgrade\r\nUpgrade: websocket", True),
        ("1.1", "Connection: keep-alive\r\nUpgrade: websocket", False),
        ("1.0", "Connection: Upgrade\r\nUpgrade: websocket", True),
        ("1.1", "Connection: Upgrade\r\nUpgrade: h2c", False),
    ],
)
async def test_nothing_is_read_behind_an_offer_of_websocket(version: str, offer: str, stops: bool) -> None:
    loop = asyncio.get_running_loop()
    reads = HttpRequestParser(RequestHandler(web.Server(nobody), loop=loop), loop, 2**16)  # type: ignore[arg-type]
    head = f"GET / HTTP/{version}\r\nHost: a\r\n{offer}\r\n\r\n".encode()
    [(message, _content)], upgraded, tail = reads.feed_data(head + (b"GET" if stops else b""))
    assert (bool(message.upgrade), upgraded, tail) == (stops or "h2c" in offer, stops, b"GET" if stops else b"")


@pytest.mark.parametrize("fields", [b"", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"])
async def test_a_101_ends_with_its_head(fields: bytes) -> None:
    head = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + fields + b"\r\n"
    [(_message, content)], upgraded, tail = parser().feed_data(head + b"frames")
    assert (content.is_eof(), upgraded, tail) == (True, True, b"frames")


# ---- names and shapes ------------------------------------------------------------------------------------------------


async def nobody(_incoming: Incoming) -> Finished:
    """A handler that is never called."""
    raise AssertionError


async def test_the_protocols_have_what_is_used_of_them() -> None:
    loop = asyncio.get_running_loop()
    ours = UpstreamProtocol(loop)
    for name in ("_parser", "_payload", "_should_close", "_paused", "_loop", "transport", "should_close"):
        assert hasattr(ours, name), name
    made_by = GatewayServer(nobody, header_timeout=1.0, farewell=0.1)
    assert made_by.connected == len(made_by.connections) == 0
    server = made_by()
    for name in (
        "_messages",
        "_waiter",
        "_request_count",
        "_keepalive_timeout",
        "_next_keepalive_close_time",
        "_manager",
        "_request_handler",
        "_buffer_paused",
        "_paused",
        "_message_tail",
        "_task_handler",
        "_handler_waiter",
        "_request_in_progress",
        "_current_request",
        "_upgraded",
        "_close",
        "_force_close",
        "_msg_queue_resume_size",
        "_keepalive",
        "_keepalive_handle",
    ):
        assert hasattr(server, name), name
    assert (server.max_line_size, server._lingering_time) == (8190, 0.0)
    for method in (
        "close",
        "force_close",
        "resume_reading",
        "_make_error_handler",
        "handle_error",
        "log_exception",
        "_resume_reading_if_drained",
        "_process_keepalive",
    ):
        assert method in dir(RequestHandler), method
    assert isinstance(ERROR, RawRequestMessage)


def test_the_methods_that_are_overridden_are_called_as_they_are_written() -> None:
    for ours, theirs in ((DownstreamProtocol, RequestHandler), (UpstreamProtocol, ResponseHandler)):
        for name in vars(ours).keys() & vars(theirs).keys() - {"__init__", "__slots__", "__module__", "__doc__"}:
            if inspect.isfunction(vars(theirs)[name]):
                wanted = list(inspect.signature(vars(theirs)[name]).parameters)
                assert list(inspect.signature(vars(ours)[name]).parameters) == wanted, name
    assert list(inspect.signature(BaseProtocol._drain_helper).parameters) == ["self"]
    assert list(inspect.signature(_ErrInfo).parameters) == ["status", "exc", "message"]


# ---- the loop over the requests of a connection ----------------------------------------------------------------------


def pipelined(**options: Any) -> Any:
    loop = asyncio.get_running_loop()
    return HttpRequestParser(RequestHandler(web.Server(nobody), loop=loop), loop, 2**16, **options)  # type: ignore[arg-type]


async def test_the_parser_goes_on_only_when_it_is_told_that_a_message_was_taken() -> None:
    """Why `start` says so of each request that it has from the parser, and of no other."""
    reads, asked = pipelined(max_msg_queue_size=2), b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    first, _upgraded, _tail = reads.feed_data(asked * 6)
    untold, _upgraded, _tail = reads.feed_data(b"")
    for _ in range(3):
        reads.message_consumed()
    told, _upgraded, _tail = reads.feed_data(b"")
    assert [len(messages) for messages in (first, untold, told)] == [2, 1, 2]


async def test_content_that_is_not_there_is_shared_by_all_and_takes_no_harm() -> None:
    """A request without content has it, and so has one that an express hands over."""
    [(_message, content)], _upgraded, _tail = pipelined().feed_data(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert content is EMPTY_PAYLOAD
    content.set_exception(ConnectionResetError())
    assert (content.is_eof(), content.exception(), await content.read()) == (True, None, b"")


@dataclass
class Held:
    """A handler that answers once it may."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    ended: str = ""

    async def __call__(self, incoming: Incoming) -> Finished:
        self.begun.set()
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.ended = "cancelled"
            raise
        self.ended = "served"
        assert incoming.protocol.transport is not None
        incoming.protocol.transport.write(HEAD + b"hello")
        return Finished(keep_alive=True)


@asynccontextmanager
async def connected(handler: Any, **options: Any) -> AsyncIterator[tuple[DownstreamProtocol, socket.socket]]:
    """A connection that this handler serves, and the client's end of it, which has asked something."""
    ours, theirs = socket.socketpair()
    server = GatewayServer(handler, header_timeout=1.0, farewell=0.1, access_log=None, **options)
    _, protocol = await asyncio.get_running_loop().create_connection(server, sock=ours)
    assert isinstance(protocol, DownstreamProtocol)
    with theirs:
        theirs.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        yield protocol, theirs
        await server.shutdown(0.1)


async def test_who_shuts_down_waits_for_the_request_under_way() -> None:
    """By `_request_in_progress` and `_handler_waiter`, which our loop sets as aiohttp's does."""
    handler = Held()
    async with connected(handler) as (protocol, _client):
        await handler.begun.wait()
        shutting_down = asyncio.ensure_future(protocol.shutdown(5.0))
        await asyncio.sleep(0)
        assert protocol._handler_waiter is not None
        handler.open.set()
        await shutting_down
        assert (handler.ended, protocol._current_request) == ("served", None)


async def test_the_loss_of_a_connection_cancels_the_loop() -> None:
    """By `_task_handler`; so whoever was about to take up an express never does."""
    handler = Held()
    async with connected(handler) as (protocol, client):
        await handler.begun.wait()
        task = protocol._task_handler
        assert task is not None
        client.close()
        await asyncio.wait({task})
        assert (task.cancelled(), handler.ended, protocol._task_handler) == (True, "cancelled", None)


@dataclass
class UnderWay:
    """An express for which nothing happens."""

    lost: bool = False

    def client_is_gone(self) -> None:
        self.lost = True

    def client_has_read(self) -> None:
        """Nothing was written."""


@pytest.mark.parametrize("is_under_way", [False, True])
async def test_a_connection_that_idles_is_closed_by_its_clock(is_under_way: bool) -> None:
    """The clock that the loop winds; one on which an express is under way does not idle."""
    handler, express = Held(), UnderWay()
    handler.open.set()
    async with connected(handler, keepalive_timeout=60.0) as (protocol, client):
        await handler.begun.wait()
        while not protocol.is_idle:  # noqa: ASYNC110 - a turn of the loop and not a wait: aiohttp tells nobody
            await asyncio.sleep(0)
        assert protocol._keepalive_handle is not None
        assert protocol.silent_for < 60.0
        protocol._keepalive_handle.cancel()
        protocol._next_keepalive_close_time = 0.0
        if is_under_way:
            protocol.depart(express)
        protocol._process_keepalive()
        assert (protocol.transport is not None) is is_under_way
        assert client.recv(100).endswith(b"hello")
    await asyncio.sleep(0)
    assert express.lost is is_under_way


async def test_a_connection_to_an_archive_knows_whether_its_answer_was_read() -> None:
    """`should_close` looks at `_payload`, which is the content of the answer before until it is taken away."""
    loop = asyncio.get_running_loop()
    protocol = UpstreamProtocol(loop)
    said = [protocol.should_close]
    protocol._payload = content = StreamReader(protocol, 2**16, loop=loop)
    said.append(protocol.should_close)
    content.feed_eof()
    assert [*said, protocol.should_close] == [False, True, False]


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
            GatewayServer(nobody, header_timeout=1.0, farewell=0.1, acces_log=None)()

    asyncio.run(make())


async def test_an_application_for_operators_is_served_by_our_protocol() -> None:
    """By aiohttp's own, an error page would repeat the request."""
    runner = OperatorRunner(web.Application())
    await runner.setup()
    try:
        assert runner.server is not None
        assert isinstance(runner.server(), OperatorProtocol)
    finally:
        await runner.cleanup()
