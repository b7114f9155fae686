"""The gateway as a process of its own, to be signalled and waited for, and what it wrote."""

import asyncio
import json
import re
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from pathlib import Path
from types import TracebackType

from tests.support.client import Connection, Reply, ask, request

PROJECT = Path(__file__).parents[2]
CONFIGURATION = """\
version: 1
server: {{host: 127.0.0.1, port: 0, workers: {workers}, drain: {drain}, limits: {{connections: 100}}}}
admin: {{host: 127.0.0.1, port: 0}}
upstreams: {{pacs: {{url: "{url}"}}}}
routes: [{{id: all, prefix: /, upstream: pacs, service: opaque}}]
"""


class Gateway:
    """`serve` with a file, started on entry and killed on exit. `shell` is what a shell does before it, `options` what is
    said to it besides."""

    _LISTENING = re.compile(r"listening on port (\d+), admin on port (\d+)")

    def __init__(
        self,
        folder: Path,
        url: str = "http://127.0.0.1:1",
        drain: str = "10s",
        shell: str = "",
        workers: int = 1,
        options: str = "",
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.file, self._out, self._err = folder / "gateway.yaml", folder / "out", folder / "err"
        self.configure(CONFIGURATION.format(url=url, drain=drain, workers=workers))
        self._shell, self._options = shell, options
        self.process: Process | None = None
        self.port = self.admin_port = 0

    def configure(self, text: str) -> None:
        self.file.write_text(text)

    @property
    def command(self) -> str:
        return f'{self._shell} exec "{sys.executable}" -m gateway serve --config "{self.file}" {self._options}'

    async def __aenter__(self) -> "Gateway":
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = await asyncio.create_subprocess_shell(
                self.command, stdin=DEVNULL, stdout=out, stderr=err, cwd=PROJECT
            )
        found = await self.says(self._LISTENING.pattern)
        self.port, self.admin_port = int(found[1]), int(found[2])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    @property
    def log(self) -> str:
        return self._err.read_text()

    @property
    def exchanges(self) -> list[dict[str, object]]:
        """The access log."""
        return [json.loads(line) for line in self._out.read_text().splitlines()]

    async def says(self, pattern: str, seconds: float = 15.0) -> re.Match[str]:
        """Until it has logged this. A file tells nobody that it has grown."""
        async with asyncio.timeout(seconds):
            while not (found := re.search(pattern, self.log)):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return found

    @property
    def workers(self) -> list[int]:
        """The numbers of its workers' processes."""
        assert self.process is not None
        return [worker for nursery in children(self.process.pid) for worker in children(nursery)]

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    async def ended(self, seconds: float = 15.0) -> int:
        """Its exit code."""
        assert self.process is not None
        async with asyncio.timeout(seconds):
            return await self.process.wait()

    async def leave(self) -> None:
        """Asked to, and in good order. Only then has it written a record of everything."""
        self.signal(signal.SIGTERM)
        assert await self.ended() == 0

    async def closed(self, seconds: float = 5.0) -> None:
        """Until the port is closed."""
        async with asyncio.timeout(seconds):
            while await is_open(self.port):  # noqa: ASYNC110 - nor does a port tell that it has closed
                await asyncio.sleep(0.01)

    async def ask(self, method: str, target: str) -> Reply:
        """One request to the admin port."""
        return await ask(self.admin_port, request(method, target, ("Connection", "close")))


def children(process: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except FileNotFoundError:  # it has ended meanwhile
        return []


async def is_open(port: int) -> bool:
    try:
        client = await Connection.to(port)
    except ConnectionRefusedError:
        return False
    await client.close()
    return True
