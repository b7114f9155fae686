"""What gateway/proxy/aiohttp_seam believes of aiohttp's inside. A test that fails here after an upgrade says which belief
is wrong, before an archive or a client finds out."""

import asyncio
import inspect
import os
import subprocess
import sys
from typing import Any

import pytest
from aiohttp import web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import HttpRequestParser, HttpResponseParser
from aiohttp.http_exceptions import BadHttpMessage, ContentLengthError, LineTooLong, TransferEncodingError
from aiohttp.streams import StreamReader
from aiohttp.web_protocol import RequestHandler, _ErrInfo

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
    ):
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
