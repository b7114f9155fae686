"""What a span tells of an exchange: both codes, the rule, and nothing that is not on the list."""

from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from gateway.core.decision import RetrySource
from gateway.tracing.attributes import ATTRIBUTES, attributes, is_error, name
from tests.support.client import ask, request
from tests.support.upstream import Said, ScriptedUpstream, answer
from tests.telemetry.records import record
from tests.tracing.collecting import Collector, told
from tests.tracing.serving import SAMPLED, counted, traced

RULES = """\
rules: [{id: quota, why: It says 507 when it is busy., when: {status: 507}, then: {status: 503}}]
"""


async def test_a_span_has_the_rule_and_both_codes(tmp_path: Path) -> None:
    async with (
        Collector() as collector,
        ScriptedUpstream(lambda _request, _number: Said(answer(507, b"full"))) as archive,
        traced(tmp_path, archive.url, collector, more=RULES) as gateway,
    ):
        reply = await ask(gateway.port, request("GET", "/studies", SAMPLED))
        (seen,) = gateway.runtime.journal.recent(1)
    (span,) = collector.spans
    assert reply.status == 503
    assert (span.name, span.kind) == ("GET studies.search", Span.SPAN_KIND_SERVER)
    assert span.status.code == Status.STATUS_CODE_ERROR
    assert span.start_time_unix_nano == int(seen.started * 1e9)
    assert span.end_time_unix_nano - span.start_time_unix_nano == int(seen.seconds * 1e9)
    found = told(span)
    assert found.pop("pacs_gateway.upstream_duration") == seen.upstream_seconds
    assert found.pop("pacs_gateway.retry_after") == seen.retry_seconds
    assert found == {
        "http.request.method": "GET",
        "http.response.status_code": 503,
        "http.request.body.size": 0,
        "http.response.body.size": seen.bytes_out,
        "error.type": "503",
        "pacs_gateway.exchange": seen.id,
        "pacs_gateway.route": "dicomweb",
        "pacs_gateway.upstream": "pacs",
        "pacs_gateway.transaction": "studies.search",
        "pacs_gateway.rule": "quota",
        "pacs_gateway.received_status": 507,
        "pacs_gateway.ended": "complete",
        "pacs_gateway.attempts": 1,
        "pacs_gateway.retry_source": "default",
    }


async def test_who_speaks_is_said_once_for_all_spans(tmp_path: Path) -> None:
    async with (
        Collector() as collector,
        ScriptedUpstream(lambda _request, _number: Said(answer(404))) as archive,
        traced(tmp_path, archive.url, collector) as gateway,
    ):
        for _ in range(3):
            await ask(gateway.port, request("GET", "/studies/1.2"))
    (resource,) = collector.resources
    assert resource.pop("service.instance.id")
    assert resource.pop("service.version")
    assert resource.pop("telemetry.sdk.version")
    assert resource == {
        "service.name": "pacs-gateway",
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "opentelemetry",
    }
    assert len(collector.spans) == 3
    assert counted(gateway) == {"sent": 3.0, "dropped": 0.0}


async def test_what_cannot_be_read_has_a_span_too(tmp_path: Path) -> None:
    async with (
        Collector() as collector,
        ScriptedUpstream(lambda _request, _number: Said(answer(200))) as archive,
        traced(tmp_path, archive.url, collector) as gateway,
    ):
        await ask(gateway.port, b"GET /studies HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n")
    (span,) = collector.spans
    assert told(span)["pacs_gateway.failure"] == "http_request_error"
    assert told(span)["http.response.status_code"] == 400
    assert span.status.code == Status.STATUS_CODE_UNSET


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"status": 404, "received": 404}, None),
        ({"status": 500, "received": 700}, "500"),
        ({"status": 503, "received": None, "failure": "connection_refused"}, "connection_refused"),
        ({"ended": "truncated", "failure": "http_response_incomplete"}, "http_response_incomplete"),
        ({"ended": "draining"}, "200"),
        ({"status": 101, "ended": "draining", "failure": "draining"}, None),
        ({"status": None, "ended": "client_gone", "failure": "client_gone"}, None),
    ],
)
def test_an_error_is_what_the_server_did_wrong(more: dict[str, object], error: str | None) -> None:
    one = record(**more)
    assert attributes(one).get("error.type") == error
    assert is_error(one) == (error is not None)


def test_a_method_is_one_that_is_known() -> None:
    assert name(record(method="other")) == "HTTP studies.search"
    assert attributes(record(method="other"))["http.request.method"] == "_OTHER"


def test_every_attribute_is_in_the_table_of_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs/tracing.md").read_text("utf-8")
    shown = [line.split("`")[1] for line in page.splitlines() if line.startswith(("| `http.", "| `error.", "| `pacs_"))]
    assert shown == list(ATTRIBUTES)


def test_a_record_of_everything_has_every_attribute() -> None:
    full = record(status=503, failure="connection_refused", retry_source=RetrySource.DEFAULT, retry_seconds=5.0)
    assert attributes(full).keys() == ATTRIBUTES.keys()
