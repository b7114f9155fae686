"""A start that cannot succeed ends in one sentence; one that can takes what it needs."""

import asyncio
import os
import resource
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lifecycle.process import PROJECT, Gateway
from tests.support.client import ask, request
from tests.support.ports import free_port

SERVE = ("-m", "gateway", "serve", "--upstream", "http://pacs:1")
ANYWHERE = ("--host", "127.0.0.1", "--port", "0", "--admin-port", "0")


def refused(*command: str, **environ: str) -> str:
    """The one line with which it ends."""
    done = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        timeout=30,
        cwd=PROJECT,
        env={**os.environ, **environ},
    )
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    return line.removeprefix("pacs-gateway: ")


@pytest.mark.parametrize("which", ["--port", "--admin-port"])
def test_a_port_that_is_taken(which: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        place = "server" if which == "--port" else "admin"
        assert refused(*SERVE, *ANYWHERE, which, port) == (
            f"{place}.port: cannot listen on 127.0.0.1:{port}: Address already in use"
        )


@pytest.mark.parametrize(
    ("host", "reason"),
    [("192.0.2.1", "Cannot assign requested address"), ("nobody.invalid", "Name or service not known")],
)
def test_an_address_that_is_not_of_this_machine(host: str, reason: str) -> None:
    assert refused(*SERVE, *ANYWHERE, "--host", host).endswith(f": cannot listen on {host}:0: {reason}")


@pytest.mark.parametrize(
    ("options", "environ"),
    [((), {"PYTHONASYNCIODEBUG": "1"}), (("-X", "dev"), {})],
    ids=["PYTHONASYNCIODEBUG", "-X dev"],
)
def test_aiohttp_in_debug_mode(options: tuple[str, ...], environ: dict[str, str]) -> None:
    assert refused(*options, *SERVE, *ANYWHERE, **environ).startswith("aiohttp is in debug mode; start Python without")


def test_aiohttp_without_its_parser() -> None:
    assert refused(*SERVE, *ANYWHERE, AIOHTTP_NO_EXTENSIONS="1").startswith("aiohttp lacks its C extension")


async def test_a_signal_before_the_ports_are_open_ends_it(tmp_path: Path) -> None:
    """A configuration that never comes to its end keeps it from starting for ever."""
    file = tmp_path / "gateway.yaml"
    os.mkfifo(file)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "serve", "--config", str(file), cwd=PROJECT, stderr=subprocess.PIPE
    )
    writer = await asyncio.to_thread(open, file, "wb")  # returns once the gateway reads
    with writer:
        process.send_signal(signal.SIGTERM)
        _, told = await process.communicate()
    assert (process.returncode, told) == (128 + signal.SIGTERM, b"")


async def test_file_descriptors_are_raised_as_far_as_allowed(tmp_path: Path) -> None:
    async with Gateway(tmp_path, shell="ulimit -Sn 100; ulimit -Hn 1000;") as gateway:
        assert gateway.process is not None
        assert resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE) == (264, 1000), (
            "two for each of 100 clients, and 64"
        )
        assert "file descriptors" not in gateway.log


async def test_too_few_file_descriptors_are_told(tmp_path: Path) -> None:
    async with Gateway(tmp_path, shell="ulimit -n 200;") as gateway:
        told = (
            "server.limits.connections: 100 clients may need 264 file descriptors and the system allows 200; raise the"
        )
        await gateway.says(told)


@pytest.mark.parametrize("streams", ["", "2>&1"], ids=["stdout", "both"])
async def test_a_reader_that_leaves_takes_nothing_with_it(streams: str, tmp_path: Path) -> None:
    """As in `pacs-gateway serve | head -1`."""
    port = free_port()
    command = " ".join([sys.executable, *SERVE, *ANYWHERE, "--port", str(port)])
    shell = f"( {command} {streams}; echo $? >{tmp_path}/code ) | head -1 >/dev/null; wait"
    with (tmp_path / "err").open("wb") as told:
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", shell, cwd=PROJECT, stderr=told, stdout=subprocess.DEVNULL
        )
        await until_it_answers(port)
        for _ in range(5):
            assert (await ask(port, request("GET", "/studies"))).status == 503
        os.kill(process_with(port), signal.SIGTERM)
        await process.wait()
    assert (tmp_path / "code").read_text() == "0\n"
    if not streams:
        log = (tmp_path / "err").read_text()
        assert log.count("the reader of <stdout> has gone: no more is written there") == 1


async def test_a_reader_that_stands_still_stops_nobody(tmp_path: Path) -> None:
    """A log driver that waits for its server: clients do not, and neither does the end."""
    (theirs, ours), port = os.pipe(), free_port()
    command = [sys.executable, *SERVE, *ANYWHERE, "--port", str(port)]
    process = await asyncio.create_subprocess_exec(*command, cwd=PROJECT, stderr=ours, stdout=ours)
    os.close(ours)
    await until_it_answers(port)
    for _ in range(300):  # 64 KiB hold some 150 lines
        assert (await ask(port, request("GET", "/studies"))).status == 503
    process.terminate()
    async with asyncio.timeout(15):
        assert await process.wait() == 0
    os.close(theirs)


async def until_it_answers(port: int) -> None:
    async with asyncio.timeout(15):
        while not await answers(port):  # noqa: ASYNC110 - a process tells nobody when it is ready
            await asyncio.sleep(0.02)


async def answers(port: int) -> bool:
    try:
        return (await ask(port, request("GET", "/studies"))).status is not None
    except ConnectionRefusedError:
        return False


def process_with(port: int) -> int:
    """The process that was started with this port."""
    for folder in Path("/proc").glob("[0-9]*"):
        words = (folder / "cmdline").read_bytes().split(b"\0")
        if str(port).encode() in words and b"serve" in words:
            return int(folder.name)
    raise AssertionError("nobody")
