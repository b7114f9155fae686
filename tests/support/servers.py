"""Servers as processes on the loopback: started, awaited, ended."""

import http.client
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """A server that is not there: skipped on a desk, a failure where everything must be proven."""
    if os.environ.get("CI") == "true" or os.environ.get("PACS_GATEWAY_REQUIRE_PACS") == "1":
        pytest.fail(f"{what}, and this run must not go without it", pytrace=False)
    pytest.skip(what)


def until(holds: Callable[[], bool], what: str, seconds: float = 15.0) -> None:
    """Wait for another process; nothing tells us when it is ready."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.02)


def get(port: int, target: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", target)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


class Server:
    """One process with a folder of its own, where it leaves `stdout` and `stderr`."""

    def __init__(self, folder: Path, command: list[str], port: int = 0) -> None:
        self.folder, self.command, self.port = folder, command, port
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, or start again, and wait until it answers."""
        quiet = {name: value for name, value in os.environ.items() if not name.startswith("PACS_GATEWAY_")}
        with open(self.folder / "stdout", "wb") as out, open(self.folder / "stderr", "wb") as err:
            self.process = subprocess.Popen(self.command, stdout=out, stderr=err, cwd=self.cwd, env=quiet)
        until(self._is_ready, f"{self.command[0]} is ready")

    @property
    def cwd(self) -> Path:
        return self.folder

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def stdout(self) -> str:
        return (self.folder / "stdout").read_text()

    @property
    def stderr(self) -> str:
        return (self.folder / "stderr").read_text()

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"{self.command[0]} ended by itself:\n{self.stderr[-2000:]}"
        try:
            return self.answers()
        except OSError:
            return False

    def answers(self) -> bool:
        return get(self.port, "/")[0] < 500

    def kill(self) -> None:
        """As the kernel does it when memory runs out."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(20)

    def stop(self) -> int:
        """In good order; the exit code."""
        assert self.process is not None
        self.process.terminate()
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()
