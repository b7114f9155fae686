"""The alerting rules that ship: Prometheus reads them, they fire when they should, and they ask for metrics that exist."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.client import ask, request
from tests.support.running import running
from tests.support.servers import missing

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
RULES = FOLDER / "alerts.yaml"
METRIC = re.compile(r"\bpacs_gateway_[a-z_]+")


def alerts() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


@pytest.fixture
def promtool() -> str:
    return shutil.which("promtool") or missing("promtool is not installed")


@pytest.mark.parametrize(
    "arguments", [("check", "rules", RULES), ("test", "rules", *sorted((FOLDER / "tests").glob("*.yaml")))]
)
def test_prometheus_reads_the_rules_and_they_fire_when_they_should(
    promtool: str, arguments: tuple[str | Path, ...]
) -> None:
    done = subprocess.run([promtool, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_been_seen_to_fire() -> None:
    tried = " ".join(file.read_text() for file in (FOLDER / "tests").glob("*.yaml"))
    for rule in alerts():
        assert re.search(rf"alertname: {rule['alert']}\n +exp_alerts:\n", tried), rule["alert"]


async def test_the_rules_ask_for_metrics_that_there_are(tmp_path: Path) -> None:
    async with running(tmp_path, "http://127.0.0.1:1") as gateway:
        assert gateway.admin_port is not None
        text = (await ask(gateway.admin_port, request("GET", "/metrics"))).body.decode()
    there = {line.split("{")[0].split(" ")[0] for line in text.splitlines() if not line.startswith("#")}
    asked = {name for rule in alerts() for name in METRIC.findall(rule["expr"])}
    assert asked
    assert asked <= there


def test_every_alert_leads_to_what_can_be_done() -> None:
    for rule in alerts():
        page, heading = re.fullmatch(r"(docs/[a-z]+\.md), \"(.+)\"", rule["annotations"]["runbook"]).groups()  # type: ignore[union-attr]
        assert f"## {heading}\n" in (ROOT / page).read_text()
        assert rule["labels"]["severity"]
        assert rule["annotations"].keys() == {"summary", "description", "runbook"}
