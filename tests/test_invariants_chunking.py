"""Chunking does not matter: whole, one byte at a time, cut anywhere, the same bytes mean the same.

Only bytes with a sound end are in the tables. Where an answer breaks, it matters whether its beginning had left already.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.client import Connection, Reply, request
from tests.support.running import running
from tests.support.stage import CALM
from tests.support.upstream import answer

JSON = ("Content-Type", "application/dicom+json")
HTML = ("Content-Type", "text/html")
ANSWERS = [
    answer(200, b'[{"00080018":{}}]', JSON),
    answer(200, b"<html>login</html>", HTML),
    answer(404, b"<html>not found</html>", HTML),
    answer(404, b'{"Message":"Unknown resource"}', ("Content-Type", "application/json")),
    answer(502, b"", ("Server", "nginx")),
    answer(503, b"busy", ("Retry-After", "7"), ("Content-Type", "text/plain")),
    answer(500, b"x.y.ZError\n\tat x.y.Z(Z.java)\n", ("Content-Type", "text/plain")),
    answer(302, b"", ("Location", "/elsewhere")),
    answer(204),
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n[{},\r\n3;a=b\r\n{}]\r\n0\r\nX: y\r\n\r\n",
    b"HTTP/1.1 404 X\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n3\r\nno \r\n5\r\nmatch\r\n0\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end",
    b"HTTP/1.0 500 Oops\r\nContent-Type: text/plain\r\n\r\nuntil the end",
    b"HTTP/1.1 2OO OK\r\n\r\n",
    b"\x15\x03\x01\x00\x02\x02\x46",
]
REQUESTS = [
    request("GET", "/studies?limit=1", ("X-Empty", "")),
    request("HEAD", "/studies"),
    request("POST", "/studies", ("Content-Type", "a/b"), body=b"12345678"),
    b"POST /studies HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n3;x=y\r\nefg\r\n0\r\n\r\n",
    request("GET", "/stud ies"),
    request("GET", "/studies", host="a b"),
    b"GET /studies HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"FROB /studies HTTP/1.1\r\nHost: a\r\n\r\n",
]


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted({place % len(data) for place in places}), len(data)]
    return [data[start:end] for start, end in pairwise(edges) if start < end]


def what_it_says(reply: Reply) -> tuple[object, ...]:
    """A reply without what is its own each time (date, id) or only frames it."""
    own = ("date", "content-length", "transfer-encoding", "connection")
    lines = [line for line in reply.head.split(b"\r\n") if line.split(b":")[0].decode().lower() not in own]
    return reply.status, tuple(lines), re.sub(rb"urn:uuid:[0-9a-f-]+", b"", reply.body), reply.complete


async def arrive() -> None:
    """Some turns of the loop, in which the other side reads what was written before there is more."""
    for _ in range(3):
        await asyncio.sleep(0)


class Pieces:
    """An archive that says the answer of the moment in the pieces of the moment, and what it heard."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.heard: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: ([0-9]+)", head, re.IGNORECASE)
        body = await reader.readexactly(int(length[1])) if length else b""
        if b"Transfer-Encoding" in head:
            body = await reader.readuntil(b"0\r\n\r\n")
        self.heard.append(
            head + re.sub(rb"[0-9a-f]+\r\n(.*?)\r\n", rb"\1", body) if b"chunked" in head else head + body
        )
        for piece in self.pieces:
            writer.write(piece)
            await arrive()
        writer.close()

    async def asked(self, port: int, sent: list[bytes], said: list[bytes]) -> tuple[Reply, list[bytes]]:
        self.pieces, self.heard = said, []
        client = await Connection.to(port)
        for piece in sent:
            await client.send(piece)
            await arrive()
        reply = await client.reply("HEAD" if b"".join(sent).startswith(b"HEAD") else "GET")
        await client.close()
        return reply, self.heard


places = st.lists(st.integers(0, 10_000), max_size=8) | st.just(list(range(10_000)))


def test_chunking_does_not_matter(tmp_path: Path) -> None:
    """Whole, one byte at a time, cut anywhere: the same answer gives the same reply, the same request is heard alike."""
    archive = Pieces()

    @asynccontextmanager
    async def opened() -> AsyncIterator[int]:
        server = await asyncio.start_server(archive.serve, "127.0.0.1", 0)
        async with server, running(tmp_path, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", CALM) as gateway:
            yield gateway.port

    with asyncio.Runner() as runner:
        scene = opened()
        port = runner.run(scene.__aenter__())
        plain = request("GET", "/studies")
        replies = {said: runner.run(archive.asked(port, [plain], [said]))[0] for said in ANSWERS}
        heard = {sent: runner.run(archive.asked(port, [sent], [ANSWERS[0]])) for sent in REQUESTS}

        @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.sampled_from(ANSWERS), places)
        def answers(said: bytes, at: list[int]) -> None:
            reply, _ = runner.run(archive.asked(port, [plain], cut(said, at)))
            assert what_it_says(reply) == what_it_says(replies[said])

        @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.sampled_from(REQUESTS), places)
        def requests(sent: bytes, at: list[int]) -> None:
            reply, got = runner.run(archive.asked(port, cut(sent, at), [ANSWERS[0]]))
            assert what_it_says(reply) == what_it_says(heard[sent][0])
            assert got == heard[sent][1]

        try:
            answers()
            requests()
        finally:
            runner.run(scene.__aexit__(None, None, None))
