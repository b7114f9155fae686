"""An archive that counts who is with it, behind a gateway that protects it; and what is left of it all at the end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from gateway.server import GatewayProcess
from tests.support.client import Connection, Reply, ask, request
from tests.support.running import running
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

FOUND = answer(200, b'[{"0020000D":{"vr":"UI","Value":["1.2"]}}]', ("Content-Type", "application/dicom+json"))
BASE = """\
version: 1
server:
  host: 127.0.0.1
  port: 0
  drain: 2s
  trusted_proxies: [127.0.0.1]
  limits: {{header_timeout: 1s, body_timeout: 1s, idle_timeout: 5s}}
admin: {{host: 127.0.0.1, port: 0}}
documented: {{set: dicom, add: {{429: The client asks too often.}}}}
retry_after: {{jitter: 0%}}
upstreams:
  pacs:
    url: "${{UPSTREAM}}"
    timeouts: {{connect: 1s, response: {response}, idle: 1s}}
    {protection}
routes: [{{id: dicomweb, prefix: /, upstream: pacs}}]
"""


def settings(protection: str, more: str = "", response: str = "1s") -> str:
    """A configuration; `protection` is YAML of one line, of the archive."""
    return BASE.format(protection=protection, response=response) + more


@dataclass
class Archive:
    """Answers each request as `says` says, once `open` is set; counts how many are with it at a time."""

    says: Callable[[ReceivedRequest], bytes] = lambda _request: FOUND
    open: asyncio.Event = field(default_factory=asyncio.Event)
    takes: Callable[[int], float] = lambda _present: 0.0  # seconds, by how many are present
    present: int = 0
    most: int = 0

    async def script(self, received: ReceivedRequest, _number: int) -> Said:
        self.present += 1
        self.most = max(self.most, self.present)
        try:
            await self.open.wait()
            await asyncio.sleep(self.takes(self.present))
            return Said(self.says(received), after="keep")
        finally:
            self.present -= 1


def opened(archive: Archive) -> Archive:
    """The same, which keeps nobody waiting."""
    archive.open.set()
    return archive


@asynccontextmanager
async def guarded(
    folder: Path, archive: Archive, protection: str, more: str = "", response: str = "1s"
) -> AsyncIterator[tuple[GatewayProcess, ScriptedUpstream]]:
    """The gateway and its archive, which may take `response`. At the end nobody may be under way or waiting."""
    async with (
        ScriptedUpstream(archive.script) as upstream,
        running(folder, upstream.url, base=settings(protection, more, response)) as gateway,
    ):
        yield gateway, upstream
        archive.open.set()
        await until(lambda: not gateway.runtime.admission.gate.under_way)
        assert (metric(gateway, "in_flight"), metric(gateway, "queued")) == (0, 0)
        for line in gateway.runtime.admission.of("pacs").lines:
            assert (line.under_way, line.in_use, line.waiting) == (0, 0, 0)


async def reload(gateway: GatewayProcess, folder: Path, protection: str, url: str = "") -> None:
    """Another configuration for the same archive, or for one that has moved."""
    url = url or gateway.runtime.settings.upstreams["pacs"].origin
    (folder / "gateway.yaml").write_text(settings(protection).replace("${UPSTREAM}", url))
    assert (await gateway.reloader.reload()).ok


def get(client: str = "", target: str = "/studies?limit=1") -> bytes:
    """A search, by a client that a proxy names."""
    return request("GET", target, *([("X-Forwarded-For", client)] if client else []))


async def search(gateway: GatewayProcess, client: str = "", target: str = "/studies?limit=1") -> Reply:
    return await ask(gateway.port, get(client, target))


async def crowd(gateway: GatewayProcess, clients: int) -> list[Reply]:
    """What so many clients are told who come at once. Nobody lints: that would keep the loop, and all of them, waiting."""

    async def one(number: int) -> Reply:
        connection = await Connection.to(gateway.port, linted=False)
        await connection.send(get(f"10.0.0.{number}"))
        reply = await connection.reply()
        await connection.close()
        return reply

    return await asyncio.gather(*(one(number) for number in range(clients)))


def metric(gateway: GatewayProcess, name: str, **labels: str) -> float:
    """The value of one metric of the archive."""
    wanted = {"upstream": "pacs", **labels}
    for family in text_string_to_metric_families(gateway.runtime.metrics.render().decode()):
        for sample in family.samples:
            if sample.name == f"pacs_gateway_{name}" and sample.labels == wanted:
                return sample.value
    raise AssertionError(f"no {name} of {wanted}")


def in_line(gateway: GatewayProcess) -> int:
    """How many wait in line, whichever it is."""
    return sum(line.waiting for line in gateway.runtime.admission.of("pacs").lines)


async def until(condition: Callable[[], bool]) -> None:
    """Turns of the loop and no waits: neither the line nor the archive tells anybody."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0)
