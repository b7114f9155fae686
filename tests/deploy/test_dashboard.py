"""The Grafana dashboard: made of its table, readable for Grafana, and asking for nothing that the gateway does not tell."""

import re
from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bench.dashboard import PANELS, STATS, expression
from deploy.grafana import build
from tests.support.client import ask, request
from tests.support.prometheus import understands
from tests.support.running import SHORT, running, with_archive
from tests.support.upstream import Said, ScriptedUpstream, answer

METRIC = re.compile(r"\b(?:pacs_gateway|process)_[a-z_]+")
CORE = {"row", "stat", "timeseries", "state-timeline", "heatmap", "table"}
ON_TRIAL = "rules: [{id: trial, why: To see, when: {status: 502}, then: {status: 404, body: problem, observe: true}}]\n"
TABLE = build.table()
DASHBOARD = build.dashboard(TABLE)
SHOWN = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
TARGETS = [(panel["title"], target) for panel in SHOWN for target in panel["targets"]] + [
    (mark["name"], {"expr": mark["expr"], "legendFormat": mark["titleFormat"]})
    for mark in DASHBOARD["annotations"]["list"]
]


def panel(title: str) -> dict[str, Any]:
    return next(one for one in SHOWN if one["title"] == title)


def test_what_grafana_reads_is_made_of_the_table() -> None:
    assert build.DASHBOARD.read_text() == build.text(), "run python deploy/grafana/build.py"


def test_prometheus_understands_every_query(tmp_path: Path) -> None:
    understands([expression(target, 60, 3600) for _, target in TARGETS], tmp_path)


async def test_every_query_asks_for_series_and_labels_that_there_are(tmp_path: Path) -> None:
    there = await scraped(tmp_path)
    for title, target in TARGETS:
        expr, (metric, *others) = target["expr"], METRIC.findall(target["expr"])
        assert {metric, *others} <= there.keys(), title
        selected = {
            label for inside in re.findall(r"\{([^{}]*)\}", expr) for label in re.findall(r"(\w+)!?=~?", inside)
        }
        grouped = {label.strip() for inside in re.findall(r"by \(([^)]*)\)", expr) for label in inside.split(",")}
        assert selected | grouped <= there[metric] | {"job", "instance"}, title
        told = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
        assert told <= (grouped or {"instance"}), title


async def scraped(folder: Path) -> dict[str, set[str]]:
    """The labels of every series of a gateway with a limit, a breaker and a rule on trial, after a few bad answers."""

    def script(heard: Any, _number: int) -> Said:
        if heard.method == "POST":
            return Said(answer(200))  # which says nothing of what was stored
        return Said(answer(502, b"<html>", ("Content-Type", "text/html"))) if b"PatientID" in heard.line else Said()

    base = with_archive("limits: {in_flight: 4}, breaker: {}", SHORT)
    multipart = ("Content-Type", 'multipart/related; type="application/dicom"; boundary=b')
    async with (
        ScriptedUpstream(script) as archive,
        running(folder, archive.url, ON_TRIAL, base) as gateway,
    ):
        assert gateway.port is not None
        assert gateway.admin_port is not None
        for wanted in (
            request("GET", "/studies?PatientID=1"),
            request("GET", "/studies/2.25.1/metadata"),  # no answer at all: 503 with Retry-After
            request("POST", "/studies", multipart, body=b"--b--"),
        ):
            await ask(gateway.port, wanted)
        text = (await ask(gateway.admin_port, request("GET", "/metrics"))).body.decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {sample.name: set(sample.labels) for sample in samples}


def test_both_sides_have_the_same_colours_and_no_two_codes_share_one() -> None:
    said, got = (panel(title)["fieldConfig"]["overrides"] for title in ("The archive said", "Clients got"))
    assert said == got
    colours = [row["properties"][0]["value"]["fixedColor"] for row in said]
    assert len(set(colours)) == len(colours)
    names = [row["matcher"]["options"] for row in said]
    assert names[:7] == [*(rf"/^{n}\d\d$/" for n in range(1, 6)), "none", "invalid"], "classes first: a later row wins"


def test_both_sides_stand_side_by_side() -> None:
    said, got = (panel(title)["gridPos"] for title in ("The archive said", "Clients got"))
    assert got == {**said, "x": said["x"] + said["w"]}


def cells(place: dict[str, int]) -> Iterator[tuple[int, int]]:
    return product(range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"]))


def test_no_panel_covers_another_and_none_hangs_over_the_edge() -> None:
    places = [set(cells(one["gridPos"])) for one in DASHBOARD["panels"]]
    assert not [pair for pair in combinations(places, 2) if pair[0] & pair[1]]
    assert max(x for place in places for x, _ in place) == 23


@pytest.mark.parametrize("shown", SHOWN, ids=lambda shown: shown["title"])
def test_every_panel_says_what_it_shows_and_in_what(shown: dict[str, Any]) -> None:
    assert shown["type"] in CORE
    assert len(shown["description"]) > 25
    assert shown["description"].endswith(".")
    assert shown["fieldConfig"]["defaults"]["unit"]
    assert all(one["datasource"]["uid"] == "${datasource}" for one in (shown, *shown["targets"]))


def test_every_choice_at_the_top_is_used_and_every_one_used_is_there() -> None:
    offered = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    asked = " ".join(target["expr"] for _, target in TARGETS)
    used = set(re.findall(r"\$([a-z]+)", asked))
    assert used | {"datasource"} == offered
    assert set(re.findall(r"\$(__\w+)", asked)) <= {"__rate_interval", "__range"}


def test_links_to_it_stay_and_every_panel_has_a_number_and_a_title_of_its_own() -> None:
    assert DASHBOARD["uid"] == "pacs-gateway"
    for key in ("id", "title"):
        assert len({one[key] for one in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_the_picture_shows_panels_that_there_are() -> None:
    for title in (*STATS, *PANELS):
        assert panel(title)


def test_what_needs_no_number_shows_none() -> None:
    """The value of an info metric is always 1; counts are named for what they count."""
    for title, hidden in (("Release", True), ("Configuration in force", True), ("What was made of what", False)):
        (columns,) = panel(title)["transformations"]
        assert columns["options"]["excludeByName"]["Value"] is hidden
