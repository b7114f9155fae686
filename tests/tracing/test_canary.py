"""Names, numbers and secrets in every place that an exchange has: none of them reaches the collector.

That they were there at all is shown beside it: the archive received them, and the same search finds them there.
"""

from pathlib import Path

from gateway.tracing.attributes import ATTRIBUTES
from tests.canary.script import ANSWERS, SOUND, UNSOUND, script, sound
from tests.canary.search import EVERYTHING, NAME, TOKEN, sightings
from tests.support.client import ask
from tests.support.running import running
from tests.support.upstream import ScriptedUpstream
from tests.tracing.collecting import Collector, told

BASE = """\
version: 1
server:
  host: 127.0.0.1
  port: 0
  limits: {header_timeout: 1s, body_timeout: 1s, idle_timeout: 2s}
  trusted_proxies: [127.0.0.0/8]
admin: {host: 127.0.0.1, port: 0}
upstreams:
  pacs: {url: "${UPSTREAM}", timeouts: {connect: 1s, response: 1s, idle: 1s}}
  gone: {url: "http://127.0.0.1:1"}
routes:
  - {id: dicomweb, prefix: /dicom-web, upstream: pacs}
  - {id: wado, prefix: /wado, upstream: pacs, service: wado-uri}
  - {id: opaque, prefix: /files, upstream: pacs, service: opaque}
  - {id: gone, prefix: /gone, upstream: gone}
packs: all
"""
SOME = range(0, len(ANSWERS), 5)  # what answers hold, the tests of the log look at one by one
STRANGE = (
    ("traceparent", f"00-{NAME}-{TOKEN}-01"),
    ("tracestate", f"{TOKEN}={NAME}"),
    ("baggage", f"patient={NAME}"),
)


def with_trace(asked: bytes) -> bytes:
    """The same from a client that puts names into what tells of its trace."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in STRANGE).encode()
    line, _, rest = asked.partition(b"\r\n")
    return line + b"\r\n" + lines + rest


async def test_nothing_of_an_exchange_reaches_the_collector(tmp_path: Path) -> None:
    requests = [with_trace(asked) for number in SOME for asked in sound(number)]
    async with Collector() as collector, ScriptedUpstream(script) as archive:
        tracing = f"tracing: {{endpoint: '{collector.url}', sample: 100%}}"
        async with running(tmp_path, archive.url, tracing, BASE) as gateway:
            for asked in (*requests, *UNSOUND):
                await ask(gateway.port, asked)
    received = b"".join(asked.head + asked.body for asked in archive.requests)
    assert [secret for secret in EVERYTHING if not sightings(received, (secret,))] == []
    assert len(collector.spans) == len(SOME) * len(SOUND) + len(UNSOUND)
    assert sightings(collector.written) == []
    assert {name for span in collector.spans for name in told(span)} <= ATTRIBUTES.keys()
    assert {span.trace_state for span in collector.spans} == {""}
    assert not any(span.events or span.links or span.status.message for span in collector.spans)
