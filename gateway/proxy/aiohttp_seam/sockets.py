"""Two things that asyncio's transports cannot do and their sockets can."""

import asyncio
import select
import socket
import struct
from collections.abc import Callable, Iterable
from typing import Protocol

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds: closing sends RST


class HasDescriptor(Protocol):
    """A socket, or what asyncio hands out in its place."""

    def fileno(self) -> int: ...


def listening_to(sockets: Iterable[HasDescriptor]) -> Callable[[], bool]:
    """Tells whether something waits in one of them: bytes, an end, or a connection to be accepted. To be asked only while
    they are open."""
    poll = select.poll()
    for each in sockets:
        poll.register(each.fileno(), select.POLLIN)
    return lambda: bool(poll.poll(0))


def is_any_readable(sockets: Iterable[HasDescriptor]) -> bool:
    """The same, asked once."""
    return listening_to(sockets)()


def is_readable(transport: asyncio.BaseTransport) -> bool:
    """Whether something waits to be read: bytes, or an end."""
    return is_any_readable([transport.get_extra_info("socket")])


def reset(transport: asyncio.WriteTransport) -> None:
    """End a connection with a reset, which nobody takes for the end of a content."""
    if getattr(transport, "_ssl_protocol", transport) is None:
        return  # ended already, and asyncio's TLS layer has let go of it
    raw = transport.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:  # else it is closed already
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()
