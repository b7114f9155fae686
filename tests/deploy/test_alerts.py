"""The rules for Prometheus that ship: it reads them, each alert fires and is silent when it should, and each leads to a page
that says what to do."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.rules import FILES, FOLDER, ROOT, TRIED, groups, recorded_in, rules
from tests.support.prometheus import promtool

SEVERITIES = {"critical", "warning", "info"}
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
PARTS = ("What it means.", "What clients notice.", "Look closer.", "What to do.", "When to silence it.")


@pytest.mark.parametrize(
    ("asked", "file"),
    [*(("check", file) for file in FILES), *(("test", file) for file in TRIED)],
    ids=lambda one: getattr(one, "stem", one),
)
def test_prometheus_reads_the_rules_and_they_do_what_they_should(asked: str, file: Path) -> None:
    assert promtool(asked, "rules", file)


@pytest.mark.parametrize("file", TRIED, ids=lambda file: file.stem)
def test_each_trial_says_in_which_order_groups_are_asked(file: Path) -> None:
    """promtool takes them as they come otherwise, and an alert would sometimes read what was recorded a step before."""
    names = [group["name"] for group in groups(FOLDER / "recording.yaml", FOLDER / "alerts.yaml")]
    assert yaml.safe_load(file.read_text())["group_eval_order"] == names


def tried(alert: str) -> list[dict[str, Any]]:
    """All moments at which it is looked whether this alert fires."""
    cases = [case for file in TRIED for case in yaml.safe_load(file.read_text())["tests"]]
    moments = [moment for case in cases for moment in case.get("alert_rule_test", ())]
    return [moment for moment in moments if moment["alertname"] == alert]


@pytest.mark.parametrize("rule", rules("alert"), ids=lambda rule: rule["alert"])
def test_every_alert_has_been_seen_to_fire_and_to_be_silent(rule: dict[str, Any]) -> None:
    moments = tried(rule["alert"])
    assert any(moment["exp_alerts"] for moment in moments)
    assert any(not moment["exp_alerts"] for moment in moments)


def test_every_recorded_number_has_been_looked_at() -> None:
    text = "".join(file.read_text() for file in TRIED)
    asked = frozenset[str]().union(*(recorded_in(rule["expr"]) for rule in rules("alert") + rules("record")))
    assert {rule["record"] for rule in rules("record")} <= recorded_in(text) | asked
    assert asked <= {rule["record"] for rule in rules("record")}


@pytest.mark.parametrize("rule", rules("alert"), ids=lambda rule: rule["alert"])
def test_every_alert_leads_to_what_can_be_done(rule: dict[str, Any]) -> None:
    page, heading = re.fullmatch(r"(docs/[a-z]+\.md), \"(.+)\"", rule["annotations"]["runbook"]).groups()  # type: ignore[union-attr]
    assert f"## {heading}\n" in (ROOT / page).read_text("utf-8")
    assert set(re.sub(r"\{\{.*?\}\}", " ", rule["labels"]["severity"]).split()) <= SEVERITIES
    assert rule["annotations"].keys() == {"summary", "description", "runbook"}


@pytest.mark.parametrize("rule", rules("alert"), ids=lambda rule: rule["alert"])
def test_the_page_says_of_every_alert_all_that_has_to_be_known(rule: dict[str, Any]) -> None:
    _, found, after = OPERATIONS.partition(f"### {rule['alert']}\n")
    assert found
    runbook = after.partition("\n#")[0]
    assert [part for part in PARTS if f"**{part}**" not in runbook] == []


def test_the_page_has_no_runbook_of_an_alert_that_is_no_more() -> None:
    assert set(re.findall(r"^### (PacsGateway\w+)$", OPERATIONS, re.MULTILINE)) == {
        rule["alert"] for rule in rules("alert")
    }
