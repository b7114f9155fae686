"""The tunnel of a notification channel: what opens it, that bytes pass both ways as they are, and every way in which it ends.

Who may open one is judged in the core (tests/core/test_websocket.py); here the bytes are on real sockets.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from gateway.server import GatewayProcess
from tests.support.certificates import Authority
from tests.support.client import Connection, ask, request
from tests.support.running import SHORT, running
from tests.support.stage import CALM, records
from tests.support.upstream import answer, crumbs

# The pair of RFC 6455 1.3.
KEY, ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
OFFER = (
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", KEY),
)
OPENING = request("GET", "/ws/subscribers/AE", *OFFER, ("Sec-WebSocket-Protocol", "dicom"), ("Origin", "http://v"))
AGREED = (
    b"HTTP/1.1 101 Switching Protocols\r\nServer: pacs\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: " + ACCEPT.encode() + b"\r\n\r\n"
)
PATTERN = bytes(range(256)) * 40
LAST_WORDS = PATTERN * 1000  # 10 MB: more than a reader has taken when their end is written
FLOOD = 2**20 * bytes(range(1, 65))  # 64 MiB
# What may wait in the gateway for one slow reader: a transport's high-water mark, and one read beyond it.
MOST_HELD = 64 * 1024 + 256 * 1024

Says = Callable[[bytes], bytes | Awaitable[bytes]]


class Archive:
    """Answers the head of each request, and hands the connection to the test; or leaves at once."""

    def __init__(self, says: Says, *, leaves: bool) -> None:
        self._says, self._leaves = says, leaves
        self._lines: asyncio.Queue[Connection] = asyncio.Queue()
        self._over = asyncio.Event()
        self.heads: asyncio.Queue[bytes] = asyncio.Queue()
        self.asked = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.put_nowait(head)
        said = self._says(head)
        for piece in crumbs(said) if isinstance(said, bytes) else [await said]:
            writer.write(piece)
            if not self._leaves:
                await writer.drain()
        if self._leaves:
            writer.write_eof()
        self._lines.put_nowait(Connection(reader, writer))
        await self._over.wait()
        writer.transport.abort()

    async def line(self) -> Connection:
        """The archive's end of the connection that was answered next."""
        async with asyncio.timeout(5):
            return await self._lines.get()

    def end(self) -> None:
        self._over.set()


@asynccontextmanager
async def channel(
    folder: Path,
    says: Says = lambda _head: AGREED,
    limits: str = "",
    base: str = SHORT,
    tls: ssl.SSLContext | None = None,
    leaves: bool = False,
) -> AsyncIterator[tuple[Archive, GatewayProcess]]:
    archive = Archive(says, leaves=leaves)
    server = await asyncio.start_server(archive.serve, "127.0.0.1", 0, ssl=tls)
    url = f"http{'s' if tls else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        async with running(folder, url, CALM, base.replace("limits: {", f"limits: {{{limits}")) as gateway:
            yield archive, gateway
    finally:
        archive.end()
        server.close()


async def head_of(line: Connection) -> bytes:
    async with asyncio.timeout(5):
        while b"\r\n\r\n" not in line.buffer:
            assert await line.more(), line.buffer
    head, line.buffer = line.buffer.split(b"\r\n\r\n", 1)
    return head


async def opened(archive: Archive, gateway: GatewayProcess) -> tuple[Connection, Connection]:
    """Both ends of a new tunnel: the client's and the archive's."""
    client = await Connection.to(gateway.port)
    await client.send(OPENING)
    assert (await head_of(client)).startswith(b"HTTP/1.1 101 ")
    return client, await archive.line()


async def taken(line: Connection, number: int) -> bytes:
    """The next so many bytes."""
    async with asyncio.timeout(20):
        while len(line.buffer) < number:
            assert await line.more(), len(line.buffer)
    data, line.buffer = line.buffer[:number], line.buffer[number:]
    return data


async def hang_up(*lines: Connection) -> None:
    for line in lines:
        await line.close()


def reset(line: Connection) -> None:
    raw = line.writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.writer.transport.abort()


def metric(gateway: GatewayProcess, name: str) -> float:
    lines = gateway.runtime.metrics.render().decode().splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(f'pacs_gateway_{name}{{upstream="pacs"}}'))


# ---- opening -------------------------------------------------------------------------------------------------------


async def agreed_after(may_answer: asyncio.Event) -> bytes:
    """The archive agrees to switch, in its own time."""
    await may_answer.wait()
    return AGREED


async def test_both_hear_the_handshake_of_the_other(tmp_path: Path) -> None:
    async with channel(tmp_path) as (archive, gateway):
        client = await Connection.to(gateway.port)
        await client.send(OPENING)
        answered = (await head_of(client)).split(b"\r\n")
        assert answered[0] == b"HTTP/1.1 101 Switching Protocols"
        assert [line for line in answered[1:] if not line.startswith(b"Date: ")] == [
            b"Server: pacs",
            b"Sec-WebSocket-Accept: " + ACCEPT.encode(),
            b"Via: 1.1 pacs-gateway",
            b"Connection: Upgrade",
            b"Upgrade: websocket",
        ]
        asked = (await archive.heads.get()).split(b"\r\n")
        assert asked[0] == b"GET /ws/subscribers/AE HTTP/1.1"
        assert asked[2:6] == [
            b"Sec-WebSocket-Version: 13",
            b"Sec-WebSocket-Key: " + KEY.encode(),
            b"Sec-WebSocket-Protocol: dicom",
            b"Origin: http://v",
        ]
        assert asked[6] == b"Via: 1.1 pacs-gateway"
        assert asked[-4:] == [b"Connection: Upgrade", b"Upgrade: websocket", b"", b""]
        await client.close()


@pytest.mark.parametrize("slowly", [True, False])
async def test_what_the_archive_says_right_behind_its_101_comes_first(slowly: bool, tmp_path: Path) -> None:
    async def at_once() -> bytes:
        return AGREED + b"first"

    async with channel(tmp_path, lambda _head: AGREED + b"first" if slowly else at_once()) as (archive, gateway):
        client, line = await opened(archive, gateway)
        await line.send(b"second")
        assert await taken(client, 11) == b"firstsecond"
        await hang_up(client, line)


async def test_an_archive_that_leaves_right_behind_its_101_is_heard_to_its_end(tmp_path: Path) -> None:
    async with channel(tmp_path, lambda _head: AGREED + b"sorry", leaves=True) as (archive, gateway):
        client, line = await opened(archive, gateway)
        assert await client.is_closed()
        assert (client.buffer, client.reset) == (b"sorry", False)
        await hang_up(client, line)
        (record,) = await records(gateway, 1)
        assert (record.status, record.ended, record.bytes_out) == (101, "complete", 5)


@pytest.mark.parametrize(
    ("said", "status", "field"),
    [
        (answer(401, b"", ("WWW-Authenticate", "Basic")), 401, ("WWW-Authenticate", "Basic")),
        (answer(404), 404, ("Upgrade", "")),
        (answer(426, b"", ("Upgrade", "websocket"), ("Connection", "Upgrade")), 503, ("Upgrade", "")),
        (answer(503, b"", ("Retry-After", "7")), 503, ("Retry-After", "7")),
        (AGREED.replace(b"s3p", b"S3P"), 503, ("Upgrade", "")),
        (AGREED.replace(b"Upgrade: websocket\r\n", b""), 503, ("Upgrade", "")),
        (AGREED.replace(b"websocket", b"h2c") + b"\x00\x00\x00", 503, ("Upgrade", "")),
        (b"", 503, ("Retry-After", "10")),
    ],
)
async def test_a_channel_that_does_not_open_is_answered_as_anything_else(
    said: bytes, status: int, field: tuple[str, str], tmp_path: Path
) -> None:
    """And nothing behind the offer is read: neither as a request nor as frames."""

    async def ending() -> bytes:
        return said

    async with channel(tmp_path, lambda _head: ending()) as (archive, gateway):
        client = await Connection.to(gateway.port)
        await client.send(OPENING)
        line = await archive.line()
        if not said:
            await line.close()
        reply = await client.reply()
        assert (reply.status, reply.value(field[0]), reply.value("Connection")) == (status, field[1], "close")
        await client.send(request("GET", "/studies/1"))
        assert await client.is_closed()
        assert await line.is_closed()
        assert (archive.asked, line.buffer) == (1, b"")
        (record,) = await records(gateway, 1)
        assert (record.status, record.transaction) == (status, "notification.open")
        assert (metric(gateway, "tunnels"), gateway.runtime.admission.gate.under_way) == (0, 0)
        await client.close()


@pytest.mark.parametrize(
    ("target", "service"),
    [("/studies/1", "dicomweb"), ("/ws/subscribers/AE", "opaque"), ("/ws/subscribers/AE", "wado-uri")],
)
async def test_elsewhere_the_offer_is_passed_over_and_a_101_is_a_fault(
    target: str, service: str, tmp_path: Path
) -> None:
    """However well it fits the key."""
    base = SHORT.replace("upstream: pacs}", f"upstream: pacs, service: {service}}}")
    async with channel(tmp_path, lambda _head: AGREED + b"hello", base=base) as (archive, gateway):
        client = await Connection.to(gateway.port)
        await client.send(request("GET", target, *OFFER) + request("GET", "/smuggled"))
        reply = await client.reply()
        assert (reply.status, "error=http_protocol_error" in reply.value("Proxy-Status")) == (503, False)
        assert await client.is_closed()
        assert b"hello" not in reply.body
        assert b"upgrade" not in (await archive.heads.get()).lower()
        assert archive.asked == 1
        await client.close()


async def test_http_1_0_knows_no_upgrade(tmp_path: Path) -> None:
    """RFC 9110 7.8."""
    async with channel(tmp_path, lambda _head: answer(404)) as (archive, gateway):
        reply = await ask(gateway.port, OPENING.replace(b"HTTP/1.1", b"HTTP/1.0"))
        assert reply.status == 404
        assert b"Upgrade" not in await archive.heads.get()


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Version: 8"),
        (b"Sec-WebSocket-Key: " + KEY.encode(), b"Sec-WebSocket-Key: c2hvcnQ="),
        (b"Connection: Upgrade", b"Connection: keep-alive"),
        (b"Upgrade: websocket", b"Upgrade: websocket\r\nUpgrade: h2c"),
        (b"Origin: http://v\r\n\r\n", b"Content-Length: 5\r\n\r\nhello"),
        (b"Origin: http://v\r\n\r\n", b"\r\n\x81\x05hello"),
    ],
)
async def test_an_unsound_offer_does_not_reach_the_archive(ours: bytes, theirs: bytes, tmp_path: Path) -> None:
    """The last sends a frame before it knows that it may (RFC 6455 4.1)."""
    async with channel(tmp_path) as (archive, gateway):
        assert ours in OPENING
        reply = await ask(gateway.port, OPENING.replace(ours, theirs))
        assert (reply.status, archive.asked) == (400, 0)


async def test_a_client_that_does_not_wait_for_the_101_gets_none(tmp_path: Path) -> None:
    """Nobody can say whether its bytes are frames or a request, so they go nowhere."""
    may_answer = asyncio.Event()
    async with channel(tmp_path, lambda _head: agreed_after(may_answer)) as (archive, gateway):
        client = await Connection.to(gateway.port)
        await client.send(OPENING)
        await archive.heads.get()
        await client.send(request("GET", "/smuggled"))
        (served,) = gateway.runtime.server.connections
        async with asyncio.timeout(5):
            while not served.has_spoken_on:  # type: ignore[attr-defined]  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0)
        may_answer.set()
        reply = await client.reply()
        assert reply.status == 400
        assert await client.is_closed()
        line = await archive.line()
        assert await line.is_closed()
        assert (archive.asked, line.buffer) == (1, b"")
        await client.close()


# ---- while it is open ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1, 7, 4093])
async def test_bytes_pass_both_ways_whatever_their_pieces(step: int, tmp_path: Path) -> None:
    async with channel(tmp_path) as (archive, gateway):
        client, line = await opened(archive, gateway)
        for sender, hearer in ((client, line), (line, client)):
            for start in range(0, len(PATTERN), step):
                await sender.send(PATTERN[start : start + step])
            assert await taken(hearer, len(PATTERN)) == PATTERN
        await hang_up(client, line)
        (record,) = await records(gateway, 1)
        assert (record.bytes_in, record.bytes_out) == (len(PATTERN), len(PATTERN))


async def test_an_open_channel_is_counted_apart(tmp_path: Path) -> None:
    """It stays for days: it may not take the place of an exchange."""
    async with channel(tmp_path) as (archive, gateway):
        client, line = await opened(archive, gateway)
        await line.send(b"x")
        await taken(client, 1)
        assert (metric(gateway, "tunnels"), metric(gateway, "in_flight"), gateway.runtime.admission.gate.under_way) == (
            1,
            0,
            0,
        )
        assert gateway.runtime.journal.recent(10) == ()
        await hang_up(client, line)
        (record,) = await records(gateway, 1)
        assert (record.status, record.received, record.transaction, record.rule) == (101, 101, "notification.open", "-")
        assert (record.ended, record.failure, record.is_failure) == ("complete", "", False)
        assert (metric(gateway, "tunnels"), gateway.runtime.metrics.snapshot().exchanges) == (0, 1)


@pytest.mark.parametrize("stalled", ["client", "archive"])
async def test_who_reads_slowly_stops_the_one_who_sends(stalled: str, tmp_path: Path) -> None:
    async with channel(tmp_path) as (archive, gateway):
        client, line = await opened(archive, gateway)
        hearer, sender = (client, line) if stalled == "client" else (line, client)
        sending = asyncio.ensure_future(sender.send(FLOOD))
        (tunnel,) = gateway.runtime.tunnels._open
        behind = tunnel.client if stalled == "client" else tunnel.archive
        async with asyncio.timeout(10):
            while not behind.is_full:  # noqa: ASYNC110 - it tells nobody but the other end
                await asyncio.sleep(0)
        await asyncio.wait({sending}, timeout=0.3)
        assert not sending.done()
        assert 0 < behind._transport.get_write_buffer_size() <= MOST_HELD
        assert await hearer.reader.readexactly(len(FLOOD)) == FLOOD
        await sending
        await hang_up(client, line)


# ---- how it ends ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["client", "archive"])
async def test_an_end_in_good_order_ends_both(first: str, tmp_path: Path) -> None:
    async with channel(tmp_path) as (archive, gateway):
        client, line = await opened(archive, gateway)
        leaves, stays = (client, line) if first == "client" else (line, client)
        leaves.writer.write(LAST_WORDS)
        leaves.writer.write_eof()
        await leaves.writer.drain()
        assert await stays.reader.readexactly(len(LAST_WORDS)) == LAST_WORDS
        assert await stays.is_closed()
        assert not stays.reset
        await stays.close()
        assert await leaves.is_closed()
        assert not leaves.reset
        await leaves.close()
        (record,) = await records(gateway, 1)
        assert (record.status, record.ended, record.failure) == (101, "complete", "")


@pytest.mark.parametrize("first", ["client", "archive"])
async def test_a_broken_end_is_told_by_a_reset(first: str, tmp_path: Path) -> None:
    """A plain close would look as if the other had meant it."""
    blame = {"client": ("client_gone", "client_gone"), "archive": ("truncated", "connection_terminated")}
    async with channel(tmp_path) as (archive, gateway):
        client, line = await opened(archive, gateway)
        leaves, stays = (client, line) if first == "client" else (line, client)
        reset(leaves)
        assert await stays.is_closed()
        assert stays.reset
        await stays.close()
        (record,) = await records(gateway, 1)
        assert (record.status, record.ended, record.failure) == (101, *blame[first])
        assert gateway.runtime.admission.gate.under_way == 0


@pytest.mark.tls
@pytest.mark.parametrize("said", [True, False])
async def test_over_tls_an_end_is_one_that_was_said(said: bool, tmp_path: Path) -> None:
    """Anybody on the way can send a FIN; close_notify is the archive's own word."""
    ca = Authority(tmp_path)
    trusting = SHORT.replace("timeouts", f"tls: {{ca_file: '{ca.file}'}}, timeouts")
    async with channel(tmp_path, base=trusting, tls=ca.certificate().server()) as (archive, gateway):
        client, line = await opened(archive, gateway)
        await line.send(b"last words")
        assert await taken(client, 10) == b"last words"
        if said:
            line.writer.close()
        else:
            line.writer.get_extra_info("socket").shutdown(socket.SHUT_WR)
        assert await client.is_closed()
        assert client.reset is not said
        await hang_up(client, line)
        (record,) = await records(gateway, 1)
        assert record.ended == ("complete" if said else "truncated")


async def test_a_side_that_does_not_close_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.proxy.tunnel.FAREWELL", 0.2)
    async with channel(tmp_path) as (archive, gateway):
        client, line = await opened(archive, gateway)
        client.writer.write_eof()
        (record,) = await records(gateway, 1)
        assert record.ended == "complete"
        assert await line.is_closed()
        await hang_up(client, line)


async def test_silence_both_ways_ends_it(tmp_path: Path) -> None:
    async with channel(tmp_path, limits="tunnel_idle: 600ms, ") as (archive, gateway):
        client, line = await opened(archive, gateway)
        for sender in (client, line, client):
            assert not await client.is_closed(0.35)
            await sender.send(b"ping")
        assert await client.is_closed()
        assert await line.is_closed()
        assert (client.reset, line.reset) == (False, False)
        await hang_up(client, line)
        (record,) = await records(gateway, 1)
        assert (record.ended, record.is_failure) == ("idle", False)


async def test_no_more_of_them_than_the_limit_allows(tmp_path: Path) -> None:
    async with channel(tmp_path, limits="tunnels: 1, ") as (archive, gateway):
        client, line = await opened(archive, gateway)
        reply = await ask(gateway.port, OPENING)
        assert (reply.status, reply.value("Retry-After"), archive.asked) == (503, "10", 1)
        assert "error=connection_limit_reached" in reply.value("Proxy-Status")
        await hang_up(client, line)
        await records(gateway, 2)
        await hang_up(*await opened(archive, gateway))


async def test_a_refused_channel_leaves_its_place_to_the_next(tmp_path: Path) -> None:
    answers = iter([answer(403), AGREED])
    async with channel(tmp_path, lambda _head: next(answers), limits="tunnels: 1, ") as (archive, gateway):
        assert (await ask(gateway.port, OPENING)).status == 403
        await hang_up(await archive.line(), *await opened(archive, gateway))


async def test_a_shutdown_closes_them_and_counts_none_as_cut_off(tmp_path: Path) -> None:
    async with channel(tmp_path) as (archive, gateway):
        ends = [*await opened(archive, gateway), *await opened(archive, gateway)]
        draining = asyncio.ensure_future(gateway.drain())
        for end in ends:
            assert await end.is_closed()
            assert not end.reset
            await end.close()
        assert await draining == 0
        assert {record.ended for record in await records(gateway, 2)} == {"draining"}


async def test_a_channel_asked_for_during_a_shutdown_is_refused(tmp_path: Path) -> None:
    async with channel(tmp_path) as (archive, gateway):
        client = await Connection.to(gateway.port)
        draining = asyncio.ensure_future(gateway.drain())
        await client.send(OPENING)
        reply = await client.reply()
        assert (reply.status, reply.value("Retry-After"), archive.asked) == (503, "10", 0)
        await client.close()
        assert await draining == 0
        assert [record.failure for record in await records(gateway, 1)] == ["draining"]


async def test_a_channel_that_opens_during_a_shutdown_is_closed_at_once(tmp_path: Path) -> None:
    may_answer = asyncio.Event()
    async with channel(tmp_path, lambda _head: agreed_after(may_answer)) as (archive, gateway):
        client = await Connection.to(gateway.port)
        await client.send(OPENING)
        await archive.heads.get()
        draining = asyncio.ensure_future(gateway.drain())
        assert not await client.is_closed(0.2)  # the shutdown waits for what is under way
        may_answer.set()
        assert (await head_of(client)).startswith(b"HTTP/1.1 101 ")
        line = await archive.line()
        for end in (client, line):
            assert await end.is_closed()
            await end.close()
        assert await draining == 0


# ---- with a real client and a real server --------------------------------------------------------------------------

EVENT = {"00000002": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.34.6.4"]}, "00001002": {"vr": "US", "Value": [1]}}


async def reporting(request_: web.Request) -> web.WebSocketResponse:
    """An archive that reports an event (PS3.18 8.10.5) for each text it hears, until it is told to stop."""
    line = web.WebSocketResponse(protocols=("dicom",), autoping=True)
    await line.prepare(request_)
    async for message in line:
        if message.type is WSMsgType.TEXT and message.data == "stop":
            await line.close(code=4001, message=b"no more events")
        else:
            await line.send_json({**EVENT, "text": message.data})
    return line


@pytest.mark.parametrize("tls", [False, pytest.param(True, marks=pytest.mark.tls)])
async def test_event_reports_reach_a_real_client(tls: bool, tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    app = web.Application()
    app.router.add_get("/rs/ws/subscribers/AE", reporting)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=ca.certificate().server() if tls else None).start()
    scheme, port = "https" if tls else "http", runner.addresses[0][1]
    mine = ca.certificate()
    base = (
        SHORT
        if not tls
        else SHORT.replace("timeouts", f"tls: {{ca_file: '{ca.file}'}}, timeouts").replace(
            "drain: 2s", f"drain: 2s, tls: {{cert_file: '{mine.cert}', key_file: '{mine.key}'}}"
        )
    )
    try:
        async with running(tmp_path, f"{scheme}://127.0.0.1:{port}", base=base) as gateway:
            url = f"{scheme}://127.0.0.1:{gateway.port}/rs/ws/subscribers/AE"
            trust = ca.client() if tls else True
            async with (
                aiohttp.ClientSession() as session,
                session.ws_connect(url, protocols=("dicom",), ssl=trust, compress=15) as line,
            ):
                assert (line.protocol, line.compress) == ("dicom", 15)
                for text in ("hello", "x" * 1_000_000):
                    await line.send_str(text)
                    assert await line.receive_json(timeout=5) == {**EVENT, "text": text}
                await line.ping(b"are you there")
                await line.send_str("stop")
                closing = await line.receive(timeout=5)
                assert (closing.type, closing.data, closing.extra) == (WSMsgType.CLOSE, 4001, "no more events")
            (record,) = await records(gateway, 1)
            assert (record.status, record.ended) == (101, "complete")
    finally:
        await runner.cleanup()
