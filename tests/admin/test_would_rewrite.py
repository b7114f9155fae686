"""The report on what enforcing would change: what is counted, its share, and the words to change for it."""

from dataclasses import replace

import pytest

from gateway.admin.would_rewrite import MOST, Report, Step, as_json, report
from gateway.admin.would_rewrite_page import percent, would_rewrite_page
from gateway.config.load import load_text
from gateway.config.settings import Settings, Switches
from gateway.core.decision import Observed
from gateway.core.policy import Mode
from tests.admin.page import NOW, Page
from tests.admin.process import Process
from tests.telemetry.records import record, settings

TITLE = "What enforce would change"
WHOLE = Step("gateway.yaml:7", "mode: observe", "mode: enforce")
OWN = Step("gateway.yaml:9", "observe: true", "")
OBSERVING = settings(mode=Mode.OBSERVE, switches=Switches("gateway.yaml:7"))
LOGIN, FOLD = Observed("portal-login", 401), Observed("fold", 503)


def reported(given: Settings, *observed: tuple[Observed, ...]) -> Report:
    process = Process(given).saw(*(record(received=302, status=302, observed=each) for each in observed))
    return report(process.settings, process.counted.snapshot(), NOW)


def test_changes_are_told_by_transaction_with_their_share() -> None:
    process = Process(OBSERVING).saw(
        *[record(received=302, status=302, observed=(LOGIN,))] * 3,
        *[record()] * 7,
        record(transaction="studies.store", received=507, status=507, observed=(FOLD,)),
    )
    found = report(process.settings, process.counted.snapshot(), NOW)
    assert [
        (one.transaction, one.archive_said, one.client_would_get, one.count, one.share) for one in found.changes
    ] == [
        ("studies.search", "302", "401", 3, 0.3),
        ("studies.store", "507", "503", 1, 1.0),
    ]
    assert (found.exchanges, found.would_change, found.kinds) == (11, 4, 2)
    assert found.changes[0].why == "The portal's session ran out."


@pytest.mark.parametrize(
    ("given", "steps"),
    [
        (OBSERVING, (WHOLE,)),
        (settings(switches=Switches(rules={"portal-login": "gateway.yaml:9"})), (OWN,)),
        (replace(OBSERVING, switches=Switches("gateway.yaml:7", {"portal-login": "gateway.yaml:9"})), (OWN, WHOLE)),
        (settings(), ()),
    ],
    ids=["whole", "rule", "both", "done"],
)
def test_each_change_names_the_words_that_switch_it(given: Settings, steps: tuple[Step, ...]) -> None:
    assert reported(given, (LOGIN,)).changes[0].steps == steps


def test_the_places_are_those_of_the_file() -> None:
    text = """\
version: 1
upstreams: {pacs: {url: "http://127.0.0.1:1"}}

mode: observe
rules:
  - id: watch
    why: To see whether it is worth it.
    when: {status: 500}
    then:
      status: 404
      observe: true
  - {id: act, why: It is., when: {status: 502}, then: {status: 404}}
"""
    assert load_text(text, "gateway.yaml", {}).switches == Switches("gateway.yaml:4", {"watch": "gateway.yaml:11"})
    assert load_text(text.replace("observe", "enforce", 1), "gateway.yaml", {}).switches.mode == ""


def test_a_report_has_an_end_and_says_so() -> None:
    codes = [(Observed("fold", 100 + number % 500),) for number in range(MOST + 50)]
    found = reported(OBSERVING, *codes)
    assert (len(found.changes), found.kinds) == (MOST, MOST + 50)
    assert f"Only the {MOST} most frequent of {MOST + 50} kinds" in would_rewrite_page(found)


def test_as_json_it_is_for_programs() -> None:
    told = as_json(reported(OBSERVING, (LOGIN,)))
    assert told["since"] == "2026-01-01T02:00:00+00:00"
    assert told["mode"] == "observe"
    assert told["steps"] == ({"at": "gateway.yaml:7", "change": "mode: observe", "to": "mode: enforce"},)


def test_as_a_page_it_is_for_people() -> None:
    text = would_rewrite_page(reported(OBSERVING, (LOGIN,), (LOGIN,), ()))
    assert Page(text).rows(TITLE) == [
        [
            "Search (QIDO-RS)studies.search",
            "302 → 401 Unauthorized",
            "portal-loginThe portal's session ran out.",
            "2",
            "66.7%",
        ]
    ]
    assert "In 3 exchanges since the start it would have made 2 changes." in text
    assert "<code>gateway.yaml:7</code>: change <code>mode: observe</code> to <code>mode: enforce</code>" in text


def test_where_switches_differ_each_change_has_its_own() -> None:
    given = replace(OBSERVING, switches=Switches("gateway.yaml:7", {"portal-login": "gateway.yaml:9"}))
    rows = Page(would_rewrite_page(reported(given, (LOGIN, FOLD)))).rows(TITLE)
    assert {row[2].partition("The")[0]: row[5] for row in rows} == {
        "portal-login": "gateway.yaml:9: remove observe: true",
        "fold": "with the whole",
    }


def test_what_is_done_is_said_to_be() -> None:
    text = would_rewrite_page(reported(settings(), (LOGIN,)))
    assert Page(text).rows(TITLE)[0][5] == "Done: in force since a reload, or its rule is no more."
    assert "How to switch" not in text


def test_nothing_to_report_is_a_page_too() -> None:
    assert "Nothing so far." in would_rewrite_page(reported(OBSERVING))


def test_a_code_that_would_stay_is_told_as_that() -> None:
    process = Process(OBSERVING).saw(record(received=404, status=404, observed=(Observed("error-body", 404),)))
    text = would_rewrite_page(report(process.settings, process.counted.snapshot(), NOW))
    assert Page(text).rows(TITLE)[0][1] == "404 otherwise changed"


@pytest.mark.parametrize(("share", "told"), [(1.0, "100.0%"), (0.3333, "33.3%"), (0.0004, "under 0.1%"), (0.0, "0.0%")])
def test_shares_are_percent(share: float, told: str) -> None:
    assert percent(share) == told
