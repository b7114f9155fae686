"""The breaker over real sockets: what opens it, what it says meanwhile, and how the archive is asked again."""

import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.guard.breaker import BreakerState
from gateway.server import GatewayProcess
from tests.support.client import Connection, Reply, ask, request
from tests.support.guarded import FOUND, Archive, get, guarded, in_line, metric, opened, reload, search, settings, until
from tests.support.running import running
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

QUICK = "breaker: {failures: 3, window: 10s, open: 300ms}"
SLOW = "breaker: {failures: 3, window: 10s, open: 20s}"
LIMITED = "limits: {in_flight: 4, queue: 8, queue_timeout: 5s}\n    "
OPEN, CLOSED, PROBING = BreakerState.OPEN, BreakerState.CLOSED, BreakerState.PROBING

LOGIN = answer(200, b"<html><form><input type=password></form></html>", ("Content-Type", "text/html"))
BUSY = answer(503, b"", ("Retry-After", "3"))
DEFECT = answer(500, b"")
UNKNOWN = answer(404, b"")


def state(gateway: GatewayProcess) -> BreakerState:
    breaker = gateway.runtime.admission.of("pacs").breaker
    assert breaker is not None
    return breaker.state


def saying(raw: bytes) -> Archive:
    return opened(Archive(says=lambda _received: raw))


def is_left_alone(reply: Reply) -> bool:
    return reply.status == 503 and "rule=failure" in reply.value("Proxy-Status") and bool(reply.value("Retry-After"))


async def is_up_again(gateway: GatewayProcess) -> None:
    """A probe every time its moment has come."""
    async with asyncio.timeout(5):
        while state(gateway) is not CLOSED:
            await search(gateway)


WORKS = (UNKNOWN, FOUND, answer(409), answer(429), answer(401, b"", ("WWW-Authenticate", "Basic")))
WORKS_NOT = (DEFECT, BUSY, LOGIN, b"not HTTP\r\n\r\n", b"")


@pytest.mark.parametrize(
    ("raw", "becomes"), [*((raw, CLOSED) for raw in WORKS), *((raw, OPEN) for raw in WORKS_NOT)]
)  # fmt: skip
async def test_what_an_archive_says_shows_whether_it_works(tmp_path: Path, raw: bytes, becomes: BreakerState) -> None:
    async with (
        ScriptedUpstream(lambda _received, _number: Said(raw)) as upstream,
        running(tmp_path, upstream.url, base=settings(SLOW, "packs: [login-pages]\n")) as gateway,
    ):
        for _ in range(3):
            await search(gateway, target="/studies/1.2/metadata")
        assert state(gateway) is becomes


async def test_an_archive_that_refuses_connections_is_left_alone(tmp_path: Path) -> None:
    async with guarded(tmp_path, opened(Archive()), SLOW) as (gateway, upstream):
        await upstream.__aexit__()
        assert [(await search(gateway)).status for _ in range(3)] == [503] * 3
        assert state(gateway) is OPEN


async def test_an_archive_that_does_not_answer_in_time_is_left_alone(tmp_path: Path) -> None:
    archive = Archive()
    async with guarded(tmp_path, archive, SLOW, response="50ms") as (gateway, _):
        assert [(await search(gateway)).status for _ in range(3)] == [503] * 3
        assert state(gateway) is OPEN


async def test_what_clients_do_wrong_says_nothing_about_the_archive(tmp_path: Path) -> None:
    archive = Archive()
    async with guarded(tmp_path, archive, SLOW) as (gateway, upstream):
        for number in range(3):
            await ask(gateway.port, b"GET /studies HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
            leaving = await Connection.to(gateway.port)
            await leaving.send(get())
            await upstream.has_heard(2 * number + 1)
            await leaving.close()
            stopping = await Connection.to(gateway.port)
            head = request("POST", "/studies", ("Content-Type", "multipart/related; boundary=b"), body=b"x" * 100)
            await stopping.send(head[:-50])
            await upstream.has_heard(2 * number + 2)
            await stopping.close()
        await until(lambda: gateway.runtime.admission.gate.under_way == 0)
        assert state(gateway) is CLOSED


async def test_a_few_failures_among_many_answers_are_none_of_its_business(tmp_path: Path) -> None:
    archive = opened(Archive(says=lambda received: DEFECT if b"bad" in received.target else FOUND))
    async with guarded(tmp_path, archive, SLOW) as (gateway, _):
        for _ in range(4):
            for target in ("/studies?limit=1", "/studies?limit=2", "/studies?PatientID=bad"):
                await search(gateway, target=target)
        assert state(gateway) is CLOSED


async def test_a_rule_knows_better_whether_the_archive_works(tmp_path: Path) -> None:
    rules = "rules: [{id: tape, why: It is on tape., when: {status: 500}, then: {status: 503, healthy: true}}]\n"
    async with guarded(tmp_path, saying(DEFECT), SLOW, rules) as (gateway, _):
        assert [(await search(gateway)).status for _ in range(5)] == [503] * 5
        assert state(gateway) is CLOSED


async def test_an_archive_that_is_left_alone_hears_nothing_and_clients_are_told_how_long(tmp_path: Path) -> None:
    async with guarded(tmp_path, saying(BUSY), SLOW) as (gateway, upstream):
        waits = [(await search(gateway)).value("Retry-After") for _ in range(3)]
        assert waits == ["3", "3", "20"], "the answer that opened it says the longer wait"
        replies = [await search(gateway, f"10.0.0.{number}") for number in range(5)]
        assert len(upstream.requests) == 3
        assert all(is_left_alone(reply) for reply in replies)
        assert all(19 <= int(reply.value("Retry-After")) <= 21 for reply in replies)
        assert json.loads(replies[0].body)["status"] == 503
        assert metric(gateway, "held_back_total", reason="breaker_open") == 5
        assert metric(gateway, "breaker_state", state="open") == 1


async def test_one_request_finds_out_that_the_archive_is_back(tmp_path: Path) -> None:
    broken = True
    archive = opened(Archive(says=lambda _received: DEFECT if broken else FOUND))
    async with guarded(tmp_path, archive, QUICK) as (gateway, upstream):
        for _ in range(3):
            await search(gateway)
        broken = False
        await is_up_again(gateway)
        assert len(upstream.requests) == 4
        assert (await search(gateway)).status == 200


async def test_who_comes_while_it_is_probed_waits_for_what_is_found(tmp_path: Path) -> None:
    archive = saying(DEFECT)
    async with guarded(tmp_path, archive, LIMITED + SLOW, response="20s") as (gateway, upstream):
        await comes_back_unheard(gateway, archive)
        probes = await probing(gateway, archive, 5)
        assert (len(upstream.requests), metric(gateway, "queued")) == (4, 4)
        archive.open.set()
        assert {reply.status for reply in await asyncio.gather(*probes)} == {200}
        assert archive.most <= 4


async def test_when_the_probe_fails_all_who_waited_are_told_at_once(tmp_path: Path) -> None:
    archive = saying(DEFECT)
    async with guarded(tmp_path, archive, LIMITED + SLOW, response="20s") as (gateway, upstream):
        for _ in range(3):
            await search(gateway)
        archive.open.clear()
        probes = await probing(gateway, archive, 5)
        archive.open.set()
        replies = await asyncio.gather(*probes)
        assert len(upstream.requests) == 4
        assert sorted(is_left_alone(reply) for reply in replies)[1:] == [True] * 4


async def test_a_probe_whose_client_leaves_makes_room_for_the_next(tmp_path: Path) -> None:
    archive = saying(DEFECT)
    async with guarded(tmp_path, archive, LIMITED + SLOW, response="20s") as (gateway, _):
        await comes_back_unheard(gateway, archive)
        leaving = await probe(gateway, archive)
        waiting = asyncio.create_task(search(gateway))
        await until(lambda: in_line(gateway) == 1)
        await leaving.close()
        await until(lambda: in_line(gateway) == 0)
        assert state(gateway) is PROBING
        archive.open.set()
        assert (await waiting).status == 200
        assert state(gateway) is CLOSED


async def test_a_probe_that_hangs_does_not_keep_the_archive_out_of_service(tmp_path: Path) -> None:
    """It may hang for as long as an answer may take; the archive may be back long before."""
    archive = saying(DEFECT)
    async with guarded(tmp_path, archive, LIMITED + SLOW, response="20s") as (gateway, _):
        await comes_back_unheard(gateway, archive)
        hanging = await probe(gateway, archive)
        archive.open = asyncio.Event()
        archive.open.set()
        time_is_over(gateway)
        assert (await search(gateway)).status == 200
        assert state(gateway) is CLOSED
        await hanging.close()


async def test_an_archive_that_is_left_alone_stays_so_across_a_reload(tmp_path: Path) -> None:
    async with guarded(tmp_path, saying(DEFECT), SLOW) as (gateway, upstream):
        for _ in range(3):
            await search(gateway)
        await reload(gateway, tmp_path, SLOW + "\n    " + LIMITED)
        assert is_left_alone(await search(gateway))
        await reload(gateway, tmp_path, QUICK)
        await search(gateway)
        assert (state(gateway), len(upstream.requests)) == (CLOSED, 4), "what is settled now has not been reached"


async def test_an_archive_that_has_moved_is_asked_afresh(tmp_path: Path) -> None:
    async with guarded(tmp_path, saying(DEFECT), SLOW) as (gateway, _):
        for _ in range(3):
            await search(gateway)
        async with ScriptedUpstream(opened(Archive()).script) as elsewhere:
            await reload(gateway, tmp_path, SLOW, url=elsewhere.url)
            assert (await search(gateway)).status == 200


async def test_in_observe_mode_nobody_is_told_to_stay_away_from_an_archive_that_is_asked_on(tmp_path: Path) -> None:
    async with guarded(tmp_path, opened(Archive()), SLOW, "mode: observe\n") as (gateway, upstream):
        await upstream.__aexit__()
        waits = {(await search(gateway)).value("Retry-After") for _ in range(4)}
        assert state(gateway) is OPEN
        assert "20" not in waits


async def test_an_archive_that_is_killed_under_load_is_back_within_one_time_of_probing(tmp_path: Path) -> None:
    """Not one false success meanwhile, and nobody storms it when it comes back."""
    async with guarded(tmp_path, opened(Archive()), LIMITED + QUICK.replace("300ms", "1s")) as (gateway, first):
        over = asyncio.Event()
        viewers = [asyncio.create_task(looks_on(gateway, over)) for _ in range(8)]
        await first.has_heard(50)
        await first.__aexit__()
        await until(lambda: state(gateway) is OPEN)
        heard_while = []

        def says(_received: ReceivedRequest) -> bytes:
            heard_while.append(state(gateway))
            return FOUND

        back = opened(Archive(says, takes=lambda _present: 0.01))
        async with ScriptedUpstream(back.script, port=first.port) as second:
            await second.has_heard(50)  # which begins within the time for which it is left alone, or raises after 5 s
            assert heard_while[0] is PROBING
            assert set(heard_while[1:]) == {CLOSED}, "nobody but the probe before it had worked"
            over.set()
            seen = [reply for replies in await asyncio.gather(*viewers) for reply in replies]
        assert {reply.status for reply in seen} == {200, 503}
        assert all(reply.value("Retry-After") for reply in seen if reply.status == 503)
        assert {reply.body for reply in seen if reply.status == 200} == {FOUND.partition(b"\r\n\r\n")[2]}
        assert back.most <= 4


async def looks_on(gateway: GatewayProcess, over: asyncio.Event) -> list[Reply]:
    """What a viewer is told that asks again at once, whatever it is told: one of each."""
    connection = await Connection.to(gateway.port, linted=False)
    seen: dict[tuple[int | None, bytes], Reply] = {}
    while not over.is_set():
        await connection.send(get())
        reply = await connection.reply()
        seen[reply.status, reply.body if reply.status == 200 else b""] = reply
        await asyncio.sleep(0.01)
    await connection.close()
    return list(seen.values())


async def test_in_observe_mode_an_archive_that_fails_is_asked_on(tmp_path: Path) -> None:
    async with guarded(tmp_path, saying(BUSY), SLOW, "mode: observe\n") as (gateway, upstream):
        replies = [await search(gateway) for _ in range(6)]
        assert [reply.value("Retry-After") for reply in replies] == ["3"] * 6
        assert len(upstream.requests) == 6
        assert metric(gateway, "would_hold_back_total", reason="breaker_open") == 3
        assert metric(gateway, "held_back_total", reason="breaker_open") == 0


async def comes_back_unheard(gateway: GatewayProcess, archive: Archive) -> None:
    """The archive fails until it is left alone. Then it works again, but lets whoever asks wait until `archive.open`."""
    for _ in range(3):
        await search(gateway)
    archive.says = lambda _received: FOUND
    archive.open.clear()


def time_is_over(gateway: GatewayProcess) -> None:
    """For the breaker, for which the archive would have been left alone for longer than a test may take."""
    breaker = gateway.runtime.admission.of("pacs").breaker
    assert breaker is not None
    settled, breaker.settings = breaker.settings, replace(breaker.settings, open=0.0)
    breaker.tick(time.monotonic())
    breaker.settings = settled


async def probe(gateway: GatewayProcess, archive: Archive) -> Connection:
    """A client whose request is the probe, and is with the archive now."""
    time_is_over(gateway)
    client = await Connection.to(gateway.port)
    await client.send(get())
    await until(lambda: archive.present == 1)
    return client


async def probing(gateway: GatewayProcess, archive: Archive, clients: int) -> list[asyncio.Task[Reply]]:
    """So many clients, the first of which is the probe; the others wait."""
    time_is_over(gateway)
    tasks = [asyncio.create_task(search(gateway))]
    await until(lambda: archive.present == 1)
    tasks += [asyncio.create_task(search(gateway)) for _ in range(clients - 1)]
    await until(lambda: in_line(gateway) == clients - 1)
    return tasks
