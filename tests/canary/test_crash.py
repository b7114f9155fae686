"""A defect of the gateway itself, and asyncio at its most talkative: neither repeats what it worked on."""

import asyncio
import gc
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.core.facts import Outcome, RequestFacts, Response
from gateway.core.rule import Rule, Then
from gateway.server import GatewayProcess
from tests.canary.script import ANSWERS, UNSOUND, script, sound
from tests.canary.search import EVERYTHING, NAME, sightings
from tests.support.client import Connection, ask
from tests.support.logs import captured_logs
from tests.support.running import running
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer


@dataclass(frozen=True)
class Defect:
    """A condition that fails, with everything it knows in its words; of reports of the gateway too, if told so."""

    everywhere: bool
    word: str = "defect"
    needs_content: bool = False
    is_keyed: bool = False

    def holds(self, request: RequestFacts, outcome: Outcome) -> bool:
        if self.everywhere or isinstance(outcome, Response):
            raise ValueError(f"{request.target} {request.fields} {outcome}")
        return False


def break_it(gateway: GatewayProcess, everywhere: bool) -> None:
    generation = gateway.runtime.generation
    defect = Rule("defect", "A mistake of ours.", (Defect(everywhere),), Then(status=404))
    generation.policy = replace(generation.policy, rules=(defect,))


@asynccontextmanager
async def everything_it_says(
    archive: ScriptedUpstream, folder: Path
) -> AsyncIterator[tuple[GatewayProcess, io.StringIO]]:
    with captured_logs() as stream:
        async with archive, running(folder, archive.url) as gateway:
            yield gateway, stream


async def test_a_defect_is_an_honest_500_without_words(tmp_path: Path) -> None:
    async with everything_it_says(ScriptedUpstream(script), tmp_path) as (gateway, log):
        break_it(gateway, everywhere=False)
        replies = [await ask(gateway.port, asked) for asked in sound(0)]
    assert {reply.status for reply in replies} == {500}
    assert b"proxy_internal_error" in replies[0].head
    assert log.getvalue().count("an exchange failed: ValueError at ") == len(replies)
    assert sightings(log.getvalue().encode() + b"".join(reply.head + reply.body for reply in replies)) == []


async def test_a_defect_in_the_report_of_a_defect_ends_the_connection_without_words(tmp_path: Path) -> None:
    """Nothing sensible can be sent any more. What aiohttp would say about it quotes the exception."""
    async with everything_it_says(ScriptedUpstream(script), tmp_path) as (gateway, log):
        break_it(gateway, everywhere=True)
        replies = [await ask(gateway.port, asked) for asked in (*sound(0), *UNSOUND)]
    assert {(reply.status, reply.head) for reply in replies} == {(None, b"")}
    assert log.getvalue().count("connection handler failed: ValueError") == len(replies)
    assert sightings(log.getvalue().encode()) == []


def make_talkative() -> None:
    """asyncio's debug mode: every step of the loop counts as slow, and is told with the repr of what it did."""
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 0.0


async def test_the_loop_in_debug_mode_repeats_nothing(tmp_path: Path) -> None:
    async with everything_it_says(ScriptedUpstream(script), tmp_path) as (gateway, log):
        make_talkative()
        asyncio.get_running_loop().call_soon(str.lower, NAME)  # such a step is told with its arguments
        for number in range(len(ANSWERS)):
            await ask(gateway.port, sound(number)[0])
        for asked in UNSOUND:
            await ask(gateway.port, asked)
    assert log.getvalue().count('"logger": "asyncio"') > len(ANSWERS)
    assert sightings(log.getvalue().encode()) == []


async def test_a_task_that_nobody_awaited_is_told_by_its_error_alone(tmp_path: Path) -> None:
    async def fails() -> None:
        raise ValueError(f"{NAME} of {EVERYTHING}")

    async with everything_it_says(ScriptedUpstream(script), tmp_path) as (_gateway, log):
        task = asyncio.ensure_future(fails())
        await asyncio.wait([task])
        del task
        gc.collect()
    assert "Something failed in the event loop: ValueError at canary/test_crash.py:" in log.getvalue()
    assert sightings(log.getvalue().encode()) == []


async def test_a_shutdown_under_the_eyes_of_a_talkative_loop(tmp_path: Path) -> None:
    def half(_received: ReceivedRequest, _number: int) -> Said:
        return Said(answer(200, NAME.encode() * 10_000)[:50_000], "stall")

    archive = ScriptedUpstream(half)
    async with everything_it_says(archive, tmp_path) as (gateway, log):
        make_talkative()
        client = await Connection.to(gateway.port)
        await client.send(sound(0)[0])
        await archive.has_heard(1)
        await gateway.drain()
    await client.close()
    assert log.getvalue()
    assert sightings(log.getvalue().encode()) == []
