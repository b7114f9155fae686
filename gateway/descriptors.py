"""File descriptors: each client takes one, and another for the archive while it is served.

A process that runs out cannot accept, cannot connect, and cannot even read its configuration; with the 1024 that many
systems give a process, that comes long before `server.limits.connections` is reached.
"""

import logging
import resource

log = logging.getLogger("pacs_gateway")

OURS = 64  # ports, logs, the admin port's clients, files that are being read


def make_room(connections: int) -> None:
    """Take as many as are needed, where the limit is lower and may be raised; say so where that is too few."""
    wanted = 2 * connections + OURS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < wanted:
        log.warning(
            "server.limits.connections: %d clients may need %d file descriptors and the system allows %d; "
            "raise the limit (ulimit -n, LimitNOFILE=) or lower the key",
            connections, wanted, most,
        )  # fmt: skip
