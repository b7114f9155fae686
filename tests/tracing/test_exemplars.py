"""From a bucket of durations to a trace: exemplars, in the text of OpenMetrics, for whoever asks for that."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Histogram, Metric
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from gateway.core.trace_context import Trace
from gateway.telemetry.exposition import OPEN_METRICS, TEXT, Form, form_for
from gateway.telemetry.ledger import DURATIONS
from gateway.telemetry.metrics import Metrics
from tests.support.client import Reply, ask, request
from tests.support.upstream import Said, ScriptedUpstream, answer
from tests.telemetry.records import record, settings
from tests.tracing.collecting import Collector
from tests.tracing.serving import NOT_SAMPLED, SAMPLED, SPAN, TRACE, traced

NAME = "pacs_gateway_request_duration_seconds"
# As Prometheus 3 sends it.
PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


def families(text: bytes) -> dict[str, Metric]:
    return {family.name: family for family in text_string_to_metric_families(text.decode())}


def examples(text: bytes) -> dict[str, Sample]:
    """The buckets that have one, by their bounds."""
    return {sample.labels["le"]: sample for sample in families(text)[NAME].samples if sample.exemplar}


async def scraped(port: int, accept: str) -> Reply:
    return await ask(port, request("GET", "/metrics", ("Accept", accept)))


async def test_the_example_of_a_bucket_is_a_trace_that_can_be_looked_at(tmp_path: Path) -> None:
    async with (
        Collector() as collector,
        ScriptedUpstream(lambda _request, _number: Said(answer(404))) as archive,
        traced(tmp_path, archive.url, collector) as gateway,
    ):
        await ask(gateway.port, request("GET", "/studies/1.2", NOT_SAMPLED))
        before = await scraped(gateway.admin_port, PROMETHEUS)
        await ask(gateway.port, request("GET", "/studies/1.2", SAMPLED))
        after = await scraped(gateway.admin_port, PROMETHEUS)
        plain = await scraped(gateway.admin_port, "text/plain")
        (seen, _) = gateway.runtime.journal.recent(2)
    (span,) = collector.spans
    assert examples(before.body) == {}
    (sample,) = examples(after.body).values()
    assert sample.exemplar is not None
    assert sample.exemplar.labels == {"trace_id": TRACE, "span_id": span.span_id.hex()}
    assert sample.exemplar.value == seen.seconds
    assert float(sample.exemplar.timestamp or 0) == pytest.approx(seen.started + seen.seconds, abs=0.001)
    assert after.value("Content-Type") == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert plain.value("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    assert b"trace_id" not in plain.body
    assert after.body.endswith(b"# EOF\n")


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", TEXT),
        ("*/*", TEXT),
        ("text/plain;version=0.0.4", TEXT),
        ("application/openmetrics-textual", TEXT),
        ("application/openmetrics-text;q=0, text/plain", TEXT),
        ("application/openmetrics-text; version=1.0.0; q=0.000", TEXT),
        (PROMETHEUS, OPEN_METRICS),
        ("text/plain, Application/OpenMetrics-Text ; q=0.01", OPEN_METRICS),
        ("application/openmetrics-text;q=1.0", OPEN_METRICS),
        ("application/openmetrics-text;q=10", OPEN_METRICS),
    ],
)
def test_each_gets_the_text_that_it_asks_for(accept: str, form: Form) -> None:
    assert form_for(accept) is form


def test_both_texts_say_the_same() -> None:
    """A scrape that comes to be made in the other form must not break a graph."""
    counted = Metrics(settings(), 0.0)
    counted.observe(record())
    openly = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families(counted.render(OPEN_METRICS)).values()
        for sample in family.samples
    }
    plain = {line.rpartition(" ")[0] for line in counted.render().decode().splitlines() if not line.startswith("#")}
    assert len(openly) == len(plain) > 100
    assert {name for name, _ in openly} == {line.partition("{")[0] for line in plain}


def test_examples_are_those_that_prometheus_client_would_have_kept() -> None:
    """Of several in a bucket the last, and of those that came later the later one."""
    durations = [0.001, 0.005, 0.004, 0.3, 600.0, 5000.0, 0.3]
    own, registry = Metrics(settings(), 0.0), CollectorRegistry()
    expected = Histogram(NAME, "", buckets=DURATIONS, registry=registry)
    for number, seconds in enumerate(durations):
        trace = Trace(TRACE, f"{number + 1:016x}", 1)
        one = record(started=1000.0 + number, seconds=seconds)
        own.observe(one)
        own.exemplify(one, trace)
        expected.observe(seconds, {"trace_id": trace.trace_id, "span_id": trace.span_id})
        if number == 3:
            own.render()
    kept = {le: (s.value, s.exemplar and (s.exemplar.labels, s.exemplar.value)) for le, s in _of(own).items()}
    assert kept == {
        le: (s.value, s.exemplar and (s.exemplar.labels, s.exemplar.value))
        for le, s in examples(generate_latest(registry)).items()
    }
    assert len(kept) == 4


def _of(counted: Metrics) -> dict[str, Sample]:
    return examples(counted.render(OPEN_METRICS))


def test_what_is_no_duration_of_a_trace_has_no_example() -> None:
    counted = Metrics(settings(), 0.0)
    counted.observe(record())
    assert SPAN.encode() not in counted.render(OPEN_METRICS)
    assert _of(counted) == {}
