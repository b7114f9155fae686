"""Rates that replicas keep in common in a Redis: one budget, and no client that notices when the store is away."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from textwrap import dedent

import pytest

from gateway.config.load import load_text
from gateway.config.settings import Settings
from gateway.dicomweb.classify import classify
from gateway.guard.protection import Asking, Protection
from gateway.proxy.shared_rates import PAUSE, SharedRates
from gateway.server import GatewayProcess
from gateway.telemetry.metrics import Metrics
from tests.support.client import Reply, ask, request
from tests.support.logs import captured_logs
from tests.support.running import BYTES, running
from tests.support.store import PASSWORD, Redis, Wire, url
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

QUESTION = request("GET", "/studies/1/metadata")
UP = "pacs_gateway_shared_state_up"


@pytest.fixture
async def wire(redis: Redis) -> AsyncIterator[Wire]:
    async with Wire(redis.port) as wire:
        yield wire


@pytest.fixture
async def archive() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream(lambda _received, _number: Said(answer(200, b"[]"), "keep")) as archive:
        yield archive


class Replicas(AsyncExitStack):
    """Gateways with the same configuration, as behind one service."""

    def __init__(
        self, folder: Path, archive: ScriptedUpstream, rates: str, store: str | None, timeout: str = "5s"
    ) -> None:
        super().__init__()
        self._folder, self._archive, self._gateways = folder, archive, 0
        shared = f"shared_state: {{url: '{store}', timeout: {timeout}}}\n" if store else ""
        self._more = f"retry_after: {{jitter: 0%}}\n{shared}"
        self._base = BYTES.replace("timeouts:", f"rate: {rates}, timeouts:")

    async def another(self) -> GatewayProcess:
        self._gateways += 1
        folder = self._folder / str(self._gateways)
        folder.mkdir()
        return await self.enter_async_context(running(folder, self._archive.url, self._more, self._base))


async def asked(gateway: GatewayProcess, times: int) -> list[Reply]:
    """All at once."""
    return list(await asyncio.gather(*(ask(gateway.port, QUESTION) for _ in range(times))))


def codes(replies: list[Reply]) -> dict[int | None, int]:
    return dict(Counter(reply.status for reply in replies))


async def is_up(gateway: GatewayProcess) -> str:
    """What the metric says; empty where there is none."""
    page = await ask(gateway.admin_port, request("GET", "/metrics"))
    lines = [line for line in page.body.decode().splitlines() if line.startswith(UP)]
    return lines[0].removeprefix(f"{UP} ") if lines else ""


@pytest.mark.parametrize(("key", "refused"), [("client", 429), ("upstream", 503)])
async def test_two_gateways_with_one_store_keep_one_budget(
    key: str, refused: int, tmp_path: Path, archive: ScriptedUpstream, redis: Redis
) -> None:
    async with Replicas(tmp_path, archive, f"[{{requests: 10, per: 60s, key: {key}}}]", redis.url) as replicas:
        one, other = await replicas.another(), await replicas.another()
        replies = [reply for some in await asyncio.gather(asked(one, 20), asked(other, 20)) for reply in some]
        assert await is_up(one) == await is_up(other) == "1.0"
    assert codes(replies) == {200: 10, refused: 30}
    assert len(archive.requests) == 10
    assert all(reply.value("Retry-After").isdecimal() for reply in replies if reply.status == refused)


async def test_without_the_store_each_keeps_its_own(tmp_path: Path, archive: ScriptedUpstream) -> None:
    async with Replicas(tmp_path, archive, "[{requests: 10, per: 60s}]", None) as replicas:
        one, other = await replicas.another(), await replicas.another()
        replies = [reply for some in await asyncio.gather(asked(one, 20), asked(other, 20)) for reply in some]
        assert await is_up(one) == ""
    assert codes(replies) == {200: 20, 429: 20}


async def test_a_client_that_comes_back_when_it_was_told_is_served_by_the_other_gateway(
    tmp_path: Path, archive: ScriptedUpstream, redis: Redis
) -> None:
    async with Replicas(tmp_path, archive, "[{requests: 3, per: 3s}]", redis.url) as replicas:
        one, other = await replicas.another(), await replicas.another()
        (*_, refused) = [await ask(one.port, QUESTION) for _ in range(4)]
        told = int(refused.value("Retry-After"))
        early = await ask(other.port, QUESTION)
        await asyncio.sleep(told)
        again = await ask(other.port, QUESTION)
    assert (refused.status, early.status, again.status) == (429, 429, 200)
    assert told == 3


@pytest.mark.parametrize("is_shared", [True, False])
async def test_who_is_turned_away_because_the_line_is_full_keeps_the_budget(
    is_shared: bool, tmp_path: Path, redis: Redis
) -> None:
    free = asyncio.Event()

    async def script(_received: ReceivedRequest, _number: int) -> Said:
        await free.wait()
        return Said(answer(200, b"[]"), "keep")

    rates = "[{requests: 3, per: 60s}], limits: {in_flight: 1, queue: 0}"
    async with (
        ScriptedUpstream(script) as archive,
        Replicas(tmp_path, archive, rates, redis.url if is_shared else None) as replicas,
    ):
        gateway = await replicas.another()
        first = asyncio.ensure_future(ask(gateway.port, QUESTION))
        await archive.has_heard(1)
        assert [(await ask(gateway.port, QUESTION)).status for _ in range(10)] == [503] * 10
        free.set()
        await first
        assert [(await ask(gateway.port, QUESTION)).status for _ in range(3)] == [200, 200, 429]


async def test_a_budget_is_asked_for_once_per_request(tmp_path: Path, archive: ScriptedUpstream, redis: Redis) -> None:
    async with Replicas(tmp_path, archive, "[{requests: 100, per: 60s}]", redis.url) as replicas:
        gateway = await replicas.another()
        await ask(gateway.port, QUESTION)  # the first one loads the script
        redis.say("CONFIG RESETSTAT")
        await asked(gateway, 20)
    assert redis.calls("evalsha") == 20
    assert redis.calls("script|load") == 0


class Asked:
    """The rates of one process, without the gateway around them."""

    def __init__(self, store: str) -> None:
        settings = self.settings(store)
        self.metrics = Metrics(settings, 0.0)
        self.shared, self.protection = SharedRates(self.metrics), Protection(settings.upstreams["pacs"].protection)
        self.shared.adopt(settings)

    @staticmethod
    def settings(store: str) -> Settings:
        text = f"""
        version: 1
        upstreams: {{pacs: {{url: http://pacs, rate: [{{requests: 1000, per: 60s}}]}}}}
        shared_state: {{url: '{store}', timeout: 1s}}
        """
        return load_text(dedent(text), "gateway.yaml", {})

    async def times(self, number: int) -> int:
        """How many of so many requests that come together may pass."""
        asking = Asking(classify("GET", "/studies"), "10.0.0.1")
        asked = (self.shared.over_rate("pacs", self.protection, asking) for _ in range(number))
        return (await asyncio.gather(*asked)).count(None)


async def test_a_crowd_that_comes_together_is_no_fault_of_the_store(redis: Redis) -> None:
    """Their requests take longer than the store may, all of them together."""
    rates = Asked(redis.url)
    assert await rates.times(8000) == 1000
    assert f"{UP} 1.0" in rates.metrics.render().decode()
    await rates.shared.close()


async def test_a_crowd_at_the_moment_of_a_reload_leaves_no_connection_behind(redis: Redis, wire: Wire) -> None:
    rates = Asked(wire.url)
    crowd = asyncio.ensure_future(rates.times(500))
    while not wire.open:  # noqa: ASYNC110 - a turn of the loop
        await asyncio.sleep(0)
    rates.shared.adopt(rates.settings(url(redis.port, 3)))
    assert await crowd == 500
    await wire.has_ended()
    await rates.shared.close()


async def test_an_archive_without_rates_has_nothing_to_do_with_the_store(
    tmp_path: Path, archive: ScriptedUpstream, wire: Wire
) -> None:
    more = f"""
    shared_state: {{url: '{wire.url}'}}
    routes: [{{id: free, prefix: /, upstream: free, service: opaque}}]
    """
    base = BYTES.partition("routes:")[0] + f"  free: {{url: '{archive.url}'}}\n"
    base = base.replace("timeouts:", "rate: [{requests: 1}], timeouts:", 1)
    async with running(tmp_path, archive.url, more, base) as gateway:
        assert codes(await asked(gateway, 5)) == {200: 5}
        assert await is_up(gateway) == ""
    assert wire.connections == 0


async def test_without_a_store_at_the_start_the_limits_of_the_process_hold(
    tmp_path: Path, archive: ScriptedUpstream
) -> None:
    async with Wire(0) as nobody:
        port = nobody.port
    with captured_logs() as log:
        async with Replicas(tmp_path, archive, "[{requests: 10, per: 60s}]", url(port)) as replicas:
            gateway = await replicas.another()
            replies = await asked(gateway, 30)
            shown = [await ask(gateway.admin_port, request("GET", page)) for page in ("/metrics", "/-/config")]
            assert await is_up(gateway) == "0.0"
    assert codes(replies) == {200: 10, 429: 20}
    assert log.getvalue().count("shared_state fails (ConnectionError)") == 1
    assert f"redis://127.0.0.1:{port}/0".encode() in shown[1].body
    assert not any(PASSWORD in text for text in (log.getvalue(), *(reply.body.decode() for reply in shown)))


async def test_a_wrong_password_is_not_told_on(tmp_path: Path, archive: ScriptedUpstream, redis: Redis) -> None:
    with captured_logs() as log:
        async with Replicas(
            tmp_path, archive, "[{requests: 1, per: 60s}]", redis.url.replace("34@", "43@")
        ) as replicas:
            assert codes(await asked(await replicas.another(), 3)) == {200: 1, 429: 2}
    assert log.getvalue().count("shared_state fails (AuthenticationError)") == 1
    assert "Sesam" not in log.getvalue()


async def test_a_store_that_dies_and_returns_is_noticed_by_operators_alone(
    tmp_path: Path, archive: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Redis(tmp_path_factory.mktemp("mortal")) as redis, captured_logs() as log:
        async with Replicas(tmp_path, archive, "[{requests: 10, per: 60s}]", redis.url) as replicas:
            one, other = await replicas.another(), await replicas.another()
            before = await asked(one, 5)
            redis.kill()
            meanwhile = await asked(one, 20)
            away = await is_up(one)
            redis.start()
            await asyncio.sleep(PAUSE)
            after = [*await asked(one, 10), *await asked(other, 10)]
            assert (away, await is_up(one), await is_up(other)) == ("0.0", "1.0", "1.0")
    assert codes(before) == {200: 5}
    assert codes(meanwhile) == {200: 10, 429: 10}, "the limit of the process, and no other answer"
    assert codes(after)[429] >= 9, "at most one of them was counted by its process alone"
    assert log.getvalue().count("shared_state fails") == 1
    assert log.getvalue().count("shared_state answers again") == 1


async def test_of_a_store_that_hangs_one_request_in_a_while_waits(
    tmp_path: Path, archive: ScriptedUpstream, wire: Wire
) -> None:
    async with Replicas(tmp_path, archive, "[{requests: 100, per: 60s}]", wire.url, "250ms") as replicas:
        gateway = await replicas.another()
        await ask(gateway.port, QUESTION)
        wire.hold()
        took = [await seconds_of_one(gateway) for _ in range(12)]
        assert await is_up(gateway) == "0.0"
    assert [seconds > 0.2 for seconds in took] == [True] + [False] * 11


async def seconds_of_one(gateway: GatewayProcess) -> float:
    began = time.monotonic()
    assert (await ask(gateway.port, QUESTION)).status == 200
    return time.monotonic() - began


async def test_an_answer_of_the_store_that_comes_late_is_for_nobody(
    tmp_path: Path, archive: ScriptedUpstream, wire: Wire
) -> None:
    """Read as the answer to the next question, a late yes would let somebody in, and a late no keep somebody out."""
    async with Replicas(tmp_path, archive, "[{requests: 5, per: 60s}]", wire.url, "250ms") as replicas:
        gateway = await replicas.another()
        await ask(gateway.port, QUESTION)
        wire.hold()
        await ask(gateway.port, QUESTION)  # the store counts it, and says so when nobody listens any more
        wire.release()
        await asyncio.sleep(PAUSE)
        assert [(await ask(gateway.port, QUESTION)).status for _ in range(5)] == [200, 200, 200, 429, 429]
        assert await is_up(gateway) == "1.0"


async def test_the_connections_end_with_the_gateway(tmp_path: Path, archive: ScriptedUpstream, wire: Wire) -> None:
    async with Replicas(tmp_path, archive, "[{requests: 5}]", wire.url) as replicas:
        await asked(await replicas.another(), 5)
        assert wire.open > 0
    await wire.has_ended()


async def test_a_reload_that_changes_the_store_ends_the_connections_to_the_one_before(
    tmp_path: Path, archive: ScriptedUpstream, wire: Wire, redis: Redis
) -> None:
    async with Replicas(tmp_path, archive, "[{requests: 5, per: 60s}]", wire.url) as replicas:
        gateway = await replicas.another()
        assert codes(await asked(gateway, 5)) == {200: 5}
        file = tmp_path / "1" / "gateway.yaml"
        text = file.read_text().replace("${UPSTREAM}", archive.url)
        file.write_text(text.replace(wire.url, url(redis.port, 3)))
        assert (await gateway.reloader.reload()).ok
        await wire.has_ended()
        assert codes(await asked(gateway, 6)) == {200: 5, 429: 1}, "the other database knows nothing of the first five"
        file.write_text(text.replace("shared_state", "# shared_state"))
        assert (await gateway.reloader.reload()).ok
        await asked(gateway, 1)
        assert await is_up(gateway) == "NaN"
    assert wire.open == 0


async def test_a_store_that_is_the_same_after_a_reload_keeps_its_connections(
    tmp_path: Path, archive: ScriptedUpstream, wire: Wire
) -> None:
    async with Replicas(tmp_path, archive, "[{requests: 5, per: 60s}]", wire.url) as replicas:
        gateway = await replicas.another()
        await ask(gateway.port, QUESTION)
        file = tmp_path / "1" / "gateway.yaml"
        file.write_text(file.read_text().replace("${UPSTREAM}", archive.url) + "mode: enforce\n")
        assert (await gateway.reloader.reload()).ok
        assert codes(await asked(gateway, 6)) == {200: 4, 429: 2}
        assert wire.open == wire.connections > 0
