"""Two things that asyncio's transports cannot do and their sockets can."""

import asyncio
import select
import socket
import struct

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds: closing sends RST


def is_readable(transport: asyncio.BaseTransport) -> bool:
    """Whether something waits to be read: bytes, or an end."""
    poll = select.poll()
    poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
    return bool(poll.poll(0))


def reset(transport: asyncio.WriteTransport) -> None:
    """End a connection with a reset, which nobody takes for the end of a content."""
    raw = transport.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:  # else it is closed already
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()
