"""Health checks: what they find, what that changes, and what they leave alone."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.proxy.health import pause
from gateway.server import GatewayProcess
from tests.support.client import ask, request
from tests.support.running import BYTES, running, with_archive
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

HEALTH = "health: {path: /alive?now=1, interval: 100ms, timeout: 300ms}"
GET = request("GET", "/studies/1")


class Archive(ScriptedUpstream):
    """Says `alive` to health checks and `served` to everybody else; both may change at any time."""

    def __init__(self, alive: Said, served: Said) -> None:
        super().__init__(lambda received, _number: self.alive if is_check(received) else self.served)
        self.alive, self.served = alive, served

    @property
    def checks(self) -> list[ReceivedRequest]:
        return [received for received in self.requests if is_check(received)]

    async def is_checked(self, times: int) -> None:
        """Until so many checks more have come, and the one before the last has been judged."""
        wanted = len(self.checks) + times
        while len(self.checks) < wanted:
            await self.has_heard(len(self.requests) + 1)


def is_check(received: ReceivedRequest) -> bool:
    return received.target == b"/alive?now=1"


def said(status: int) -> Said:
    return Said(answer(status, b"x"), "keep")


@asynccontextmanager
async def checked(
    folder: Path, alive: Said | None = None, served: Said | None = None, more: str = ""
) -> AsyncIterator[tuple[Archive, GatewayProcess]]:
    async with Archive(alive or said(200), served or said(200)) as archive:
        keys = f"{HEALTH}, {more}" if more else HEALTH
        async with running(folder, archive.url, base=with_archive(keys, BYTES)) as gateway:
            yield archive, gateway


def metric(gateway: GatewayProcess, name: str, **labels: str) -> float | None:
    families = text_string_to_metric_families(gateway.runtime.metrics.render().decode())
    samples = [sample for family in families for sample in family.samples]
    wanted = (f"pacs_gateway_{name}", {"upstream": "pacs", **labels})
    return next((sample.value for sample in samples if (sample.name, sample.labels) == wanted), None)


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    lines = [record.getMessage() for record in caplog.records if record.name == "pacs_gateway"]
    return [line for line in lines if line.startswith("pacs ")]


@pytest.mark.parametrize(
    ("alive", "is_up"),
    [
        (said(200), True),
        (said(204), True),
        (said(302), True),
        (said(401), True),
        (said(404), True),
        (said(500), False),
        (said(503), False),
        (Said(b"", "close"), False),
        (Said(b"no HTTP\r\n\r\n", "close"), False),
        (Said(b"", "hold"), False),
        (Said(b"HTTP/1.1 200 OK\r\n", "hold"), False),
    ],
)
async def test_what_answers_below_500_works(alive: Said, is_up: bool, tmp_path: Path) -> None:
    async with checked(tmp_path, alive) as (archive, gateway):
        await archive.is_checked(2)
        outcomes = [metric(gateway, "health_checks_total", outcome=outcome) for outcome in ("up", "down")]
        assert (metric(gateway, "upstream_up"), bool(outcomes[0]), bool(outcomes[1])) == (is_up, is_up, not is_up)


async def test_an_archive_that_nobody_reaches_is_down(tmp_path: Path) -> None:
    async with Archive(said(200), said(200)) as archive:
        pass
    async with running(tmp_path, archive.url, base=with_archive(HEALTH, BYTES)) as gateway:
        while not metric(gateway, "health_checks_total", outcome="down"):  # noqa: ASYNC110 - the counter tells nobody
            await asyncio.sleep(0.01)
        assert metric(gateway, "upstream_up") == 0


async def test_a_check_is_one_cheap_request_on_a_connection_of_its_own(tmp_path: Path) -> None:
    async with checked(tmp_path) as (archive, gateway):
        assert (await ask(gateway.port, GET)).status == 200
        await archive.is_checked(2)
        [first, second, *_] = archive.checks
        assert first.line == b"GET /alive?now=1 HTTP/1.1"
        assert (first.values("Host"), first.values("Connection")) == ([archive.authority], [b"close"])
        assert first.head == second.head
        assert (await ask(gateway.port, GET)).status == 200
        await archive.is_checked(2)
        assert len(archive.requests) == 2 + len(archive.checks)
        assert archive.connections == 1 + len(archive.checks)  # that of the client is kept for clients


async def test_checks_are_no_exchanges(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        async with checked(tmp_path) as (archive, gateway):
            await archive.is_checked(3)
            assert gateway.runtime.journal.recent(10) == ()
            assert metric(gateway, "in_flight") == 0
            assert gateway.runtime.metrics.snapshot().exchanges == 0
    assert not [record for record in caplog.records if "access" in record.name]


async def test_a_change_is_one_line_of_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        async with checked(tmp_path) as (archive, _gateway):
            for alive in (said(200), said(503), said(200)):
                archive.alive = alive
                await archive.is_checked(3)
    assert told(caplog) == ["pacs works", "pacs does not work", "pacs works"]


async def test_a_reload_ends_the_checks_of_before_and_is_no_news(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with caplog.at_level(logging.INFO):
        async with checked(tmp_path) as (archive, gateway):
            monkeypatch.setenv("UPSTREAM", archive.url)
            await archive.is_checked(1)
            before = asyncio.all_tasks()
            for _ in range(5):
                assert (await gateway.reloader.reload()).ok
                await archive.is_checked(2)
            assert len(asyncio.all_tasks()) <= len(before) + 1  # a connection that is just ending
            file = tmp_path / "gateway.yaml"
            file.write_text(file.read_text().replace(HEALTH, "breaker: {failures: 3}"))
            assert (await gateway.reloader.reload()).ok
            checks = len(archive.checks)
            await asyncio.sleep(0.3)
            assert len(archive.checks) <= checks + 1  # one may have been on its way
    assert told(caplog) == ["pacs works"]


async def test_checks_never_open_a_breaker(tmp_path: Path) -> None:
    async with checked(tmp_path, said(503), more="breaker: {failures: 1}") as (archive, gateway):
        await archive.is_checked(4)
        assert (await ask(gateway.port, GET)).status == 200
        assert metric(gateway, "breaker_state", state="closed") == 1


async def test_a_check_closes_an_open_breaker_early(tmp_path: Path) -> None:
    async with checked(tmp_path, said(503), said(503), "breaker: {failures: 1, open: 60s}") as (archive, gateway):
        assert (await ask(gateway.port, GET)).status == 503
        await archive.is_checked(2)
        assert (await ask(gateway.port, GET)).status == 503
        assert metric(gateway, "breaker_state", state="open") == 1
        archive.alive = archive.served = said(200)
        await archive.is_checked(2)
        assert (await ask(gateway.port, GET)).status == 200
        assert metric(gateway, "breaker_state", state="closed") == 1


async def test_a_check_from_before_the_outage_closes_nothing(tmp_path: Path) -> None:
    """It was answered by an archive that has failed since."""
    let_go = asyncio.Event()

    async def script(received: ReceivedRequest, _number: int) -> Said:
        if is_check(received):
            await let_go.wait()
            return said(200)
        return said(503)

    keys = "health: {path: /alive?now=1, interval: 60s, timeout: 5s}, breaker: {failures: 1, open: 60s}"
    async with (
        ScriptedUpstream(script) as archive,
        running(tmp_path, archive.url, base=with_archive(keys, BYTES)) as gateway,
    ):
        await archive.has_heard(1)
        assert (await ask(gateway.port, GET)).status == 503
        let_go.set()
        await archive.has_ended(1)
        while not metric(gateway, "health_checks_total", outcome="up"):  # noqa: ASYNC110 - the counter tells nobody
            await asyncio.sleep(0)
        assert metric(gateway, "breaker_state", state="open") == 1


async def test_checks_need_no_place_among_those_under_way(tmp_path: Path) -> None:
    keys = "limits: {in_flight: 1, queue: 0}"
    async with checked(tmp_path, served=Said(b"", "hold"), more=keys) as (archive, gateway):
        busy = asyncio.ensure_future(ask(gateway.port, GET))
        while metric(gateway, "in_flight") != 1:  # noqa: ASYNC110 - the gauge tells nobody
            await asyncio.sleep(0)
        await archive.is_checked(3)
        assert metric(gateway, "upstream_up") == 1
        assert not busy.done()
        assert (await busy).status == 503


async def test_an_archive_that_hangs_delays_neither_the_start_nor_the_end(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with checked(tmp_path, Said(b"", "hold")) as (archive, gateway):
        assert (await ask(gateway.port, GET)).status == 200
        await archive.has_heard(2)
        assert loop.time() - began < 0.3
        began = loop.time()
    assert loop.time() - began < 0.3
    assert not [task for task in asyncio.all_tasks() if "_watch" in repr(task)]


def test_many_gateways_that_start_at_one_moment_do_not_ask_at_one_moment_for_ever() -> None:
    pauses = [pause(10.0, chance / 10) for chance in range(11)]
    assert len(set(pauses)) == len(pauses)
    assert (pauses[0], pauses[-1]) == (9.0, 11.0)
