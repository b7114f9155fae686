"""Several processes: each tells the collector itself, from a thread that began after the fork."""

import asyncio
from pathlib import Path

from gateway.telemetry.exposition import OPEN_METRICS
from tests.lifecycle.process import Gateway
from tests.lifecycle.test_workers import until
from tests.support.client import ask, request
from tests.support.upstream import Said, ScriptedUpstream, answer
from tests.tracing.collecting import Collector, told
from tests.tracing.serving import SAMPLED

CONFIGURATION = """\
version: 1
server: {{host: 127.0.0.1, port: 0, workers: 2}}
admin: {{host: 127.0.0.1, port: 0}}
upstreams: {{pacs: {{url: "{url}"}}}}
tracing: {{endpoint: "{collector}", sample: 100%}}
"""
GET = request("GET", "/studies/1.2/metadata", SAMPLED)


def none(*_asked: object) -> Said:
    return Said(answer(404))


async def test_all_workers_tell_the_collector(tmp_path: Path) -> None:
    async with Collector() as collector, ScriptedUpstream(none) as archive:
        gateway = Gateway(tmp_path)
        gateway.configure(CONFIGURATION.format(url=archive.url, collector=collector.url))
        async with gateway:
            await asyncio.gather(*(ask(gateway.port, GET) for _ in range(60)))
            await gateway.leave()
        exchanges = {line["id"] for line in gateway.exchanges}
    assert {told(span)["pacs_gateway.exchange"] for span in collector.spans} == exchanges
    assert len(collector.spans) == len({span.span_id for span in collector.spans}) == 60
    assert [resource["service.name"] for resource in collector.resources] == ["pacs-gateway"] * 2


async def test_what_became_of_spans_is_counted_for_all(tmp_path: Path) -> None:
    async with Collector() as collector, ScriptedUpstream(none) as archive:
        gateway = Gateway(tmp_path)
        gateway.configure(CONFIGURATION.format(url=archive.url, collector=collector.url))
        async with gateway:
            await asyncio.gather(*(ask(gateway.port, GET) for _ in range(8)))
            await collector.has_heard(8)
            await until(gateway, "pacs_gateway_spans_total", 8, outcome="sent")
            openly = await ask(gateway.admin_port, request("GET", "/metrics", ("Accept", OPEN_METRICS.content_type)))
            await gateway.leave()
    assert openly.value("Content-Type") == OPEN_METRICS.content_type
    assert openly.body.endswith(b"# EOF\n")
    assert b"trace_id" not in openly.body  # where several processes are counted together, there are no exemplars
