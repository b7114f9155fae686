"""A collector that is down, slow or mad costs spans, which are counted, and nothing else."""

import asyncio
import logging
import time
from pathlib import Path

import pytest

from gateway.config.settings import TracingSettings
from gateway.core.fields import Fields
from gateway.server import GatewayProcess
from gateway.tracing import exporting
from gateway.tracing.tracer import Tracer
from tests.support.certificates import Authority
from tests.support.client import ask, request
from tests.support.running import running
from tests.support.upstream import Said, ScriptedUpstream, answer
from tests.telemetry.records import record
from tests.tracing.collecting import THANKS, Collector
from tests.tracing.serving import counted, traced


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would take five seconds takes one."""
    monkeypatch.setattr(exporting, "_PATIENCE", 1.0)


LOG = "pacs_gateway.tracing"
NOTHING = Fields([])
GET = request("GET", "/studies/1.2")


def archive_says_200() -> ScriptedUpstream:
    return ScriptedUpstream(lambda _request, _number: Said(answer(200, b"[]", ("Content-Type", "application/json"))))


async def asked(gateway: GatewayProcess, times: int) -> None:
    for _ in range(times):
        assert (await ask(gateway.port, GET)).status == 200


MAD = {
    "an error": (answer(400), "it answers with 400"),
    "no path for traces": (answer(404), "it answers with 404"),
    "a redirect": (answer(307, b"", ("Location", "http://127.0.0.1:1/")), "it answers with 307"),
    "too busy": (answer(503, b"", ("Retry-After", "3600")), "it answers with 503"),
    "garbage": (b"\x16\x03\x01 what is this\r\n\r\n", "no connection"),
}


@pytest.mark.parametrize("trouble", MAD)
async def test_a_collector_that_does_not_take_spans(
    trouble: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    says, reason = MAD[trouble]
    async with Collector(says) as collector, archive_says_200() as archive:
        gateway = traced(tmp_path, archive.url, collector)
        async with gateway:
            await asked(gateway, 3)
            began = time.monotonic()
        assert time.monotonic() - began < 8
    assert counted(gateway) == {"sent": 0.0, "dropped": 3.0}
    assert [line[2] for line in caplog.record_tuples if line[0] == LOG] == [
        f"tracing: no spans reach the collector: {reason}"
    ]
    assert not [line for line in caplog.record_tuples if line[0].startswith(("opentelemetry", "urllib3"))]


async def test_a_collector_that_is_not_there(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with Collector() as collector:
        pass
    async with archive_says_200() as archive, traced(tmp_path, archive.url, collector) as gateway:
        await asked(gateway, 2)
    assert counted(gateway) == {"sent": 0.0, "dropped": 2.0}
    assert "no spans reach the collector: no connection" in caplog.text


async def test_a_collector_that_is_silent_holds_up_no_exchange_and_no_shutdown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_PAUSE", 0.01)
    async with Collector(b"") as collector, archive_says_200() as archive:
        gateway = traced(tmp_path, archive.url, collector)
        async with gateway:
            await asked(gateway, 1)
            await collector.has_been_asked()
            await asked(gateway, 5)
            began = time.monotonic()
        assert time.monotonic() - began < 3
    assert counted(gateway)["sent"] == 0


async def test_where_too_many_wait_further_ones_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the rest arrives: the oldest are kept."""
    monkeypatch.setattr(exporting, "MOST_WAITING", 600)
    told: list[tuple[str, int]] = []
    async with Collector(b"") as collector:
        tracer = Tracer(TracingSettings(collector.url, sample=1.0), lambda *outcome: told.append(outcome))
        tracer.open()
        spans = [tracer.begin(NOTHING) for _ in range(2000)]
        for number, span in enumerate(spans[:512]):
            tracer.hear(record(started=float(number)), span)
        await collector.has_been_asked()  # and keeps 512 of them until it has answered
        for number, span in enumerate(spans[512:], 512):
            tracer.hear(record(started=float(number)), span)
        assert told == [("dropped", 1)] * (2000 - 512 - 600)
        collector.says = THANKS
        for writer in collector.held:
            writer.write(THANKS)
        await tracer.close()
    assert sum(number for outcome, number in told if outcome == "sent") == len(collector.spans) == 512 + 600
    assert [span.span_id.hex() for span in collector.spans] == [span.span_id for span in spans[:1112]]


async def test_once_it_is_back_spans_arrive_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(exporting, "_PAUSE", 0.01)
    caplog.set_level(logging.INFO, LOG)
    async with (
        Collector(answer(400)) as collector,
        archive_says_200() as archive,
        traced(tmp_path, archive.url, collector) as gateway,
    ):
        await asked(gateway, 1)
        await collector.has_heard(1)
        while not counted(gateway)["dropped"]:  # noqa: ASYNC110 - a thread tells nobody
            await asyncio.sleep(0)
        collector.says = THANKS
        await asked(gateway, 1)
        await collector.has_heard(2)
    assert counted(gateway) == {"sent": 1.0, "dropped": 1.0}
    assert [line[2] for line in caplog.record_tuples if line[0] == LOG] == [
        "tracing: no spans reach the collector: it answers with 400",
        "tracing: spans reach the collector again",
    ]


async def test_over_tls_with_a_certificate_and_a_token(tmp_path: Path) -> None:
    house, guests = Authority(tmp_path, "house"), Authority(tmp_path, "guests")
    own = guests.certificate("gateway")
    (tmp_path / "fields").write_text("Authorization: Bearer t0ken\r\n\r\nX-Scope: radiology\n")
    async with (
        Collector(tls=house.certificate().server(guests)) as collector,
        archive_says_200() as archive,
        running(
            tmp_path,
            archive.url,
            f"tracing: {{endpoint: '{collector.url}', sample: 100%, ca_file: {house.file}, headers_file: fields, "
            f"cert_file: {own.cert}, key_file: {own.key}}}\n",
        ) as gateway,
    ):
        await asked(gateway, 1)
    (head,) = collector.heads
    assert head.startswith(b"POST /v1/traces HTTP/1.1\r\n")
    assert b"\r\nauthorization: Bearer t0ken\r\n" in head
    assert b"\r\nx-scope: radiology\r\n" in head
    assert len(collector.spans) == 1


async def test_a_stranger_is_not_believed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    stranger = Authority(tmp_path, "stranger").certificate()
    async with (
        Collector(tls=stranger.server()) as collector,
        archive_says_200() as archive,
        traced(tmp_path, archive.url, collector) as gateway,
    ):
        await asked(gateway, 1)
    assert counted(gateway) == {"sent": 0.0, "dropped": 1.0}
    assert collector.heads == []
    assert "its certificate, or ours, is not accepted" in caplog.text


async def test_the_environment_sends_no_span_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that is meant for something else, a password in a file of somebody."""
    async with Collector() as proxy, Collector() as collector, archive_says_200() as archive:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", proxy.url)
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "patient=doe")
        netrc = tmp_path / "netrc"
        netrc.write_text("default login doe password s3cr3t\n")
        monkeypatch.setenv("NETRC", str(netrc))
        async with traced(tmp_path, archive.url, collector) as gateway:
            await asked(gateway, 1)
    assert proxy.heads == []
    assert len(collector.spans) == 1
    assert b"Authorization" not in collector.heads[0]
    assert b"patient" not in collector.written
