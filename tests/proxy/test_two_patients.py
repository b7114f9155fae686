"""Two users, one gateway, one archive that answers each of them rightly and then says something of the other's besides: at
once, later, in halves, behind an end. Whatever it does, nobody sees what is not theirs.

The single ways are told apart in test_idle_connections.py; here they come in any order, with both users at it at once: on
the usual way, and on the short one (`proxy/express`), where the other's answer looks just like their own.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gateway.proxy.express import Express
from tests.support.client import Connection, Reply, request
from tests.support.running import BYTES, SHORT, rested, running
from tests.support.upstream import ReceivedRequest, answer

OTHER = {"amsel": "bussard", "bussard": "amsel"}
WHILE = 0.15  # seconds that a connection has idled

# What follows a right answer: bytes in the same packet, in one of their own, and after a while. `@` is a whole answer with
# the other's content.
MISDEEDS: dict[str, tuple[str, str, str]] = {
    "none": ("", "", ""),
    "second answer in the same packet": ("@", "", ""),
    "second answer at once": ("", "@", ""),
    "second answer later": ("", "", "@"),
    "408 before the end": ("", "", "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
    "more than was announced": ("more", "", ""),
    "more than was announced, later": ("", "", "more"),
    "half a head": ("", "HTTP/1.1 200 OK\r\nX-Patient: ", ""),
    "half a head later": ("", "", "HTTP/1.1 200 OK\r\nX-Patient: "),
    "second answer in halves": ("HTTP/1.1 200 OK\r\nContent-Le", "", "ngth: 5\r\n\r\nother"),
    "head now, content later": ("", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "other"),
}
# How a request is asked and answered: the method, a line of the request, the status, whether content follows by rule.
JSON = "application/dicom+json"
QUESTIONS: dict[str, tuple[str, tuple[str, str], int]] = {
    "search": ("GET", ("Accept", JSON), 200),
    "whole": ("GET", ("Accept", "*/*"), 200),
    "head": ("HEAD", ("Accept", "*/*"), 200),
    "nothing": ("GET", ("X-Wants", "nothing"), 204),
    "unchanged": ("GET", ("If-None-Match", '"a"'), 304),
}


@dataclass
class Archive:
    """It answers with the tokens that it was shown, and sends content even where none may follow."""

    random: Random
    port: int = 0
    connections: int = 0
    done: Counter[str] = field(default_factory=Counter)
    mostly_good: bool = False
    deck: list[str] = field(default_factory=list)
    late: list[asyncio.Event] = field(
        default_factory=list
    )  # for each misdeed yet to come: that its connection has ended

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        ended = asyncio.Event()
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                received = ReceivedRequest(await reader.readuntil(b"\r\n\r\n"))
                await self.answer(received, writer, ended)
        writer.close()
        ended.set()

    async def answer(self, received: ReceivedRequest, writer: asyncio.StreamWriter, ended: asyncio.Event) -> None:
        misdeed = self.draw()
        poison = poison_for(received)
        same, next_, later = (part.encode().replace(b"@", poison) for part in MISDEEDS[misdeed])
        self.done[misdeed] += 1
        writer.write(own_answer(received) + same)
        if next_:
            writer.write(next_)
        if later:
            self.late.append(ended)
            await asyncio.sleep(WHILE)
            writer.write(later)
            await writer.drain()

    def draw(self) -> str:
        """Each misdeed in its turn, in any order."""
        if not self.deck:
            self.deck = [*MISDEEDS, *["none"] * (30 if self.mostly_good else 0)]
            self.random.shuffle(self.deck)
        return self.deck.pop()


def poison_for(received: ReceivedRequest) -> bytes:
    """What only the other may see; where a result was asked for, it looks like one."""
    other = OTHER[received.values("Authorization")[0].decode()]
    if received.values("Accept") == [JSON.encode()]:
        return answer(200, result(other), ("Content-Type", JSON))
    return answer(200, other.encode(), ("Set-Cookie", other))


def result(shown: str) -> bytes:
    return b'[{"00100020": {"vr": "LO", "Value": ["%b"]}}]' % shown.encode()


def own_answer(received: ReceivedRequest) -> bytes:
    shown = b" ".join([*received.values("Authorization"), *received.values("Cookie"), received.target])
    if received.values("Accept") == [JSON.encode()]:
        return answer(200, result(shown.decode()), ("Content-Type", JSON))
    if received.values("X-Wants"):
        return b"HTTP/1.1 204 No Content\r\n\r\n" + shown
    if received.values("If-None-Match"):
        return b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n' + shown
    return answer(200, shown)


@asynccontextmanager
async def misbehaving(seed: int, *, mostly_good: bool = False) -> AsyncIterator[Archive]:
    archive = Archive(Random(seed), mostly_good=mostly_good)
    server = await asyncio.start_server(archive.serve, "127.0.0.1", 0)
    archive.port = server.sockets[0].getsockname()[1]
    yield archive
    server.close()


@dataclass
class User:
    """One viewer on one connection, which it opens anew where the gateway has closed it."""

    name: str
    port: int
    connection: Connection | None = None
    asked: int = 0

    async def ask(self, question: str) -> None:
        method, line, status = QUESTIONS[question]
        self.asked += 1
        target = (
            f"/studies?PatientID={self.asked}-{self.name}"
            if question == "search"
            else f"/studies/{self.asked}/{self.name}"
        )
        tokens = [("Authorization", self.name), ("Cookie", f"session={self.name}")]
        reply = await self.reply(request(method, target, *tokens, line), method)
        assert (reply.status, reply.complete) == (status, True)
        own = f"{self.name} session={self.name} {target}"
        assert reply.body == {"whole": own.encode(), "search": result(own)}.get(question, b"")
        assert OTHER[self.name].encode() not in reply.head + reply.rest + reply.body

    async def reply(self, asked: bytes, method: str) -> Reply:
        if self.connection is None:
            self.connection = await Connection.to(self.port)
        await self.connection.send(asked)
        reply = await self.connection.reply(method)
        assert self.connection.buffer == b""  # nor does anything follow
        if reply.value("Connection") == "close":
            await self.leave()
        return reply

    async def leave(self) -> None:
        if self.connection is not None:
            await self.connection.close()
            self.connection = None


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_nobody_sees_what_is_not_theirs(seed: int, tmp_path: Path) -> None:
    chance, weighted = Random(seed), ["whole"] * 5 + [question for question in QUESTIONS if question != "search"]
    async with (
        misbehaving(seed) as archive,
        running(tmp_path, f"http://127.0.0.1:{archive.port}", base=BYTES) as gateway,
    ):
        users = [User(name, gateway.port) for name in OTHER]
        for _ in range(30):
            chance.shuffle(users)
            if chance.random() < 0.5:
                await asyncio.gather(*(user.ask(chance.choice(weighted)) for user in users))
            else:
                for user in users:
                    await user.ask(chance.choice(weighted))
                    await all_ended(archive)
            await all_ended(archive)
        for user in users:
            await user.leave()
    assert archive.done.keys() == MISDEEDS.keys()
    # Connections were used again, and none behind a misdeed.
    assert sum(archive.done.values()) - archive.done["none"] <= archive.connections < sum(archive.done.values())


@pytest.mark.parametrize("seed", [4, 5])
async def test_nobody_sees_what_is_not_theirs_on_the_short_way(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are acquainted, and two connections to the archive go from one to the other."""
    chance, short = Random(seed), Counter[str]()
    monkeypatch.setattr(Express, "_reply", counted(short, Express._reply))
    async with (
        misbehaving(seed, mostly_good=True) as archive,
        running(tmp_path, f"http://127.0.0.1:{archive.port}", base=SHORT) as gateway,
    ):
        users = [User(name, gateway.port) for name in OTHER]
        for _ in range(50):
            chance.shuffle(users)
            await asyncio.gather(*(user.ask("search") for user in users))
            await all_ended(archive)
            await rested(gateway)
        for user in users:
            await user.leave()
    assert archive.done.keys() == MISDEEDS.keys()
    assert short.total() > 50, "most of the exchanges are to be short ones"


def counted(taken: Counter[str], method: Callable[..., None]) -> Callable[..., None]:
    def counting(*arguments: Any) -> None:
        taken[method.__name__] += 1
        method(*arguments)

    return counting


async def all_ended(archive: Archive) -> None:
    """Until what was to come later has come. Were a request on its way then, nobody could tell it from the answer."""
    async with asyncio.timeout(5):
        while archive.late:
            await archive.late.pop().wait()
