"""The demo's configuration and the demo's PACS belong together: what a rule waits for is what the PACS says."""

import re
from importlib.resources import files
from typing import Any

import pytest
import yaml

from gateway.demo.misbehaviours import BY_ID
from gateway.demo.replies import Answer

TEXT = files("gateway.demo").joinpath("demo.yaml").read_text(encoding="utf-8")
CONFIG: dict[str, Any] = yaml.safe_load(TEXT)
RULES = {rule["id"]: rule for rule in CONFIG["rules"]}
MET = {
    "legacy-unknown-study": "unknown-study-500",
    "legacy-no-match": "no-match-404",
    "legacy-disk-full": "disk-full-507",
}


def test_every_rule_meets_a_misbehaviour() -> None:
    assert RULES.keys() == MET.keys()


@pytest.mark.parametrize("rule_id", MET)
def test_a_rule_fits_what_the_pacs_says(rule_id: str) -> None:
    when, reply = RULES[rule_id]["when"], BY_ID[MET[rule_id]].reply
    assert isinstance(reply, Answer)
    assert when["status"] == reply.status
    assert re.search(when.get("body", ""), reply.content.decode())


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_says_why_and_has_examples_it_decides(rule: dict[str, Any]) -> None:
    assert rule["why"].endswith(".")
    fits = [
        re.search(rule["when"].get("body", ""), example["upstream"]["body"]) is not None for example in rule["examples"]
    ]
    decided = [example["expect"]["status"] == rule["then"]["status"] for example in rule["examples"]]
    assert fits == decided
    assert any(decided)


def test_addresses_and_ports_come_from_the_environment() -> None:
    assert CONFIG["upstreams"]["legacy"]["url"] == "${LEGACY_PACS_URL}"
    assert CONFIG["server"].items() >= {"host": "${GATEWAY_HOST:-127.0.0.1}", "port": "${GATEWAY_PORT:-8080}"}.items()
    assert CONFIG["admin"] == {"host": "${ADMIN_HOST:-127.0.0.1}", "port": "${ADMIN_PORT:-9090}"}
