"""Two ways to talk to a legacy PACS on the loopback: an HTTP client and bare sockets."""

import asyncio
from dataclasses import dataclass

from aiohttp import ClientResponse, ClientSession

from gateway.demo.legacy_pacs import LegacyPacs
from gateway.demo.probe import Probe


@dataclass(frozen=True)
class Heard:
    """Everything that came over a connection until it ended, and how it ended."""

    raw: bytes
    reset: bool

    @property
    def status(self) -> int:
        return int(self.raw.split(b" ", 2)[1])

    @property
    def fields(self) -> dict[str, str]:
        lines = self.raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    @property
    def content(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]


async def hear(port: int, probe: Probe) -> Heard:
    """Send a request on a connection of its own and listen to the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"{probe} HTTP/1.1", "Host: pacs", "Connection: close", f"Content-Length: {len(probe.content)}"]
    lines += [f"{name}: {value}" for name, value in probe.fields]
    writer.write("\r\n".join([*lines, "", ""]).encode() + probe.content)
    raw, reset = bytearray(), False
    try:
        while piece := await reader.read(65536):
            raw += piece
    except ConnectionResetError:
        reset = True
    writer.close()
    return Heard(bytes(raw), reset)


@dataclass(frozen=True)
class Running:
    """A legacy PACS that listens, with a client for it."""

    pacs: LegacyPacs
    port: int
    client: ClientSession

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def get(self, path: str, accept: str = "*/*", **fields: str) -> ClientResponse:
        response = await self.client.get(self.url + path, headers={"Accept": accept, **fields}, allow_redirects=False)
        await response.read()
        return response

    async def store(self, content: bytes, content_type: str, study: str = "") -> ClientResponse:
        url = f"{self.url}/dicom-web/studies{study}"
        response = await self.client.post(url, data=content, headers={"Content-Type": content_type})
        await response.read()
        return response
