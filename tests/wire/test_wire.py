"""Odd bytes on real sockets, of the archive and of the client: what the client gets, what the archive gets, what is written
down; and that the next exchange through the same gateway is none the worse.

Each case runs as it is given and byte by byte: how the network cuts a message must not change what becomes of it.
"""

import asyncio
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.server import GatewayProcess
from tests.support.client import Connection, Reply, ask, request
from tests.support.logs import captured_logs
from tests.support.running import running
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer, crumbs
from tests.wire.case import Archive, Case, Expect, Split, cases

PROBE = request("GET", "/dicom-web/studies/1.2.3/probe")
JSON = ("Content-Type", "application/dicom+json")
LONG_ENOUGH_TO_TELL = 12  # a line of a message that is shorter may be a word of ours as well

QUICK = """\
version: 1
server: {host: 127.0.0.1, port: 0, drain: 1s, limits: {header_timeout: 1s, body_timeout: 1s, idle_timeout: 2s}}
admin: {host: 127.0.0.1, port: 0}
upstreams:
  pacs: {url: "${UPSTREAM}", timeouts: {connect: 1s, response: 1s, idle: 1s}}
routes: [{id: dicomweb, prefix: /, upstream: pacs, service: opaque}]
"""


def deliveries(side: Any) -> list[Any]:
    return [
        pytest.param(case, split, id=f"{case.id}{'-' if split else ''}{split}")
        for case in cases(side)
        for split in case.splits
    ]


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    with captured_logs() as stream:
        yield stream


@pytest.mark.parametrize(("case", "split"), deliveries("upstream"))
async def test_odd_bytes_of_the_archive(case: Case, split: Split, tmp_path: Path, logs: io.StringIO) -> None:
    def script(received: ReceivedRequest, _number: int) -> Said:
        if b"/probe" in received.line:
            return Said(answer(200, b"PROBE", JSON), "keep")
        return Said(case.sends.replace(b"@ARCHIVE@", archive.authority), case.after, split, case.late)

    async with ScriptedUpstream(script) as archive, running(tmp_path, archive.url, base=QUICK) as gateway:
        content = b"0123456789" if case.method == "POST" else b""
        asked = request(case.method, "/dicom-web/studies/1.2.3", *case.request_fields, body=content)
        client = await Connection.to(gateway.port)
        await client.send(asked)
        reply = await client.reply(case.method)
        if case.late:
            await client.is_closed(0.3)  # nothing of it may come here either; and so it has come before the probes
        await client.close()
        await assert_unharmed(gateway.port)
    assert_as_expected(reply, case.expect)
    assert_not_written(case, logs.getvalue())


@pytest.mark.parametrize(("case", "split"), deliveries("client"))
async def test_odd_bytes_of_the_client(case: Case, split: Split, tmp_path: Path, logs: io.StringIO) -> None:
    def script(received: ReceivedRequest, _number: int) -> Said:
        if b"/probe" in received.line:
            return Said(answer(200, b"PROBE", JSON), "keep")
        return Said(answer(200, b"answer", JSON), "keep")

    async with ScriptedUpstream(script) as archive, running(tmp_path, archive.url, base=QUICK) as gateway:
        client = await Connection.to(gateway.port)
        await send(client, case, split)
        reply = await client.reply(case.sends.split(b" ", 1)[0].decode("latin-1"))
        if case.expect.closes or reply.value("Connection") == "close" or reply.status is None:
            assert await client.is_closed(), "the connection was to be closed"
        else:
            await client.send(PROBE)
            assert (await client.reply()).body == b"PROBE", "the connection was to go on"
        await client.close()
        seen = [received for received in archive.requests if b"/probe" not in received.line]
        await assert_unharmed(gateway.port)
        if case.expect.never_logged:
            logs.write(await told_to_operators(gateway))
    assert_as_expected(reply, case.expect)
    assert_archive_got(seen, case.expect.archive)
    assert_not_written(case, logs.getvalue())


async def send(client: Connection, case: Case, split: Split) -> None:
    """The bytes of a client, which goes on sending even where the gateway has heard enough."""
    for piece in crumbs(case.sends) if split else [case.sends]:
        await client.send(piece)
        await asyncio.sleep(0)
    if case.then == "halfclose":
        client.writer.write_eof()


async def assert_unharmed(port: int) -> None:
    for _ in range(2):
        reply = await ask(port, PROBE)
        assert (reply.status, reply.body) == (200, b"PROBE")


def assert_as_expected(reply: Reply, expect: Expect) -> None:
    outcome = reply.status if reply.complete else "cut"
    assert outcome in expect.status
    if expect.body is not None and reply.complete and isinstance(reply.status, int) and reply.status < 300:
        assert reply.body == expect.body
    everything = (reply.head + b"\r\n\r\n" + reply.body).lower()
    assert [found for found in expect.never if found.lower() in everything] == []
    for name, patterns in expect.fields.items():
        values = reply.values(name)
        assert len(values) == len(patterns), f"{name}: {values}"
        assert all(re.fullmatch(p, v) for p, v in zip(patterns, values, strict=True)), f"{name}: {values}"


def assert_archive_got(seen: list[ReceivedRequest], expect: Archive) -> None:
    assert len(seen) <= 1
    if expect.requests is not None:
        assert len(seen) == expect.requests
    for received in seen:
        assert received.complete == expect.whole
        assert expect.target is None or received.target == expect.target
        assert expect.body is None or received.body == expect.body
        everything = (received.head + received.body).lower()
        assert [wanted for wanted in expect.sees if wanted.lower() not in everything] == []
        assert [found for found in expect.never if found.lower() in everything] == []


def assert_not_written(case: Case, written: str) -> None:
    lines = case.sends.decode("latin-1").replace("\n", "\r").split("\r")
    telling = [*case.expect.never_logged, *(line for line in lines if len(line) >= LONG_ENOUGH_TO_TELL)]
    assert [text for text in telling if text in written] == []
    assert '"level": "error"' not in written


async def told_to_operators(gateway: GatewayProcess) -> str:
    """The metrics, and what the journal holds."""
    pages = [await ask(gateway.admin_port, request("GET", page)) for page in ("/metrics", "/-/exchanges")]
    assert [page.status for page in pages] == [200, 200]
    assert json.loads(pages[1].body), "the journal is empty"
    return "".join(page.body.decode() for page in pages)
