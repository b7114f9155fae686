"""The gateway as an operator starts it, at its most talkative, and everything it says."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.canary.search import KEY
from tests.support.certificates import Certificate
from tests.support.client import Reply, ask, request

CONFIG = """\
version: 1
server:
  host: 127.0.0.1
  port: 0
  drain: {drain}
  limits: {{header_timeout: 1s, body_timeout: 1s, idle_timeout: 2s}}
  trusted_proxies: [127.0.0.0/8]{tls}
admin: {{host: 127.0.0.1, port: 0}}
upstreams:
  pacs: {{url: "{upstream}", timeouts: {{connect: 1s, response: 1s, idle: 1s}}}}
  gone: {{url: "http://127.0.0.1:1"}}
routes:
  - {{id: dicomweb, prefix: /dicom-web, upstream: pacs}}
  - {{id: wado, prefix: /wado, upstream: pacs, service: wado-uri}}
  - {{id: opaque, prefix: /files, upstream: pacs, service: opaque}}
  - {{id: gone, prefix: /gone, upstream: gone}}
packs: all
logging: {{level: debug, format: {format}, identifiers: {identifiers}{key}}}
"""
HTML = ("Accept", "text/html")
KIND = ("received", "status", "rule", "failure", "ended")
PAGES = ("/metrics", "/-/exchanges?limit=1000", "/-/config", "/", "/-/ready", "/-/healthy", "/conformance")


class Gateway:
    """One process. `written` is all that came from its standard output and its standard error until now."""

    def __init__(self, process: asyncio.subprocess.Process, file: Path) -> None:
        self.process, self.file, self.written = process, file, b""
        self.port = self.admin_port = 0
        self._grown = asyncio.Condition()
        self._reading = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while piece := await self.process.stdout.read(65536):
            async with self._grown:
                self.written += piece
                self._grown.notify_all()
        async with self._grown:
            self._grown.notify_all()  # there will be no more

    async def says(self, words: bytes, times: int = 1) -> None:
        """Until it has written these words so often."""
        async with asyncio.timeout(20), self._grown:
            while self.written.count(words) < times:
                assert not self._reading.done(), self.written.decode(errors="replace")
                await self._grown.wait()

    async def pages(self) -> bytes:
        """Every page for operators."""
        replies = [await ask(self.admin_port, request("GET", page)) for page in PAGES]
        assert [reply.status for reply in replies[:4]] == [200] * 4
        return b"".join(reply.head + reply.body for reply in [*replies, *await self.explained()])

    async def explained(self) -> list[Reply]:
        """What is told of one exchange of each kind that is remembered, to programs and to people."""
        recent = json.loads((await ask(self.admin_port, request("GET", PAGES[1]))).body)["exchanges"]
        kinds = {tuple(one[name] for name in KIND): one["id"] for one in recent}
        asked = [request("GET", f"/-/exchanges/{id_}", *for_) for id_ in kinds.values() for for_ in ((), (HTML,))]
        replies = [await ask(self.admin_port, each) for each in asked]
        assert {reply.status for reply in replies} <= {200}
        return replies

    async def reload(self) -> Reply:
        return await ask(self.admin_port, request("POST", "/-/reload"))

    async def stopped(self) -> int:
        """Ended as an operator would; its exit code, once all that it wrote has been read."""
        self.process.send_signal(signal.SIGTERM)
        return await self.ended()

    async def ended(self) -> int:
        async with asyncio.timeout(20):
            await self._reading
            return await self.process.wait()


@asynccontextmanager
async def gateway(
    folder: Path,
    upstream: str,
    identifiers: str = "drop",
    form: str = "json",
    drain: str = "5s",
    certificate: Certificate | None = None,
) -> AsyncIterator[Gateway]:
    """`-W always` for the warnings that Python keeps to itself otherwise, such as those of unclosed sockets."""
    (folder / "log.key").write_text(KEY + "\n")
    key = ", identifier_key_file: log.key" if identifiers == "hash" else ""
    file = folder / "gateway.yaml"
    tls = f"\n  tls: {{cert_file: {certificate.cert}, key_file: {certificate.key}}}" if certificate else ""
    given = {"drain": drain, "tls": tls, "upstream": upstream, "format": form, "identifiers": identifiers, "key": key}
    file.write_text(CONFIG.format(**given))
    command = [sys.executable, "-W", "always", "-X", "faulthandler", "-m", "gateway", "serve", "--config", str(file)]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env={**os.environ}
    )
    running = Gateway(process, file)
    try:
        await running.says(b"admin on port")
        found = re.search(rb"on port (\d+), admin on port (\d+)", running.written)
        assert found is not None
        running.port, running.admin_port = int(found[1]), int(found[2])
        yield running
    finally:
        if process.returncode is None:
            process.kill()
        await running.ended()
