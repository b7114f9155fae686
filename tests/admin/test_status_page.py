"""The status page, read as HTML: what stands in which table."""

from dataclasses import replace

import pytest

from gateway.admin.words import BUILT_IN_RULES, span, what_happened
from gateway.core.decision import Observed
from gateway.core.failures import MEANINGS, FailureKind
from gateway.core.normalise import BUILT_IN
from gateway.core.policy import Mode
from tests.admin.page import NOW, Page, page, words, written
from tests.admin.process import Process
from tests.telemetry.records import PORTAL, record, settings


def test_what_the_archive_said_stands_beside_what_clients_got() -> None:
    process = Process().saw(*[record()] * 3, record(received=302, status=401, rule="portal-login"))
    assert page(process).rows("What the archive said") == [
        ["302 Found", "401 Unauthorized", "portal-login", "1"],
        ["200 OK", "200 OK", "unchanged", "3"],
    ]


def test_where_there_is_no_code_the_page_says_why() -> None:
    process = Process().saw(
        record(received=None, status=503, rule="failure", failure="connection_refused"),
        record(received=999, status=503, rule="invalid-status"),
        record(received=None, status=None, failure="client_gone", ended="client_gone"),
    )
    assert {tuple(row) for row in page(process).rows("What the archive said")} == {
        ("no answer", "503 Service Unavailable", "failure", "1"),
        ("not an HTTP status", "503 Service Unavailable", "invalid-status", "1"),
        ("no answer", "nothing: it had left", "nobody", "1"),
    }


def test_rules_come_with_their_why() -> None:
    process = Process().saw(
        *[record(received=302, status=401, rule="portal-login")] * 2, record(received=502, status=503, rule="fold")
    )
    assert page(process).rows("Rules that decided") == [
        ["portal-login", "The portal's session ran out.", "2"],
        ["fold", BUILT_IN_RULES["fold"], "1"],
    ]


def test_a_rule_that_a_reload_took_away_is_still_counted() -> None:
    process = Process().saw(record(received=302, status=401, rule="portal-login"))
    process.settings = replace(process.settings, policy=replace(process.settings.policy, rules=()))
    assert page(process).rows("Rules that decided") == [["portal-login", "From an earlier configuration.", "1"]]


def test_every_built_in_rule_has_a_sentence() -> None:
    """Whoever adds one to `BUILT_IN` tells operators here what it is for."""
    assert BUILT_IN_RULES.keys() == BUILT_IN


def test_the_last_failures_are_told_in_sentences() -> None:
    refused = {"received": None, "status": 503, "failure": "connection_refused", "rule": "failure"}
    process = Process().saw(record(), record(id="17", started=0.0, **refused))
    [row] = page(process).rows("The last failures")
    assert row[:4] == ["1970-01-01 00:00:00", "studies.search", "no answer", "503"]
    assert row[4] == f"{MEANINGS[FailureKind.CONNECTION_REFUSED].sentence}17"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"status": 500, "received": 500}, "The archive reported an error of its own."),
        ({"status": 500, "received": 500, "why": "Known to crash at night."}, "Known to crash at night."),
        ({"ended": "client_gone"}, "The client left before the end."),
        (
            {"ended": "client_gone", "failure": "client_gone", "status": None},
            "The client left before it had its answer.",
        ),
        (
            {"ended": "truncated", "failure": "connection_read_timeout"},
            "The archive stopped sending in the middle of its answer. The client's copy was cut at the same place.",
        ),
        ({"failure": "no such kind"}, "The archive reported an error of its own."),
    ],
)
def test_what_happened(more: dict[str, object], told: str) -> None:
    assert what_happened(record(**more)) == told


def test_observe_mode_is_announced_in_large_letters() -> None:
    observing = Process(settings(mode=Mode.OBSERVE)).saw(
        record(received=302, status=302, observed=(Observed("portal-login", 401),))
    )
    assert "The gateway only observes" in words(observing)
    assert "Mode: observe" in words(observing)
    assert page(observing).rows("would have been changed") == [
        ["302 Found", "401 Unauthorized", "portal-loginThe portal's session ran out.", "1"]
    ]
    assert "only observes" not in words(Process())


def test_a_single_rule_that_observes_shows_without_observe_mode() -> None:
    process = Process().saw(record(observed=(Observed("portal-login", 401),)))
    assert page(process).rows("would have been changed")[0][1] == "401 Unauthorized"
    assert not [name for name in page(Process()).tables if "would have" in name]


def test_the_page_says_what_runs() -> None:
    told = words(Process(started=NOW - 273_600))
    for expected in (
        "pacs-gateway 1.2.3",
        "/etc/pacs-gateway.yaml",
        "c0ffee",
        "3 d 4 h, since 2025-12-28 22:00:00 UTC",
    ):
        assert expected in told
    assert "dicom, 27 codes, edition 2024e" in told
    assert "none (quick start)" in words(Process(settings(source="", digest="")))


def test_ready_and_draining_differ() -> None:
    assert "Ready for traffic" in words(Process())
    assert "Not ready: starting or draining" in words(Process(ready=False))


def test_routes_are_listed() -> None:
    process = Process(settings("dicomweb", "wado"))
    assert page(process).rows("Routes") == [
        ["dicomweb", "/dicomweb", "pacs", "dicomweb"],
        ["wado", "/wado", "pacs", "dicomweb"],
    ]


def test_an_idle_gateway_says_so() -> None:
    told = words(Process())
    for expected in ("No exchange yet.", "No rule has decided anything yet.", "None since the start."):
        assert expected in told


def test_everything_is_escaped() -> None:
    """A `why` is free text of the operator, and a file name may hold anything."""
    attack = "<script>alert('&')</script>"
    base = settings(source=attack)
    process = Process(replace(base, policy=replace(base.policy, rules=(replace(PORTAL, why=attack),))))
    process.saw(
        record(received=302, status=401, rule="portal-login"), record(status=500, why=attack, id='"><img src=x>')
    )
    text = written(process)
    assert not {"script", "img"} & set(Page(text).tags)
    assert "&lt;script&gt;alert(&#x27;&amp;&#x27;)&lt;/script&gt;" in text


def test_nothing_is_loaded_from_elsewhere() -> None:
    """A hospital's network has no way out, and an operator's page needs no script."""
    seen = Page(written(Process()))
    assert not {"script", "link", "img", "iframe", "form"} & set(seen.tags)
    assert seen.links == ["/metrics", "/-/config", "/-/exchanges", "/-/ready"]
    assert "url(" not in written(Process())


def test_tables_stay_short_and_numbers_readable() -> None:
    process = Process()
    for received in range(400, 450):
        process.saw(record(received=received, status=400, rule="fold"))
    for _ in range(1234):
        process.counted.observe(record())
    seen = page(process)
    assert len(seen.rows("What the archive said")) == 20
    assert "1\u2009284" in written(process)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(-3, "0 s"), (0, "0 s"), (59.9, "59 s"), (61, "1 min 1 s"), (3600, "1 h"), (273_600, "3 d 4 h")],
)
def test_spans_of_time_have_two_units(seconds: float, told: str) -> None:
    assert span(seconds) == told
