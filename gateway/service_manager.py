"""Tells the service manager that started the process how it is, where there is one that listens: sd_notify(3) of systemd.

A datagram of a few lines to the socket that `NOTIFY_SOCKET` names. So `systemctl start` returns when the ports are open, or
fails; `systemctl reload` returns when the file has been read; and `systemctl status` has one line that says how things stand.
"""

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress

VARIABLE = "NOTIFY_SOCKET"
_ABSTRACT = "@"  # in front of a name that is no file


def tell(*lines: str, environ: Mapping[str, str] = os.environ) -> None:
    """Never raises and never waits: a manager that does not listen is no reason not to serve."""
    address = environ.get(VARIABLE, "")
    if not address.startswith(("/", _ABSTRACT)):
        return
    if address.startswith(_ABSTRACT):
        address = "\0" + address.removeprefix(_ABSTRACT)
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as wire:
        wire.sendto("\n".join(lines).encode(), address)


def ready(status: str) -> None:
    tell("READY=1", f"STATUS={status}")


def reloading() -> None:
    """Until the next `ready`. With the time, by which systemd tells this reload from an earlier one."""
    tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")


def stopping(status: str) -> None:
    tell("STOPPING=1", f"STATUS={status}")
