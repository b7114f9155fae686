"""The command of the unit, run as systemd runs it: it says when it is ready, when it has reloaded, and that it leaves."""

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.service_manager import tell
from tests.deploy import unit


class Manager:
    """What systemd is to the service: a socket that hears how it is."""

    def __init__(self, address: str) -> None:
        self._wire = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._wire.bind(address)

    async def hears(self) -> dict[str, str]:
        async with asyncio.timeout(20):
            text = await asyncio.get_running_loop().sock_recv(self._wire, 4096)
        return dict(line.split("=", 1) for line in text.decode().splitlines())

    @property
    def is_silent(self) -> bool:
        """Whether nothing was said that has not been heard."""
        try:
            self._wire.recv(4096, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        return False

    def close(self) -> None:
        self._wire.close()


CONFIGURATION = """\
version: 1
mode: ${{GATEWAY_MODE}}
server: {{host: 127.0.0.1, port: 0, workers: {workers}}}
admin: {{host: 127.0.0.1, port: 0}}
upstreams: {{pacs: {{url: "${{PACS_URL}}"}}}}
"""


@asynccontextmanager
async def started(
    folder: Path, address: str, workers: int = 1, text: str = CONFIGURATION
) -> AsyncIterator[tuple[Manager, asyncio.subprocess.Process]]:
    """ExecStart's own words with the environment file, in folders of the test."""
    (folder / "gateway.yaml").write_text(text.format(workers=workers))
    manager = Manager(address.replace("@", "\0", 1))
    words = [word.replace(unit.PLACE, str(folder)) for word in unit.command("ExecStart")[1:]]
    environment = {**unit.variables(), "NOTIFY_SOCKET": address, "PATH": os.environ["PATH"]}
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", *words,
            stdout=log, stderr=log, env=environment, cwd=unit.FOLDER.parents[1],
        )  # fmt: skip
    try:
        yield manager, process
    finally:
        manager.close()
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize("workers", [1, 2])
async def test_it_tells_systemd_when_it_is_ready_and_when_it_leaves(workers: int, tmp_path: Path) -> None:
    async with started(tmp_path, str(tmp_path / "notify"), workers) as (manager, process):
        said = await manager.hears()
        assert said.pop("READY") == "1"
        assert re.fullmatch(r"listening on port \d+, admin on port \d+", said.pop("STATUS"))
        assert not said
        process.send_signal(getattr(signal, unit.service()["KillSignal"][0]))
        assert (await manager.hears())["STOPPING"] == "1"
        assert await process.wait() == 0


async def test_a_reload_is_over_when_the_file_has_been_read(tmp_path: Path) -> None:
    async with started(tmp_path, str(tmp_path / "notify")) as (manager, process):
        await manager.hears()
        assert unit.command("ExecReload")[1:] == ["-HUP", "$MAINPID"]
        process.send_signal(signal.SIGHUP)
        begun = await manager.hears()
        assert begun.pop("RELOADING") == "1"
        assert int(begun.pop("MONOTONIC_USEC")) > 0
        assert re.fullmatch("reloaded, now [0-9a-f]{12}", (await manager.hears())["STATUS"])


async def test_a_reload_that_is_refused_is_over_too(tmp_path: Path) -> None:
    async with started(tmp_path, str(tmp_path / "notify")) as (manager, process):
        await manager.hears()
        (tmp_path / "gateway.yaml").write_text("version: 2\n")
        process.send_signal(signal.SIGHUP)
        words = [await manager.hears() for _ in range(2)]
        assert words[1] == {"READY": "1", "STATUS": "reload refused, the old configuration stays in force"}


async def test_a_socket_without_a_file_is_heard_too(tmp_path: Path) -> None:
    async with started(tmp_path, f"@pacs-gateway-{os.getpid()}") as (manager, _process):
        assert (await manager.hears())["READY"] == "1"


async def test_a_configuration_with_a_mistake_is_a_start_that_failed(tmp_path: Path) -> None:
    async with started(tmp_path, str(tmp_path / "notify"), text="version: 2\n") as (manager, process):
        assert await process.wait() == 1
        assert manager.is_silent


def test_without_a_manager_nobody_is_told(tmp_path: Path) -> None:
    for address in ("", "notify", "vsock:2:9999", str(tmp_path / "nobody")):
        tell("READY=1", environ={"NOTIFY_SOCKET": address})


def test_a_manager_that_does_not_listen_holds_nobody_up(tmp_path: Path) -> None:
    manager = Manager(str(tmp_path / "notify"))
    for _ in range(1000):
        tell("READY=1", environ={"NOTIFY_SOCKET": str(tmp_path / "notify")})
    manager.close()
