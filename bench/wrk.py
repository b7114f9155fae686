"""The load: wrk on one thread, which asks as fast as it is answered. What it counted comes back to the microsecond."""

import json
import shutil
import signal
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from bench.contents import Content
from bench.processes import on_cores

_SUMMARY = Path(__file__).parent / "summary.lua"
_WORD = "summary "


class LoadFailed(Exception):  # noqa: N818
    """Not every answer was good; a figure from such a run would be a lie."""


@dataclass(frozen=True, slots=True)
class Load:
    """What the clients saw. Latencies in seconds."""

    requests: int
    bytes: int
    seconds: float
    p50: float
    p99: float
    longest: float


def summary(output: str) -> Load:
    """From what wrk printed. Raises `LoadFailed` where anything went wrong with any answer."""
    line = next((line for line in output.splitlines() if line.startswith(_WORD)), None)
    if line is None:
        raise LoadFailed(output.strip()[-500:] or "wrk said nothing")
    told = json.loads(line.removeprefix(_WORD))
    if told["failed"] or told["refused"] or not told["requests"]:
        raise LoadFailed(
            f"{told['requests']} answers, {told['refused']} of them no success, {told['failed']} connections failed"
        )
    return Load(
        told["requests"], told["bytes"], told["microseconds"] / 1e6,
        told["p50"] / 1e6, told["p99"] / 1e6, told["max"] / 1e6,
    )  # fmt: skip


def command(port: int, content: Content, seconds: int, connections: int | None = None) -> tuple[str, ...]:
    program = shutil.which("wrk")
    if program is None:
        raise SystemExit("the load of the benchmark is wrk: apt-get install wrk")
    return (
        program, "-t1", f"-c{connections or content.connections}", f"-d{seconds}s", "--timeout", "20s",
        "-H", f"Accept: {content.accept}", "-s", str(_SUMMARY), f"http://127.0.0.1:{port}{content.target}",
    )  # fmt: skip


class Loading:
    """A load under way; `result` waits for its end."""

    def __init__(self, words: tuple[str, ...], where: Collection[int]) -> None:
        with on_cores(where):
            self._process = subprocess.Popen(  # noqa: S603 - wrk, with targets of our own
                words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )

    def result(self) -> Load:
        return summary(self._process.communicate()[0])

    def stop(self) -> Load:
        """Before its time; wrk sums up even so."""
        self._process.send_signal(signal.SIGINT)
        return self.result()
