"""The status page, read as HTML: what stands in which table."""

from dataclasses import replace

import pytest

from gateway.admin.page import LINKS
from gateway.admin.status_page import Shown, refresh_of, status_page
from gateway.admin.tables import EXCHANGES, FAILURES
from gateway.admin.words import span, what_happened
from gateway.config.settings import Switches
from gateway.core.decision import Observed
from gateway.core.failures import MEANINGS, FailureKind
from gateway.core.normalise import BUILT_IN
from gateway.core.policy import Mode
from gateway.core.verdicts import VERDICTS
from tests.admin.page import NOW, Page, page, words, written
from tests.admin.process import Process
from tests.telemetry.records import PORTAL, record, settings


def test_what_the_archive_said_stands_beside_what_clients_got() -> None:
    process = Process().saw(*[record()] * 3, record(received=302, status=401, rule="portal-login"))
    assert page(process).rows("What the archive said") == [
        ["Search (QIDO-RS)studies.search4 exchanges", "Archive said", "3", "1", ""],
        ["302 → 401 by portal-login (1)", "Clients got", "3", "", "1"],
    ]


def test_rules_come_with_their_why() -> None:
    process = Process().saw(
        *[record(received=302, status=401, rule="portal-login")] * 2, record(received=502, status=503, rule="fold")
    )
    assert page(process).rows("Rules that decided") == [
        ["portal-login", "The portal's session ran out.", "2"],
        ["fold", VERDICTS["fold"].sentence, "1"],
    ]


def test_a_rule_that_a_reload_took_away_is_still_counted() -> None:
    process = Process().saw(record(received=302, status=401, rule="portal-login"))
    process.settings = replace(process.settings, policy=replace(process.settings.policy, rules=()))
    assert page(process).rows("Rules that decided") == [["portal-login", "From an earlier configuration.", "1"]]


def test_every_built_in_rule_has_a_sentence() -> None:
    """Whoever adds one to `BUILT_IN` tells operators here what it is for."""
    assert VERDICTS.keys() == BUILT_IN


REFUSED = {"received": None, "status": 503, "failure": "connection_refused", "rule": "failure"}


def test_the_last_failures_are_told_in_sentences() -> None:
    process = Process().saw(record(), record(id="17", started=0.0, **REFUSED))
    assert page(process).rows("The last failures") == [
        [
            "1970-01-01 00:00:00 explain17",
            "Search (QIDO-RS)studies.search",
            "no answer → 503",
            MEANINGS[FailureKind.CONNECTION_REFUSED].sentence,
        ]
    ]


def test_failures_outlive_successes() -> None:
    process = Process().saw(record(id="failed", started=1.0, **REFUSED))
    process.saw(*(record(id=f"fine-{number}", started=2.0 + number) for number in range(500)))
    seen = page(process)
    assert "failed" in seen.rows("The last failures")[0][0]
    assert [row[0] for row in seen.rows("The last exchanges")] == [
        f"1970-01-01 00:08:{21 - back} explainfine-{499 - back}" for back in range(EXCHANGES)
    ]


def test_an_exchange_leads_to_its_explanation() -> None:
    seen = page(Process().saw(record(id="0b0e7c1e-6f0e", status=503, received=None), record(id="../../metrics")))
    assert seen.links.count("/-/exchanges/0b0e7c1e-6f0e") == 2, "among the failures and among the last"
    assert not [link for link in seen.links if ".." in link]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"status": 500, "received": 500}, "The archive reported an error of its own."),
        ({"status": 500, "received": 500, "why": "known to crash at night"}, "Known to crash at night"),
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


def test_the_mode_is_announced_in_large_letters() -> None:
    observing = Process(settings(mode=Mode.OBSERVE)).saw(
        record(received=302, status=302, observed=(Observed("portal-login", 401),))
    )
    assert '<p class="large"><span class="unseen">Mode: </span>OBSERVE</p>' in written(observing)
    assert "The gateway only observes" in words(observing)
    [row] = page(observing).rows("What enforce would change")
    assert row == [
        "Search (QIDO-RS)studies.search",
        "302 → 401 Unauthorized",
        "portal-loginThe portal's session ran out.",
        "1",
        "100.0%",
    ]
    assert '<p class="large"><span class="unseen">Mode: </span>ENFORCE</p>' in written(Process())
    assert "only observe" not in words(Process())


def test_rules_that_observe_are_named_without_observe_mode() -> None:
    switches = Switches(rules={f"rule-{number}": f"gateway.yaml:{number}" for number in range(9)})
    told = words(Process(settings(switches=switches)))
    assert "Rules that only observe: rule-0, rule-1, rule-2, rule-3, rule-4, …." in told
    assert "Nothing so far." in told


def test_a_single_rule_that_observes_shows_without_observe_mode() -> None:
    process = Process().saw(record(observed=(Observed("portal-login", 401),)))
    assert page(process).rows("What enforce would change")[0][1] == "200 → 401 Unauthorized"
    assert not [name for name in page(Process()).tables if name.startswith("What enforce")]


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        (None, 10),
        ("off", 0),
        ("1", 1),
        ("9999", 9999),
        ("0", None),
        ("10000", None),
        ("-1", None),
        ("", None),
        ("٣", None),
    ],
)
def test_updating_is_as_often_as_asked(asked: str | None, seconds: int | None) -> None:
    assert refresh_of(asked) == seconds


def test_updating_can_be_paused_and_resumed() -> None:
    seen = Shown(Process().counted.snapshot(), (), (), NOW, 0)
    paused = status_page(Process(), seen)
    assert '<a href="/">Resume updating</a>' in paused
    assert '<a href="/?refresh=off">Pause updating</a>' in status_page(Process(), replace(seen, refresh=10))


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
    assert set(seen.links) == {"#content", "/?refresh=off", *LINKS}
    assert "url(" not in written(Process())


def test_tables_stay_short_and_numbers_readable() -> None:
    process = Process()
    for number in range(50):
        process.saw(record(id=f"{number}", status=503, received=None, started=float(number)))
    for _ in range(1234):
        process.counted.observe(record())
    seen = page(process)
    assert (len(seen.rows("The last failures")), len(seen.rows("The last exchanges"))) == (FAILURES, EXCHANGES)
    assert "1\u2009284" in written(process)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(-3, "0 s"), (0, "0 s"), (59.9, "59 s"), (61, "1 min 1 s"), (3600, "1 h"), (273_600, "3 d 4 h")],
)
def test_spans_of_time_have_two_units(seconds: float, told: str) -> None:
    assert span(seconds) == told
