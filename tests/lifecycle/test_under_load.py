"""Restarts and reloads under load lose no request: each is answered, and a store that was acknowledged happened once.

The clients do what a load balancer does: a refused connection is tried again elsewhere, and nothing else is.
"""

import asyncio
import itertools
import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.lifecycle.process import CONFIGURATION, Gateway
from tests.support.client import Connection, Reply, request
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

ROUNDS, CLIENTS = 4, 8
RULE = """\
rules:
  - id: rule-{name}
    why: It tells two generations apart.
    when: {{status: 502}}
    then: {{status: {status}, headers: {{set: {{X-Generation: {name}}}}}}}
"""


def echo(received: ReceivedRequest, _number: int) -> Said:
    """Each answer names its request."""
    return Said(answer(200, received.target), "keep")


class Balancer:
    """Knows the ports that are open, the newest last, and keeps count."""

    def __init__(self, *ports: int) -> None:
        self.ports = list(ports)
        self.over = asyncio.Event()
        self.replies: list[tuple[str, Reply]] = []
        self._numbers = itertools.count()

    async def connection(self) -> Connection:
        for port in reversed(self.ports):
            try:
                return await Connection.to(port)
            except ConnectionRefusedError:
                continue
        raise AssertionError("no gateway is open")

    def sends(self, group: asyncio.TaskGroup) -> None:
        """All clients, until it is over; every second one keeps its connection."""
        for one in range(CLIENTS):
            group.create_task(self.client(keeps=one % 2 == 0))

    async def client(self, *, keeps: bool) -> None:
        """Requests one after the other, until it is over; every second one is a store."""
        connection: Connection | None = None
        while not self.over.is_set():
            number = next(self._numbers)
            target, method = f"/studies/{number}", "POST" if number % 2 else "GET"
            connection = connection or await self.connection()
            await connection.send(request(method, target, body=b"content" * 999 if number % 2 else b""))
            reply = await connection.reply(method)
            self.replies.append((target, reply))
            if not keeps or reply.value("Connection") == "close":
                await connection.close()
                connection = None
        if connection is not None:
            await connection.close()

    def failures(self) -> list[tuple[str, int | None, bool]]:
        return [
            (target, reply.status, reply.complete)
            for target, reply in self.replies
            if (reply.status, reply.complete, reply.body) != (200, True, target.encode())
        ]

    async def more(self, many: int = 100) -> None:
        """Until so many requests more have been answered."""
        wanted = len(self.replies) + many
        async with asyncio.timeout(20):
            while len(self.replies) < wanted:  # noqa: ASYNC110 - clients tell nobody
                await asyncio.sleep(0.01)


async def replaced(
    another: Callable[[int], Awaitable[Gateway]], rounds: int, *, out_first: bool
) -> tuple[Balancer, list[Gateway]]:
    """Each gateway by the next, so many times, under load. Where the old one is not out of the balancer first, clients go
    there until it refuses them."""
    gateways = [await another(0)]
    balancer = Balancer(gateways[0].port)
    async with asyncio.TaskGroup() as group:
        balancer.sends(group)
        for number in range(1, rounds + 1):
            await balancer.more()
            old, new = gateways[-1], await another(number)
            gateways.append(new)
            balancer.ports = [new.port] if out_first else [new.port, old.port]
            if out_first:  # or a client may be reset in the moment in which the port closes
                await balancer.more()
            await old.leave()
            balancer.ports = [new.port]
        balancer.over.set()
    await gateways[-1].leave()
    return balancer, gateways


class Unprivileged(Gateway):
    """As in a container: some kernels then refuse the filter that keeps clients out of a port that closes, so it is taken out
    of the balancer first (docs/container.md)."""

    @property
    def command(self) -> str:
        drop = "setpriv --bounding-set=-all --inh-caps=-all" if os.geteuid() == 0 else ""
        return super().command.replace("exec", f"exec {drop}", 1)


@pytest.fixture(params=[1, 2], ids=["one process", "two workers"])
def workers(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.mark.parametrize("kind", [Gateway, Unprivileged])
async def test_a_rolling_restart_loses_nothing(kind: type[Gateway], workers: int, tmp_path: Path) -> None:
    async with ScriptedUpstream(echo) as archive, AsyncExitStack() as stack:

        async def another(number: int) -> Gateway:
            made = kind(tmp_path / str(number), archive.url, workers=workers)
            return await stack.enter_async_context(made)

        balancer, gateways = await replaced(another, ROUNDS, out_first=kind is Unprivileged)
    assert balancer.failures() == []
    assert Counter(received.target.decode() for received in archive.requests) == Counter(
        target for target, _ in balancer.replies
    )
    assert sum(len(gateway.exchanges) for gateway in gateways) == len(balancer.replies)


async def test_reloads_lose_nothing(workers: int, tmp_path: Path) -> None:
    """By signal and by the admin port, two configurations that differ in two places, and one with a mistake."""

    def broken(_received: ReceivedRequest, _number: int) -> Said:
        return Said(answer(502, b"no"), "keep")

    async with ScriptedUpstream(broken) as archive, Gateway(tmp_path, archive.url, workers=workers) as gateway:
        base = CONFIGURATION.format(url=archive.url, drain="10s", workers=workers)
        files = {
            "a": base + RULE.format(name="a", status=404),
            "b": base + RULE.format(name="b", status=410),
            "mistake": base + RULE.format(name="b", status="many"),
        }
        balancer = Balancer(gateway.port)
        async with asyncio.TaskGroup() as group:
            gateway.configure(files["a"])
            assert (await gateway.ask("POST", "/-/reload")).status == 200
            balancer.sends(group)
            for turn in range(ROUNDS * 3):
                name = ("b", "mistake", "a")[turn % 3]
                gateway.configure(files[name])
                if turn % 2:
                    gateway.signal(signal.SIGHUP)
                else:
                    expected = 422 if name == "mistake" else 200
                    assert (await gateway.ask("POST", "/-/reload")).status == expected
                await balancer.more(30)
            balancer.over.set()
        await gateway.leave()
    told = Counter((reply.status, reply.value("X-Generation"), reply.complete) for _, reply in balancer.replies)
    assert set(told) == {(404, "a", True), (410, "b", True)}
    assert len(archive.requests) == len(balancer.replies) == len(gateway.exchanges)
