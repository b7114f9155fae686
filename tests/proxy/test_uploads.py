"""Requests with content: when the client is told to send it, what an early answer does, and whom a stall is blamed on."""

import asyncio
from pathlib import Path

import pytest

from tests.support.buffers import MORE_THAN_BUFFERED
from tests.support.client import Connection, Reply, ask, request
from tests.support.running import BYTES, running
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer


def head(length: int, *more: str) -> bytes:
    lines = ["POST /studies HTTP/1.1", "Host: gw.example", f"Content-Length: {length}", *more, "", ""]
    return "\r\n".join(lines).encode()


async def upload(port: int, length: int) -> Reply:
    """Send much and listen meanwhile, as good clients do."""
    client = await Connection.to(port)
    await client.send(head(length))
    sending = asyncio.ensure_future(pour(client, length))
    reply = await client.reply("POST")
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    await client.close()
    return reply


async def pour(client: Connection, length: int) -> None:
    piece = b"x" * 100_000
    for _ in range(length // len(piece)):
        await client.send(piece)


@pytest.mark.parametrize("after", ["close", "rst", "hold"])
async def test_the_refusal_of_an_upload_is_heard_in_the_middle_of_it(after: str, tmp_path: Path) -> None:
    """An archive that does not read on may reset the connection, and the refusal lies in the socket behind the reset."""

    def script(_received: ReceivedRequest, _number: int) -> Said:
        return Said(answer(413, b"too large"), after, read_body=False)  # type: ignore[arg-type]

    async with ScriptedUpstream(script) as archive, running(tmp_path, archive.url, base=BYTES) as gateway:
        for _ in range(5):
            reply = await upload(gateway.port, MORE_THAN_BUFFERED)
            assert (reply.status, reply.complete) == (413, True)
            assert reply.value("Connection") == "close"


async def test_the_refusal_waits_for_a_client_that_sends_all_before_it_reads(tmp_path: Path) -> None:
    """The upload is stuck when the refusal comes; the client can hear it once it has got rid of the rest."""
    stuck = asyncio.Event()

    async def script(_received: ReceivedRequest, _number: int) -> Said:
        await stuck.wait()
        return Said(answer(413, b"too large"), "stall", read_body=False)

    async with ScriptedUpstream(script) as archive, running(tmp_path, archive.url) as gateway:
        client = await Connection.to(gateway.port)
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await client.send(head(MORE_THAN_BUFFERED))
        pouring = asyncio.ensure_future(pour(client, MORE_THAN_BUFFERED))
        assert not (await asyncio.wait({pouring}, timeout=0.3))[0]
        stuck.set()
        await pouring
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]
        reply = await client.reply("POST")
        await client.close()
        assert (reply.status, reply.complete) == (413, True)


async def test_an_archive_that_stops_reading_is_given_up(tmp_path: Path) -> None:
    def script(_received: ReceivedRequest, _number: int) -> Said:
        return Said(b"", "stall", read_body=False)

    async with ScriptedUpstream(script) as archive, running(tmp_path, archive.url, base=BYTES) as gateway:
        reply = await upload(gateway.port, MORE_THAN_BUFFERED)
        assert reply.status == 500
        assert "error=connection_write_timeout" in reply.value("Proxy-Status")


async def test_a_client_that_stops_sending_is_refused(tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(lambda _received, _number: Said(answer(200))) as archive,
        running(tmp_path, archive.url, base=BYTES) as gateway,
    ):
        client = await Connection.to(gateway.port)
        await client.send(head(100) + b"hello")
        assert (await client.reply("POST")).status == 400
        await archive.has_ended(1)
        await client.close()
        assert not archive.requests[0].complete
        assert gateway.runtime.journal.failures(1)[0].failure == "request_timeout"


async def test_a_client_that_leaves_in_its_upload_is_not_the_archives_failure(tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(lambda _received, _number: Said(answer(200))) as archive,
        running(tmp_path, archive.url, base=BYTES) as gateway,
    ):
        client = await Connection.to(gateway.port)
        await client.send(head(MORE_THAN_BUFFERED) + b"hello")
        await archive.has_heard(1)
        await client.close()
        await archive.has_ended(1)
        assert not archive.requests[0].complete
        assert gateway.runtime.journal.failures(1)[0].failure == "client_gone"


async def test_continue_comes_once_the_request_is_admitted(tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(lambda _received, _number: Said(answer(200), "keep")) as archive,
        running(tmp_path, archive.url, base=BYTES) as gateway,
    ):
        client = await Connection.to(gateway.port)
        await client.send(head(5, "Expect: 100-continue"))
        while b"\r\n\r\n" not in client.buffer:
            assert await client.more()
        assert client.buffer == b"HTTP/1.1 100 Continue\r\n\r\n"
        await client.send(b"hello")
        reply = await client.reply("POST")
        await client.close()
        assert (reply.status, reply.interim) == (200, (100,))
        assert (archive.requests[0].body, archive.requests[0].values("Expect")) == (b"hello", [])


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        pytest.param(["Content-Length: 9999999999999999999"], 413, id="too-large"),
        pytest.param(["Content-Length: 5", "Host: twice"], 400, id="unsound"),
        pytest.param(["Content-Length: 5", "Via: 1.1 pacs-gateway"], 503, id="loop"),
    ],
)
async def test_a_refused_request_is_not_asked_for_its_content(lines: list[str], status: int, tmp_path: Path) -> None:
    asked = "\r\n".join(["POST /studies HTTP/1.1", "Host: gw.example", "Expect: 100-continue", *lines, "", ""])
    async with (
        ScriptedUpstream(lambda _received, _number: Said(answer(200))) as archive,
        running(tmp_path, archive.url, base=BYTES) as gateway,
    ):
        reply = await ask(gateway.port, asked.encode())
        assert (reply.status, reply.interim) == (status, ())
        assert archive.requests == []


async def test_a_gateway_that_is_full_asks_for_no_content(tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(lambda _received, _number: Said(answer(200), "keep")) as archive,
        running(tmp_path, archive.url, base=ONE_CONNECTION) as gateway,
    ):
        first = await Connection.to(gateway.port)
        await first.send(request("GET", "/studies/1/metadata"))
        assert (await first.reply()).status == 200
        reply = await ask(gateway.port, head(5, "Expect: 100-continue"))
        await first.close()
        assert (reply.status, reply.interim) == (503, ())
        assert len(archive.requests) == 1


ONE_CONNECTION = """\
version: 1
server: {host: 127.0.0.1, port: 0, limits: {connections: 1}}
admin: {host: 127.0.0.1, port: 0}
upstreams: {pacs: {url: "${UPSTREAM}"}}
routes: [{id: dicomweb, prefix: /, upstream: pacs, service: opaque}]
"""
