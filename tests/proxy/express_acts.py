"""What a client does on a connection that is acquainted, and what happens meanwhile."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from gateway.server import GatewayProcess
from tests.support.client import Connection, Reply
from tests.support.guarded import until
from tests.support.upstream import Said, ScriptedUpstream, answer

Way = Literal["short", "handed", "usual"]
Hook = Callable[[GatewayProcess, Path], Awaitable[None]]
Act = Callable[["Scene", bytes], Awaitable[list[Reply]]]

BASE = """\
version: 1
server:
  host: 127.0.0.1
  port: 0
  drain: 2s
  limits: {header_timeout: 1s, body_timeout: 1s, idle_timeout: IDLE, target: 1KiB}
admin: {host: 127.0.0.1, port: 0}
retry_after: {jitter: 0%}
upstreams:
  pacs: {url: "${UPSTREAM}", timeouts: {connect: 1s, response: 500ms, idle: 500ms}, PROTECTION}
routes: [{id: dicomweb, prefix: /, upstream: pacs}]
"""
USER = ("User-Agent", "viewer")

# ---- what is asked and answered --------------------------------------------------------------------------------------

JSON = ("Content-Type", "application/dicom+json")
DICOM = ("Content-Type", "application/dicom")
RELATED = 'multipart/related; type="application/dicom"; boundary='
SERVED = (("Server", "Archive"), ("ETag", '"1"'))
MATCH = b'{"0020000D": {"vr": "UI", "Value": ["1.2"]}}'
FOUND = b"[" + MATCH + b"]"


def ok(content: bytes, *lines: tuple[str, str]) -> bytes:
    return answer(200, content, *SERVED, *lines, reason="OK")


def parts(size: int, boundary: str = "b1", end: bool = True) -> bytes:
    content = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode() + bytes(size)
    return content + (f"\r\n--{boundary}--\r\n".encode() if end else b"\r\n--other--\r\n")


def related(size: int, boundary: str = "b1", end: bool = True) -> bytes:
    return ok(parts(size, boundary, end), ("Content-Type", RELATED + boundary))


# The target, with a place for what differs, and what is usually answered.
KINDS: Mapping[str, tuple[str, bytes]] = {
    "search": ("/studies?PatientID=", ok(FOUND, JSON)),
    "instance": ("/studies/1/series/2/instances/", ok(bytes(2000), DICOM)),
    "study": ("/studies/", related(2000)),
    "labelled": ("/studies/1/series/2/instances/", ok(bytes(2000), ("Content-Type", "application/dicom; boundary=x"))),
}
HEAD = KINDS["search"][1].removesuffix(FOUND)
LARGE, HUGE = 100_000, 3_000_000
UNREAD = Said(ok(bytes(60_000), DICOM), "keep")
LARGE_HEAD = ok(bytes(LARGE), DICOM).removesuffix(bytes(LARGE))

# ---- what a client does ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scene:
    """An acquainted client, and whom it talks to."""

    client: Connection
    archive: ScriptedUpstream
    gateway: GatewayProcess
    folder: Path


async def once(scene: Scene, asked: bytes) -> list[Reply]:
    await scene.client.send(asked)
    return [await scene.client.reply(asked.split(b" ")[0].decode())]


async def leave_before_the_answer(scene: Scene, asked: bytes) -> list[Reply]:
    heard = len(scene.archive.requests)
    await scene.client.send(asked)
    await scene.archive.has_heard(heard + 1)
    scene.client.writer.transport.abort()
    return []


async def leave_with_half_a_request_behind(scene: Scene, asked: bytes) -> list[Reply]:
    heard = len(scene.archive.requests)
    await scene.client.send(asked)
    await scene.archive.has_heard(heard + 1)
    await scene.client.send(asked[:20])
    await asyncio.sleep(0.02)
    await scene.client.close()
    return []


async def leave_in_the_middle(scene: Scene, asked: bytes) -> list[Reply]:
    await scene.client.send(asked)
    await scene.client.more()
    scene.client.writer.transport.abort()
    return []


async def read_nothing(scene: Scene, asked: bytes) -> list[Reply]:
    """Until the archive has lost the connection, and only then what is left of the answer."""
    ended = scene.archive.ended
    await scene.client.send(asked)
    await scene.archive.has_ended(ended + 1)
    return [await scene.client.reply()]


async def read_late(scene: Scene, asked: bytes) -> list[Reply]:
    """After the archive and the gateway have long run into full buffers, but in time. The archive's clock may not strike
    for what is only read late."""
    await scene.client.send(asked)
    await asyncio.sleep(0.3)
    reply = await scene.client.reply()
    await asyncio.sleep(0.7)
    return [reply]


def behind(*pieces: Callable[[bytes], bytes], replies: int) -> Act:
    """Send these pieces, the later ones when the archive has heard of the first request."""

    async def act(scene: Scene, asked: bytes) -> list[Reply]:
        heard = len(scene.archive.requests)
        await scene.client.send(pieces[0](asked))
        await scene.archive.has_heard(heard + 1)
        for piece in pieces[1:]:
            await scene.client.send(piece(asked))
            await asyncio.sleep(0.01)
        return [await scene.client.reply() for _ in range(replies)]

    return act


def in_pieces(*ends: int) -> Act:
    async def act(scene: Scene, asked: bytes) -> list[Reply]:
        for begin, end in zip((0, *ends), (*ends, len(asked)), strict=True):
            await scene.client.send(asked[begin:end])
            await asyncio.sleep(0.01)
        return [await scene.client.reply()]

    return act


def asks(sent: Callable[[bytes], bytes], method: str = "GET") -> Act:
    """Another request, made of the usual one."""

    async def act(scene: Scene, asked: bytes) -> list[Reply]:
        await scene.client.send(sent(asked))
        return [await scene.client.reply(method)]

    return act


def adding(line: bytes) -> Act:
    return asks(lambda asked: asked[:-2] + line + b"\r\n\r\n")


def target(made: Callable[[bytes], bytes]) -> Act:
    return asks(lambda asked: b" ".join([b"GET", made(asked.split(b" ", 2)[1]), asked.split(b" ", 2)[2]]))


async def asked_and_heard(scene: Scene, asked: bytes) -> None:
    heard = len(scene.archive.requests)
    await scene.client.send(asked)
    await scene.archive.has_heard(heard + 1)


def meanwhile(happens: "Hook") -> Act:
    """While the archive works on the answer."""

    async def act(scene: Scene, asked: bytes) -> list[Reply]:
        await asked_and_heard(scene, asked)
        await happens(scene.gateway, scene.folder)
        return [await scene.client.reply()]

    return act


def in_the_middle(happens: "Hook") -> Act:
    """While the client gets the answer."""

    async def act(scene: Scene, asked: bytes) -> list[Reply]:
        await asked_and_heard(scene, asked)
        await scene.client.more()
        await happens(scene.gateway, scene.folder)
        return [await scene.client.reply()]

    return act


def reading(scene: Scene) -> asyncio.Transport:
    return cast(asyncio.Transport, scene.client.writer.transport)  # uvloop's are of no such class


async def asked_and_unread(scene: Scene, asked: bytes) -> None:
    """Ask, and read nothing until the gateway has all of the answer and cannot get rid of its end."""
    reading(scene).pause_reading()
    for each in scene.gateway.runtime.server.clients:
        assert each.transport is not None
        each.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    await scene.client.send(asked)
    await until(lambda: any(not each.is_flushed for each in scene.gateway.runtime.server.clients))


def unread(then: Callable[[Scene], None], *, is_told: bool = True) -> Act:
    async def act(scene: Scene, asked: bytes) -> list[Reply]:
        await asked_and_unread(scene, asked)
        then(scene)
        return [await scene.client.reply()] if is_told else []

    return act


async def settled(gateway: GatewayProcess) -> None:
    await until(lambda: not gateway.runtime.admission.gate.under_way)


async def unread_for_too_long(scene: Scene, asked: bytes) -> list[Reply]:
    await asked_and_unread(scene, asked)
    await settled(scene.gateway)
    reading(scene).resume_reading()
    return [await scene.client.reply()]


def reads_on(scene: Scene) -> None:
    reading(scene).resume_reading()


def goes(scene: Scene) -> None:
    scene.client.writer.transport.abort()


def is_cut(scene: Scene) -> None:
    """The gateway has to leave and waits no longer."""
    for each in scene.gateway.runtime.server.clients:
        each.leave()
    reading(scene).resume_reading()


# ---- what happens meanwhile ------------------------------------------------------------------------------------------


def reload_with(more: str) -> Hook:
    async def hook(gateway: GatewayProcess, folder: Path) -> None:
        file = folder / "gateway.yaml"
        origin = gateway.runtime.settings.upstreams["pacs"].origin
        file.write_text(file.read_text().replace("${UPSTREAM}", origin) + more)
        result = await gateway.reloader.reload()
        assert result.ok, result.findings

    return hook


async def leave(gateway: GatewayProcess, _folder: Path) -> None:
    for client in gateway.runtime.server.clients:
        client.leave()


async def drain(gateway: GatewayProcess, _folder: Path) -> None:
    gateway.runtime.begin_to_leave()


RULE = """\
rules:
  - id: no-such-study
    why: This archive says so.
    when: {status: 200, media_type: application/dicom+json, body: 0020000D}
    then: {status: 404, body: problem}
"""
MAINTENANCE = "maintenance: [{upstream: pacs, from: 2020-01-01T00:00:00Z, to: 2099-01-01T00:00:00Z}]\n"
