"""Every wait has its end: an archive that drips, floods or falls silent, a client that drips or does not read."""

import asyncio
import socket
import time
from pathlib import Path

from tests.proxy.test_pace import narrow_sending, narrow_socket
from tests.support.buffers import MORE_THAN_BUFFERED
from tests.support.client import Connection, ask, request
from tests.support.running import BYTES, running
from tests.support.stage import records
from tests.support.upstream import Said, ScriptedUpstream, answer

ASK = request("GET", "/studies/1/metadata")
DRIP = b"HTTP/1.1 200 OK\r\nX-Never-Ending: " + b"x" * 1000
MUCH = answer(200, b"x" * MORE_THAN_BUFFERED)


async def test_a_head_that_drips_ends_with_the_patience_for_the_answer(tmp_path: Path) -> None:
    """Each byte would rearm a timer that only measures silence."""
    async with (
        ScriptedUpstream(lambda _received, _number: Said(DRIP, split="bytes", pause=0.02)) as archive,
        running(tmp_path, archive.url, base=BYTES) as gateway,
    ):
        began = time.monotonic()
        reply = await ask(gateway.port, ASK)
        assert (reply.status, reply.value("Proxy-Status").split("; ")[1]) == (503, "error=http_response_timeout")
        assert time.monotonic() - began < 3
        await archive.has_ended(1)


async def test_interim_answers_do_not_extend_the_patience(tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(lambda _received, _number: Said(b"HTTP/1.1 102 Processing\r\n\r\n", "hold")) as archive,
        running(tmp_path, archive.url, base=BYTES) as gateway,
    ):
        reply = await ask(gateway.port, ASK)
        assert (reply.status, reply.value("Proxy-Status").split("; ")[1]) == (503, "error=http_response_timeout")


async def test_a_flood_of_interim_answers_is_no_answer(tmp_path: Path) -> None:
    flood = b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000
    async with (
        ScriptedUpstream(lambda _received, _number: Said(flood, "hold")) as archive,
        running(tmp_path, archive.url, base=BYTES) as gateway,
    ):
        reply = await ask(gateway.port, ASK)
        assert (reply.status, reply.value("Proxy-Status").split("; ")[1]) == (503, "error=http_protocol_error")
        await archive.has_ended(1)


async def test_a_client_that_does_not_read_is_cut_and_the_archive_let_go(tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(lambda _received, _number: Said(MUCH, "keep")) as archive,
        running(tmp_path, archive.url, base=IMPATIENT) as gateway,
    ):
        client = await Connection.to(gateway.port)
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await client.send(ASK)
        await archive.has_ended(1)
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]
        reply = await client.reply()
        assert (reply.status, reply.complete, client.reset) == (200, False, True)
        await client.close()
        assert gateway.runtime.journal.failures(1)[0].ended == "client_gone"


async def test_a_client_that_leaves_in_a_download_lets_the_archive_go(tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(lambda _received, _number: Said(MUCH, "keep")) as archive,
        running(tmp_path, archive.url, base=BYTES) as gateway,
    ):
        client = await Connection.to(gateway.port)
        await client.send(ASK)
        await client.more()
        client.writer.transport.abort()
        await archive.has_ended(1)
        assert gateway.runtime.journal.failures(1)[0].ended == "client_gone"


async def test_a_client_that_drips_its_head_is_let_go(tmp_path: Path) -> None:
    """Each byte would rearm a timer that only measures silence."""
    async with (
        ScriptedUpstream(lambda _received, _number: Said(answer(200))) as archive,
        running(tmp_path, archive.url) as gateway,
    ):
        client = await Connection.to(gateway.port)
        began = time.monotonic()
        dripping = asyncio.ensure_future(drip(client, b"GET /studies HTTP/1.1\r\nX-Never-Ending: " + b"x" * 1000))
        assert await client.is_closed(3)
        assert time.monotonic() - began < 2
        dripping.cancel()
        await asyncio.gather(dripping, return_exceptions=True)
        await client.close()


async def drip(client: Connection, data: bytes) -> None:
    for byte in data:
        await client.send(bytes([byte]))
        await asyncio.sleep(0.02)


async def test_an_idle_client_is_let_go(tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(lambda _received, _number: Said(answer(200, b"[]"), "keep")) as archive,
        running(tmp_path, archive.url, base=IMPATIENT) as gateway,
    ):
        client = await Connection.to(gateway.port)
        await client.send(ASK)
        assert (await client.reply()).status == 200
        assert await client.is_closed(3)
        await client.close()


async def test_the_last_bytes_too_must_be_read(tmp_path: Path) -> None:
    """They fit into a buffer of ours, so that the exchange could pass for complete while nobody takes them."""
    async with (
        ScriptedUpstream(lambda _received, _number: Said(answer(200, b"x" * 60_000), "keep")) as archive,
        running(tmp_path, archive.url, base=IMPATIENT) as gateway,
    ):
        for listening in gateway._traffic.doors:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # its connections inherit this
        narrow = socket.socket()
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        narrow.connect(("127.0.0.1", gateway.port))
        client = Connection(*await asyncio.open_connection(sock=narrow))
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await client.send(ASK)
        await archive.has_heard(1)
        [connection] = gateway.runtime.server.connections
        assert connection._task_handler is not None
        await asyncio.wait({connection._task_handler}, timeout=5)
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]
        assert not (await client.reply()).complete
        await client.close()
        assert gateway.runtime.journal.failures(1)[0].ended == "client_gone"


async def test_who_breaks_off_is_to_blame_and_not_who_has_more_to_read(tmp_path: Path) -> None:
    """The connection that is reset because the archive broke off did not end by itself."""
    begun = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n" + b"x" * 60_000
    async with (
        ScriptedUpstream(lambda _received, _number: Said(begun)) as archive,
        running(tmp_path, archive.url, base=BYTES) as gateway,
    ):
        narrow_sending(gateway)
        client = Connection(*await asyncio.open_connection(sock=await narrow_socket(gateway.port)))
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await client.send(ASK)
        [told] = await records(gateway, 1)
        assert (told.status, told.ended, told.failure) == (200, "truncated", "http_response_incomplete")
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]
        assert not (await client.reply()).complete
        await client.close()


IMPATIENT = """\
version: 1
server: {host: 127.0.0.1, port: 0, drain: 1s, limits: {header_timeout: 500ms, body_timeout: 500ms, idle_timeout: 500ms}}
admin: {host: 127.0.0.1, port: 0}
upstreams: {pacs: {url: "${UPSTREAM}", timeouts: {connect: 1s, response: 1s, idle: 1s}}}
routes: [{id: dicomweb, prefix: /, upstream: pacs, service: opaque}]
"""
