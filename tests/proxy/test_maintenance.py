"""Maintenance windows through sockets: 503 until the end, for those archives alone, announced before."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.server import GatewayProcess
from tests.support.client import Reply, ask, request
from tests.support.running import running
from tests.support.upstream import Said, ScriptedUpstream, answer

START = "pacs_gateway_maintenance_start_timestamp_seconds"
END = "pacs_gateway_maintenance_end_timestamp_seconds"
TWO = """\
version: 1
server: {host: 127.0.0.1, port: 0}
admin: {host: 127.0.0.1, port: 0}
upstreams:
  pacs: {url: "${UPSTREAM}"}
  vna: {url: "${UPSTREAM}"}
routes:
  - {id: pacs, prefix: /pacs, upstream: pacs}
  - {id: vna, prefix: /vna, upstream: vna, service: opaque}
"""
CALM = "retry_after: {jitter: 0%}\n"


def at(seconds: float) -> str:
    """A moment from now, as an administrator writes it."""
    return datetime.fromtimestamp(time.time() + seconds, UTC).isoformat()


def window(start: float, end: float, upstream: str = "pacs") -> str:
    whose = f"upstream: {upstream}, " if upstream else ""
    return f"maintenance: [{{{whose}from: '{at(start)}', to: '{at(end)}'}}]\n"


class House(AsyncExitStack):
    """An archive, and gateways in front of it."""

    archive: ScriptedUpstream

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.file = folder / "gateway.yaml"

    async def __aenter__(self) -> "House":
        await super().__aenter__()
        always = ScriptedUpstream(lambda _received, _number: Said(answer(200, b"hello"), "keep"))
        self.archive = await self.enter_async_context(always)
        return self

    async def gateway(self, more: str, base: str = TWO) -> GatewayProcess:
        return await self.enter_async_context(running(self.file.parent, self.archive.url, more, base))

    async def reload(self, gateway: GatewayProcess, more: str) -> None:
        self.file.write_text((TWO + more).replace("${UPSTREAM}", self.archive.url))
        assert (await gateway.reloader.reload()).ok


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with House(tmp_path) as house:
        yield house


async def of_pacs(gateway: GatewayProcess, *fields: tuple[str, str]) -> Reply:
    return await ask(gateway.port, request("GET", "/pacs/studies/1/metadata", *fields))


async def of_vna(gateway: GatewayProcess) -> Reply:
    return await ask(gateway.port, request("GET", "/vna/anything"))


async def metric(gateway: GatewayProcess, name: str, label: str = 'upstream="pacs"') -> float:
    page = (await ask(gateway.admin_port, request("GET", "/metrics"))).body.decode()
    (value,) = [line.split()[-1] for line in page.splitlines() if line.startswith(f"{name}{{") and label in line]
    return float(value)


async def test_until_the_end_the_archive_is_not_asked_and_clients_are_told_when(house: House) -> None:
    gateway = await house.gateway(CALM + window(-60, 7200))
    reply = await of_pacs(gateway)
    assert (reply.status, house.archive.connections) == (503, 0)
    assert 7195 <= int(reply.value("Retry-After")) <= 7200, "the end is known: no bound for guesses cuts it short"
    assert await metric(gateway, "pacs_gateway_held_back_total", 'reason="maintenance",upstream="pacs"') == 1


async def test_jitter_spreads_those_who_return_by_no_more_than_the_longest_guess(house: House) -> None:
    gateway = await house.gateway(window(-60, 36_000))
    waits = [int((await of_pacs(gateway)).value("Retry-After")) for _ in range(20)]
    assert 35_990 <= min(waits) < max(waits) <= 36_000 + 60


async def test_what_the_client_is_told_can_be_read(house: House) -> None:
    gateway = await house.gateway(CALM + window(-60, 600))
    told = json.loads((await of_pacs(gateway)).body)
    page = (await of_pacs(gateway, ("Accept", "text/plain"))).body.decode()
    assert told["detail"] == "The archive is under planned maintenance."
    assert told["advice"] == "Repeat the request after the time in Retry-After."
    assert (told["temporary"], told["failure"]) == (True, "maintenance")
    assert 595 <= told["retry-after"] <= 600
    assert page.startswith("503 Service Unavailable\nThe archive is under planned maintenance.\n")


async def test_other_archives_are_asked_meanwhile(house: House) -> None:
    gateway = await house.gateway(window(-60, 600))
    assert ((await of_pacs(gateway)).status, (await of_vna(gateway)).status) == (503, 200)


async def test_a_window_for_all_is_for_all(house: House) -> None:
    gateway = await house.gateway(window(-60, 600, upstream=""))
    assert ((await of_pacs(gateway)).status, (await of_vna(gateway)).status) == (503, 503)
    assert house.archive.connections == 0


async def test_a_window_is_announced_before_and_shown_while_it_lasts(house: House) -> None:
    gateway = await house.gateway(window(3600, 7200))
    assert (await of_pacs(gateway)).status == 200
    before = (await metric(gateway, START), await metric(gateway, END))
    await house.reload(gateway, window(-60, 600))
    assert (await of_pacs(gateway)).status == 503
    during = (await metric(gateway, START), await metric(gateway, END))
    await house.reload(gateway, "")
    after = (await metric(gateway, START), await metric(gateway, END))
    now = time.time()
    assert before == (pytest.approx(now + 3600, abs=10), pytest.approx(now + 7200, abs=10))
    assert during == (pytest.approx(now - 60, abs=10), pytest.approx(now + 600, abs=10))
    assert after == (0, 0)
    assert await metric(gateway, START, 'upstream="vna"') == 0


async def test_a_window_begins_and_ends_by_itself(house: House) -> None:
    gateway = await house.gateway(CALM + window(0.5, 1.5))
    before = (await of_pacs(gateway)).status
    await asyncio.sleep(0.6)
    during = await of_pacs(gateway)
    await asyncio.sleep(int(during.value("Retry-After")))
    after = (await of_pacs(gateway)).status
    assert (before, during.status, during.value("Retry-After"), after) == (200, 503, "1", 200)


async def test_in_observe_mode_it_is_counted_and_nobody_is_held_back(house: House) -> None:
    gateway = await house.gateway("mode: observe\n" + window(-60, 600))
    assert (await of_pacs(gateway)).status == 200
    reason = 'reason="maintenance",upstream="pacs"'
    assert await metric(gateway, "pacs_gateway_would_hold_back_total", reason) == 1
    assert await metric(gateway, "pacs_gateway_held_back_total", reason) == 0


async def test_health_checks_go_on_so_that_one_can_see_when_it_is_over(house: House) -> None:
    base = TWO.replace("pacs: {url", "pacs: {health: {path: /alive, interval: 100ms}, url")
    gateway = await house.gateway(window(-60, 600), base)
    await house.archive.has_heard(3)
    assert (await of_pacs(gateway)).status == 503
    assert {received.target for received in house.archive.requests} == {b"/alive"}


async def test_the_breaker_learns_nothing_from_it(house: House) -> None:
    base = TWO.replace("pacs: {url", "pacs: {breaker: {failures: 1}, url")
    gateway = await house.gateway(window(-60, 600), base)
    assert [(await of_pacs(gateway)).status for _ in range(3)] == [503] * 3
    assert await metric(gateway, "pacs_gateway_breaker_state", 'state="closed",upstream="pacs"') == 1


async def test_a_rule_may_say_it_in_its_own_way(house: House) -> None:
    rule = """
rules:
  - id: weekend
    why: Our viewers show the text of a 503 to people.
    when: {failure: maintenance}
    then: {status: 503, body: problem}
"""
    gateway = await house.gateway(CALM + window(-60, 600) + rule)
    reply = await of_pacs(gateway)
    assert (reply.status, json.loads(reply.body)["rule"]) == (503, "weekend")
    assert 595 <= int(reply.value("Retry-After")) <= 600, "which is still known"


async def test_a_store_is_refused_before_its_content_is_read(house: House) -> None:
    gateway = await house.gateway(window(-60, 600))
    head = request("POST", "/pacs/studies", ("Content-Type", "application/dicom"), ("Expect", "100-continue"))
    reply = await ask(gateway.port, head.replace(b"Content-Length: 0", b"Content-Length: 1000000"))
    assert (reply.status, reply.interim, reply.value("Connection")) == (503, (), "close")
