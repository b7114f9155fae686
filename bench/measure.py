"""One measurement: a load on one proxy, and what the proxy used for it."""

import time
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from bench.contents import Content
from bench.origin import answered
from bench.peers import Running
from bench.sampling import verify
from bench.wrk import Loading, command

_SAMPLES = {"2 KB search": 200, "256 KB frame": 50, "16 MB instance": 5}
_LARGE = 1024 * 1024
_SETTLED = 3  # seconds in which many connections can be opened, or else they are measured as they are


@dataclass(frozen=True, slots=True)
class Sample:
    """One proxy, one content, one round. Times in seconds, memory in bytes; `busy` is the share of its core that it used."""

    proxy: str
    content: str
    round: int
    requests: float
    rate: float
    cpu: float
    p50: float
    p99: float
    longest: float
    busy: float
    peak: int

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def warm(running: Running, content: Content, seconds: int, where: Collection[int]) -> None:
    """A load that is not counted, during which answers are compared: what is mixed up is mixed up under load."""
    loading = Loading(command(running.port, content, seconds), where)
    try:
        verify(running.port, content, _SAMPLES.get(content.name, 5))
    finally:
        loading.result()


def measure(
    running: Running,
    content: Content,
    turn: int,
    seconds: int,
    where: Collection[int],
    connections: int | None = None,
) -> Sample:
    """A load for so many seconds. Raises `LoadFailed` where an answer was no success."""
    before = running.process.usage()
    load = Loading(command(running.port, content, seconds, connections), where).result()
    after = running.process.usage()
    # At the end some answers are half read: nothing among thousands of small ones, but not of a few dozen large ones.
    requests = load.bytes / len(content.body) if len(content.body) >= _LARGE else float(load.requests)
    used = after.cpu - before.cpu
    return Sample(
        proxy=running.peer.name,
        content=content.name,
        round=turn,
        requests=requests,
        rate=requests / load.seconds,
        cpu=used / requests,
        p50=load.p50,
        p99=load.p99,
        longest=load.longest,
        busy=used / load.seconds,
        peak=after.peak,
    )


def steady(
    running: Running, archive: int, content: Content, seconds: int, where: Collection[int], connections: int
) -> float:
    """Seconds of processor time per request once every connection has been opened and used: what 2,000 new connections
    cost is not what 2,000 connections cost. Counted by the archive, between two looks."""
    at_first = answered(archive)
    loading = Loading(command(running.port, content, seconds + 3 * _SETTLED, connections), where)
    deadline = time.monotonic() + 2 * _SETTLED
    while answered(archive) - at_first < 2 * connections and time.monotonic() < deadline:
        time.sleep(0.1)
    before, requests_before = running.process.usage(), answered(archive)
    time.sleep(seconds)
    after, requests_after = running.process.usage(), answered(archive)
    loading.stop()
    return (after.cpu - before.cpu) / (requests_after - requests_before)
