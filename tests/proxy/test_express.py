"""The short way is the usual one, only shorter: whatever an archive answers and whatever a client does, nobody can tell which
of them was taken; not on the wire, not in the log, not by what is counted and given back.

Every row is played twice, on connections that are acquainted: once with the short way shut, once with it open. `way` says how
far it goes: to the end (`short`), to the answer and then on the usual one (`handed`), or that it is not taken (`usual`).
"""

import asyncio
import gc
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.proxy.express import Express
from gateway.server import GatewayProcess
from gateway.telemetry.record import ExchangeRecord
from tests.proxy.express_acts import BASE, FOUND, JSON, KINDS, USER, Scene, Way, ok, once, settled
from tests.proxy.express_rows import GOOD, ROWS, Row, kept
from tests.support.client import Connection, Reply, request
from tests.support.guarded import in_line, metric, until
from tests.support.running import running
from tests.support.stage import records
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream

# ---- playing ---------------------------------------------------------------------------------------------------------


@dataclass
class Ways:
    """How often each step of the short way was taken."""

    taken: Counter[str] = field(default_factory=Counter)

    @property
    def way(self) -> Way:
        if self.taken["_hand_over"]:
            return "handed"
        return "short" if self.taken["depart"] else "usual"


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> Ways:
    """Connections to the archive are ready at once, and steps are counted."""
    monkeypatch.setattr("gateway.proxy.idle.REST", 0.0)
    ways = Ways()
    for name in ("depart", "_reply", "_hand_over"):
        monkeypatch.setattr(Express, name, counting(ways.taken, name, getattr(Express, name)))
    return ways


def counting(taken: Counter[str], name: str, method: Callable[..., None]) -> Callable[..., None]:
    def counted(express: Express, *arguments: Any) -> None:
        taken[name] += 1
        method(express, *arguments)

    return counted


@pytest.fixture
async def clients(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[Connection]]:
    """Those that come, for whom all is to be over in the end; and what the loop has to complain of meanwhile, such as an
    exception that nobody fetched."""
    complaints: list[str] = []
    monkeypatch.setattr(
        "gateway.server.redacting_exception_handler", lambda _loop, context: complaints.append(str(context))
    )
    clients: list[Connection] = []
    yield clients
    for client in clients:
        await client.close()
    gc.collect()
    assert complaints == []


async def opened(clients: list[Connection], gateway: GatewayProcess) -> Connection:
    clients.append(await Connection.to(gateway.port))
    return clients[-1]


@dataclass(frozen=True)
class Seen:
    """Everything that anybody could tell a difference by."""

    replies: list[tuple[int | None, tuple[bytes, ...], bytes, bool, tuple[int, ...]]]
    ended: tuple[bool, bool, bytes]
    asked: list[bytes]
    connections: int
    records: list[ExchangeRecord]
    counted: dict[str, float]
    learnt: tuple[float, ...]  # by what protects the archive


_OF_THE_MOMENT = re.compile(rb"(?<=Date: ).*|(?<=urn:uuid:)[0-9a-f-]{36}|(?<=\bRetry-After: )[0-9]+|[0-9]{9,}")


def seen_reply(reply: Reply, cut: bool) -> tuple[int | None, tuple[bytes, ...], bytes, bool, tuple[int, ...]]:
    lines = tuple(_OF_THE_MOMENT.sub(b"", line) for line in reply.head.split(b"\r\n"))
    body = _OF_THE_MOMENT.sub(b"", b"" if cut else reply.body)
    return reply.status, lines, body, reply.complete, reply.interim


def told(record: ExchangeRecord, cut: bool) -> ExchangeRecord:
    """Without what is never the same."""
    record = record._replace(bytes_out=0) if cut else record
    return record._replace(
        id="",
        started=0.0,
        seconds=0.0,
        retry_seconds=0.0,
        upstream_seconds=None if record.upstream_seconds is None else 0.0,
    )


def counts(gateway: GatewayProcess) -> dict[str, float]:
    """All counters, and how often anything was measured."""
    families = text_string_to_metric_families(gateway.runtime.metrics.render().decode())
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in families
        for sample in family.samples
        if sample.name.startswith("pacs_gateway") and sample.name.endswith(("_total", "_count"))
    }


def increments(before: dict[str, float], after: dict[str, float], cut: bool) -> dict[str, float]:
    found = {name: value - before.get(name, 0.0) for name, value in after.items() if value != before.get(name, 0.0)}
    return {name: value for name, value in found.items() if not (cut and "bytes" in name)}


def scripted(row: Row, good: bytes) -> Callable[[ReceivedRequest, int], Awaitable[Said]]:
    asked: list[bytes] = []

    async def script(received: ReceivedRequest, _number: int) -> Said:
        if b"row" not in received.target:
            return kept(good)
        asked.append(received.target)
        if len(asked) > 1:
            return kept(row.again or good)
        await asyncio.sleep(row.delay)
        return row.said

    return script


async def play(row: Row, folder: Path, ways: Ways, clients: list[Connection], *, is_open: bool) -> Seen:
    """The row on an acquainted connection, and then one request more."""
    place, good = KINDS[row.kind]
    base = BASE.replace("IDLE", row.idle).replace("PROTECTION", row.protection or "on_status: {}")
    async with (
        ScriptedUpstream(scripted(row, good)) as archive,
        running(folder, archive.url, row.more, base) as gateway,
    ):
        client = await opened(clients, gateway)
        scene = Scene(client, archive, gateway, folder)
        for _ in range(3):
            assert (await once(scene, request("GET", f"{place}warm", USER)))[0].complete
            await settled(gateway)
        if row.before:
            await row.before(gateway, folder)
            # Somebody else finds it so first: an idle connection to the archive is there again.
            await once(replace(scene, client=await opened(clients, gateway)), request("GET", f"{place}warm", USER))
            await settled(gateway)
        begun = len(await records(gateway, 4 if row.before else 3))
        if not is_open:
            gateway.runtime.server.departs = lambda _client, _data: False
        ways.taken.clear()
        strays = archive.ended + 1
        before, requests, connections = counts(gateway), len(archive.requests), archive.connections
        replies = await row.act(scene, request("GET", f"{place}row", USER))
        await settled(gateway)
        if row.stray:
            await archive.has_ended(strays)
        found = await records(gateway, begun + max(1, len(replies)))
        seen = Seen(
            [seen_reply(reply, row.cut) for reply in replies],
            (client.ended, client.reset and not row.cut, client.buffer) if replies else (True, True, b""),
            [received.head.replace(archive.authority, b"archive") for received in archive.requests[requests:]],
            archive.connections - connections,
            [told(record, row.cut) for record in found[: len(found) - begun]],
            increments(before, counts(gateway), row.cut),
            learnt(gateway),
        )
        await nothing_is_left(gateway)
        way = ways.way
        if not gateway.runtime.draining:
            for each in (client, await opened(clients, gateway)):
                await one_more(archive, each, request("GET", f"{place}more", USER), good)
                await settled(gateway)
        assert way == (row.way if is_open else "usual")
        # What was not fit to be used again has not been; of a whole answer that nobody read the short way knows better.
        return replace(seen, connections=0 if row.cut else archive.connections - connections)


def learnt(gateway: GatewayProcess) -> tuple[float, ...]:
    protection = gateway.runtime.admission.of("pacs")
    heard = [(failures, answers) for _, failures, answers in protection.breaker._slots] if protection.breaker else []
    run = protection.breaker._run if protection.breaker else 0
    return protection.budget._saved, run, *map(sum, zip(*heard, strict=True))


async def nothing_is_left(gateway: GatewayProcess) -> None:
    """Everything that was taken has been given back."""
    runtime = gateway.runtime
    assert runtime.admission.gate.under_way == 0
    assert (metric(gateway, "in_flight"), metric(gateway, "queued")) == (0, 0)
    for line in runtime.admission.of("pacs").lines:
        assert (line.under_way, line.in_use, line.waiting) == (0, 0, 0)
    await asyncio.wait_for(runtime.generation._idle.wait(), 1)
    await until(lambda: not runtime._retiring)
    assert not runtime.station.shared._waits


async def one_more(archive: ScriptedUpstream, client: Connection, asked: bytes, good: bytes) -> None:
    """The next request gets its own answer, and nothing follows; or the connection has ended."""
    if client.ended or client.writer.is_closing():
        return
    with suppress(ConnectionError):
        await client.send(asked)
    reply = await client.reply()
    assert reply.status in (
        200,
        404,
        503,
        None,
    )  # by a new rule; of a site in maintenance; of a connection that has been closed
    if reply.status == 200:
        assert reply.body == good.partition(b"\r\n\r\n")[2]
        assert archive.requests[-1].target == asked.split(b" ")[1]
    assert client.buffer == b""


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
async def test_nobody_can_tell(row: Row, ways: Ways, clients: list[Connection], tmp_path: Path) -> None:
    usual = await play(row, tmp_path, ways, clients, is_open=False)
    short = await play(row, tmp_path, ways, clients, is_open=True)
    assert short == usual


async def test_who_has_to_wait_waits_on_the_usual_way(ways: Ways, clients: list[Connection], tmp_path: Path) -> None:
    """One at a time may be with the archive: the first takes the short way, the second stands in line behind it."""
    go_on = asyncio.Event()

    async def script(received: ReceivedRequest, _number: int) -> Said:
        if b"row" in received.target:
            await go_on.wait()
        return kept(ok(FOUND.replace(b"1.2", received.target[-3:]), JSON))

    base = BASE.replace("IDLE", "5s").replace("PROTECTION", "limits: {in_flight: 1, queue: 5}")
    async with ScriptedUpstream(script) as archive, running(tmp_path, archive.url, base=base) as gateway:
        first, second = await opened(clients, gateway), await opened(clients, gateway)
        for client in (first, second):
            for number in range(3):
                await client.send(request("GET", f"/studies?PatientID={number}.0", USER))
                assert (await client.reply()).status == 200
                await settled(gateway)
        ways.taken.clear()
        heard = len(archive.requests)
        await first.send(request("GET", "/studies?PatientID=row-1.1", USER))
        await archive.has_heard(heard + 1)
        await second.send(request("GET", "/studies?PatientID=row-2.2", USER))
        await until(lambda: in_line(gateway) == 1)
        assert (ways.taken, len(archive.requests)) == ({"depart": 1}, heard + 1)
        go_on.set()
        replies = [await first.reply(), await second.reply()]
        assert [reply.body for reply in replies] == [FOUND.replace(b"1.2", b"1.1"), FOUND.replace(b"1.2", b"2.2")]
        await settled(gateway)
        assert ways.taken == {"depart": 1, "_reply": 1}
        await nothing_is_left(gateway)


async def test_an_answer_that_says_it_is_the_last_is_the_last(
    ways: Ways, clients: list[Connection], tmp_path: Path
) -> None:
    """Also where that has been said before, and the connection was another's."""

    async def script(received: ReceivedRequest, _number: int) -> Said:
        last = [("Connection", "close")] if b"last" in received.target else []
        return kept(ok(FOUND, JSON, *last))

    base = BASE.replace("IDLE", "5s").replace("PROTECTION", "on_status: {}")
    async with ScriptedUpstream(script) as archive, running(tmp_path, archive.url, base=base) as gateway:
        one, other = await opened(clients, gateway), await opened(clients, gateway)
        for _ in range(3):
            for client, asked in ((other, "any"), (one, "last")):
                await client.send(request("GET", f"/studies?PatientID={asked}", USER))
                assert (await client.reply()).body == FOUND
                await settled(gateway)
        assert gateway.runtime.generation.pools["pacs"].idle.take() is None


async def test_who_leaves_at_the_moment_of_handing_over_is_let_go(
    ways: Ways, clients: list[Connection], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the loop of the connection could take the request up."""
    heard = Express.heard

    def lost_first(express: Express, data: bytes) -> None:
        transport = express._client.transport
        assert transport is not None
        transport.abort()
        heard(express, data)

    base = BASE.replace("IDLE", "5s").replace("PROTECTION", "on_status: {}")
    async with (
        ScriptedUpstream(lambda _received, _number: GOOD) as archive,
        running(tmp_path, archive.url, base=base) as gateway,
    ):
        client = await opened(clients, gateway)
        for _ in range(2):
            await client.send(request("GET", "/studies?PatientID=1", USER))
            assert (await client.reply()).body == FOUND
            await settled(gateway)
        monkeypatch.setattr(Express, "heard", lost_first)
        await client.send(request("GET", "/studies?PatientID=1", USER))
        last, *_ = await records(gateway, 3)
        assert (ways.way, last.ended, last.status) == ("handed", "client_gone", None)
        await settled(gateway)
        await nothing_is_left(gateway)
