"""Answers for which the gateway asks once more (Table N.7-89): what is repeated, how often, and when it is not."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.server import GatewayProcess
from tests.support.client import Connection, ask, request
from tests.support.running import BYTES, SHORT, running, with_archive
from tests.support.stage import records
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

TARGET = "/studies/1/series/2/instances/3"
GET = request("GET", TARGET)
FOUND = Said(answer(200, b"the object", ("Content-Type", "application/dicom")), "keep")
BUSY = Said(answer(503, b"busy"), "keep")
Script = Callable[[ReceivedRequest, int], Said]


def repeating(
    folder: Path, archive: str, retry: str = "attempts: 3", more: str = "", base: str = BYTES
) -> GatewayProcess:
    """A gateway that asks again after each failure on the way and each 503."""
    keys = f"on_status: {{500: retry, 502: retry, 503: retry, 504: retry}}, retry: {{{retry}}}"
    return running(folder, archive, "", with_archive(f"{keys}, {more}" if more else keys, base))


def first(said: Said, then: Said = FOUND) -> Script:
    return lambda _received, number: then if number else said


def field(name: str, value: str) -> Said:
    return Said(answer(503, b"busy", (name, value)), "keep")


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(BUSY, id="503"),
        pytest.param(Said(answer(500, b"crash"), "keep"), id="500"),
        pytest.param(Said(b"", "close"), id="hung-up"),
        pytest.param(Said(b"no HTTP\r\n\r\n", "close"), id="garbage"),
        pytest.param(Said(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "close"), id="half"),
        pytest.param(Said(b"", "hold"), id="silent"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_second_answer_is_the_one_that_counts(method: str, trouble: Said, tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(first(trouble)) as archive,
        repeating(tmp_path, archive.url) as gateway,
    ):
        reply = await ask(gateway.port, request(method, TARGET))
        if (method, trouble.raw[9:12]) == ("HEAD", b"200"):
            assert (reply.status, len(archive.requests)) == (200, 1)  # whose head is all there is of it
            return
        assert (reply.status, reply.complete, len(archive.requests)) == (200, True, 2)
        assert reply.body == (b"the object" if method == "GET" else b"")
        assert archive.requests[0].head == archive.requests[1].head
        [told] = await records(gateway, 1)
        assert (told.received, told.status, told.attempts, told.failure) == (200, 200, 2, "")


async def test_an_archive_that_starts_meanwhile_is_found(tmp_path: Path) -> None:
    """A refused connection is a 502 of the gateway's, and 502 is in the table."""
    async with ScriptedUpstream(first(FOUND)) as archive:
        pass
    async with repeating(tmp_path, archive.url, "attempts: 10, budget: 100%") as gateway:
        asking = asyncio.ensure_future(ask(gateway.port, GET))
        async with archive:
            assert (await asking).status == 200


async def test_there_is_a_last_attempt_and_its_answer_passes(tmp_path: Path) -> None:
    def script(_received: ReceivedRequest, number: int) -> Said:
        return Said(answer(503, b"busy %d" % number), "keep")

    async with (
        ScriptedUpstream(script) as archive,
        repeating(tmp_path, archive.url, "attempts: 3, budget: 100%") as gateway,
    ):
        reply = await ask(gateway.port, GET)
        assert (reply.status, reply.body, len(archive.requests)) == (503, b"busy 2", 3)
        [told] = await records(gateway, 1)
        assert (told.status, told.attempts) == (503, 3)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("trouble", [BUSY, Said(b"", "close"), Said(b"", "hold")], ids=["503", "hung-up", "silent"])
async def test_what_changes_something_goes_once(method: str, trouble: Said, tmp_path: Path) -> None:
    """A store that may have been read by the archive would be there twice, or end as a conflict."""
    body = b"content" if method in ("POST", "PUT") else b""
    async with (
        ScriptedUpstream(first(trouble)) as archive,
        repeating(tmp_path, archive.url, "attempts: 3, budget: 100%", base=SHORT) as gateway,
    ):
        reply = await ask(gateway.port, request(method, "/studies", body=body))
        assert (reply.status in (500, 503), len(archive.requests)) == (True, 1)


async def test_a_get_with_content_goes_once(tmp_path: Path) -> None:
    async with ScriptedUpstream(first(BUSY)) as archive, repeating(tmp_path, archive.url) as gateway:
        assert (await ask(gateway.port, request("GET", TARGET, body=b"query"))).status == 503
        assert len(archive.requests) == 1


async def test_nothing_is_repeated_once_the_client_has_seen_a_byte(tmp_path: Path) -> None:
    begun = b"HTTP/1.1 200 OK\r\nContent-Type: application/dicom\r\nContent-Length: 90000\r\n\r\n" + b"x" * 20000
    async with (
        ScriptedUpstream(first(Said(begun, "close"))) as archive,
        repeating(tmp_path, archive.url) as gateway,
    ):
        reply = await ask(gateway.port, GET)
        assert (reply.status, reply.complete, len(archive.requests)) == (200, False, 1)


@pytest.mark.parametrize("behaviour", ["follow", "retry"])
async def test_observe_mode_passes_every_answer(behaviour: str, tmp_path: Path) -> None:
    base = "mode: observe\n" + with_archive("on_status: {303: follow, 503: retry}", BYTES)
    said = BUSY if behaviour == "retry" else Said(answer(303, b"", ("Location", "/there")), "keep")
    async with ScriptedUpstream(first(said)) as archive, running(tmp_path, archive.url, base=base) as gateway:
        assert (await ask(gateway.port, GET)).status == int(said.raw[9:12])
        assert len(archive.requests) == 1


@pytest.mark.parametrize("said", ["1", "0"])
async def test_the_archives_own_wait_is_waited_for(said: str, tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(first(field("Retry-After", said))) as archive,
        repeating(tmp_path, archive.url) as gateway,
    ):
        began = time.monotonic()
        assert (await ask(gateway.port, GET)).status == 200
        assert int(said) <= time.monotonic() - began < int(said) + 1


@pytest.mark.parametrize("said", ["3", "3600", "Fri, 31 Dec 2094 23:59:59 GMT"])
async def test_a_wait_that_is_too_long_is_the_clients(said: str, tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(first(field("Retry-After", said))) as archive,
        repeating(tmp_path, archive.url) as gateway,
    ):
        reply = await ask(gateway.port, GET)
        assert (reply.status, reply.value("Retry-After"), len(archive.requests)) == (503, said, 1)


async def test_an_outage_brings_few_requests_more(tmp_path: Path) -> None:
    """One for the first, and then one for every ten: whatever the table says, the archive is not buried under repetitions."""
    async with (
        ScriptedUpstream(lambda _received, _number: BUSY) as archive,
        repeating(tmp_path, archive.url, "attempts: 3") as gateway,
    ):
        replies = await asyncio.gather(*(ask(gateway.port, GET) for _ in range(100)))
        assert {reply.status for reply in replies} == {503}
        assert 105 <= len(archive.requests) <= 111
        samples = gateway.runtime.metrics.render().decode()
        repeated = len(archive.requests) - 100
        assert f'pacs_gateway_user_agent_total{{behaviour="retry",upstream="pacs"}} {repeated}.0' in samples
        assert sum(told.attempts for told in await records(gateway, 100)) == len(archive.requests)


async def test_a_client_that_leaves_is_not_waited_for(tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(first(field("Retry-After", "2"))) as archive,
        repeating(tmp_path, archive.url) as gateway,
    ):
        client = await Connection.to(gateway.port)
        await client.send(GET)
        await archive.has_heard(1)
        await client.close()
        [told] = await records(gateway, 1)
        assert (told.ended, told.status, told.attempts) == ("client_gone", None, 1)
        assert told.seconds < 2
        assert gateway.runtime.admission.gate.under_way == 0


async def test_a_breaker_that_opens_during_the_wait_ends_it(tmp_path: Path) -> None:
    """Repetitions are requests too: an archive that is left alone is left alone by them."""

    def script(received: ReceivedRequest, _number: int) -> Said:
        return field("Retry-After", "1" if received.target == TARGET.encode() else "60")

    async with (
        ScriptedUpstream(script) as archive,
        repeating(tmp_path, archive.url, more="breaker: {failures: 2, open: 30s}") as gateway,
    ):
        waiting = asyncio.ensure_future(ask(gateway.port, GET))
        await archive.has_heard(1)
        assert [(await ask(gateway.port, request("GET", "/other"))).status for _ in range(2)] == [503, 503]
        reply = await waiting
        assert (reply.status, len(archive.requests)) == (503, 3)
        assert 28 <= int(reply.value("Retry-After")) <= 36
        assert "breaker_open" in reply.body.decode()


async def test_a_probe_that_is_repeated_is_still_the_probe(tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(lambda _received, number: FOUND if number >= 2 else BUSY) as archive,
        repeating(tmp_path, archive.url, "attempts: 2", "breaker: {failures: 1, open: 100ms}") as gateway,
    ):
        post = request("POST", "/studies", body=b"x")
        assert (await ask(gateway.port, post)).status == 503
        await asyncio.sleep(0.11)  # until the breaker lets a probe through
        assert (await ask(gateway.port, GET)).status == 200
        assert len(archive.requests) == 3
