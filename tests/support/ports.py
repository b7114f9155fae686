"""Ports for servers that are told where to listen."""

import socket
from random import SystemRandom

# Below those that Linux lends to whoever connects (net.ipv4.ip_local_port_range): one of these may be lent to somebody before
# the server has it.
_NOT_LENT = range(20_000, 32_000)


def free_port() -> int:
    """One on which nobody listens."""
    while True:
        port = SystemRandom().choice(_NOT_LENT)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
