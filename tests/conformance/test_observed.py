"""What was counted, read from the text of /metrics, beside the statement; and the scoreboard of the archive."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.config.settings import Settings
from gateway.conformance.as_json import scoreboard_json, statement_json
from gateway.conformance.counters import Counters, NoCountersError, counters
from gateway.conformance.letter import letter, share
from gateway.conformance.markdown import markdown
from gateway.conformance.observed import Observed, observed
from gateway.conformance.scoreboard import Scoreboard, scoreboard
from gateway.conformance.statement import statement
from gateway.core.decision import Observed as WouldHave
from gateway.telemetry.metrics import Metrics
from tests.conformance.making import settings
from tests.telemetry.records import record

NOON = 1_767_268_800.0  # 1 January 2026, 12:00 UTC
FAILED: dict[str, Any] = {"status": 503, "received": None, "rule": "failure", "failure": "connection_refused"}


def gateway(known: Settings, *records: dict[str, Any]) -> Counters:
    """What a gateway with these settings has counted after such exchanges, through the text that it shows."""
    metrics = Metrics(known, NOON)
    for number, told in enumerate(records):
        metrics.observe(record(route="pacs", **{"started": NOON + number, **told}))
    return counters(metrics.render().decode())


def joined(*records: dict[str, Any], **sections: Any) -> Observed:
    known = settings(**sections)
    return observed(statement(known), gateway(known, *records))


def board(*records: dict[str, Any]) -> Scoreboard:
    known = settings()
    return scoreboard(known, gateway(known, *records))


def test_what_was_sent_is_counted_by_code() -> None:
    found = joined({}, {}, {"status": 404, "received": 500, "rule": "fold"}, {"status": None})
    assert found.seen == {"200": 2, "404": 1}
    assert found.undeclared == {}
    assert 404 not in found.never_seen
    assert {201, 505} <= set(found.never_seen)
    assert found.since is not None


def test_a_code_that_is_not_declared_is_found() -> None:
    found = joined({"status": 502, "received": 502}, {"status": 101}, mode="observe")
    assert found.undeclared == {"502": 1}


def test_a_code_that_is_declared_not_to_be_sent_is_found_as_well() -> None:
    assert joined({"status": 305}, documented={"set": "dcs"}).undeclared == {"305": 1}


def test_counts_of_another_configuration_are_told_apart() -> None:
    known = settings()
    assert not joined({}).is_of_another
    assert observed(statement(replace(known, digest="other")), gateway(known, {})).is_of_another


@pytest.mark.parametrize("text", ["", "up 1\n", "<html>not found</html>", "process_start_time_seconds 1\n"])
def test_a_text_that_is_no_metrics_of_ours_is_refused(text: str) -> None:
    with pytest.raises(NoCountersError, match="not the metrics of a gateway"):
        counters(text)


def test_a_text_that_is_broken_is_refused() -> None:
    with pytest.raises(NoCountersError, match="cannot be read"):
        counters('pacs_gateway_responses_total{code="200" 1 2 3 x\n')


def test_the_share_of_answers_in_the_set_and_in_the_own_table() -> None:
    """A search has 204 and 400 in its table, not 500, which is documented, and not 502, which is not."""
    found = board(
        {}, {"received": 204, "status": 204}, {"received": 500, "status": 500}, {"received": 502, "status": 503}
    )
    (operation,) = found.operations
    assert (operation.name, operation.section) == ("Search (QIDO-RS)", "10.6, 8.3.4")
    assert (operation.answers, operation.in_set, operation.in_table) == (4, 3, 2)
    assert (found.answers, found.in_set) == (4, 3)


def test_a_channel_that_opens_is_as_the_standard_has_it() -> None:
    (operation,) = board({"transaction": "notification.open", "received": 101, "status": 101}).operations
    assert (operation.in_set, operation.in_table) == (1, 1)


def test_paths_outside_the_standard_have_no_table() -> None:
    (operation,) = board({"transaction": "other"}).operations
    assert operation.in_table is None


def test_codes_are_known_with_the_moments_they_were_seen() -> None:
    (operation,) = board({"received": 404}, {"received": 404}).operations
    (code,) = operation.codes
    assert (code.code, code.count, code.first, code.last) == ("404", 2, NOON, NOON + 1)


def test_rules_are_listed_by_what_they_changed_the_busiest_first() -> None:
    fold, page = {"received": 502, "rule": "fold", "status": 503}, {"rule": "unexpected-page", "status": 404}
    found = board(fold, fold, page, {"rule": "not a rule any more", "received": 500})
    assert [(r.rule, r.changed, r.received, r.sent) for r in found.repairs] == [
        ("fold", 2, "502", "503"), ("unexpected-page", 1, "200", "404"), ("unknown", 1, "500", "200"),
    ]  # fmt: skip
    assert found.repairs[0].why.startswith("The archive's code is not documented")
    assert found.repairs[2].why == "From an earlier configuration."


def test_what_the_gateway_answered_by_itself_is_no_repair() -> None:
    found = board(FAILED, FAILED, {**FAILED, "failure": "rate_limited"})
    assert found.repairs == found.operations == ()
    assert found.failures == {"connection_refused": 2}


def test_what_only_would_be_changed_counts_apart() -> None:
    (repair,) = board({"received": 502, "status": 502, "observed": (WouldHave("fold", 503),)}).repairs
    assert (repair.rule, repair.changed, repair.would_change) == ("fold", 0, 1)


def test_the_letter_says_how_and_since_when_it_was_counted() -> None:
    text = markdown(letter(board({}, {"received": 502, "status": 503, "rule": "fold"}, FAILED)))
    assert "has counted 2 answers since " in text
    assert "the last answer at 2026-01-01 12:00:01 UTC, 50.0% of them with a code of the documented set." in text
    assert "| Search (QIDO-RS) | 10.6, 8.3.4 | 2 | 50.0% | 50.0% |" in text
    assert "| Search (QIDO-RS) | 502 | 1 | no | 2026-01-01 12:00:01 UTC | 2026-01-01 12:00:01 UTC |" in text
    assert "| The archive refused the connection. | 1 |" in text


def test_a_letter_about_several_archives_says_that_they_count_as_one() -> None:
    text = markdown(letter(replace(board({}), archives=3)))
    assert "A gateway between 3 archives, which are counted together, and clients has counted 1 answer since " in text


def test_a_letter_of_an_archive_that_nobody_asked_is_a_letter() -> None:
    text = markdown(letter(board()))
    assert "has counted 0 answers" in text
    assert "No answer has been counted yet." in text
    assert "Nothing had to be changed." in text


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [(0, 7, "0%"), (7, 7, "100%"), (1, 100_000, "0.1%"), (99_999, 100_000, "99.9%"), (2, 3, "66.7%")],
)
def test_only_all_is_all_and_only_nothing_is_nothing(part: int, whole: int, told: str) -> None:
    assert share(part, whole) == told


def test_as_values_moments_are_dates_and_sums_are_there() -> None:
    told: Any = scoreboard_json(board({"received": 404}))
    assert (told["answers"], told["in_set"], told["until"]) == (1, 1, "2026-01-01T12:00:00Z")
    assert told["operations"][0]["codes"][0]["first"] == "2026-01-01T12:00:00Z"
    assert told["operations"][0]["in_table"] == 1


def test_the_statement_as_values_has_every_rule_in_full() -> None:
    known = settings(packs="all")
    told: Any = statement_json(statement(known))
    rules = {source["label"] for row in told["rows"] for source in row["sources"] if source["kind"] == "rule"}
    assert rules == {rule.id for rule in known.policy.rules if rule.then.status is not None}
    assert "observed" not in told
