"""One request after the other, each on a connection of its own, and whatever comes back as a value.

It goes the gateway's own way to an archive (`proxy.upstream`): the target byte for byte, no redirect, no cookie, nothing
decoded, nothing asked twice, and an answer that breaks rules of HTTP is heard as the gateway hears it. aiohttp's client
session, one floor above, would lose a head that is followed by bytes that do not belong to it. What an archive does -
closes, resets, sends bytes that are not HTTP, sends for ever - is an outcome and never an exception.
"""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType

from gateway import __version__
from gateway.config.settings import Upstream
from gateway.core.failures import FailureKind
from gateway.names import Names
from gateway.probe.exchange import Answer, Ask, Ending
from gateway.probe.pace import Pace
from gateway.proxy import upstream as way
from gateway.proxy.faults import DownstreamFault, Fault, UpstreamFault

USER_AGENT = f"pacs-gateway-probe/{__version__}"
MOST_BYTES = 8 * 1024 * 1024  # of one answer; enough for any small object
LONGEST = 5  # times the patience: what drips on is left alone after that


class Sender:
    """Use as an async context manager. `fields` go with every request; the patience is in the timeouts of `upstream`."""

    def __init__(self, upstream: Upstream, pace: Pace, fields: tuple[tuple[str, str], ...] = ()) -> None:
        self._upstream, self._pace, self._fields = upstream, pace, fields
        self._pool: way.UpstreamPool | None = None

    async def __aenter__(self) -> "Sender":
        self._pool = way.UpstreamPool(self._upstream, Names())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._pool is not None
        await self._pool.close()

    @property
    def sent(self) -> int:
        return self._pace.sent

    async def send(self, ask: Ask) -> Answer:
        """Wait for the next turn, ask, and tell what came. `Spent` once there are no turns left."""
        await asyncio.sleep(self._pace.take(asyncio.get_running_loop().time()))
        assert self._pool is not None
        upload = _upload(ask) if ask.content is not None else None
        patience = self._upstream.timeouts.response
        try:
            with await self._pool.ask(ask.method, self._head(ask), upload, patience, afresh=True) as answer:
                return await self._read(answer)
        except Fault as fault:
            return Answer(failure=fault.failure.kind)

    def _head(self, ask: Ask) -> bytes:
        lines = [("Host", self._upstream.authority), ("User-Agent", USER_AGENT), *ask.fields, *self._fields]
        if ask.content is not None:
            lines.append(("Content-Length", str(len(ask.content))))
        written = "".join(f"{name}: {value}\r\n" for name, value in lines)
        return f"{ask.method} {ask.target} HTTP/1.1\r\n{written}\r\n".encode("latin-1")

    async def _read(self, answer: way.Answer) -> Answer:
        """The content as far as it comes, or as far as anybody needs it."""
        content, ending = bytearray(), Ending.WHOLE
        try:
            async with asyncio.timeout(LONGEST * self._upstream.timeouts.idle):
                while not answer.ended and len(content) <= MOST_BYTES:
                    content += await answer.read()
            ending = Ending.WHOLE if answer.ended else Ending.STOPPED
        except UpstreamFault:
            ending = Ending.CUT
        except TimeoutError:
            ending = Ending.STOPPED
        answer.reusable = False
        return Answer(answer.status, answer.reason, answer.fields, bytes(content), ending)


def _upload(ask: Ask) -> way.Upload:
    assert ask.content is not None
    return way.Upload(_pieces(ask.content, cut=ask.cut), len(ask.content))


async def _pieces(content: bytes, *, cut: bool) -> AsyncIterator[bytes]:
    """The content, or its first half and then the end of the connection."""
    yield content[: len(content) // 2] if cut else content
    if cut:
        raise DownstreamFault(FailureKind.CLIENT_GONE)
