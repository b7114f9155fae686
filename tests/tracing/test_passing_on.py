"""What an archive hears of a trace: with tracing switched off what the client said, and with it the gateway as its parent."""

from pathlib import Path

import pytest

from gateway.proxy.aiohttp_seam import DownstreamProtocol
from gateway.server import GatewayProcess
from tests.support.client import Connection, ask, request
from tests.support.running import rested, running
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer
from tests.tracing.collecting import Collector, told
from tests.tracing.serving import NOT_SAMPLED, SAMPLED, SPAN, TRACE, traced

STATE = ("TraceState", "congo=t61rcWkgMzE , rojo=00f067aa0ba902b7")
JSON = ("Content-Type", "application/dicom+json")


FOUND = b'[{"0020000D": {"vr": "UI", "Value": ["1.2"]}}]'


def one_found(_request: ReceivedRequest, _number: int) -> Said:
    return Said(answer(200, FOUND, ("Server", "Archive"), ("ETag", '"1"'), JSON, reason="OK"), "keep")


def departures(gateway: GatewayProcess) -> list[bool]:
    """Of each request on an open connection, whether an express took it."""
    departs, found = gateway.runtime.station.departs, list[bool]()

    def watched(client: DownstreamProtocol, data: bytes) -> bool:
        found.append(departs(client, data))
        return found[-1]

    gateway.runtime.server.departs = watched
    return found


def nothing_found(_request: ReceivedRequest, _number: int) -> Said:
    return Said(answer(200, b"[]", JSON), "keep")


@pytest.mark.parametrize("said", [SAMPLED[1], "cc-what-nobody-reads", " ", "0" * 4000])
async def test_without_tracing_everything_goes_through_as_it_came(said: str, tmp_path: Path) -> None:
    fields = (("TraceParent", said), STATE, ("tracestate", "more=1"), ("baggage", "a=b"))
    async with ScriptedUpstream(nothing_found) as archive, running(tmp_path, archive.url) as gateway:
        await ask(gateway.port, request("GET", "/studies", *fields))
    (received,) = archive.requests
    sent = "".join(f"{name}: {value.strip()}\r\n" for name, value in fields).encode()
    assert sent in received.head


async def test_the_span_of_the_gateway_is_the_parent_of_the_archives(tmp_path: Path) -> None:
    async with (
        Collector() as collector,
        ScriptedUpstream(nothing_found) as archive,
        traced(tmp_path, archive.url, collector, sample="0%") as gateway,
    ):
        await ask(gateway.port, request("GET", "/studies", SAMPLED, STATE))
    (span,) = collector.spans
    (received,) = archive.requests
    assert received.values("traceparent") == [f"00-{TRACE}-{span.span_id.hex()}-01".encode()]
    assert received.values("tracestate") == [STATE[1].encode()]
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, SPAN)


async def test_a_trace_of_which_nobody_is_told_goes_on_even_so(tmp_path: Path) -> None:
    async with (
        Collector() as collector,
        ScriptedUpstream(nothing_found) as archive,
        traced(tmp_path, archive.url, collector) as gateway,
    ):
        await ask(gateway.port, request("GET", "/studies", NOT_SAMPLED, STATE))
    (received,) = archive.requests
    (said,) = received.values("traceparent")
    assert said.startswith(f"00-{TRACE}-".encode())
    assert said.endswith(b"-00")
    assert SPAN.encode() not in said
    assert received.values("tracestate") == [STATE[1].encode()]
    assert collector.spans == []


@pytest.mark.parametrize("said", [(), (("traceparent", "cc-what-nobody-reads"),), (SAMPLED, SAMPLED)])
async def test_a_trace_begins_where_a_client_names_none(said: tuple[tuple[str, str], ...], tmp_path: Path) -> None:
    """A state belongs to a trace that nobody can name then, and goes no further."""
    async with (
        Collector() as collector,
        ScriptedUpstream(nothing_found) as archive,
        traced(tmp_path, archive.url, collector) as gateway,
    ):
        await ask(gateway.port, request("GET", "/studies", *said, STATE))
    (span,) = collector.spans
    (received,) = archive.requests
    assert received.values("traceparent") == [f"00-{span.trace_id.hex()}-{span.span_id.hex()}-03".encode()]
    assert received.values("tracestate") == []
    assert span.trace_id.hex() != TRACE
    assert span.parent_span_id == b""


@pytest.mark.parametrize("said", [(), (SAMPLED, STATE)])
async def test_each_request_on_the_short_way_has_a_span_of_its_own(
    said: tuple[tuple[str, str], ...], tmp_path: Path
) -> None:
    """Those of one page of a viewer may have the same parent, and so the same section."""
    async with (
        Collector() as collector,
        ScriptedUpstream(one_found) as archive,
        traced(tmp_path, archive.url, collector) as gateway,
    ):
        client, expresses = await Connection.to(gateway.port), departures(gateway)
        for _ in range(8):
            await client.send(request("GET", "/studies?PatientID=1", *said))
            assert (await client.reply()).body == FOUND
            await rested(gateway)
        await client.close()
    parent, state = (SPAN, [STATE[1].encode()]) if said else ("", [])
    assert expresses.count(True) >= 5
    assert [received.values("traceparent") for received in archive.requests] == [
        [f"00-{span.trace_id.hex()}-{span.span_id.hex()}-{'01' if said else '03'}".encode()] for span in collector.spans
    ]
    assert [received.values("tracestate") for received in archive.requests] == [state] * 8
    assert {span.parent_span_id.hex() for span in collector.spans} == {parent}
    assert len({span.span_id for span in collector.spans}) == 8
    assert len({span.trace_id for span in collector.spans}) == (1 if said else 8)


async def test_a_request_that_comes_back_to_the_usual_way_keeps_its_span(tmp_path: Path) -> None:
    """It was sent already when its answer turned out to be another one."""
    numbers = iter(range(100))

    def another_one_at_the_end(asked: ReceivedRequest, number: int) -> Said:
        return Said(answer(410)) if next(numbers) == 5 else one_found(asked, number)

    async with (
        Collector() as collector,
        ScriptedUpstream(another_one_at_the_end) as archive,
        traced(tmp_path, archive.url, collector) as gateway,
    ):
        client, expresses = await Connection.to(gateway.port), departures(gateway)
        for _ in range(6):
            await client.send(request("GET", "/studies?PatientID=1"))
            reply = await client.reply()
            await rested(gateway)
        await client.close()
    assert expresses[-1]
    assert reply.status == 410
    (said,) = archive.requests[-1].values("traceparent")
    assert said.split(b"-")[2].decode() == collector.spans[-1].span_id.hex()
    assert told(collector.spans[-1])["pacs_gateway.received_status"] == 410
    assert len(collector.spans) == 6


async def test_a_redirect_to_another_house_takes_no_trace_along(tmp_path: Path) -> None:
    """What is said there, the operator of the archive does not see."""
    async with ScriptedUpstream(nothing_found) as elsewhere:

        def leads_there(received: ReceivedRequest, _number: int) -> Said:
            return Said(answer(302, b"", ("Location", f"{elsewhere.url}{received.target.decode()}")))

        async with Collector() as collector, ScriptedUpstream(leads_there) as archive:
            file = tmp_path / "gateway.yaml"
            async with traced(tmp_path, archive.url, collector) as gateway:
                pass
            text = file.read_text().replace(
                "idle: 1s}", f"idle: 1s}}, on_status: {{302: follow}}, follow: {{hosts: ['{elsewhere.url}']}}"
            )
            async with running(tmp_path, archive.url, base=text) as gateway:
                await ask(gateway.port, request("GET", "/studies", SAMPLED, STATE))
    assert [received.values("traceparent") for received in elsewhere.requests] == [[]]
    assert len(archive.requests[0].values("traceparent")) == 1
    assert len(collector.spans) == 1
