"""Several processes on one port: they count, limit, reload and leave as one, and none that dies is missed."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.lifecycle.process import PROJECT, Gateway, children, is_open
from tests.support.client import Connection, Reply, ask, request
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

LIMITED = """\
version: 1
server: {{host: 127.0.0.1, port: 0, workers: 2}}
admin: {{host: 127.0.0.1, port: 0}}
upstreams: {{pacs: {{url: "{url}", limits: {{in_flight: 8, queue: 128, queue_timeout: 1m}}}}}}
routes: [{{id: all, prefix: /, upstream: pacs, service: opaque}}]
logging: {{identifiers: hash}}
"""
GET = request("GET", "/studies/1.2")


def echo(received: ReceivedRequest, _number: int) -> Said:
    return Said(answer(200, received.target), "keep")


async def metric(gateway: Gateway, name: str, **labels: str) -> float:
    """The sum of all series with these labels."""
    text = (await gateway.ask("GET", "/metrics")).body.decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    found = [one.value for one in samples if one.name == name and labels.items() <= one.labels.items()]
    assert found, name
    return sum(found)


async def until(gateway: Gateway, name: str, value: float, **labels: str) -> None:
    async with asyncio.timeout(15):
        while await metric(gateway, name, **labels) != value:  # noqa: ASYNC110 - processes tell nobody
            await asyncio.sleep(0.02)


def sockets(process: int) -> int:
    """How many this process has open."""
    return sum(os.readlink(each).startswith("socket:") for each in Path(f"/proc/{process}/fd").iterdir())


def is_there(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


@asynccontextmanager
async def clients(gateway: Gateway, number: int, asked: bytes = GET) -> AsyncIterator[list[Connection]]:
    """Each with a request that is out."""
    connections = [await Connection.to(gateway.port) for _ in range(number)]
    try:
        for connection in connections:
            await connection.send(asked)
        yield connections
    finally:
        for connection in connections:
            await connection.close()


async def replies(connections: list[Connection]) -> list[Reply]:
    return [await connection.reply() for connection in connections]


@contextmanager
def stopped(process: int) -> Iterator[None]:
    """A process that does nothing meanwhile, whatever comes."""
    os.kill(process, signal.SIGSTOP)
    yield
    os.kill(process, signal.SIGCONT)


async def test_all_workers_serve_and_count_as_one(tmp_path: Path) -> None:
    async with ScriptedUpstream(echo) as archive, Gateway(tmp_path, archive.url, workers=2) as gateway:
        before = [sockets(worker) for worker in gateway.workers]
        async with clients(gateway, 40) as connections:
            assert {reply.status for reply in await replies(connections)} == {200}
            assert all(now > then for now, then in zip(map(sockets, gateway.workers), before, strict=True))
            assert await metric(gateway, "pacs_gateway_responses_total", code="200") == 40
            assert await metric(gateway, "pacs_gateway_request_duration_seconds_count") == 40
            assert await metric(gateway, "pacs_gateway_request_duration_seconds_bucket", le="+Inf") == 40
        text = (await gateway.ask("GET", "/metrics")).body.decode()
        assert "pid=" not in text
        assert text.count("\npacs_gateway_config_info{") == text.count("\npacs_gateway_build_info{") == 1
        told = json.loads((await gateway.ask("GET", "/-/exchanges?limit=30")).body)["exchanges"]
        assert [one["time"] for one in told] == sorted((one["time"] for one in told), reverse=True)
        assert len({one["id"] for one in told}) == 30
        page = (await gateway.ask("GET", "/")).body.decode()
        assert "<dt>Exchanges</dt><dd>40</dd>" in page
        await gateway.leave()
        assert len({line["id"] for line in gateway.exchanges}) == len(gateway.exchanges) == 40


async def test_the_archive_sees_one_limit(tmp_path: Path) -> None:
    under_way, most, may = 0, 0, asyncio.Semaphore(0)

    async def counting(_received: ReceivedRequest, _number: int) -> Said:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await may.acquire()
        under_way -= 1
        return Said(answer(200, b"found"), "keep")

    async with ScriptedUpstream(counting) as archive:
        gateway = Gateway(tmp_path, archive.url)
        gateway.configure(LIMITED.format(url=archive.url))
        async with gateway, clients(gateway, 60) as connections:
            await archive.has_heard(8)
            assert await metric(gateway, "pacs_gateway_in_flight_limit") == 8
            assert await metric(gateway, "pacs_gateway_in_flight") == 8
            for _ in connections:
                may.release()
            assert {reply.status for reply in await replies(connections)} == {200}
        assert most == 8


async def test_all_workers_hear_what_a_health_check_of_one_finds(tmp_path: Path) -> None:
    """Each has a breaker of its own, which is open here for an hour, unless the archive is found at work."""
    is_down = True

    def script(received: ReceivedRequest, _number: int) -> Said:
        return Said(answer(500 if is_down else 200, received.target), "keep")

    async def answers(gateway: Gateway, status: int) -> None:
        """Until each of so many clients gets this answer, and so those of all workers."""
        async with asyncio.timeout(15):
            while True:
                async with clients(gateway, 20) as connections:
                    if {reply.status for reply in await replies(connections)} == {status}:
                        return

    async with ScriptedUpstream(script) as archive:
        gateway = Gateway(tmp_path, archive.url)
        guards = "breaker: {failures: 1, open: 1h}, health: {path: /health, interval: 100ms}"
        gateway.configure(
            LIMITED.format(url=archive.url).replace("limits: {in_flight", f"{guards}, limits: {{in_flight")
        )
        async with gateway:
            await answers(gateway, 503)
            assert await metric(gateway, "pacs_gateway_breaker_state", state="open") == 1
            is_down = False
            await answers(gateway, 200)
            assert await metric(gateway, "pacs_gateway_breaker_state", state="open") == 0


async def test_a_study_has_one_pseudonym_whoever_served_it(tmp_path: Path) -> None:
    """A key that is drawn at the start is the same for all."""
    async with ScriptedUpstream(echo) as archive:
        gateway = Gateway(tmp_path, archive.url)
        gateway.configure(LIMITED.format(url=archive.url))
        async with gateway:
            reloaded = json.loads((await gateway.ask("POST", "/-/reload")).body)
            assert (reloaded["result"], reloaded["notes"]) == ("reloaded", []), "the key is no change of the file"
            async with clients(gateway, 30) as connections:
                await replies(connections)
            await gateway.leave()
        (hashed,) = {str(line["study"]) for line in gateway.exchanges}
        assert len(hashed) == 16


async def test_who_waits_for_a_worker_that_dies_is_served_by_its_successor(tmp_path: Path) -> None:
    async with ScriptedUpstream(echo) as archive, Gateway(tmp_path, archive.url, workers=2) as gateway:
        async with clients(gateway, 10) as connections:
            await replies(connections)
        await until(gateway, "pacs_gateway_responses_total", 10)
        victim, other = gateway.workers
        os.kill(victim, signal.SIGSTOP)
        async with clients(gateway, 30) as connections:
            os.kill(victim, signal.SIGKILL)
            assert {reply.status for reply in await replies(connections)} == {200}
        await gateway.says(r"worker \d \(process \d+\) ended by SIGKILL and is replaced")
        assert (other in gateway.workers, victim in gateway.workers) == (True, False)
        assert await metric(gateway, "pacs_gateway_responses_total") == 40, (
            "what the dead one had counted stays counted"
        )
        assert await metric(gateway, "pacs_gateway_workers_replaced_total") == 1
        assert await metric(gateway, "pacs_gateway_workers") == 2
        assert (await gateway.ask("GET", "/-/ready")).status == 200
        await gateway.leave()


async def test_a_worker_that_dies_again_and_again_is_replaced_ever_later(tmp_path: Path) -> None:
    async with Gateway(tmp_path, workers=2) as gateway:
        for times in range(1, 4):
            await until(gateway, "pacs_gateway_workers", 2)
            os.kill(gateway.workers[0], signal.SIGKILL)
            await until(gateway, "pacs_gateway_workers_replaced_total", times)
        await until(gateway, "pacs_gateway_workers", 2)
        assert "is replaced in 0." in gateway.log
        await gateway.leave()


async def test_a_successor_goes_by_the_configuration_in_force(tmp_path: Path) -> None:
    async with ScriptedUpstream(lambda _received, _number: Said(answer(502, b"no"), "keep")) as archive:
        gateway = Gateway(tmp_path, archive.url, workers=2)
        async with gateway:
            rule = "rules: [{id: gone, why: It is., when: {status: 502}, then: {status: 410}}]\n"
            gateway.configure(gateway.file.read_text() + rule)
            assert (await gateway.ask("POST", "/-/reload")).status == 200
            gateway.configure("a mistake")
            for worker in gateway.workers:
                os.kill(worker, signal.SIGKILL)
            await until(gateway, "pacs_gateway_workers_replaced_total", 2)
            async with clients(gateway, 20) as connections:
                assert {reply.status for reply in await replies(connections)} == {410}


async def test_a_reload_is_judged_by_the_workers_there_are(tmp_path: Path) -> None:
    async with Gateway(tmp_path, workers=2) as gateway:
        good = gateway.file.read_text()
        gateway.configure(good.replace("workers: 2", "workers: 1").replace("connections: 100", "tunnels: 1"))
        refused = await gateway.ask("POST", "/-/reload")
        assert (refused.status, b"server.limits.tunnels: 1 cannot be shared by 2 workers" in refused.body) == (
            422,
            True,
        )
        assert await metric(gateway, "pacs_gateway_config_last_reload_successful") == 0
        gateway.configure(good.replace("workers: 2", "workers: 3"))
        noted = await gateway.ask("POST", "/-/reload")
        assert b"server.workers changed and takes effect at the next start" in noted.body
        assert await metric(gateway, "pacs_gateway_config_last_reload_successful") == 1


async def test_workers_leave_when_their_supervisor_is_no_more(tmp_path: Path) -> None:
    may = asyncio.Event()

    async def patient(_received: ReceivedRequest, _number: int) -> Said:
        await may.wait()
        return Said(answer(200, b"found"), "keep")

    async with ScriptedUpstream(patient) as archive, Gateway(tmp_path, archive.url, workers=2) as gateway:
        workers = gateway.workers
        async with clients(gateway, 10) as connections:
            await archive.has_heard(10)
            gateway.signal(signal.SIGKILL)
            await gateway.ended()
            await gateway.closed()
            may.set()
            assert {reply.status for reply in await replies(connections)} == {200}
        async with asyncio.timeout(15):
            while any(map(is_there, workers)):  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def test_without_a_nursery_it_ends_and_says_so(tmp_path: Path) -> None:
    """Nobody could be replaced; whoever started it may start it anew."""
    async with Gateway(tmp_path, workers=2) as gateway:
        assert gateway.process is not None
        (nursery,) = children(gateway.process.pid)
        os.kill(nursery, signal.SIGKILL)
        assert await gateway.ended() == 1
        assert "nobody can replace a worker any more" in gateway.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_signals_are_for_the_supervisor(number: signal.Signals, tmp_path: Path) -> None:
    """A terminal sends them to all, and so do some init systems."""
    async with ScriptedUpstream(echo) as archive, Gateway(tmp_path, archive.url, workers=2) as gateway:
        workers = gateway.workers
        for worker in workers:
            os.kill(worker, number)
        async with clients(gateway, 10) as connections:
            assert {reply.status for reply in await replies(connections)} == {200}
        assert gateway.workers == workers
        await gateway.leave()


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_port_of_several_workers_is_taken(workers: int, tmp_path: Path) -> None:
    """Linux would let a second one in beside them, and each would get half of the clients."""
    async with Gateway(tmp_path / "first", workers=2) as first:
        assert await is_open(first.port)
        second = Gateway(tmp_path / "second", workers=workers)
        second.configure(second.file.read_text().replace("port: 0, workers", f"port: {first.port}, workers"))
        told = f"server.port: cannot listen on 127.0.0.1:{first.port}: Address already in use"
        assert refused(second) == f"pacs-gateway: {told}\n"


def test_a_port_that_is_taken_is_told_before_workers_are_born(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        gateway = Gateway(tmp_path, workers=2)
        port = taken.getsockname()[1]
        gateway.configure(gateway.file.read_text().replace("port: 0, workers", f"port: {port}, workers"))
        assert refused(gateway).endswith(f"cannot listen on 127.0.0.1:{port}: Address already in use\n")


def refused(gateway: Gateway) -> str:
    """What it says when it cannot start."""
    command = [sys.executable, "-m", "gateway", "serve", "--config", str(gateway.file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, cwd=PROJECT)
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr


async def test_clients_of_one_address_reach_all_workers(tmp_path: Path) -> None:
    async with ScriptedUpstream(echo) as archive, Gateway(tmp_path, archive.url, workers=2) as gateway:
        for worker in gateway.workers:
            with stopped(worker):
                answered = [asyncio.ensure_future(ask(gateway.port, GET)) for _ in range(20)]
                await asyncio.wait(answered, return_when=asyncio.FIRST_COMPLETED)
            assert {(await reply).status for reply in answered} == {200}
