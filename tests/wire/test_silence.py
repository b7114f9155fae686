"""The gateway as an operator starts it, fed with names and secrets in every place that an exchange has: none of them is on
its standard output, its standard error, its metrics, its journal or any other page for operators."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.support.client import Connection, Reply, ask, request
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

TELLING = re.compile(rb"\bdoe\b|john|19600101|s3cr3t|1\.2\.840\.99|192\.0\.2\.77", re.IGNORECASE)
PAGES = ("/metrics", "/-/exchanges", "/-/config", "/-/ready", "/", "/conformance")

NAME = "PatientName=DOE%5EJOHN&PatientBirthDate=19600101"
SOUND = [
    request("GET", f"/studies?{NAME}", ("Authorization", "Bearer s3cr3t"), ("Cookie", "sid=s3cr3t")),
    request("GET", "/studies/1.2.840.99.1/metadata", ("X-Forwarded-For", "192.0.2.77")),
    request("GET", "/DOE^JOHN/wado?requestType=WADO&studyUID=1.2.840.99.1&seriesUID=2&objectUID=3"),
    request("POST", "/studies/1.2.840.99.1", ("Content-Type", "application/dicom"), body=b"DOE^JOHN"),
    request("HEAD", "/studies/1.2.840.99.1/rendered"),
]
UNSOUND = [
    f"GET /studies?PatientName=DOE JOHN&{NAME} HTTP/1.1\r\nHost: h\r\n\r\n",
    f"GET /studies?{NAME} HTTP/1.1\r\nHost: h\r\nDOE JOHN: s3cr3t\r\n\r\n",
    f"GET /studies?{NAME} HTTP/1.1\r\nHost: DOE JOHN\r\n\r\n",
    f"GET /studies?{NAME} HTTP/1.1\r\nHost: h\r\nExpect: DOE^JOHN\r\n\r\n",
    f"GET /studies?{NAME}#DOE HTTP/1.1\r\nHost: h\r\n\r\n",
    f"GET http://s3cr3t@192.0.2.77/studies?{NAME} HTTP/1.1\r\nHost: h\r\n\r\n",
    f"GET /studies?PatientName=DOE^JOHN{'x' * 9000} HTTP/1.1\r\nHost: h\r\n\r\n",
    f"GET /studies HTTP/1.1\r\nHost: h\r\nAuthorization: s3cr3t{'x' * 40000}\r\n\r\n",
    f"JOHN /studies?{NAME} HTTP/1.1\r\nHost: h\r\n\r\n",
    f"PROPFIND /studies?{NAME} HTTP/1.1\r\nHost: h\r\n\r\n",
    "CONNECT john.doe:22 HTTP/1.1\r\nHost: john.doe:22\r\n\r\n",
    f"POST /studies?{NAME} HTTP/1.1\r\nHost: h\r\nContent-Length: s3cr3t\r\n\r\n",
    f"POST /studies?{NAME} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nDOE^JOHN\r\n",
    "DOE^JOHN 19600101 s3cr3t\r\n\r\n",
]
ANSWERS = [
    Said(answer(200, b'[{"00100010": {"Value": ["DOE^JOHN"]}}]', ("Content-Type", "application/dicom+json")), "keep"),
    Said(answer(404, b"No patient DOE^JOHN", ("X-Patient", "DOE^JOHN"), reason="DOE^JOHN unknown"), "keep"),
    Said(answer(500, b"Traceback (most recent call last): s3cr3t", ("Content-Type", "text/html"))),
    Said(answer(302, b"", ("Location", "http://192.0.2.77/login?next=DOE^JOHN"))),
    Said(answer(299, b"", ("Retry-After", "DOE"), ("Set-Cookie", "sid=s3cr3t"))),
    Said(b"HTTP/1.1 200 OK\r\nDOE JOHN s3cr3t\r\n\r\n"),
    Said(b"DOE^JOHN 19600101\r\n\r\n"),
    Said(b"HTTP/1.1 999 DOE^JOHN\r\nContent-Length: 0\r\n\r\n"),
    Said(b"HTTP/1.1 200 OK\r\nContent-Length: s3cr3t\r\n\r\n"),
    Said(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nDOE^JOHN", "rst", "headers"),
    Said(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nDOE^JOHN\r\nDOE^JOHN\r\n", split="headers"),
    Said(b"", "rst"),
]


@dataclass
class Running:
    """The process, its two ports, and what it has written until now."""

    process: asyncio.subprocess.Process
    port: int
    admin_port: int
    written: bytes


@asynccontextmanager
async def serving(upstream: str) -> AsyncIterator[Running]:
    command = [
        "-m",
        "gateway",
        "serve",
        "--upstream",
        upstream,
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--admin-port",
        "0",
    ]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env={**os.environ}
    )
    assert process.stdout is not None
    try:
        written = await asyncio.wait_for(process.stdout.readuntil(b"admin on port"), 20)
        written += await process.stdout.readline()
        port, admin_port = re.findall(rb"port (\d+)", written)[-2:]
        yield Running(process, int(port), int(admin_port), written)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def finished(running: Running) -> None:
    """End it as an operator would, and read what it wrote."""
    assert running.process.stdout is not None
    running.process.send_signal(signal.SIGTERM)
    running.written += await asyncio.wait_for(running.process.stdout.read(), 20)
    assert await running.process.wait() == 0


async def pages(running: Running) -> bytes:
    replies = [await ask(running.admin_port, request("GET", page)) for page in PAGES]
    assert [reply.status for reply in replies[:2]] == [200, 200]
    return b"".join(reply.body for reply in replies)


async def test_nothing_of_an_exchange_is_written_anywhere() -> None:
    answers = iter(said for said in ANSWERS for _ in SOUND)

    def script(_received: ReceivedRequest, _number: int) -> Said:
        return next(answers, ANSWERS[-1])

    async with ScriptedUpstream(script) as archive, serving(archive.url) as running:
        replies = [await ask(running.port, asked) for _ in ANSWERS for asked in SOUND]
        assert len([reply for reply in replies if reply.status]) > len(SOUND) * 9
        shown = await pages(running)
        await finished(running)
    assert TELLING.findall(shown) == []
    assert running.written.count(b'"transaction"') == len(replies)
    assert TELLING.findall(running.written) == []


async def test_nothing_of_what_is_refused_is_written_anywhere_or_said_again() -> None:
    async with (
        ScriptedUpstream(lambda _received, _number: Said(answer(200), "keep")) as archive,
        serving(archive.url) as running,
    ):
        replies = [await ask(running.port, asked.encode()) for asked in UNSOUND]
        shown = await pages(running)
        await finished(running)
    assert all(reply.status is not None and reply.status >= 400 for reply in replies)
    assert TELLING.findall(b"".join(reply.head + reply.body for reply in replies)) == []
    assert TELLING.findall(shown) == []
    assert running.written.count(b'"transaction"') == len(UNSOUND)
    assert TELLING.findall(running.written) == []


async def test_nothing_is_written_of_an_archive_that_is_not_there() -> None:
    async with ScriptedUpstream(lambda _received, _number: Said(b"")) as gone:
        nobody = gone.url
    async with serving(nobody) as running:
        replies: list[Reply] = [await ask(running.port, asked) for asked in SOUND]
        client = await Connection.to(running.port)
        await client.send(f"GET /studies?{NAME} HTTP/1.1\r\nHost: h\r\nX-Half: DOE".encode())
        await client.close()
        shown = await pages(running)
        await finished(running)
    assert {reply.status for reply in replies} == {503}
    assert TELLING.findall(b"".join(reply.head + reply.body for reply in replies)) == []
    assert TELLING.findall(shown + running.written) == []
