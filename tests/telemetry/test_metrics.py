"""The metrics as Prometheus reads them, parsed back from the text by the client library's own parser."""

import sys
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway import __version__
from gateway.core.decision import Observed, RetrySource
from gateway.core.failures import FailureKind
from gateway.core.policy import Documented, Mode, Policy
from gateway.core.store import SUSPICIONS
from gateway.dicomweb.statuses import DCS_SET
from gateway.guard.breaker import BreakerState
from gateway.telemetry.guard_metrics import Guarded
from gateway.telemetry.labels import UNINSPECTED
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.snapshot import Answered, FailureCount
from tests.telemetry.records import record, settings

LABELS = {
    "pacs_gateway_responses_total": {"route", "transaction", "upstream_code", "code", "rule"},
    "pacs_gateway_failures_total": {"upstream", "kind"},
    "pacs_gateway_request_duration_seconds": {"route", "transaction"},
    "pacs_gateway_upstream_duration_seconds": {"upstream", "transaction"},
    "pacs_gateway_retry_after_seconds": {"code", "source"},
    "pacs_gateway_in_flight": {"upstream"},
    "pacs_gateway_in_flight_limit": {"upstream"},
    "pacs_gateway_queued": {"upstream"},
    "pacs_gateway_queue_seconds": {"upstream"},
    "pacs_gateway_held_back_total": {"upstream", "reason"},
    "pacs_gateway_would_hold_back_total": {"upstream", "reason"},
    "pacs_gateway_breaker_state": {"upstream", "state"},
    "pacs_gateway_upstream_up": {"upstream"},
    "pacs_gateway_health_checks_total": {"upstream", "outcome"},
    "pacs_gateway_user_agent_total": {"upstream", "behaviour"},
    "pacs_gateway_maintenance_start_timestamp_seconds": {"upstream"},
    "pacs_gateway_maintenance_end_timestamp_seconds": {"upstream"},
    "pacs_gateway_shared_state_up": set(),
    "pacs_gateway_tunnels": {"upstream"},
    "pacs_gateway_truncated_total": {"upstream"},
    "pacs_gateway_uninspected_total": {"reason"},
    "pacs_gateway_suspicious_total": {"transaction", "reason"},
    "pacs_gateway_would_rewrite_total": {"rule", "upstream_code", "code"},
    "pacs_gateway_would_rewrite_by_transaction_total": {"transaction", "rule", "upstream_code", "code"},
    "pacs_gateway_bytes_total": {"direction"},
    "pacs_gateway_undeclared_total": {"code"},
    "pacs_gateway_upstream_code_first_seen_timestamp_seconds": {"transaction", "upstream_code"},
    "pacs_gateway_upstream_code_last_seen_timestamp_seconds": {"transaction", "upstream_code"},
    "pacs_gateway_audit_messages_total": {"outcome"},
    "pacs_gateway_recorded_total": {"result"},
    "pacs_gateway_spans_total": {"outcome"},
    "pacs_gateway_audit_queued": set(),
    "pacs_gateway_config_last_reload_successful": set(),
    "pacs_gateway_config_last_reload_success_timestamp_seconds": set(),
    "pacs_gateway_build_info": {"version"},
    "pacs_gateway_config_info": {"hash", "mode"},
}
TROUBLE = {
    "status": 503,
    "received": None,
    "rule": "failure",
    "failure": "connection_refused",
    "upstream_seconds": None,
    "retry_source": RetrySource.DEFAULT,
    "retry_seconds": 12.0,
}


def metrics(*routes: str) -> Metrics:
    return Metrics(settings(*routes), 1_700_000_000.0)


def samples(counted: Metrics) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Every sample by its name."""
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(counted.render().decode()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((dict(sample.labels), sample.value))
    return found


def value(counted: Metrics, name: str, **labels: str) -> float | None:
    """The value of the one series with these labels."""
    matching = [number for given, number in samples(counted).get(f"pacs_gateway_{name}", []) if given == labels]
    assert len(matching) < 2, f"{name} has two series with the same labels"
    return matching[0] if matching else None


def everything_at_once() -> Metrics:
    counted = metrics()
    seen = (Observed("portal-login", 401),)
    counted.observe(record(**TROUBLE, ended="truncated", observed=seen))
    counted.observe(record(uninspected=UNINSPECTED[0], suspicion=min(SUSPICIONS)))
    counted.guard.look = lambda: [Guarded("pacs", BreakerState.OPEN, 8, 0.0, 0.0)]
    counted.guard.health_checked("pacs", is_up=False)
    counted.guard.shared_state(is_up=True)
    return counted


def test_the_names_and_labels_are_those_of_the_contract() -> None:
    found: dict[str, set[str]] = {}
    for name, series in samples(everything_at_once()).items():
        if name.startswith("pacs_gateway_"):
            base = name.removesuffix("_bucket").removesuffix("_count").removesuffix("_sum")
            found.setdefault(base, set()).update(label for labels, _ in series for label in labels if label != "le")
    assert found == LABELS


def test_what_the_archive_said_is_counted_beside_what_the_client_got() -> None:
    counted = metrics()
    for _ in range(3):
        counted.observe(record(received=302, status=401, rule="portal-login"))
    labels = {"route": "dicomweb", "transaction": "studies.search", "upstream_code": "302", "code": "401"}
    assert value(counted, "responses_total", **labels, rule="portal-login") == 3


def test_what_leaves_undeclared_is_counted_apart() -> None:
    """What passes in observe mode, say. A 101 is in no documented set, and who left before it was answered got no code."""
    counted = metrics()
    for status in (502, 502, 299, 200, 429, 101, None):
        counted.observe(record(status=status))
    named = {labels["code"]: count for labels, count in samples(counted)["pacs_gateway_undeclared_total"]}
    assert {code: count for code, count in named.items() if count} == {"502": 2, "299": 1}
    assert named["504"] == 0  # known from the field, so alerts on it have something to begin with
    assert "200" not in named


def test_a_reload_decides_what_is_undeclared_from_then_on() -> None:
    counted = metrics()
    counted.observe(record(status=502))
    larger = replace(settings(), policy=Policy(documented=Documented("dcs", DCS_SET)))
    counted.reload_succeeded(larger, 1_700_000_001.0)
    counted.observe(record(status=502))
    assert value(counted, "undeclared_total", code="502") == 1


def test_when_a_code_of_the_archive_was_seen_first_and_last() -> None:
    counted = metrics()
    for started in (1000.0, 1001.0):
        counted.observe(record(started=started, received=404))
    samples(counted)
    counted.observe(record(started=1002.0, received=404))
    counted.observe(record(**TROUBLE))
    labels = {"transaction": "studies.search", "upstream_code": "404"}
    assert value(counted, "upstream_code_first_seen_timestamp_seconds", **labels) == 1000
    assert value(counted, "upstream_code_last_seen_timestamp_seconds", **labels) == 1002
    assert value(counted, "upstream_code_last_seen_timestamp_seconds", **{**labels, "upstream_code": "none"}) is None


def test_an_exchange_without_an_answer_has_no_upstream_code() -> None:
    counted = metrics()
    counted.observe(record(**TROUBLE))
    labels = {"route": "dicomweb", "transaction": "studies.search", "upstream_code": "none", "code": "503"}
    assert value(counted, "responses_total", **labels, rule="failure") == 1
    assert value(counted, "failures_total", upstream="pacs", kind="connection_refused") == 1
    assert value(counted, "retry_after_seconds_sum", code="503", source="default") == 12


def test_a_client_that_left_got_no_code() -> None:
    counted = metrics()
    counted.observe(record(status=None, received=None, failure="client_gone", ended="client_gone"))
    labels = {"route": "dicomweb", "transaction": "studies.search", "upstream_code": "none", "code": "none"}
    assert value(counted, "responses_total", **labels, rule="-") == 1
    assert value(counted, "truncated_total", upstream="pacs") == 0


def test_a_number_that_is_no_status_is_invalid() -> None:
    counted = metrics()
    for received in (0, 99, 600, 999, 7000):
        counted.observe(record(received=received, status=503, rule="invalid-status"))
    labels = {"route": "dicomweb", "transaction": "studies.search", "upstream_code": "invalid", "code": "503"}
    assert value(counted, "responses_total", **labels, rule="invalid-status") == 5


def test_words_from_outside_their_sets_make_no_new_series() -> None:
    """Whatever a caller does wrong: no path, no UID and no name reaches a label, and memory stays bounded."""
    counted = metrics()
    before = len(counted.render())
    sizes = set()
    for i in range(50):
        uid = f"1.2.840.{i}/DOE^JOHN"
        strange = (Observed(uid, 1000 + i),)
        counted.observe(
            record(
                route=uid,
                upstream=uid,
                transaction=uid,
                rule=uid,
                received=1000 + i,
                failure=uid,
                uninspected=uid,
                ended="truncated",
                observed=strange,
            )
        )
        sizes.add(len(samples(counted)["pacs_gateway_responses_total"]))
    text = counted.render().decode()
    assert "DOE" not in text
    assert "1.2.840" not in text
    assert len(sizes) == 1
    assert len(text) < before + 8000
    labels = {"route": "unknown", "transaction": "other", "upstream_code": "invalid", "code": "200", "rule": "unknown"}
    assert value(counted, "responses_total", **labels) == 50


def test_a_request_that_no_route_fits_is_counted() -> None:
    counted = metrics()
    nowhere = {"route": "-", "upstream": "-", "transaction": "other", "status": 404, "rule": "failure"}
    counted.observe(record(**nowhere, received=None, failure="destination_not_found"))
    assert value(counted, "failures_total", upstream="-", kind="destination_not_found") == 1


def test_documented_codes_start_at_zero_for_each_route() -> None:
    found = samples(metrics("dicomweb", "wado"))["pacs_gateway_responses_total"]
    assert {number for _, number in found} == {0}
    codes = {labels["code"] for labels, _ in found if labels["route"] == "wado"}
    assert {"200", "503", "429"} <= codes
    assert "305" not in codes
    assert len(found) == 2 * 27  # bounded: a route costs its documented codes, not their product with transactions


def test_every_failure_of_every_archive_starts_at_zero() -> None:
    """An alert on the first refused connection needs the zero before it."""
    found = samples(metrics())["pacs_gateway_failures_total"]
    assert {(labels["upstream"], labels["kind"]) for labels, _ in found} == {
        (upstream, kind.value) for upstream in ("-", "pacs", "vna") for kind in FailureKind
    }


def test_in_flight_goes_up_and_down() -> None:
    counted = metrics()
    with counted.guard.in_flight("pacs"):
        assert value(counted, "in_flight", upstream="pacs") == 1
        with pytest.raises(ConnectionError), counted.guard.in_flight("pacs"):
            raise ConnectionError
        assert value(counted, "in_flight", upstream="pacs") == 1
        assert value(counted, "in_flight", upstream="vna") == 0
    assert value(counted, "in_flight", upstream="pacs") == 0


def test_durations_bytes_and_uninspected_content_are_counted() -> None:
    counted = metrics()
    counted.observe(record(bytes_in=10, bytes_out=90, uninspected=UNINSPECTED[0]))
    assert value(counted, "bytes_total", direction="in") == 10
    assert value(counted, "bytes_total", direction="out") == 90
    assert value(counted, "uninspected_total", reason=UNINSPECTED[0]) == 1
    assert value(counted, "request_duration_seconds_sum", route="dicomweb", transaction="studies.search") == 0.25
    assert value(counted, "upstream_duration_seconds_sum", upstream="pacs", transaction="studies.search") == 0.125


def test_what_was_only_observed_is_counted_apart() -> None:
    counted = metrics()
    counted.observe(record(received=302, status=302, observed=(Observed("portal-login", 401), Observed("fold", 0))))
    assert value(counted, "would_rewrite_total", rule="portal-login", upstream_code="302", code="401") == 1
    assert value(counted, "would_rewrite_total", rule="fold", upstream_code="302", code="none") == 1


def test_a_cut_answer_counts_for_its_archive() -> None:
    counted = metrics()
    counted.observe(record(ended="truncated", failure="http_response_incomplete"))
    assert value(counted, "truncated_total", upstream="pacs") == 1


def test_counts_survive_a_reload_and_new_routes_join() -> None:
    counted = metrics("dicomweb")
    counted.observe(record(ended="truncated"))
    counted.reload_succeeded(settings("archive", mode=Mode.OBSERVE, digest="beef"), 1_800_000_000.0)
    counted.observe(record(route="archive"))
    labels = {"transaction": "studies.search", "upstream_code": "200", "code": "200", "rule": "-"}
    assert value(counted, "responses_total", route="dicomweb", **labels) == 1
    assert value(counted, "responses_total", route="archive", **labels) == 1
    assert value(counted, "truncated_total", upstream="pacs") == 1
    assert samples(counted)["pacs_gateway_config_info"] == [({"hash": "beef", "mode": "observe"}, 1)]


def test_a_refused_reload_shows_and_a_later_success_clears_it() -> None:
    counted = metrics()
    counted.reload_failed()
    assert value(counted, "config_last_reload_successful") == 0
    assert value(counted, "config_last_reload_success_timestamp_seconds") == 1_700_000_000
    assert samples(counted)["pacs_gateway_config_info"] == [({"hash": "c0ffee", "mode": "enforce"}, 1)]
    counted.reload_succeeded(settings(), 1_700_000_060.0)
    assert value(counted, "config_last_reload_successful") == 1
    assert value(counted, "config_last_reload_success_timestamp_seconds") == 1_700_000_060


def test_the_process_is_described_too() -> None:
    names = samples(metrics())
    assert names["pacs_gateway_build_info"] == [({"version": __version__}, 1)]
    assert "python_info" in names
    assert "python_gc_collections_total" in names
    if sys.platform == "linux":
        assert "process_resident_memory_bytes" in names


def test_two_gateways_in_one_process_count_apart() -> None:
    one, other = metrics(), metrics()
    one.observe(record(bytes_in=5))
    assert value(one, "bytes_total", direction="in") == 5
    assert value(other, "bytes_total", direction="in") == 0


def test_the_snapshot_sums_over_routes_and_leaves_out_zeros() -> None:
    counted = metrics("dicomweb", "wado")
    for route, times in (("dicomweb", 2), ("wado", 1)):
        for _ in range(times):
            counted.observe(record(route=route))
    counted.observe(record(received=302, status=401, rule="portal-login"))
    counted.observe(record(received=500, status=500, rule="error-body"))
    counted.observe(record(**TROUBLE))
    with counted.guard.in_flight("vna"), counted.guard.in_flight("vna"):
        seen = counted.snapshot()
    assert seen.answered[0] == Answered("studies.search", "200", "200", "-", 3)
    assert set(seen.answered[1:]) == {
        Answered("studies.search", "302", "401", "portal-login", 1),
        Answered("studies.search", "500", "500", "error-body", 1),
        Answered("studies.search", "none", "503", "failure", 1),
    }
    assert (seen.exchanges, seen.changed) == (6, 3)
    assert seen.rules == (("error-body", 1), ("failure", 1), ("portal-login", 1))
    assert seen.failures == (FailureCount("pacs", "connection_refused", 1),)
    assert seen.guard.under_way == {"pacs": 0, "vna": 2}
