"""What the system takes from a sender before anybody has read it."""

from pathlib import Path


def _largest(setting: str) -> int:
    """Octets of one socket's buffer, once the system has let it grow."""
    return int(Path("/proc/sys/net/ipv4", setting).read_text(encoding="ascii").split()[-1])


# The way through the gateway has two connections, each with a buffer at either end; the rest is for what the loop holds.
_EVERY_BUFFER = 2 * (_largest("tcp_wmem") + _largest("tcp_rmem"))
MORE_THAN_BUFFERED = _EVERY_BUFFER - _EVERY_BUFFER % 100_000 + 4_000_000
