"""The invariants that only sockets can show: what the client saw, what the archive saw, and what was written down of it.

The pure half is in test_invariants.py; chunking and reload have files of their own.
"""

from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from gateway.core.normalise import BUILT_IN
from gateway.dicomweb.classify import classify
from tests.support.buffers import MORE_THAN_BUFFERED
from tests.support.client import Connection, ask, request
from tests.support.stage import records, stage
from tests.support.upstream import ReceivedRequest, Said, answer

JSON = ("Content-Type", "application/dicom+json")
HTML = ("Content-Type", "text/html")

# ---- one door, one record ------------------------------------------------------------------------------------------

ARCHIVE = {
    b"/studies": Said(answer(200, b"[]", JSON), "keep"),
    b"/studies/1": Said(answer(502, b"<html>", HTML), "keep"),
    b"/studies/2": Said(answer(200, b"x" * MORE_THAN_BUFFERED, ("Content-Type", "application/dicom")), "keep"),
    b"/studies/3": Said(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\nstart", "rst"),
    b"/studies/4": Said(b"", "rst"),
    b"/studies/5": Said(b"garbage\r\n\r\n"),
    b"/studies/6": Said(answer(204), "keep"),
    b"/studies/7": Said(answer(999), "keep"),
}
SEEN = [
    *(request("GET", target.decode()) for target in ARCHIVE),
    *(
        request("HEAD", "/studies"),
        request("DELETE", "/studies"),
        request("OPTIONS", "*"),
        request("TRACE", "/studies"),
    ),
    *(
        request("POST", "/studies", body=b"12345"),
        request("POST", "/studies", ("Expect", "100-continue"), body=b"12345"),
    ),
    *(request("GET", "/stud ies"), request("GET", "/studies", host="a b"), request("GET", "/" + "a" * 9000)),
    *(b"\x16\x03\x01\x00", b"rubbish\r\n\r\n", b"GET /studies HTTP/1.1\r\n\r\n", b"GET /studies HTTP/1.0\r\n\r\n"),
    *(b"POST /studies HTTP/1.1\r\nHost: a\r\nContent-Length: " + b"0" * 6000 + b"1\r\n\r\nx",),
    *(b"POST /studies HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",),
    *(b"GET /studies HTTP/1.1\r\nHost: " + b"a" * 5000 + b"/\r\n\r\n",),
]


def by_target(received: ReceivedRequest, _number: int) -> Said:
    return ARCHIVE[received.target]


async def test_one_door(tmp_path: Path) -> None:
    """The status a client saw is the status of the record, and the record names the verdict it came from."""
    async with stage(tmp_path, by_target) as (_archive, gateway):
        for number, sent in enumerate(SEEN, 1):
            reply = await ask(gateway.port, sent)
            newest = (await records(gateway, number))[0]
            assert (reply.status, len(gateway.runtime.journal.recent(1000))) == (newest.status, number), sent[:60]
            assert newest.rule in BUILT_IN
            assert reply.status is not None
            assert gateway.runtime.settings.policy.documented.allows(reply.status)
        assert gateway.runtime.metrics.snapshot().exchanges == len(SEEN)


async def leave_while_sending(port: int) -> None:
    client = await Connection.to(port)
    await client.send(b"POST /studies HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nstart")
    await client.close()


async def leave_while_receiving(port: int) -> None:
    client = await Connection.to(port)
    await client.send(request("GET", "/studies/2"))
    await client.more()
    client.writer.transport.abort()


async def leave_while_waiting(port: int) -> None:
    client = await Connection.to(port)
    await client.send(request("GET", "/studies/hold"))
    await client.close()


@pytest.mark.parametrize("leave", [leave_while_sending, leave_while_receiving, leave_while_waiting])
async def test_one_record_of_a_client_that_leaves(
    leave: Callable[[int], Coroutine[None, None, None]], tmp_path: Path
) -> None:
    def script(received: ReceivedRequest, number: int) -> Said:
        return Said(after="hold") if received.target.endswith(b"hold") else by_target(received, number)

    async with stage(tmp_path, script) as (_archive, gateway):
        await leave(gateway.port)
        (record,) = await records(gateway, 1)
        assert (record.ended, record.failure) == ("client_gone", "client_gone")
        await ask(gateway.port, request("GET", "/studies"))
        assert len(await records(gateway, 2)) == gateway.runtime.metrics.snapshot().exchanges == 2
        assert gateway.runtime.admission.gate.under_way == 0


# ---- what is judged is what is sent --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "/", "//studies", "/studies?", "/studies??", "/studies?a=%2F%2f+%20&&b", "/studies/1.2/", "/studies//metadata",
        "/rs/../studies/1.2/./series", "/studies/%31.2", "/studies/1%2F2", "/%73tudies", "/studies/1.2;a=b?c;d", "/a%zz%",
        "/studies/1.2/series/3/instances/4/frames/1,2,3", "/wado?requestType=WADO&objectUID=1", "/x?REQUESTTYPE=wado",
        '/studies?x={"a":["b"]}|\\^`', "/http://evil.example/studies", "/studies/*/series", "/~a/'(b)!", "/Studies/1.2",
    ],
)  # fmt: skip
async def test_what_is_judged_is_what_is_sent(target: str, tmp_path: Path) -> None:
    async with stage(tmp_path, lambda _received, _number: Said(answer(200, b"[]", JSON), "keep")) as (archive, gateway):
        await ask(gateway.port, request("GET", target))
        (record,) = await records(gateway, 1)
        assert [received.target for received in archive.requests] == [target.encode()]
        assert record.transaction == classify("GET", target).transaction.id


# ---- no false ends -------------------------------------------------------------------------------------------------

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/dicom\r\n"
PIECE = b"10000\r\n" + bytes(0x10000) + b"\r\n"
CUT = {
    "length, closed": Said(HEAD + b"Content-Length: 90000\r\n\r\n" + bytes(60_000)),
    "length, reset": Said(HEAD + b"Content-Length: 90000\r\n\r\n" + bytes(60_000), "rst"),
    "length, silent": Said(HEAD + b"Content-Length: 90000\r\n\r\n" + bytes(60_000), "hold"),
    "length, short enough to be held": Said(HEAD + b"Content-Length: 900\r\n\r\n" + bytes(600)),
    "chunks, closed between": Said(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + PIECE),
    "chunks, closed within": Said(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + PIECE[:-1000]),
    "chunks, reset": Said(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + PIECE, "rst"),
    "chunks, silent": Said(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + PIECE, "hold"),
    "chunks, then no chunk": Said(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + PIECE + b"zz\r\n", "hold"),
    "chunks, last one without its end": Said(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + PIECE + b"0\r\n"),
    "no length, reset": Said(HEAD + b"\r\n" + bytes(60_000), "rst"),
    "no length, silent": Said(HEAD + b"\r\n" + bytes(60_000), "hold"),
    "nothing of the content": Said(HEAD + b"Content-Length: 90000\r\n\r\n"),
}


@pytest.mark.parametrize("version", ["HTTP/1.1", "HTTP/1.0"])
@pytest.mark.parametrize("said", CUT.values(), ids=CUT.keys())
async def test_no_false_ends(said: Said, version: str, tmp_path: Path) -> None:
    """A cut content is a cut content for the client: it ends short of its length, or in a reset, never in good order."""
    async with stage(tmp_path, lambda _received, _number: said) as (_archive, gateway):
        client = await Connection.to(gateway.port)
        await client.send(f"GET /studies/1.2 {version}\r\nHost: a\r\n\r\n".encode())
        reply = await client.reply()
        record = (await records(gateway, 1))[0]
        if reply.status == 200:
            assert record.ended == "truncated"
            assert client.reset or not reply.complete
            assert record.failure
        else:
            assert (reply.status, reply.complete, record.ended) == (503, True, "complete")
        await client.close()
