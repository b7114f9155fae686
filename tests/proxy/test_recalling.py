"""A running gateway explains what it has done, by the id of an exchange: on either way, and without a name in it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gateway.core.decision import UNCHANGED
from gateway.core.facts import Response
from gateway.proxy.express import Express
from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.seen import Seen
from tests.canary.search import NAME, TOKEN, sightings
from tests.support.client import Connection, ask, request
from tests.support.running import rested
from tests.support.stage import CALM, records, stage
from tests.support.upstream import ReceivedRequest, Said, answer

QUOTED = NAME.replace("^", "%5E")
JSON = ("Content-Type", "application/dicom+json")
FOUND = b'[{"0020000D": {"vr": "UI", "Value": ["1.2"]}}]'
ASKED = request("GET", f"/studies?PatientName={QUOTED}", ("Authorization", f"Bearer {TOKEN}"), ("X-Patient", NAME))
RULES = """
rules:
  - id: teapot
    why: The archive says so when it is overloaded
    when: {status: 418, body: brew}
    then: {status: 503, retry_after: 30s}
"""


def found(_received: ReceivedRequest, _number: int) -> Said:
    return Said(answer(200, FOUND, JSON, ("Server", "Archive"), reason="OK"), "keep")


def teapot(_received: ReceivedRequest, _number: int) -> Said:
    return Said(answer(418, f"brew {NAME}".encode(), ("X-Patient", NAME), ("Content-Type", "text/plain")))


@dataclass
class Listener:
    """A recorder that keeps all that it hears."""

    heard: list[tuple[Seen | None, ExchangeRecord]] = field(default_factory=list)

    def hear(self, seen: Seen | None, record: ExchangeRecord) -> None:
        self.heard.append((seen, record))


async def told(gateway: Any, record: ExchangeRecord) -> dict[str, Any]:
    found: dict[str, Any] | None = await gateway.runtime.explained(record.id)
    assert found is not None
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


async def test_an_exchange_that_was_changed_is_explained_with_its_content(tmp_path: Path) -> None:
    async with stage(tmp_path, teapot, CALM + RULES) as (_, gateway):
        reply = await ask(gateway.port, ASKED)
        (record,) = await records(gateway, 1)
        explained = await told(gateway, record)
    assert (reply.status, record.rule, explained["same"]) == (503, "teapot", True)
    (rule,) = explained["explanation"]["rules"]
    assert (rule["found"], rule["decides"], rule["where"].rpartition(":")[0]) == (
        "matches",
        True,
        str(tmp_path / "gateway.yaml"),
    )
    assert explained["explanation"]["retry_after"] == {"value": "30", "source": "rule", "why": "the rule says so"}
    assert explained["explanation"]["missing"] == []
    assert sightings(json.dumps(explained).encode()) == []


async def test_what_changes_with_a_reload_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(tmp_path, teapot, CALM + RULES) as (archive, gateway):
        monkeypatch.setenv("UPSTREAM", archive.url)
        await ask(gateway.port, ASKED)
        (record,) = await records(gateway, 1)
        file = tmp_path / "gateway.yaml"
        file.write_text(file.read_text().replace("503", "500").replace(", retry_after: 30s", ""))
        assert (await gateway.reloader.reload("test")).ok
        explained = await told(gateway, record)
    assert (explained["same"], explained["exchange"]["status"]) == (False, 503)
    assert explained["verdict"] == "The present policy would decide otherwise: 500, by teapot."


@pytest.mark.parametrize("listens", [False, True])
async def test_the_short_way_is_explained_as_the_usual_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listens: bool
) -> None:
    monkeypatch.setattr("gateway.proxy.idle.REST", 0.0)
    departed: list[str] = []  # no express itself: it would hold its connection
    depart = Express.depart
    monkeypatch.setattr(Express, "depart", lambda express: (departed.append("short"), depart(express)))
    listener = Listener()
    async with stage(tmp_path, found, CALM + RULES) as (_, gateway):
        if listens:
            object.__setattr__(gateway.runtime.telemetry, "recorder", listener)
        client = await Connection.to(gateway.port)
        try:
            for number in range(1, 5):
                await client.send(ASKED)
                await client.reply()
                await records(gateway, number)
                await rested(gateway)
        finally:
            await client.close()
        newest, *_, oldest = await records(gateway, 4)
        short, usual = await told(gateway, newest), await told(gateway, oldest)
    assert departed
    assert (short["same"], usual["same"]) == (True, True)
    drop = ("lines", "notes")
    assert {k: v for k, v in short["explanation"].items() if k not in drop} == {
        k: v for k, v in usual["explanation"].items() if k not in drop
    }
    assert sightings(json.dumps([short, usual]).encode()) == []
    assert [record.rule for _, record in listener.heard] == [UNCHANGED] * 4 * listens
    for seen, record in listener.heard:
        assert seen is not None
        assert isinstance(seen.outcome, Response)
        assert (seen.outcome.peek, seen.outcome.whole, seen.decision.status) == (FOUND, True, record.status)
        assert (seen.request.target, seen.outcome.fields.get("Content-Type")) == (
            f"/studies?PatientName={QUOTED}",
            JSON[1],
        )


async def test_a_request_that_could_not_be_read_is_explained(tmp_path: Path) -> None:
    async with stage(tmp_path, found) as (_, gateway):
        await ask(gateway.port, b"GET /studies\r\nno colon\r\n\r\n")
        (record,) = await records(gateway, 1)
        explained = await told(gateway, record)
    assert explained["explanation"]["came"]["failure"] == "http_request_error"
    assert explained["same"] is True


async def test_an_unknown_exchange_has_no_explanation(tmp_path: Path) -> None:
    async with stage(tmp_path, found) as (_, gateway):
        assert await gateway.runtime.explained("nobody") is None


async def test_a_recorder_that_fails_costs_nobody_an_answer(tmp_path: Path) -> None:
    class Broken:
        def hear(self, seen: Seen | None, record: ExchangeRecord) -> None:
            raise ValueError(NAME)

    async with stage(tmp_path, found) as (_, gateway):
        object.__setattr__(gateway.runtime.telemetry, "recorder", Broken())
        assert (await ask(gateway.port, ASKED)).status == 200
        await records(gateway, 1)
