"""A gateway in the loop of the test, on ports of its own."""

import asyncio
from pathlib import Path
from textwrap import dedent

from gateway.config.load import load
from gateway.server import GatewayProcess

SHORT = """\
version: 1
server: {host: 127.0.0.1, port: 0, drain: 2s, limits: {header_timeout: 1s, body_timeout: 1s, idle_timeout: 5s}}
admin: {host: 127.0.0.1, port: 0}
upstreams:
  pacs: {url: "${UPSTREAM}", timeouts: {connect: 1s, response: 1s, idle: 1s}}
routes: [{id: dicomweb, prefix: /, upstream: pacs}]
"""
# The same, where only bytes and framing are looked at: no content is judged, whatever it holds.
BYTES = SHORT.replace("upstream: pacs}", "upstream: pacs, service: opaque}")


def with_archive(more: str, base: str = SHORT) -> str:
    """`base` with more keys for its archive, such as `breaker: {}`."""
    return base.replace("idle: 1s}", f"idle: 1s}}, {more}" if more else "idle: 1s}")


def running(folder: Path, upstream: str, more: str = "", base: str = SHORT) -> GatewayProcess:
    """A gateway with short timeouts in front of `upstream`; `more` is YAML added to the configuration."""
    file = folder / "gateway.yaml"
    file.write_text(base + dedent(more))
    return GatewayProcess(load(file, {"UPSTREAM": upstream}), file)


async def rested(gateway: GatewayProcess) -> None:
    """Until no exchange is under way and each connection to an archive that may be used again is in its pool."""
    while gateway.runtime.admission.gate.under_way:  # noqa: ASYNC110 - a turn of the loop and not a wait: the gate tells nobody
        await asyncio.sleep(0)
    for pool in gateway.runtime.generation.pools.values():
        await pool.idle.rested()
