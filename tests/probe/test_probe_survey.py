"""A survey against archives of every kind: a good one, a rude one, a secretive one, a slow one."""

import asyncio
import json
import re

import pytest
from aiohttp import web

from gateway.core.failures import FailureKind
from gateway.demo.resource import Resource, Transaction
from gateway.probe.report import Heading
from gateway.probe.report_json import report_json
from gateway.probe.sender import MOST_BYTES
from gateway.probe.specimen import PATIENT_NAME
from gateway.probe.survey import NobodyThere, Wishes
from tests.probe.archives import GoodArchive, saying, serving
from tests.probe.surveying import DATE, configuration_of, deviating, found_in, survey, text_of
from tests.support.ports import free_port

STORED = Wishes(store=True)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/dicom+json\r\n"
# What a server may put on a wire, and none of it may be more than an outcome.
GARBAGE = {
    "nothing": b"",
    "no HTTP": b"\x16\x03\x01\x02\x00 this is TLS",
    "half a status line": b"HTTP/1.1 20",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\n\r\n",
    "a status that is none": b"HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n",
    "a head without an end": HEAD + b"X: " + b"y" * 200,
    "a field that is too long": HEAD + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n",
    "bad chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab",
    "JSON that breaks off": HEAD + b"Content-Length: 900\r\n\r\n[{",
    "deep JSON": HEAD + b"Content-Length: 20000\r\n\r\n" + b"[" * 20_000,
    "JSON of other things": HEAD + b"Content-Length: 17\r\n\r\n[1, null, {}, []]",
    "odd bytes in fields": HEAD + b"Retry-After: \xff\xfe\r\nSet-Cookie: ;;=\xff\r\nContent-Length: 2\r\n\r\n[]",
    "switched protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nxx",
    "interim codes only": b"HTTP/1.1 100 Continue\r\n\r\n" * 3,
    "a study without identifiers": HEAD + b'Content-Length: 40\r\n\r\n[{"0020000D": {"vr": "UI", "Value": 1}}]',
    "a study named by a path": HEAD
    + b'Content-Length: 51\r\n\r\n[{"0020000D": {"vr": "UI", "Value": ["../1?x#\\r"]}}]',
}


async def test_a_good_archive_has_no_deviations() -> None:
    archive = GoodArchive()
    async with serving(archive) as origin:
        found = await survey(f"{origin}/dicom-web", STORED)
        assert [(exchange.check.id, exchange.judgement.problems) for exchange in deviating(found)] == []
        assert "No deviation from PS3.18 and RFC 9110 was found." in text_of(origin, found)
    assert (found.studies, found.ended) == (3, "")
    assert found.requests == len(archive.asked)


async def test_a_service_at_the_root_of_its_host_is_asked_the_same() -> None:
    archive = GoodArchive()

    async def at_the_root(request: web.BaseRequest) -> web.StreamResponse:
        below = "" if request.path.startswith(("/wado", "/dicom-web")) else "/dicom-web"
        return await archive(request.clone(rel_url=below + request.raw_path))

    async with serving(archive) as below, serving(at_the_root) as root:
        asked = [exchange.check.id for exchange in (await survey(f"{below}/dicom-web")).exchanges]
        found = await survey(root)
    assert [exchange.check.id for exchange in found.exchanges] == asked
    assert deviating(found) == []


async def test_without_leave_it_only_reads() -> None:
    archive = GoodArchive()
    async with serving(archive) as origin:
        await survey(f"{origin}/dicom-web")
    assert {request.method for request in archive.asked} == {"GET", "HEAD", "OPTIONS", "PROPFIND"}
    assert all(request.headers["User-Agent"].startswith("pacs-gateway-probe/") for request in archive.asked)


async def test_with_leave_it_stores_one_image_of_its_own_and_deletes_nothing() -> None:
    archive = GoodArchive()
    async with serving(archive) as origin:
        found = await survey(f"{origin}/dicom-web", STORED)
        left = await survey(f"{origin}/dicom-web", Wishes(studies=9))
    assert left.studies == 4
    assert found.left == [left_behind for left_behind in found.left if PATIENT_NAME in left_behind]
    assert len(found.left) == 1
    assert "DELETE" not in {request.method for request in archive.asked}


async def test_the_first_archive_that_takes_what_it_must_refuse_is_not_asked_again() -> None:
    """Else a survey would put an image of nobody under every study that it finds."""

    def takes_all(resource: Resource, _known: bool) -> web.Response | None:
        return web.Response(status=200) if resource.transaction is Transaction.STORE and resource.study else None

    async with serving(GoodArchive(takes_all)) as origin:
        found = await survey(f"{origin}/dicom-web", STORED)
    assert [exchange.check.id for exchange in found.exchanges].count("store-mismatch") == 1
    assert found.left[1] == "perhaps the same image under study {study 1}, where it does not belong"


@pytest.mark.parametrize("name", GARBAGE)
async def test_garbage_is_an_outcome_and_never_a_crash(name: str) -> None:
    async with saying(GARBAGE[name]) as origin:
        found = await survey(f"{origin}/dicom-web", Wishes(study="2.25.1", store=True))
        assert deviating(found)
        text_of(origin, found)
        json.dumps(report_json(Heading(origin, "0", DATE), found, found_in(origin, found)))
        configuration_of(f"{origin}/dicom-web", found)
    assert found.ended == ""


async def test_nobody_there_is_told_apart_from_somebody_rude() -> None:
    with pytest.raises(NobodyThere) as away:
        await survey(f"http://127.0.0.1:{free_port()}/dicom-web")
    assert away.value.kind is FailureKind.CONNECTION_REFUSED


async def test_an_archive_that_goes_away_is_left_alone() -> None:
    gone = asyncio.Event()

    def answers_once(_resource: Resource, _known: bool) -> web.Response | None:
        gone.set()
        return None

    async with serving(GoodArchive(answers_once)) as origin:
        asking = asyncio.create_task(survey(f"{origin}/dicom-web", Wishes(study="2.25.101"), most=400))
        await gone.wait()
    found = await asking
    assert found.ended == "the archive no longer takes connections"
    assert found.requests < 20


async def test_no_more_requests_than_were_allowed() -> None:
    archive = GoodArchive()
    async with serving(archive) as origin:
        found = await survey(f"{origin}/dicom-web", most=7)
    assert len(archive.asked) == found.requests == 7
    assert found.ended == "7 requests were sent, and no more were allowed"


async def test_an_endless_content_is_read_to_a_bound() -> None:
    async def endless(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/dicom+json"})
        await response.prepare(request)
        try:
            while True:
                await response.write(b" " * 1024 * 1024)
        except ConnectionError:
            return response

    async with serving(endless) as origin:
        found = await survey(f"{origin}/dicom-web", most=1)
    (exchange,) = found.exchanges
    assert exchange.answer.ending == "stopped"
    assert MOST_BYTES < len(exchange.answer.content) < 2 * MOST_BYTES


async def test_an_etag_is_asked_with() -> None:
    def never_changes(resource: Resource, _known: bool) -> web.Response | None:
        if resource.transaction is not Transaction.RETRIEVE or not resource.uids[2] or resource.study != "2.25.101":
            return None
        if resource.tail or resource.ranged or not resource.uids[2].startswith("2.25.101."):
            return None
        body = b"--b\r\nContent-Type: application/dicom\r\n\r\n" + bytes(128) + b"DICM\r\n--b--\r\n"
        label = 'multipart/related; type="application/dicom"; boundary=b'
        return web.Response(body=body, headers={"Content-Type": label, "ETag": '"one"'})

    archive = GoodArchive(never_changes)
    async with serving(archive) as origin:
        found = await survey(f"{origin}/dicom-web")
    assert '"one"' in [request.headers.get("If-None-Match") for request in archive.asked]
    (unmoved,) = [exchange for exchange in deviating(found) if exchange.check.id == "not-modified"]
    assert unmoved.answer.status == 200


async def test_what_the_archive_told_is_masked_everywhere() -> None:
    """All answers but the searches are failures that quote what was asked for, as some archives do."""

    def quotes(resource: Resource, _known: bool) -> web.Response | None:
        if resource.transaction is Transaction.SEARCH and "PatientID" not in resource.query:
            return None
        return web.Response(
            status=500, text=f"no such study: {resource.path}?{dict(resource.query)}", reason="DEMO^ANNA"
        )

    async with serving(GoodArchive(quotes)) as origin:
        found = await survey(f"{origin}/dicom-web", STORED)
        findings = found_in(origin, found)
        told = [text_of(origin, found), json.dumps(report_json(Heading(origin, "0", DATE), found, findings))]
        told.append(configuration_of(f"{origin}/dicom-web", found).text)
    assert len(findings.deviations) > 20
    for text in told:
        for identifier in ("DEMO-1", "DEMO-3", "DEMO^", "2.25.101", "2.25.103"):
            assert identifier not in text.replace("2.25.100", "")


async def test_identifiers_are_shown_where_they_are_wished_for() -> None:
    def fails(resource: Resource, _known: bool) -> web.Response | None:
        return web.Response(status=500) if resource.transaction is Transaction.METADATA else None

    async with serving(GoodArchive(fails)) as origin:
        found = await survey(f"{origin}/dicom-web", Wishes(identifiers=True))
        assert "/dicom-web/studies/2.25.101/series/2.25.101.1/" in text_of(origin, found)


async def test_a_study_may_be_named() -> None:
    archive = GoodArchive()
    async with serving(archive) as origin:
        found = await survey(f"{origin}/dicom-web", Wishes(studies=1, study="2.25.102"))
    assert found.studies == 1
    other = re.compile(r"2\.25\.101(?!\d)|DEMO-1")  # a made-up UID may begin like it
    assert not any(other.search(request.path_qs) for request in archive.asked)


async def test_without_a_service_for_wado_uri_it_is_not_missed() -> None:
    async with serving(GoodArchive()) as origin:
        found = await survey(f"{origin}/dicom-web", wado="")
        assert "wado-uri" not in found.skipped

    def has_none(resource: Resource, _known: bool) -> web.Response | None:
        return web.Response(status=404) if resource.transaction is Transaction.WADO_URI else None

    async with serving(GoodArchive(has_none)) as origin:
        guessed = await survey(f"{origin}/dicom-web", wado="")
        named = await survey(f"{origin}/dicom-web", wado="/wado")
    assert guessed.skipped["wado-uri"] == "nothing is at /wado; name the service with --wado"
    assert not [exchange for exchange in guessed.exchanges if exchange.check.id.startswith("wado")]
    assert "wado-file" in [exchange.check.id for exchange in deviating(named)]
