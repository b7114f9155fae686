"""The ways in which the legacy PACS answers wrongly: a canned answer, bytes of its own making, or silence.

An HTTP server library produces none of the last two, so they go straight to the transport.
"""

import asyncio
import socket
import struct
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from aiohttp import web
from multidict import CIMultiDict

Lines: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Valid HTTP with the wrong content: exactly these field lines besides Date and Content-Length."""

    status: int
    reason: str
    fields: Lines = ()
    content: bytes = b""


class End(Enum):
    """How the connection ends."""

    CLOSE = "FIN"
    RESET = "RST"


@dataclass(frozen=True, slots=True)
class Wire:
    """These bytes, then the end of the connection."""

    content: bytes = b""
    end: End = End.CLOSE


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing, until the client loses patience or the server stops."""


Reply: TypeAlias = Answer | Wire | Silence


async def perform(reply: Reply, request: web.Request, stopping: asyncio.Event) -> web.StreamResponse:
    """Misbehave. What is returned after the last two is never sent: its connection is gone."""
    match reply:
        case Answer(status, reason, fields, content):
            return web.Response(status=status, reason=reason, headers=CIMultiDict(fields), body=content)
        case Wire(content, end):
            _write(request.transport, content, end)
        case Silence():
            await stopping.wait()
            _write(request.transport, b"", End.CLOSE)
    return web.Response()


def _write(transport: asyncio.Transport | None, content: bytes, end: End) -> None:
    if transport is None:
        return  # the client was faster
    transport.write(content)
    if end is End.CLOSE:
        transport.close()
        return
    # SO_LINGER with a time of zero makes the kernel send RST instead of FIN.
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
