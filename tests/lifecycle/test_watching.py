"""A file that changes under a running gateway takes effect by itself: as one process and as several, and under load."""

import asyncio
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lifecycle.process import CONFIGURATION, Gateway
from tests.lifecycle.test_under_load import RULE, Balancer
from tests.support.client import ask, request
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer
from tests.support.writers import Writer, in_place, kubelet, renamed

STATUSES = {"a": 404, "b": 410}
BY_ITSELF = r"reloaded [^ ]+ \(the file changed\)"


def broken(_received: ReceivedRequest, _number: int) -> Said:
    return Said(answer(502, b"no"), "keep")


def generations(url: str, workers: int = 1) -> Callable[[str], str]:
    """A configuration for each name, of which every answer tells it in two places."""
    base = CONFIGURATION.format(url=url, drain="10s", workers=workers)
    return lambda name: base + RULE.format(name=name, status=STATUSES.get(name, "many"))


async def says_times(gateway: Gateway, pattern: str, times: int) -> None:
    await gateway.says(rf"(?s)({pattern}.*){{{times}}}")


@pytest.mark.parametrize(("write", "workers"), [(in_place, 1), (kubelet, 2)])
async def test_a_change_is_in_force_within_seconds(write: Writer, workers: int, tmp_path: Path) -> None:
    async with ScriptedUpstream(broken) as archive:
        gateway, text = Gateway(tmp_path / "house", archive.url, workers=workers), generations(archive.url, workers)
        gateway.configure(text("a"))
        async with gateway:
            assert (await ask(gateway.port, request("GET", "/"))).status == STATUSES["a"]
            async with asyncio.timeout(5):
                write(gateway.file, text("b"))
                await gateway.says(BY_ITSELF)
            assert (await ask(gateway.port, request("GET", "/"))).status == STATUSES["b"]
            assert "change: rules: + rule-b" in gateway.log
            await gateway.leave()


async def test_changes_under_load_lose_nothing_and_mix_nothing(tmp_path: Path) -> None:
    """As a ConfigMap whose versions follow one another, one of them with a mistake."""
    async with ScriptedUpstream(broken) as archive:
        gateway, text = Gateway(tmp_path / "house", archive.url, workers=2), generations(archive.url, workers=2)
        kubelet(gateway.file, text("a"))
        async with gateway, asyncio.TaskGroup() as group:
            balancer = Balancer(gateway.port)
            balancer.sends(group)
            for turn, name in enumerate(("b", "mistake", "a")):
                await balancer.more(30)
                kubelet(gateway.file, text(name))
                await says_times(gateway, "reload(ed [^ ]+| refused) [(]the file changed", turn + 1)
            await balancer.more(30)
            balancer.over.set()
    told = {(reply.status, reply.value("X-Generation"), reply.complete) for _, reply in balancer.replies}
    assert told == {(404, "a", True), (410, "b", True)}
    assert balancer.replies[-1][1].value("X-Generation") == "a"
    assert len(archive.requests) == len(balancer.replies)


async def test_without_watching_a_file_waits_until_somebody_asks(tmp_path: Path) -> None:
    """Beside another one that watches a file of its own, which is written later and read sooner."""
    async with ScriptedUpstream(broken) as archive:
        text = generations(archive.url)
        asked, watching = Gateway(tmp_path / "asked", archive.url, options="--no-watch"), Gateway(tmp_path / "watching")
        for gateway in (asked, watching):
            in_place(gateway.file, text("a"))
        async with asked, watching:
            for gateway in (asked, watching):
                renamed(gateway.file, text("b"))
            await watching.says(BY_ITSELF)
            assert "reloaded" not in asked.log
            assert (await ask(asked.port, request("GET", "/"))).status == STATUSES["a"]
            asked.signal(signal.SIGHUP)
            await asked.says(r"reloaded [^ ]+ \(SIGHUP\)")
            assert (await ask(asked.port, request("GET", "/"))).status == STATUSES["b"]


async def test_each_reload_says_who_asked_and_what_changed(tmp_path: Path) -> None:
    """Also in the answer to who asked at the admin port; and nothing is read twice."""
    async with ScriptedUpstream(broken) as archive, Gateway(tmp_path, archive.url) as gateway:
        text = generations(archive.url)
        gateway.configure(text("a"))
        told = (await gateway.ask("POST", "/-/reload")).body
        assert b'"rules: + rule-a"' in told
        gateway.configure(text("mistake"))
        gateway.signal(signal.SIGHUP)
        await gateway.says(r"reload refused \(SIGHUP\), the old configuration stays in force: ")
        metrics = (await gateway.ask("GET", "/metrics")).body
        assert b"\npacs_gateway_config_last_reload_successful 0.0\n" in metrics
        gateway.configure(text("b"))
        await gateway.says(BY_ITSELF)
        metrics = (await gateway.ask("GET", "/metrics")).body
        assert b"\npacs_gateway_config_last_reload_successful 1.0\n" in metrics
        await gateway.leave()
        said = re.findall(r"reloaded [^ ]+ \(([^)]+)\)|change: (rules[^\"\n]+)", gateway.log)
    assert [who or what for who, what in said] == [
        "POST /-/reload",
        "rules: + rule-a",
        "the file changed",
        "rules: - rule-a",
        "rules: + rule-b",
    ]
