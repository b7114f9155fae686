"""That the linter behind every answer of these tests works: a wrong answer fails the test that receives it, and nothing is
excused that should not be."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from httplint import Note

from tests.support import lint
from tests.support.client import Reply, ask, request

DATE = "Date: Sun, 22 Nov 2026 10:00:00 GMT"
FRESH = "Cache-Control: max-age=60"
CHANGED = 'Proxy-Status: pacs-gateway; received-status=500; details="rule=mine"'
REPORT = '{"instance": "urn:uuid:7cebe1b6-4618-4a59-8c1d-1df3c0e40ebe"}'


@asynccontextmanager
async def saying(status: str, *lines: str, body: str = "") -> AsyncIterator[int]:
    """Something that answers as no gateway should."""
    raw = "\r\n".join([f"HTTP/1.1 {status}", *lines, f"Content-Length: {len(body)}", "", body]).encode("latin-1")

    async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        writer.close()

    server = await asyncio.start_server(answering, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def heard(status: str, *lines: str, body: str = "", method: str = "GET") -> Reply:
    async with saying(status, *lines, body=body) as port:
        return await ask(port, request(method, "/studies"))


async def test_a_good_answer_passes() -> None:
    assert (await heard("200 OK", DATE, FRESH)).status == 200


@pytest.mark.parametrize(
    ("status", "lines", "fault"),
    [
        ("404 Not Found", [], "DATE_CLOCKLESS"),
        ("503 Service Unavailable", [DATE, "Retry-After: soon"], "BAD_SYNTAX .field-retry-after"),
        ("301 Moved Permanently", [DATE], "REDIRECT_WITHOUT_LOCATION"),
        ("405 Method Not Allowed", [DATE, "Allow: GET"], "STATUS_405_METHOD_IN_ALLOW"),
        ("200 OK", [DATE, FRESH, "Via: pacs-gateway"], "BAD_SYNTAX"),
        ("200 OK", [DATE, FRESH, "Proxy-Status: ;;;"], "field-proxy-status"),
        ("200 OK", [DATE, "Cache-Control: max-age=long"], "CC_BAD_VALUE_TYPE"),
        ("200 OK", [DATE, FRESH, "X-Thing : x"], "FIELD_NAME"),
        ("416 Range Not Satisfiable", [DATE], "STATUS_416_WITHOUT_RANGE"),
    ],
)
async def test_a_wrong_answer_fails_the_test_that_receives_it(status: str, lines: list[str], fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        await heard(status, *lines)


async def test_what_the_archive_said_so_is_not_held_against_the_gateway() -> None:
    wrong = "Last-Modified: yesterday"
    with pytest.raises(AssertionError, match="field-last-modified"):
        await heard("200 OK", DATE, FRESH, wrong)
    lint.said(f"HTTP/1.1 200 OK\r\n{wrong}\r\n\r\n".encode())
    assert (await heard("200 OK", DATE, FRESH, wrong)).status == 200


async def test_what_must_fit_the_code_is_held_against_the_gateway_that_chose_it() -> None:
    wrong = "Retry-After: soon"
    lint.said(f"HTTP/1.1 500 X\r\n{wrong}\r\n\r\n".encode())
    assert (await heard("503 Service Unavailable", DATE, wrong)).status == 503
    with pytest.raises(AssertionError, match="field-retry-after"):
        await heard("503 Service Unavailable", DATE, wrong, CHANGED)


@pytest.mark.parametrize("line", ["Last-Modified: yesterday", "Cache-Control: max-age=60"])
async def test_a_report_has_no_archive_to_blame(line: str) -> None:
    lint.said(f"HTTP/1.1 500 X\r\n{line}\r\n\r\n".encode())
    with pytest.raises(AssertionError, match=r"field-last-modified|a report"):
        await heard("500 X", DATE, line, "Content-Type: application/problem+json", body=REPORT)


async def test_an_answer_that_was_cut_is_not_linted_for_its_length() -> None:
    async def cutting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 200 OK\r\n{DATE}\r\n{FRESH}\r\nContent-Length: 9\r\n\r\nx".encode())
        writer.close()

    async with await asyncio.start_server(cutting, "127.0.0.1", 0) as server:
        reply = await ask(server.sockets[0].getsockname()[1], request("GET", "/studies"))
    assert not reply.complete


def test_every_explanation_is_of_something_that_the_linter_knows() -> None:
    known = {note.__name__ for note in _notes(Note)}
    assert {name for name, _ in lint.EXPLAINED} <= known


def _notes(note: type[Note]) -> set[type[Note]]:
    return {note}.union(*(_notes(kind) for kind in note.__subclasses__()))
