"""Each misbehaviour on the wire: bytes from a bare socket, against what this file says they must be."""

import asyncio
import json
import re
import shlex
from dataclasses import dataclass

import pytest

from gateway.demo.misbehaviours import BY_ID, TABLE, listing
from gateway.demo.probe import Probe
from tests.demo.wire import Running, hear


@dataclass(frozen=True)
class Expected:
    """The status, text in the content, fields with their values, fields that must be absent."""

    status: int
    content: bytes
    fields: tuple[tuple[str, str], ...] = ()
    lacks: tuple[str, ...] = ()


HTML, TEXT, JSON = ("content-type", "text/html"), ("content-type", "text/plain"), ("content-type", "application/json")
ANSWERS = {
    "front-proxy-502": Expected(502, b"<h1>502 Bad Gateway</h1>", (HTML, ("server", "nginx")), ("retry-after",)),
    "gateway-timeout-504": Expected(504, b'{"message": ', (JSON,), ("retry-after",)),
    "unavailable-503": Expected(503, b"try again later", (TEXT,), ("retry-after",)),
    "retry-after-soon": Expected(503, b"maintenance", (HTML, ("retry-after", "soon"))),
    "quota-429": Expected(429, b"<h1>Too Many Requests</h1>", (HTML,), ("retry-after",)),
    "disk-full-507": Expected(507, b"Insufficient Storage", (JSON,), ("retry-after",)),
    "bare-401": Expected(401, b"Not logged in", (TEXT,), ("www-authenticate",)),
    "bare-405": Expected(405, b"Method Not Allowed", (TEXT,), ("allow",)),
    "login-redirect-302": Expected(302, b"Object moved", (("location", "/login?next=/dicom-web/studies"),)),
    "login-form-200": Expected(
        200, b'type="password"', (("content-type", "text/html;charset=ISO-8859-1"),), ("www-authenticate",)
    ),
    "login-metadata-200": Expected(200, b'type="password"', (HTML,), ("www-authenticate",)),
    "range-416": Expected(416, b"Incorrect range", (JSON,), ("content-range",)),
    "timeout-408": Expected(408, b"", (("content-length", "0"),), ("retry-after", "content-type")),
    "no-match-404": Expected(404, b"No matching studies", (TEXT,)),
    "vendor-599": Expected(599, b"upstream connect timeout", (TEXT,)),
    "no-content-with-content": Expected(204, b'{"error": ', (("content-length", "26"),)),
    "unknown-study-500": Expected(500, b"StudyNotFoundException", (HTML,)),
}
BROKEN = {"cut-study", "endless-chunks", "closed-without-answer", "no-answer"}
TABLE_BY_SEARCH = [row.id for row in TABLE if row.id not in ("no-match-404", "unknown-study-500")]


def test_every_row_is_proved_here() -> None:
    assert {row.id for row in TABLE} == ANSWERS.keys() | BROKEN
    assert len(TABLE) == len(BY_ID) == 21


@pytest.mark.parametrize("row_id", ANSWERS)
async def test_a_wrong_answer_shows_on_the_wire(running: Running, row_id: str) -> None:
    expected = ANSWERS[row_id]
    heard = await hear(running.port, BY_ID[row_id].try_it)
    assert heard.status == expected.status
    assert expected.content in heard.content
    assert dict(expected.fields).items() <= heard.fields.items()
    assert not set(expected.lacks) & heard.fields.keys()
    assert int(heard.fields["content-length"]) == len(heard.content)
    assert not heard.reset


async def test_a_cut_study_is_shorter_than_it_promised(running: Running) -> None:
    whole = await running.get("/dicom-web/studies/2.25.101", 'multipart/related; type="application/dicom"')
    heard = await hear(running.port, BY_ID["cut-study"].try_it)
    assert heard.status == 200
    assert heard.fields["content-length"] == whole.headers["Content-Length"]
    assert heard.content == (await whole.read())[: len(heard.content)]
    assert len(heard.content) == int(heard.fields["content-length"]) // 2


async def test_endless_chunks_end_in_a_reset_without_a_last_chunk(running: Running) -> None:
    heard = await hear(running.port, BY_ID["endless-chunks"].try_it)
    assert (heard.status, heard.fields["transfer-encoding"]) == (200, "chunked")
    assert heard.fields["content-type"].startswith('multipart/related; type="application/dicom"; boundary=')
    size, _, rest = heard.content.partition(b"\r\n")
    assert len(rest) == int(size, 16) + len(b"\r\n")
    assert heard.reset


async def test_a_connection_closes_without_an_answer(running: Running) -> None:
    heard = await hear(running.port, BY_ID["closed-without-answer"].try_it)
    assert (heard.raw, heard.reset) == (b"", False)


async def test_no_answer_comes_until_the_server_stops(running: Running) -> None:
    waiting = asyncio.create_task(hear(running.port, BY_ID["no-answer"].try_it))
    assert (await hear(running.port, BY_ID["vendor-599"].try_it)).status == 599
    assert not waiting.done()
    async with asyncio.timeout(5):
        await running.pacs.stop()
        assert (await waiting).raw == b""


@pytest.mark.parametrize(
    "probe",
    [
        Probe("/dicom-web/studies?PatientID=DEMO-1"),
        Probe("/dicom-web/studies/2.25.101/metadata"),
        Probe("/dicom-web/studies/2.25.503/series?PatientID=DEMO-1"),
        Probe("/dicom-web/studies/2.25.9/series"),
        Probe("/dicom-web/studies?PatientID=DEMO-1", (("Range", "bytes=0-10"),)),
    ],
)
async def test_without_a_trigger_it_behaves(running: Running, probe: Probe) -> None:
    assert (await hear(running.port, probe)).status in (200, 204)


@pytest.mark.parametrize("path", ["", "/metadata", "/series/1/instances/2/frames/1", "/series/1/instances/2/rendered"])
async def test_every_retrieval_of_an_unknown_study_shows_the_stack_trace(running: Running, path: str) -> None:
    heard = await hear(running.port, Probe(f"/dicom-web/studies/2.25.9{path}"))
    assert (heard.status, b"StudyNotFoundException" in heard.content) == (500, True)


async def test_an_unknown_series_of_a_known_study_is_a_plain_404(running: Running) -> None:
    heard = await hear(running.port, Probe("/dicom-web/studies/2.25.101/series/2.25.9/metadata"))
    assert (heard.status, heard.fields["content-type"]) == (404, "text/plain; charset=utf-8")


def test_the_listing_has_a_line_for_a_shell_for_every_row() -> None:
    lines = [line.strip() for line in listing("http://pacs:1").splitlines()]
    commands = [shlex.split(line) for line in lines if line.startswith("curl")]
    assert [command[-1] for command in commands] == [f"http://pacs:1{row.try_it.target}" for row in TABLE]
    assert all(row.what in lines and f"as seen: {row.seen}" in lines for row in TABLE)
    assert [command[2:4] for command in commands if "DELETE" in command] == [["-X", "DELETE"]]


@pytest.mark.parametrize("row_id", TABLE_BY_SEARCH)
async def test_a_search_lists_what_sets_a_misbehaviour_off(running: Running, row_id: str) -> None:
    """So that nobody needs to be told the triggers: whoever asks for what was found meets them."""
    studies = json.loads(await (await running.get("/dicom-web/studies")).read())
    listed = {tag: {study[tag]["Value"][0] for study in studies} for tag in ("00100020", "0020000D")}
    target = BY_ID[row_id].try_it.target
    patient = re.search(r"PatientID=([^&]+)", target)
    study = re.search(r"/studies/([^/?]+)", target)
    assert patient is None or patient[1] in listed["00100020"]
    assert study is None or study[1] in listed["0020000D"]
    assert patient or study


async def test_what_nobody_has_is_listed_nowhere(running: Running) -> None:
    for query in ("PatientID=NOBODY", "PatientID=ANYBODY-ELSE"):
        assert (await running.get(f"/dicom-web/studies?{query}")).status == 404
    assert (await running.get("/dicom-web/studies?StudyInstanceUID=2.25.404")).status == 204
