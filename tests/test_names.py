"""Names and the addresses behind them: a name server that does not answer holds up nobody, and does not move an archive."""

import asyncio
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway import names
from gateway.names import Address, Names
from gateway.server import GatewayProcess
from tests.support.client import ask, request
from tests.support.ports import free_port
from tests.support.running import running
from tests.support.upstream import Said, ScriptedUpstream, answer

HERE, THERE = Address(socket.AF_INET, "127.0.0.1"), Address(socket.AF_INET6, "::1")
NO_SUCH_NAME = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
NO_ANSWER = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


class Servers:
    """Name servers that say what they are told to, to whom they answer."""

    def __init__(self, says: Sequence[Address] | OSError = (HERE,)) -> None:
        self.says, self.asked = says, 0
        self.answer = threading.Event()
        self.answer.set()

    def look_up(self, _host: str) -> Sequence[Address]:
        self.asked += 1
        self.answer.wait(20)
        if isinstance(self.says, OSError):
            raise self.says
        return self.says


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "FRESH", 0.0)
    monkeypatch.setattr(names, "PATIENCE", 0.05)


async def found(known: Names, host: str) -> tuple[Address, ...]:
    await known.find(host)
    return known.addresses(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_figures_are_their_own_address(host: str) -> None:
    servers = Servers()
    assert await found(Names(servers.look_up), host) == (HERE if host == HERE.host else THERE,)
    assert servers.asked == 0


async def test_the_system_is_asked_for_names() -> None:
    assert HERE in await found(Names(), "localhost")
    with pytest.raises(socket.gaierror):
        await found(Names(), f"{'a' * 64}.invalid")


async def test_an_answer_serves_for_a_while_and_each_address_in_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "FRESH", 60.0)
    servers = Servers((HERE, THERE))
    known = Names(servers.look_up)
    assert [await found(known, "pacs") for _ in range(3)] == [(HERE, THERE), (THERE, HERE), (HERE, THERE)]
    assert servers.asked == 1


async def test_those_who_ask_together_ask_once() -> None:
    servers = Servers()
    servers.answer.clear()
    known = Names(servers.look_up)
    asking = [asyncio.ensure_future(found(known, "pacs")) for _ in range(5)]
    await asyncio.sleep(0)
    asking.pop().cancel()  # who leaves takes nothing from the others
    servers.answer.set()
    assert await asyncio.gather(*asking) == [(HERE,)] * 4
    assert servers.asked == 1


@pytest.mark.parametrize("silent", [True, False], ids=["silence", "no answer"])
async def test_where_none_answers_the_last_addresses_serve_on(silent: bool, caplog: pytest.LogCaptureFixture) -> None:
    servers = Servers()
    known = Names(servers.look_up)
    await found(known, "pacs")
    if silent:
        servers.answer.clear()
    servers.says = NO_ANSWER
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert await found(known, "pacs") == (HERE,)
    assert servers.asked == 2, "for a while nobody asks again"
    assert [record.getMessage() for record in caplog.records] == [
        "no name server answers for pacs: its address of 0 s ago is used"
    ]
    servers.answer.set()


async def test_an_answer_that_comes_late_counts(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "FRESH", 0.01)
    servers = Servers()
    known = Names(servers.look_up)
    await found(known, "pacs")
    await asyncio.sleep(0.02)
    servers.answer.clear()
    servers.says = (THERE,)
    assert await found(known, "pacs") == (HERE,)
    caplog.set_level(logging.WARNING)
    servers.answer.set()
    async with asyncio.timeout(5):
        while await found(known, "pacs") != (THERE,):  # noqa: ASYNC110 - it comes from a thread
            await asyncio.sleep(0)
    assert "the name servers answer for pacs again" in caplog.text


async def test_a_name_that_is_gone_is_gone() -> None:
    servers = Servers()
    known = Names(servers.look_up)
    await found(known, "pacs")
    servers.says = NO_SUCH_NAME
    with pytest.raises(socket.gaierror):
        await found(known, "pacs")
    servers.says = NO_ANSWER
    with pytest.raises(socket.gaierror):
        await found(known, "pacs")


async def test_nothing_serves_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    servers = Servers()
    known = Names(servers.look_up)
    await found(known, "pacs")
    monkeypatch.setattr(names, "STALE", 0.0)
    servers.says = NO_ANSWER
    with pytest.raises(socket.gaierror):
        await found(known, "pacs")


# ---- in front of archives ------------------------------------------------------------------------------------------

BASE = """\
version: 1
server: {host: 127.0.0.1, port: 0, drain: 2s}
admin: {host: 127.0.0.1, port: 0}
upstreams:
  pacs: {url: "${UPSTREAM}", timeouts: {connect: 300ms}}
  lost: {url: "http://lost:8042", timeouts: {connect: 300ms}}
  gone: {url: "http://gone:8042", timeouts: {connect: 300ms}}
routes:
  - {id: pacs, prefix: /pacs, upstream: pacs}
  - {id: lost, prefix: /lost, upstream: lost}
  - {id: gone, prefix: /gone, upstream: gone}
"""


@asynccontextmanager
async def house(folder: Path, servers: Servers, archive: ScriptedUpstream) -> AsyncIterator[GatewayProcess]:
    def look_up(host: str) -> Sequence[Address]:
        if host == "gone":
            raise NO_SUCH_NAME
        return servers.look_up(host) if host == "lost" else [HERE]

    async with running(folder, f"http://archive:{archive.port}", base=BASE) as gateway:
        gateway.runtime.names._look_up = look_up
        yield gateway


async def test_an_archive_whose_name_nobody_knows_takes_no_time_from_the_others(tmp_path: Path) -> None:
    """More of them at once than a loop has threads for it."""
    servers = Servers()
    servers.answer.clear()
    async with (
        ScriptedUpstream(lambda _received, _number: Said(answer(404), "keep")) as archive,
        house(tmp_path, servers, archive) as gateway,
    ):
        lost = [asyncio.ensure_future(ask(gateway.port, request("GET", "/lost/studies/1"))) for _ in range(8)]
        assert (await ask(gateway.port, request("GET", "/pacs/studies/1"))).status == 404
        assert not any(one.done() for one in lost)
        for reply in await asyncio.gather(*lost):
            assert (reply.status, bool(reply.value("Retry-After"))) == (503, True)
            assert "error=dns_timeout" in reply.value("Proxy-Status")
        reply = await ask(gateway.port, request("GET", "/gone/studies/1"))
        assert (reply.status, "error=dns_error" in reply.value("Proxy-Status")) == (503, True)
        servers.answer.set()


async def test_connections_go_to_each_address_in_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    met: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        met.append(writer.get_extra_info("sockname")[0])
        writer.write(answer(404, b"", ("Connection", "close")))
        writer.close()

    port, both = free_port(), (HERE, Address(socket.AF_INET, "127.0.0.2"))
    server = await asyncio.start_server(serve, [address.host for address in both], port)
    async with running(tmp_path, f"http://archive:{port}", base=BASE) as gateway:
        gateway.runtime.names._look_up = Servers(both).look_up
        monkeypatch.setattr(names, "FRESH", 60.0)
        for _ in range(4):
            assert (await ask(gateway.port, request("GET", "/pacs/studies/1"))).status == 404
    server.close()
    assert met == ["127.0.0.1", "127.0.0.2"] * 2


async def test_a_reload_does_not_forget_where_archives_are(tmp_path: Path) -> None:
    servers = Servers()
    async with (
        ScriptedUpstream(lambda _received, _number: Said(answer(404), "keep")) as archive,
        house(tmp_path, servers, archive) as gateway,
    ):
        gateway.runtime.names._look_up = servers.look_up
        for says in ((HERE,), NO_ANSWER):
            servers.says = says
            assert (await ask(gateway.port, request("GET", "/pacs/studies/1"))).status == 404
            file = tmp_path / "gateway.yaml"
            file.write_text(file.read_text().replace("${UPSTREAM}", f"http://archive:{archive.port}") + "\n# again\n")
            assert (await gateway.reloader.reload()).ok


SILENCE = """\
import asyncio, sys, threading
import uvloop
from gateway.names import Names

async def main() -> None:
    try:
        async with asyncio.timeout(0.1):
            await Names(lambda host: threading.Event().wait(60)).find("pacs")
    except TimeoutError:
        print("left")

factory = uvloop.new_event_loop if sys.argv[1] == "uvloop" else asyncio.new_event_loop
with asyncio.Runner(loop_factory=factory) as runner:
    runner.run(main())
"""


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_a_process_does_not_wait_for_a_name_server_at_its_end(loop: str) -> None:
    began = time.monotonic()
    ended = subprocess.run([sys.executable, "-c", SILENCE, loop], capture_output=True, text=True, timeout=30)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "left\n", "")
    assert time.monotonic() - began < 20
