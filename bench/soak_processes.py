"""The two processes of a soak: the archive that is killed, and the gateway that is watched."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections import Counter
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from bench.soak_books import Evidence
from bench.soak_content import CANARY
from tests.support.client import Reply, ask, request

_ROOT = Path(__file__).parents[1]
_CONFIGURATION = """\
version: 1
server: {{host: 127.0.0.1, port: 0, drain: 5s, limits: {{header_timeout: 5s, body_timeout: 4s, idle_timeout: 30s}}}}
admin: {{host: 127.0.0.1, port: 0}}
upstreams:
  pacs: {{url: "http://127.0.0.1:{archive}", timeouts: {{connect: 1s, response: 1s, idle: 1s}}}}
routes: [{{id: soak, prefix: /, upstream: pacs}}]
packs: all
retry_after: {{default: {wait}}}
"""
_WAITS = ("10s", "20s", "soon")  # the last is a mistake
_REFUSED = "reload refused"


class ArchiveProcess:
    """The archive on a port of its own, which it finds again after each death."""

    def __init__(self, folder: Path, seed: int) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self._seed, self._ledger = seed, folder / "ledger"
        self._process: Process | None = None
        self.deaths = 0

    async def start(self) -> None:
        command = (sys.executable, "-m", "bench.soak_archive", str(self.port), str(self._seed), str(self._ledger))
        self._process = await asyncio.create_subprocess_exec(*command, cwd=_ROOT)
        while not await _listens(self.port):  # noqa: ASYNC110 - a process tells nobody when it is ready
            await asyncio.sleep(0.02)

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
            self.deaths += 1

    def ledger(self) -> Counter[tuple[str, int]]:
        lines = self._ledger.read_text().splitlines() if self._ledger.exists() else []
        return Counter((what, int(number)) for what, number in (line.split() for line in lines))


class GatewayUnderTest:
    """The gateway as an operator starts it, and what can be seen of it from outside."""

    _LISTENING = re.compile(r"listening on port (\d+), admin on port (\d+)")

    def __init__(self, folder: Path, archive: int) -> None:
        self._archive = archive
        self._file, self._out, self._err = folder / "gateway.yaml", folder / "access.log", folder / "gateway.log"
        self._process: Process | None = None
        self.port = self.admin_port = 0
        self.memory: list[float] = []
        self.reloads = 0
        self._descriptors = self._threads = 0

    def write_configuration(self, turn: int) -> None:
        self._file.write_text(_CONFIGURATION.format(archive=self._archive, wait=_WAITS[turn % len(_WAITS)]))
        self.reloads += 1

    async def start(self) -> None:
        self.write_configuration(0)
        command = (sys.executable, "-m", "gateway", "serve", "--config", str(self._file))
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=DEVNULL, stdout=out, stderr=err, cwd=_ROOT
            )
        while not (found := self._LISTENING.search(self._err.read_text())):
            if self._process.returncode is not None:
                raise SystemExit(f"the gateway did not start: {self._err.read_text()}")
            await asyncio.sleep(0.02)
        self.port, self.admin_port = int(found[1]), int(found[2])
        await self.ask("GET", "/metrics")
        await asyncio.sleep(0.1)
        self._descriptors, self._threads = self._open_files(), self._number("Threads")

    async def ask(self, method: str, target: str) -> Reply:
        return await ask(self.admin_port, request(method, target, ("Connection", "close")))

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    async def watch(self, over: asyncio.Event) -> None:
        """Its memory, once a second."""
        while not over.is_set():
            self.memory.append(self._number("VmRSS") / 1024)
            await asyncio.sleep(1)

    async def testify(self, ledger: Counter[tuple[str, int]]) -> Evidence:
        """What is left when the load has ended: read from /metrics, /proc and the logs, the gateway alive and then dead."""
        descriptors = await self._at_rest()
        metrics = await self._metrics()
        threads = self._number("Threads")
        code = await self._stop()
        logs = [*self._out.read_text().splitlines(), *self._err.read_text().splitlines()]
        return Evidence(
            ledger=ledger,
            counted=int(metrics["pacs_gateway_responses_total"]),
            logged=len(self._out.read_text().splitlines()),
            in_flight=int(metrics["pacs_gateway_in_flight"]),
            descriptors=(self._descriptors, descriptors),
            memory=tuple(self.memory),
            threads=(self._threads, threads),
            errors=tuple(self._errors()),
            canaries=sum(CANARY.split("^")[0] in line for line in logs),
            exit_code=code,
        )

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _at_rest(self) -> int:
        """The descriptors that are open when connections that nobody uses have been closed, or after as long as that may
        take: twice the 15 s of the pool. Counted before /metrics is asked, which opens one of our own."""
        for _ in range(160):
            descriptors = self._open_files()
            if descriptors <= self._descriptors and not (await self._metrics())["pacs_gateway_in_flight"]:
                return descriptors
            await asyncio.sleep(0.25)
        return self._open_files()

    async def _metrics(self) -> Counter[str]:
        text = (await self.ask("GET", "/metrics")).body.decode()
        found: Counter[str] = Counter()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found[sample.name] += sample.value  # type: ignore[assignment]
        return found

    def _errors(self) -> list[str]:
        lines = [json.loads(line) for line in self._err.read_text().splitlines()]
        grave = [line for line in lines if line["level"] in ("error", "critical")]
        return [line["message"] for line in grave if not line["message"].startswith(_REFUSED)]

    async def _stop(self) -> int:
        assert self._process is not None
        self._process.terminate()
        return await self._process.wait()

    def _open_files(self) -> int:
        assert self._process is not None
        return len(os.listdir(f"/proc/{self._process.pid}/fd"))

    def _number(self, field: str) -> int:
        """A line of /proc/PID/status, such as VmRSS in KiB."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(re.search(rf"^{field}:\s+(\d+)", status, re.MULTILINE)[1])  # type: ignore[index]


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
