"""Connections to the archive between two exchanges. What an archive says there was not asked for, and would answer the next
request: another patient's viewer would show it."""

import asyncio
import socket
from pathlib import Path

import pytest

from gateway.proxy.aiohttp_seam import UpstreamProtocol
from gateway.proxy.idle import MOST_AT_REST
from tests.support.client import Connection, ask, request
from tests.support.running import BYTES, rested, running
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

FIRST = request("GET", "/studies/1/metadata")
SECOND = request("GET", "/studies/2/metadata")
POISON = answer(200, b"POISON")


@pytest.mark.parametrize(
    ("first", "late"),
    [
        pytest.param(answer(200, b"own"), POISON, id="second-answer"),
        pytest.param(answer(200, b"own"), answer(408), id="408-before-the-end"),
        pytest.param(answer(200, b"own"), b"HTTP/1.1 200 OK\r\nX-Name: ", id="half-a-head"),
        pytest.param(answer(200, b"own"), b"\r\n", id="line-break"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", POISON, id="content-on-204"),
    ],
)
async def test_bytes_on_an_idle_connection_end_it(first: bytes, late: bytes, tmp_path: Path) -> None:
    def script(_received: ReceivedRequest, number: int) -> Said:
        return Said(first, "keep", late=late) if number == 0 else Said(answer(200, b"other"), "keep")

    async with ScriptedUpstream(script) as archive, running(tmp_path, archive.url, base=BYTES) as gateway:
        assert (await ask(gateway.port, FIRST)).complete
        await archive.has_ended(1)
        reply = await ask(gateway.port, SECOND)
        assert (reply.status, reply.body) == (200, b"other")


@pytest.mark.parametrize(
    ("method", "first"),
    [
        pytest.param("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", id="head"),
        pytest.param("GET", b"HTTP/1.1 204 No Content\r\n\r\n", id="204"),
        pytest.param("GET", b"HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", id="101"),
    ],
)
async def test_an_answer_without_content_is_the_last_on_its_connection(
    method: str, first: bytes, tmp_path: Path
) -> None:
    """Some archives send content even so. Where it comes after the next request went out, nobody could tell."""

    def script(_received: ReceivedRequest, number: int) -> Said:
        return Said(first if number == 0 else answer(200, b"other"), "keep")

    async with ScriptedUpstream(script) as archive, running(tmp_path, archive.url, base=BYTES) as gateway:
        assert (await ask(gateway.port, request(method, "/studies/1/metadata"))).complete
        assert (await ask(gateway.port, SECOND)).body == b"other"
        assert archive.connections == 2


async def test_a_connection_that_kept_silent_is_used_again(tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(lambda _received, _number: Said(answer(200, b"own"), "keep")) as archive,
        running(tmp_path, archive.url, base=BYTES) as gateway,
    ):
        for _ in range(3):
            assert (await ask(gateway.port, FIRST)).body == b"own"
            await rested(gateway)
        assert archive.connections == 1


async def test_a_connection_listens_for_a_moment_before_it_is_used_again(tmp_path: Path) -> None:
    """Bytes behind an answer that come when the next request is out would be taken for its answer."""
    async with (
        ScriptedUpstream(lambda _received, _number: Said(answer(200, b"own"), "keep")) as archive,
        running(tmp_path, archive.url, base=BYTES) as gateway,
    ):
        gateway.runtime.generation.pools["pacs"].idle.rest = 3600.0
        client = await Connection.to(gateway.port)
        await client.send(FIRST * 3)
        assert [(await client.reply()).body for _ in range(3)] == [b"own"] * 3
        assert archive.connections == 3
        await client.close()


async def test_two_answers_at_once_are_one_too_many(tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(lambda _received, number: Said(answer(200, b"%d" % number) + POISON, "keep")) as archive,
        running(tmp_path, archive.url, base=BYTES) as gateway,
    ):
        assert [(await ask(gateway.port, FIRST)).body for _ in range(3)] == [b"0", b"1", b"2"]
        assert archive.connections == 3


@pytest.mark.parametrize(
    "own",
    [answer(200, b"own"), b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nown\r\n0\r\nX: y\r\n\r\n"],
    ids=["length", "chunks"],
)
@pytest.mark.parametrize("half", [b"HTTP/1.1 200 OK\r\nX-Name: ", b"HTTP/1.1 200 OK\r\nX-Name: a\r\n", b"H"])
async def test_half_a_head_in_the_packet_of_the_answer_is_not_forgotten(
    own: bytes, half: bytes, tmp_path: Path
) -> None:
    """The parser keeps it until more comes, and says nothing."""
    async with (
        ScriptedUpstream(lambda _received, _number: Said(own + half, "keep")) as archive,
        running(tmp_path, archive.url, base=BYTES) as gateway,
    ):
        assert [(await ask(gateway.port, FIRST)).body for _ in range(2)] == [b"own", b"own"]
        assert archive.connections == 2


async def test_chunks_that_end_in_order_leave_the_connection_fit(tmp_path: Path) -> None:
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nown\r\n0\r\n\r\n"
    async with (
        ScriptedUpstream(lambda _received, number: Said(chunks, "keep", "bytes" if number % 2 else "")) as archive,
        running(tmp_path, archive.url, base=BYTES) as gateway,
    ):
        for _ in range(4):
            assert (await ask(gateway.port, FIRST)).body == b"own"
            await rested(gateway)
        assert archive.connections == 1


async def test_bytes_the_loop_has_not_seen_yet_are_seen() -> None:
    """They may lie in the socket when the connection is taken from the pool."""
    ours, theirs = socket.socketpair()
    loop = asyncio.get_running_loop()
    with theirs:
        transport, protocol = await loop.create_connection(lambda: UpstreamProtocol(loop), sock=ours)
        assert not protocol.has_stray_bytes()
        theirs.send(b"x")
        assert protocol.has_stray_bytes()
        transport.abort()


async def stale(received: ReceivedRequest, number: int) -> Said:
    """A connection that ends with its second request, as idle connections do at the wrong moment."""
    return Said(b"", "close") if number == 1 else Said(answer(200, received.method.encode()), "keep")


async def test_a_get_that_met_a_closing_connection_is_sent_once_more(tmp_path: Path) -> None:
    async with ScriptedUpstream(stale) as archive, running(tmp_path, archive.url, base=BYTES) as gateway:
        await ask(gateway.port, FIRST)
        await rested(gateway)
        reply = await ask(gateway.port, SECOND)
        assert (reply.status, reply.body) == (200, b"GET")
        assert [received.target for received in archive.requests[1:]] == [b"/studies/2/metadata"] * 2


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_what_changes_something_is_never_sent_twice(method: str, tmp_path: Path) -> None:
    async with ScriptedUpstream(stale) as archive, running(tmp_path, archive.url, base=BYTES) as gateway:
        await ask(gateway.port, FIRST)
        await rested(gateway)
        reply = await ask(gateway.port, request(method, "/studies", body=b"content"))
        assert reply.status in (500, 503)
        assert len(archive.requests) == 2


async def test_a_get_on_a_new_connection_is_not_repeated(tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(lambda _received, _number: Said(b"", "close")) as archive,
        running(tmp_path, archive.url, base=BYTES) as gateway,
    ):
        assert (await ask(gateway.port, FIRST)).status == 503
        assert len(archive.requests) == 1


async def test_a_get_that_was_half_answered_is_not_repeated(tmp_path: Path) -> None:
    def script(_received: ReceivedRequest, number: int) -> Said:
        return Said(b"HTTP/1.1 200 OK\r\n", "close") if number == 1 else Said(answer(200, b"own"), "keep")

    async with ScriptedUpstream(script) as archive, running(tmp_path, archive.url, base=BYTES) as gateway:
        await ask(gateway.port, FIRST)
        await rested(gateway)
        assert (await ask(gateway.port, SECOND)).status == 503
        assert len(archive.requests) == 2


async def test_only_so_many_connections_rest(tmp_path: Path) -> None:
    """Many archives keep a thread for each open connection: those at rest must not use them up."""
    together = asyncio.Barrier(MOST_AT_REST + 3)

    async def all_at_once(received: ReceivedRequest, _number: int) -> Said:
        await together.wait()
        return Said(answer(200, b"own"), after="keep")

    async with ScriptedUpstream(all_at_once) as archive, running(tmp_path, archive.url, base=BYTES) as gateway:
        idle = gateway.runtime.generation.pools["pacs"].idle
        idle.rest = 3600.0
        await asyncio.gather(*(ask(gateway.port, FIRST) for _ in range(together.parties)))
        early = list(iter(idle.take, None))
        assert len(early) == 3, "who has rested longest goes back to work"
        idle.rest = 0.0
        later = list(iter(idle.take, None))
        assert len(later) == MOST_AT_REST
        for connection in early + later:
            connection.close()
