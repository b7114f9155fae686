"""The soak's clients. Most wait for their answer, and must get one; some leave, stall, drip or talk nonsense."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

from bench.soak_books import Books
from bench.soak_content import CANARY, MULTIPART, Study
from tests.support.client import Connection, Reply

PATIENCE = 20.0  # seconds for an answer, when each wait of the gateway ends within two
_KNOWN = 3000  # studies that may be retrieved
_NONSENSE = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"GET /studies/%b HTTP/1.1\r\nHost: a\r\nBad Name: 1\r\n\r\n" % CANARY.encode(),
    b"POST /studies/1.2.1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
)


class Visitor:
    """One client. It keeps its connection as long as it may."""

    def __init__(self, kind: str, port: int, seed: str, books: Books, numbers: Iterator[int]) -> None:
        self.kind, self._port, self.books, self._numbers = kind, port, books, numbers
        self.chance = random.Random(seed)  # noqa: S311 - a dice, not a secret
        self._connection: Connection | None = None

    def known(self) -> Study:
        return Study(self.chance.randrange(_KNOWN))

    def fresh(self) -> Study:
        """A study that nobody has named before."""
        return Study(next(self._numbers))

    def head(self, method: str, study: Study, *lines: str) -> bytes:
        """A patient's name and a token go with each request; the number makes each one different."""
        target = f"{study.target}?PatientName={CANARY.replace('^', '%5E')}&request={next(self._numbers)}"
        fields = ("Host: gateway", f"Authorization: Bearer {CANARY}", *lines)
        return "\r\n".join([f"{method} {target} HTTP/1.1", *fields, "", ""]).encode()

    async def connected(self) -> Connection:
        if self._connection is None:
            self._connection = await Connection.to(self._port)
        return self._connection

    async def say(self, data: bytes) -> Connection:
        """An answer may come, and with it the end, before all is said: then there is still the answer to read."""
        connection = await self.connected()
        with suppress(ConnectionError):
            await connection.send(data)
        return connection

    async def hear(self, method: str, study: Study) -> Reply:
        """The answer, entered into the books."""
        connection = await self.connected()
        try:
            reply = await connection.reply(method, PATIENCE)
        except TimeoutError:
            self.books.wrong.append(f"{self.kind}: {method} {study.number} hangs")
            reply = Reply(None, b"", b"", False, False)
        else:
            self.books.enter(self.kind, method, study, reply, reset=connection.reset)
        if not reply.complete or reply.status is None or reply.value("Connection").lower() == "close":
            await self.leave()
        return reply

    async def leave(self, *, rudely: bool = False) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            if rudely:
                connection.writer.transport.abort()
            await connection.close()


async def retrieve(visitor: Visitor) -> None:
    study = visitor.known()
    await visitor.say(visitor.head("GET", study))
    await visitor.hear("GET", study)


async def ask_head(visitor: Visitor) -> None:
    study = visitor.known()
    await visitor.say(visitor.head("HEAD", study))
    await visitor.hear("HEAD", study)


async def delete(visitor: Visitor) -> None:
    study = visitor.fresh()
    await visitor.say(visitor.head("DELETE", study))
    await visitor.hear("DELETE", study)


def _store(visitor: Visitor, *lines: str) -> tuple[Study, bytes, bytes]:
    study = visitor.fresh()
    content = study.content(most=3)
    fields = (f"Content-Type: {MULTIPART}", f"Content-Length: {len(content)}", *lines)
    return study, visitor.head("POST", study, *fields), content


async def store(visitor: Visitor) -> None:
    study, head, content = _store(visitor)
    await visitor.say(head + content)
    await visitor.hear("POST", study)


async def store_in_chunks(visitor: Visitor) -> None:
    study = visitor.fresh()
    content = study.content(most=3)
    await visitor.say(visitor.head("POST", study, f"Content-Type: {MULTIPART}", "Transfer-Encoding: chunked"))
    for at in range(0, len(content), 7000):
        piece = content[at : at + 7000]
        await visitor.say(b"%x\r\n%b\r\n" % (len(piece), piece))
    await visitor.say(b"0\r\n\r\n")
    await visitor.hear("POST", study)


async def store_expecting(visitor: Visitor) -> None:
    study, head, content = _store(visitor, "Expect: 100-continue")
    connection = await visitor.say(head)
    while b"\r\n\r\n" not in connection.buffer and await connection.more():
        pass
    if connection.buffer.startswith(b"HTTP/1.1 100 "):
        await visitor.say(content)
    await visitor.hear("POST", study)


async def store_in_drops(visitor: Visitor) -> None:
    study, head, content = _store(visitor)
    step = 1 + (len(head) + len(content)) // 12
    for at in range(0, len(head) + len(content), step):
        await visitor.say((head + content)[at : at + step])
        await asyncio.sleep(0.05)
    await visitor.hear("POST", study)


async def store_and_stall(visitor: Visitor) -> None:
    """Stops in the middle for longer than the gateway waits, and is told so."""
    study, head, content = _store(visitor)
    visitor.books.abandoned.append(study.number)
    await visitor.say(head + content[: len(content) // 2])
    await visitor.hear("POST", study)
    await visitor.leave()


async def store_and_leave(visitor: Visitor) -> None:
    study, head, content = _store(visitor)
    visitor.books.abandoned.append(study.number)
    visitor.books.unsure += 1
    await visitor.say(head + content[: visitor.chance.randrange(len(content))])
    await asyncio.sleep(visitor.chance.choice((0, 0.01, 0.3)))
    await visitor.leave(rudely=visitor.chance.random() < 0.5)


async def retrieve_and_leave(visitor: Visitor) -> None:
    visitor.books.unsure += 1
    connection = await visitor.say(visitor.head("GET", visitor.known()))
    for _ in range(visitor.chance.randrange(4)):
        await connection.more()
    await visitor.leave(rudely=visitor.chance.random() < 0.5)


async def retrieve_and_stall(visitor: Visitor) -> None:
    """Begins to read, looks away for two seconds, and reads on."""
    study = visitor.known()
    connection = await visitor.say(visitor.head("GET", study))
    await connection.more()
    await asyncio.sleep(2)
    await visitor.hear("GET", study)


async def pipeline(visitor: Visitor) -> None:
    """Three requests at once. After an answer that ends the connection, nobody can say what became of the others."""
    studies = [visitor.known() for _ in range(3)]
    await visitor.say(b"".join(visitor.head("GET", study) for study in studies))
    for left, study in zip((2, 1, 0), studies, strict=True):
        reply = await visitor.hear("GET", study)
        if not reply.complete or reply.value("Connection").lower() == "close":
            visitor.books.unsure += left
            return


async def talk_nonsense(visitor: Visitor) -> None:
    await visitor.say(visitor.chance.choice(_NONSENSE))
    reply = await visitor.hear("NONSENSE", Study(0))
    if reply.status != 400:
        visitor.books.wrong.append(f"nonsense was answered with {reply.status}")
    await visitor.leave()


# What they do, and how many do it at the same time.
KINDS: dict[Callable[[Visitor], Awaitable[None]], int] = {
    retrieve: 6,
    ask_head: 2,
    delete: 2,
    store: 3,
    store_in_chunks: 2,
    store_expecting: 2,
    store_in_drops: 3,
    store_and_stall: 2,
    store_and_leave: 2,
    retrieve_and_leave: 2,
    retrieve_and_stall: 4,
    pipeline: 2,
    talk_nonsense: 1,
}  # fmt: skip


async def visit(act: Callable[[Visitor], Awaitable[None]], visitor: Visitor, over: asyncio.Event) -> None:
    """Again and again, with short breaks, until it is over."""
    while not over.is_set():
        await act(visitor)
        await asyncio.sleep(visitor.chance.random() * 0.1)
    await visitor.leave()
