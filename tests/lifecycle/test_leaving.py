"""What signals do to a gateway under load: what is under way ends, or is cut so that everybody can tell."""

import asyncio
import signal
from pathlib import Path

import pytest

from tests.lifecycle.process import Gateway
from tests.support.client import Connection, request
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

LARGE = bytes(range(256)) * 4096  # a megabyte
GET = request("GET", "/studies/1.2")
POST = request("POST", "/studies", body=LARGE)
HALF = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n" % len(LARGE)
    + LARGE[: len(LARGE) // 2]
)
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n" + LARGE
LEAVE = [signal.SIGTERM, signal.SIGINT]


class Patient:
    """An archive that answers when it may."""

    def __init__(self) -> None:
        self.may = asyncio.Event()

    async def script(self, received: ReceivedRequest, _number: int) -> Said:
        if received.target == b"/quick":
            return Said(answer(200, b"quick"), "keep")
        await self.may.wait()
        return Said(answer(200, LARGE if received.method == "GET" else b"stored"), "keep")


def silent(_received: ReceivedRequest, _number: int) -> Said:
    """An archive that stops in the middle."""
    return Said(HALF, "hold")


@pytest.fixture(params=[1, 2], ids=["one process", "two workers"])
def workers(request: pytest.FixtureRequest) -> int:
    return int(request.param)


async def asking(gateway: Gateway, asked: bytes = GET) -> Connection:
    client = await Connection.to(gateway.port)
    await client.send(asked)
    return client


@pytest.mark.parametrize("number", LEAVE)
async def test_what_is_under_way_ends(number: signal.Signals, workers: int, tmp_path: Path) -> None:
    patient = Patient()
    async with ScriptedUpstream(patient.script) as archive, Gateway(tmp_path, archive.url, workers=workers) as gateway:
        kept = await asking(gateway, request("GET", "/quick"))
        assert (await kept.reply()).value("Connection") == ""
        down = await asking(gateway)
        up = await asking(gateway, POST[:1000])
        await archive.has_heard(3)
        gateway.signal(number)
        await gateway.closed()
        assert (await gateway.ask("GET", "/-/ready")).status == 503
        await kept.send(request("GET", "/quick"))
        last = await kept.reply()
        assert (last.status, last.value("Connection")) == (200, "close")
        await up.send(POST[1000:])
        patient.may.set()
        retrieved, stored = await down.reply(), await up.reply("POST")
        (posted,) = (received for received in archive.requests if received.method == "POST")
        assert (retrieved.body == LARGE, posted.body == LARGE) == (True, True)
        assert [(r.status, r.complete, r.value("Connection")) for r in (retrieved, stored)] == [
            (200, True, "close")
        ] * 2
        for client in (kept, down, up):
            await client.close()
        assert await gateway.ended() == 0
        assert "0 exchanges cut off" in gateway.log
        assert [line["ended"] for line in gateway.exchanges] == ["complete"] * 4


async def test_what_does_not_end_in_time_is_reset(workers: int, tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(silent) as archive,
        Gateway(tmp_path, archive.url, drain="300ms", workers=workers) as gateway,
    ):
        client = await asking(gateway)
        await archive.has_heard(1)
        gateway.signal(signal.SIGTERM)
        reply = await client.reply()
        assert (reply.complete, client.reset) == (False, True)
        assert await gateway.ended() == 0
        assert "1 exchanges cut off" in gateway.log
        (line,) = gateway.exchanges
        assert (line["ended"], line["failure"]) == ("draining", "draining")


async def test_an_end_that_nobody_announced_is_not_made_up(tmp_path: Path) -> None:
    """To a client of HTTP/1.0 a close is the end of the content; so there it must not be a close."""

    def endless(_received: ReceivedRequest, _number: int) -> Said:
        return Said(UNTIL_CLOSE, "hold")

    async with ScriptedUpstream(endless) as archive, Gateway(tmp_path, archive.url, drain="300ms") as gateway:
        client = await asking(gateway, b"GET /studies/1.2 HTTP/1.0\r\n\r\n")
        await archive.has_heard(1)
        gateway.signal(signal.SIGTERM)
        assert not (await client.reply()).complete
        assert client.reset


@pytest.mark.parametrize("second", LEAVE)
async def test_a_second_signal_ends_it_at_once(second: signal.Signals, workers: int, tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(silent) as archive,
        Gateway(tmp_path, archive.url, drain="1h", workers=workers) as gateway,
    ):
        client = await asking(gateway)
        await archive.has_heard(1)
        gateway.signal(signal.SIGTERM)
        await gateway.closed()
        gateway.signal(second)
        assert not (await client.reply()).complete
        assert client.reset
        assert await gateway.ended(5) == 128 + second
        assert "ended by a second signal" in gateway.log
        assert "1 exchanges cut off" in gateway.log


async def test_nothing_is_read_anew_while_leaving(workers: int, tmp_path: Path) -> None:
    async with ScriptedUpstream(silent) as archive, Gateway(tmp_path, archive.url, workers=workers) as gateway:
        client = await asking(gateway)
        await archive.has_heard(1)
        gateway.signal(signal.SIGTERM)
        await gateway.closed()
        gateway.signal(signal.SIGHUP)
        await gateway.says("asked to reload, but the gateway is shutting down")
        refused = await gateway.ask("POST", "/-/reload")
        assert (refused.status, b"shutting down" in refused.body) == (422, True)
        await client.close()
        assert await gateway.ended() == 0


async def test_a_silent_client_does_not_hold_it(tmp_path: Path) -> None:
    async with Gateway(tmp_path, drain="1h") as gateway:
        client = await Connection.to(gateway.port)
        gateway.signal(signal.SIGTERM)
        assert await client.is_closed(10)
        assert not client.reset
        await client.close()
        assert await gateway.ended() == 0


async def test_a_client_whose_connection_was_being_made_is_served(tmp_path: Path) -> None:
    """The kernel connects clients before the gateway knows of them: a stopped one has a queue of them."""
    patient = Patient()
    async with ScriptedUpstream(patient.script) as archive, Gateway(tmp_path, archive.url) as gateway:
        gateway.signal(signal.SIGSTOP)
        clients = [await asking(gateway, request("GET", "/quick")) for _ in range(50)]
        gateway.signal(signal.SIGTERM)
        gateway.signal(signal.SIGCONT)
        replies = [await client.reply() for client in clients]
        assert {(reply.status, reply.body) for reply in replies} == {(200, b"quick")}
        for client in clients:
            await client.close()
        assert await gateway.ended() == 0
