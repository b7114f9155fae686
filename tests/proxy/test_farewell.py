"""How connections to clients end: the last answer arrives, and nothing behind it is taken for a request."""

import asyncio
import socket
import struct
from pathlib import Path

import pytest

from tests.support.client import Connection, request
from tests.support.running import BYTES, running
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

ASK = request("GET", "/studies/1/metadata")
NOT_HTTP = b"GET /studies HTTP/1.1\r\nHost : gw.example\r\n\r\n"
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def kept(_received: ReceivedRequest, _number: int) -> Said:
    return Said(answer(200, b"[]"), "keep")


async def test_a_refusal_reaches_a_client_that_goes_on_sending(tmp_path: Path) -> None:
    """Were the connection closed at once, the system would answer the rest with a reset, and that overtakes the refusal."""
    async with ScriptedUpstream(kept) as archive, running(tmp_path, archive.url, base=BYTES) as gateway:
        for _ in range(5):
            client = await Connection.to(gateway.port)
            await client.send(NOT_HTTP)
            for _ in range(100):
                await client.send(b"x" * 100_000)
            reply = await client.reply()
            assert (reply.status, reply.complete) == (400, True)
            assert await client.is_closed()
            assert not client.reset
            await client.close()
        assert archive.requests == []


async def test_requests_in_one_packet_are_all_answered(tmp_path: Path) -> None:
    async with ScriptedUpstream(kept) as archive, running(tmp_path, archive.url, base=BYTES) as gateway:
        client = await Connection.to(gateway.port)
        await client.send(ASK * 100)
        assert [(await client.reply()).status for _ in range(100)] == [200] * 100
        await client.close()


async def test_what_was_asked_before_nonsense_is_answered_before_it_is_refused(tmp_path: Path) -> None:
    async with ScriptedUpstream(kept) as archive, running(tmp_path, archive.url, base=BYTES) as gateway:
        client = await Connection.to(gateway.port)
        await client.send(ASK * 3 + NOT_HTTP + ASK)
        assert [(await client.reply()).status for _ in range(4)] == [200, 200, 200, 400]
        assert await client.is_closed()
        await client.close()
        assert len(archive.requests) == 3


@pytest.mark.parametrize("protocol", ["websocket", "h2c"])
async def test_an_offer_to_switch_protocols_is_the_last_request(protocol: str, tmp_path: Path) -> None:
    """What follows may be of either protocol."""
    offer = request("GET", "/studies/1/metadata", ("Connection", "Upgrade"), ("Upgrade", protocol))
    async with ScriptedUpstream(kept) as archive, running(tmp_path, archive.url, base=BYTES) as gateway:
        client = await Connection.to(gateway.port)
        await client.send(offer + ASK)
        reply = await client.reply()
        assert (reply.status, reply.value("Connection")) == (200, "close")
        assert await client.is_closed()
        await client.close()
        assert len(archive.requests) == 1


async def test_nothing_behind_connect_is_a_request(tmp_path: Path) -> None:
    tunnel = b"CONNECT internal.example:22 HTTP/1.1\r\nHost: internal.example:22\r\n\r\n"
    async with ScriptedUpstream(kept) as archive, running(tmp_path, archive.url, base=BYTES) as gateway:
        client = await Connection.to(gateway.port)
        await client.send(tunnel + ASK)
        assert (await client.reply()).status == 405
        assert await client.is_closed()
        await client.close()
        assert archive.requests == []


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("after", ["close", "rst"])
@pytest.mark.parametrize("cut", [CHUNKS + b"100\r\nhello", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhello"])
async def test_a_cut_answer_is_reset_for_every_client(cut: bytes, after: str, version: str, tmp_path: Path) -> None:
    """A client of HTTP/1.0 knows the end of the content by the end of the connection alone."""
    async with (
        ScriptedUpstream(lambda _received, _number: Said(cut, after, "headers")) as archive,  # type: ignore[arg-type]
        running(tmp_path, archive.url, base=BYTES) as gateway,
    ):
        client = await Connection.to(gateway.port)
        await client.send(f"GET /studies/1 HTTP/{version}\r\nHost: gw.example\r\n\r\n".encode())
        reply = await client.reply()
        assert (reply.status, reply.complete, client.reset) == (200, False, True)
        await client.close()


async def test_a_farewell_may_meet_a_reset_that_nobody_knows_of_yet(tmp_path: Path) -> None:
    """The system knows of a reset before asyncio does, and then refuses to say that no more will come."""
    async with running(tmp_path, "http://127.0.0.1:1", base=BYTES) as gateway:
        client = socket.create_connection(("127.0.0.1", gateway.port))
        while not (connections := gateway.runtime.server.clients):  # noqa: ASYNC110 - a turn of the loop and not a wait
            await asyncio.sleep(0)
        connections[0].farewell = 0.0
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        await connections[0]._take_leave()
        assert connections[0].transport is None
