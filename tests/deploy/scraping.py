"""What Prometheus reads from gateways that have everything that there are metrics of."""

from pathlib import Path

from tests.lifecycle.process import Gateway
from tests.support.certificates import Authority
from tests.support.client import ask, request
from tests.support.running import SHORT, running
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

_FOUND = answer(200, b"[{}]", ("Content-Type", "application/dicom+json"))
_ON_TAPE = answer(503, b"", ("Retry-After", "3600"))
_ALL = """\
version: 1
server: {{host: 127.0.0.1, port: 0, workers: 2}}
admin: {{host: 127.0.0.1, port: 0}}
shared_state: {{url: "redis://127.0.0.1:1/0"}}
upstreams:
  pacs:
    url: "{url}"
    breaker: {{}}
    health: {{path: /system, interval: 1s}}
    limits: {{in_flight: 8, queue: 8}}
    rate: {{requests: 100}}
routes: [{{id: all, prefix: /, upstream: pacs}}]
"""


async def _script(received: ReceivedRequest, _number: int) -> Said:
    return Said(_ON_TAPE if b"/1.2" in received.target else _FOUND)


async def workers_of(folder: Path) -> str:
    """Two workers, after a search that was answered and a study that will take an hour."""
    async with ScriptedUpstream(_script) as archive:
        gateway = Gateway(folder)
        gateway.configure(_ALL.format(url=archive.url))
        async with gateway:
            for target in ("/studies", "/studies/1.2"):
                await ask(gateway.port, request("GET", target))
            return (await gateway.ask("GET", "/metrics")).body.decode()


async def one_with_a_certificate(folder: Path) -> str:
    """One process, without an archive."""
    shown = Authority(folder).certificate()
    base = SHORT.replace("drain: 2s", f"drain: 2s, tls: {{cert_file: {shown.cert}, key_file: {shown.key}}}")
    async with running(folder, "http://127.0.0.1:1", base=base) as gateway:
        assert gateway.admin_port is not None
        return (await ask(gateway.admin_port, request("GET", "/metrics"))).body.decode()
