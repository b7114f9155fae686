"""How a port closes without losing whoever stands in it.

The kernel completes connections on its own and keeps them until we accept. Closing a listening socket resets those, and a
client that is connected may have sent its request already. So Linux is told first to take no new ones: a socket filter drops
the opening SYN of each, unanswered, and its sender tries again a second later and is refused, or finds our successor. What
has begun gets the time to be completed and accepted. Elsewhere, and where a kernel allows the filter only with CAP_NET_ADMIN,
which a container should not have, one may wait at a time, and the port closes as soon as nobody does.
"""

import asyncio
import ctypes
import socket
import struct
from collections.abc import Iterable

from gateway.proxy.aiohttp_seam.sockets import is_any_readable

HANDSHAKE = 0.05  # seconds that a connection which has begun may need: many times the way to a client in the same house
_SO_ATTACH_FILTER = 26  # asm-generic/socket.h

# Classic BPF (linux/filter.h), an instruction a row: code, jump if true, jump if false, operand. The packet begins with the
# TCP header, whose byte 13 holds the flags.
_DROP_OPENINGS = (
    (0x30, 0, 0, 13),  # load the flags
    (0x54, 0, 0, 0x12),  # of these SYN and ACK
    (0x15, 0, 1, 0x02),  # SYN alone?
    (0x06, 0, 0, 0),  # then drop it,
    (0x06, 0, 0, 0xFFFFFFFF),  # or else let it pass
)


async def emptied(doors: Iterable[socket.socket]) -> None:
    """Until nobody waits to be accepted on these listening sockets and, on Linux, nobody can begin to."""
    for door in doors:
        _refuse_openings(door)
    await asyncio.sleep(HANDSHAKE)
    while is_any_readable(doors):  # noqa: ASYNC110 - the kernel has no event for this
        await asyncio.sleep(0)  # the loop accepts in its next turn


def _refuse_openings(door: socket.socket) -> None:
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *row) for row in _DROP_OPENINGS))
    attached = struct.pack("HL", len(_DROP_OPENINGS), ctypes.addressof(program))
    try:
        door.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, attached)
    except OSError:  # nothing is lost but the certainty
        door.listen(0)
