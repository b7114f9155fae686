"""One case played through one proxy, and what came of it on both of its sides, as far as that is no matter of taste."""

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.oracle.proxies import PASSED, Oracle
from tests.support.client import Connection, Reply, request
from tests.support.running import BYTES, running
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer
from tests.wire.case import Case

_RECEIVED = re.compile(r"received-status=(\d+)")


@dataclass(frozen=True)
class Request:
    """A request that reached the archive to its end."""

    method: str
    target: bytes
    body: bytes


@dataclass(frozen=True)
class Delivered:
    """An answer of the archive that reached the client to its end. `body` is None where the code was given another."""

    code: int
    body: bytes | None


async def asked_through(proxy: Oracle | None, case: Case, folder: Path) -> list[Request]:
    """The requests that the archive saw, of what the client of the case sends. Without a proxy: through the gateway."""

    def script(_received: ReceivedRequest, _number: int) -> Said:
        return Said(answer(200, b"answer", ("Content-Type", "application/dicom+json")), "keep")

    async with ScriptedUpstream(script, proxy.archive if proxy else 0) as archive:
        if proxy is not None:
            await _send(proxy.port, case)
        else:
            async with running(folder, archive.url, base=BYTES) as gateway:
                await _send(gateway.port, case)
        return [Request(seen.method, seen.target, seen.body) for seen in archive.requests if seen.complete]


async def _send(port: int, case: Case) -> None:
    """All of it, then the end; what the proxy makes of it is seen at the archive."""
    client = await Connection.to(port, linted=False)
    with suppress(ConnectionError):
        await client.send(case.sends)
        if case.then == "halfclose":
            client.writer.write_eof()
        await _answered(client, case.sends.split(b" ", 1)[0].decode("latin-1"))
        client.writer.write_eof()
        await client.is_closed()
    await client.close()


async def _answered(client: Connection, method: str) -> Reply | None:
    """The answer; None where it cannot be read as one."""
    with suppress(ValueError, IndexError, TimeoutError):
        return await client.reply(method, seconds=4)
    return None


async def answered_through(proxy: Oracle | None, case: Case, folder: Path) -> Delivered | None:
    """What the client got of the answer in the case. Without a proxy: through the gateway."""

    def script(_received: ReceivedRequest, _number: int) -> Said:
        return Said(case.sends.replace(b"@ARCHIVE@", archive.authority), case.after, case.split, case.late)

    async with ScriptedUpstream(script, proxy.archive if proxy else 0) as archive:
        if proxy is not None:
            return _passed_on(await _ask(proxy.port, case))
        async with running(folder, archive.url, base=BYTES) as gateway:
            return _told_by_gateway(await _ask(gateway.port, case))


async def _ask(port: int, case: Case) -> Reply | None:
    content = b"0123456789" if case.method == "POST" else b""
    client = await Connection.to(port, linted=False)
    await client.send(request(case.method, "/dicom-web/studies/1.2.3", *case.request_fields, body=content))
    reply = await _answered(client, case.method)
    await client.close()
    return reply


def _passed_on(reply: Reply | None) -> Delivered | None:
    if reply is None or reply.status is None or not reply.complete or reply.value(PASSED) in ("", "-"):
        return None
    return Delivered(reply.status, reply.body)


def _told_by_gateway(reply: Reply | None) -> Delivered | None:
    """The gateway may give a good answer another code; it says then which one it had received."""
    if reply is None or reply.status is None or not reply.complete or "error=" in reply.value("Proxy-Status"):
        return None
    received = _RECEIVED.search(reply.value("Proxy-Status"))
    code = int(received[1]) if received else reply.status
    if code not in range(200, 600):
        return None
    replaced = b"urn:uuid:" in reply.body
    return Delivered(code, None if replaced else reply.body)
