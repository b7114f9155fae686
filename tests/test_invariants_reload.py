"""A generation is whole: a reload swaps everything at once, and loses nothing that is under way."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bench.policies import rules
from gateway.server import GatewayProcess
from tests.support.client import Connection, Reply, ask, request
from tests.support.running import SHORT
from tests.support.stage import CALM, stage
from tests.support.upstream import ReceivedRequest, Said, answer

GENERATIONS = {"a": "404", "b": "410"}
RULE = """\
rules:
  - id: rule-NAME
    why: It tells two generations apart in three places.
    when: {status: 502}
    then: {status: STATUS, headers: {set: {X-Generation: NAME}}}
"""
BROKEN = Said(answer(502, b"{}", ("Content-Type", "application/json")), "keep")


def generation(name: str) -> str:
    return CALM + RULE.replace("NAME", name).replace("STATUS", GENERATIONS[name])


async def reload_to(name: str, folder: Path, gateway: GatewayProcess) -> None:
    (folder / "gateway.yaml").write_text(SHORT + generation(name))
    result = await gateway.reloader.reload()
    assert result.ok, result.findings


async def traffic(port: int, stop: asyncio.Event) -> AsyncIterator[Reply]:
    client = await Connection.to(port)
    try:
        while not stop.is_set():
            await client.send(request("GET", "/studies/1.2"))
            yield await client.reply()
    finally:
        await client.close()


async def test_a_generation_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reloads under traffic: every reply is of one generation in all its parts, and no request is lost."""
    replies: list[Reply] = []
    stop = asyncio.Event()

    async def listen(port: int) -> None:
        replies.extend([reply async for reply in traffic(port, stop)])

    async with stage(tmp_path, lambda _received, _number: BROKEN, generation("a")) as (archive, gateway):
        monkeypatch.setenv("UPSTREAM", archive.url)
        async with asyncio.TaskGroup() as group:
            for _ in range(6):
                group.create_task(listen(gateway.port))
            for number in range(12):
                await reload_to("ba"[number % 2], tmp_path, gateway)
                replies.append(await ask(gateway.port, request("GET", "/studies/1.2")))
                assert replies[-1].value("X-Generation") == "ba"[number % 2]
            stop.set()
        replies.append(await ask(gateway.port, request("GET", "/studies/1.2")))
        assert len(archive.requests) == len(replies)
    for reply in replies:
        name = reply.value("X-Generation")
        assert (str(reply.status), reply.complete) == (GENERATIONS[name], True)
        assert f"rule=rule-{name}" in reply.value("Proxy-Status")
    assert {reply.value("X-Generation") for reply in replies} == {"a", "b"}
    assert replies[-1].value("X-Generation") == "a"


async def test_an_exchange_ends_on_the_generation_it_began_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(_received: ReceivedRequest, _number: int) -> Said:
        reached.set()
        await go_on.wait()
        return BROKEN

    async with stage(tmp_path, slowly, generation("a")) as (archive, gateway):
        monkeypatch.setenv("UPSTREAM", archive.url)
        slow = asyncio.create_task(ask(gateway.port, request("GET", "/studies/1.2")))
        await reached.wait()
        await reload_to("b", tmp_path, gateway)
        go_on.set()
        assert (await slow).value("X-Generation") == "a"
        assert (await ask(gateway.port, request("GET", "/studies/1.2"))).value("X-Generation") == "b"


async def test_reloads_at_the_same_time_come_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each reads the file in slices, between which the others are asked for; the last word is the file's."""
    async with stage(tmp_path, lambda _received, _number: BROKEN, generation("a")) as (archive, gateway):
        monkeypatch.setenv("UPSTREAM", archive.url)
        (tmp_path / "gateway.yaml").write_text(SHORT + generation("b"))
        results = await asyncio.gather(*(gateway.reloader.reload() for _ in range(4)))
        assert {(result.ok, result.digest) for result in results} == {(True, gateway.runtime.settings.digest)}
        assert (await ask(gateway.port, request("GET", "/studies/1.2"))).value("X-Generation") == "b"


async def test_a_reload_that_is_given_up_changes_nothing_and_bars_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asked for it through the admin port may hang up meanwhile. A thousand rules take many slices."""
    async with stage(tmp_path, lambda _received, _number: BROKEN, generation("a")) as (archive, gateway):
        monkeypatch.setenv("UPSTREAM", archive.url)
        file, before = tmp_path / "gateway.yaml", gateway.runtime.settings
        file.write_text(SHORT + CALM + rules(1000))
        given_up = asyncio.create_task(gateway.reloader.reload())
        await asyncio.sleep(0)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        assert gateway.runtime.settings is before
        await reload_to("b", tmp_path, gateway)
        assert (await ask(gateway.port, request("GET", "/studies/1.2"))).value("X-Generation") == "b"
