"""From observing to enforcing: traffic, the report, the one word that it names, a reload, and the same request again."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.lifecycle.process import Gateway
from tests.support.client import ask, request
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

CONFIGURATION = """\
version: 1
mode: observe
server: {{host: 127.0.0.1, port: 0, workers: {workers}}}
admin: {{host: 127.0.0.1, port: 0}}
upstreams: {{pacs: {{url: "{url}"}}}}
routes: [{{id: dicomweb, prefix: /, upstream: pacs}}]
rules:
  - id: unknown-study
    why: It says 500 for a study that it does not have.
    when: {{transaction: retrieve, status: 500}}
    then: {{status: 404}}
  - id: marked
    why: Asked for by the viewer's vendor.
    when: {{transaction: search, status: 200}}
    then:
      headers: {{set: {{X-Archive: old}}}}
      observe: true
"""
RETRIEVE = request("GET", "/studies/2.25.1", ("Accept", "*/*"))
SEARCH = request("GET", "/studies", ("Accept", "application/dicom+json"))
FOUND = b'[{"0020000D": {"vr": "UI", "Value": ["2.25.1"]}}]'


def archive(received: ReceivedRequest, _number: int) -> Said:
    if received.target == b"/studies":
        return Said(answer(200, FOUND, ("Content-Type", "application/dicom+json")), "keep")
    return Said(answer(500, b"no", ("Content-Type", "text/plain")), "keep")


async def report(gateway: Gateway) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((await gateway.ask("GET", "/-/would-rewrite")).body)
    return told


def switched(file: Path, step: dict[str, str]) -> None:
    """Does what the report says, at the place that it names."""
    name, _, line = step["at"].rpartition(":")
    assert name == str(file)
    lines = file.read_text().splitlines(keepends=True)
    assert step["change"] in lines[int(line) - 1]
    lines[int(line) - 1] = lines[int(line) - 1].replace(step["change"], step["to"])
    file.write_text("".join(lines))


@pytest.mark.parametrize("workers", [1, 2])
async def test_one_word_and_a_reload_switch_to_enforce(tmp_path: Path, workers: int) -> None:
    async with ScriptedUpstream(archive) as pacs:
        gateway = Gateway(tmp_path / "gateway")
        gateway.configure(CONFIGURATION.format(url=pacs.url, workers=workers))
        async with gateway:
            for _ in range(4):
                assert (await ask(gateway.port, RETRIEVE)).status == 500
            (change,) = (await report(gateway))["changes"]
            assert change == {
                "transaction": "studies.retrieve.dicom",
                "archive_said": "500",
                "client_would_get": "404",
                "rule": "unknown-study",
                "why": "It says 500 for a study that it does not have.",
                "count": 4,
                "share": 1.0,
                "steps": [{"at": f"{gateway.file}:2", "change": "mode: observe", "to": "mode: enforce"}],
            }
            switched(gateway.file, change["steps"][0])
            assert (await gateway.ask("POST", "/-/reload")).status == 200
            assert (await ask(gateway.port, RETRIEVE)).status == 404
            after = await report(gateway)
    assert (after["mode"], after["steps"], after["changes"][0]["steps"]) == ("enforce", [], [])
    assert after["changes"][0]["count"] == 4, "what is done is no longer noted"


async def test_a_rule_that_observes_by_itself_has_a_switch_of_its_own(tmp_path: Path) -> None:
    async with ScriptedUpstream(archive) as pacs:
        gateway = Gateway(tmp_path / "gateway")
        gateway.configure(CONFIGURATION.format(url=pacs.url, workers=1).replace("mode: observe", "mode: enforce"))
        async with gateway:
            seen = await ask(gateway.port, SEARCH)
            assert (seen.status, seen.values("X-Archive")) == (200, [])
            (change,) = (await report(gateway))["changes"]
            assert (change["rule"], change["archive_said"], change["client_would_get"]) == ("marked", "200", "200")
            assert change["steps"] == [{"at": f"{gateway.file}:17", "change": "observe: true", "to": ""}]
            switched(gateway.file, change["steps"][0])
            assert (await gateway.ask("POST", "/-/reload")).status == 200
            assert (await ask(gateway.port, SEARCH)).values("X-Archive") == ["old"]
