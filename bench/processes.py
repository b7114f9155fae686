"""Processes of a benchmark: started on the cores that are theirs, watched from outside, and ended at the end."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from bench.usage import Usage, usage

ROOT = Path(__file__).parents[1]
_PATIENCE = 20.0  # seconds for a proxy to open its port


class DidNotStart(Exception):  # noqa: N818
    """A process ended, or did not listen in time; the text is what it said."""


def cores() -> tuple[frozenset[int], frozenset[int]]:
    """One core for the proxy that is measured, the others for everybody else."""
    free = sorted(os.sched_getaffinity(0))
    if len(free) < 2:
        raise SystemExit("a benchmark needs two cores: one for the proxy, and one for the load and the archive")
    return frozenset(free[:1]), frozenset(free[1:])


@contextmanager
def on_cores(wanted: Collection[int]) -> Iterator[None]:
    """What is started within runs on these cores, all its threads included."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, wanted)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def said(command: Sequence[str]) -> str:
    """All that a command prints, wherever it prints it."""
    done = subprocess.run(  # noqa: S603 - commands of this folder
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT, check=False
    )
    return done.stdout


class Launched:
    """A running process that listens. Use as a context manager."""

    def __init__(
        self, name: str, command: Sequence[str], folder: Path, where: Collection[int], environ: Mapping[str, str] = {}
    ) -> None:
        self.name = name
        self._out, self._err = folder / f"{name}.out", folder / f"{name}.err"
        with self._out.open("wb") as out, self._err.open("wb") as err, on_cores(where):
            self._process = subprocess.Popen(  # noqa: S603 - commands of this folder
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=ROOT,
                env={**os.environ, **environ}, start_new_session=True,
            )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """End it and all that it started: they are a group of their own."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def listening(self, port: int) -> Self:
        """Wait until it takes connections on `port`. Raises `DidNotStart`."""
        deadline = time.monotonic() + _PATIENCE
        while not _listens(port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise DidNotStart(f"{self.name}: {self.errors() or 'no word'}")
            time.sleep(0.02)
        return self

    @property
    def pid(self) -> int:
        return self._process.pid

    def usage(self) -> Usage:
        return usage(self._process.pid)

    def errors(self) -> str:
        """The last that it said."""
        return (self._err.read_text(errors="replace") + self._out.read_text(errors="replace"))[-2000:].strip()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
