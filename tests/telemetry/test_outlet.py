"""A reader that stands still holds up nobody, and what it missed comes when it goes on."""

import asyncio
import logging
import os
import socket
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

import pytest

from gateway.telemetry import outlet
from gateway.telemetry.outlet import Outlet

Ends = tuple[TextIO, int]
LINE = "x" * 299 + "\n"


def pipe(stack: ExitStack) -> Ends:
    theirs, ours = os.pipe()
    stack.callback(os.close, theirs)
    return stack.enter_context(os.fdopen(ours, "w")), theirs


def wire(stack: ExitStack) -> Ends:
    """As the journal of systemd has."""
    ours, theirs = (stack.enter_context(end) for end in socket.socketpair())
    return stack.enter_context(os.fdopen(os.dup(ours.fileno()), "w")), theirs.fileno()


@pytest.fixture(params=[pipe, wire])
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    opened: Callable[[ExitStack], Ends] = request.param
    with ExitStack() as stack:
        yield opened(stack)


def numbered(count: int) -> list[str]:
    return [f"{number:299d}\n" for number in range(count)]


class Reader(threading.Thread):
    """Reads to the end."""

    def __init__(self, descriptor: int, pause: float = 0.0) -> None:
        super().__init__(daemon=True)
        self._descriptor, self._pause, self.heard = descriptor, pause, b""
        self._more = threading.Condition()
        self.start()

    def run(self) -> None:
        try:
            while piece := os.read(self._descriptor, 65536):
                with self._more:
                    self.heard += piece
                    self._more.notify()
                time.sleep(self._pause)
        except OSError:
            pass  # closed

    def lines(self, count: int) -> list[str]:
        """So many of them, once they have come."""
        with self._more:
            self._more.wait_for(lambda: self.heard.count(b"\n") >= count, 20)
        return [f"{line}\n" for line in self.heard.decode().replace("\r", "").splitlines()]


def test_nobody_waits_for_a_reader_and_it_gets_every_line_in_its_order(ends: Ends) -> None:
    ours, theirs = ends
    out, lines = Outlet(ours), numbered(5000)
    for line in lines:
        out.write(line)  # and comes back, though nobody reads
    reader = Reader(theirs)
    out.close()
    assert reader.lines(5000) == lines


async def test_what_is_held_comes_by_itself(ends: Ends) -> None:
    """Also when nothing more is written."""
    ours, theirs = ends
    out, lines = Outlet(ours), numbered(2000)
    for line in lines:
        out.write(line)
    reader = Reader(theirs)
    async with asyncio.timeout(20):
        while reader.heard.count(b"\n") < 2000:  # noqa: ASYNC110 - it comes from a thread
            await asyncio.sleep(0.01)
    assert reader.lines(2000) == lines


def test_what_cannot_be_held_is_lost_and_counted(
    ends: Ends, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlet, "MOST_HELD", 10 * len(LINE))
    ours, theirs = ends
    out, lines = Outlet(ours), numbered(3000)
    for line in lines:
        out.write(line)
    kept = 3000 - out._lost
    assert 10 < kept < 3000
    reader = Reader(theirs)
    with caplog.at_level(logging.WARNING):
        out.close()
    assert reader.lines(kept) == lines[:kept]
    said = f"{3000 - kept} lines to {ours.name} are lost: its reader stood still for too long"
    assert [record.getMessage() for record in caplog.records] == [said]


def test_a_slow_reader_is_waited_for_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlet, "PATIENCE", 0.3)
    with ExitStack() as stack:
        ours, theirs = pipe(stack)
        out, lines = Outlet(ours), numbered(2000)
        for line in lines:
            out.write(line)
        reader = Reader(theirs, pause=0.05)
        out.close()
        assert reader.lines(2000) == lines


def test_one_that_stands_still_is_not(
    ends: Ends, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlet, "PATIENCE", 0.05)
    out = Outlet(ends[0])
    for line in numbered(3000):
        out.write(line)
    with caplog.at_level(logging.WARNING):
        out.close()
    assert " lines to " in caplog.text


def test_a_terminal_that_somebody_has_stopped_stops_nobody() -> None:
    """By Ctrl-S."""
    theirs, ours = os.openpty()
    with os.fdopen(ours, "w") as stream:
        out, lines = Outlet(stream), numbered(500)
        termios.tcflow(ours, termios.TCOOFF)
        for line in lines:
            out.write(line)
        termios.tcflow(ours, termios.TCOON)
        reader = Reader(theirs)
        out.close()
        assert reader.lines(500) == lines
        termios.tcdrain(ours)


def test_of_a_pipe_other_processes_have_a_share() -> None:
    """Who has looked may still write: the others need room for what they have seen as well."""
    with ExitStack() as stack:
        ours, theirs = pipe(stack)
        outs = [Outlet(ours) for _ in range(8)]
        for line in numbered(3000):
            for out in outs:
                out.write(line)
        for out in outs:
            out._held.clear()
        os.set_blocking(theirs, False)
        assert len(os.read(theirs, 1_000_000)) % 300 == 0


async def test_a_reader_that_has_gone_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    theirs, ours = os.pipe()
    with os.fdopen(ours, "w") as stream:
        out = Outlet(stream)
        for line in numbered(1000):
            out.write(line)
        os.close(theirs)
        with caplog.at_level(logging.WARNING):
            for _ in range(3):
                out.write(LINE)
            out.close()
        assert [record.getMessage() for record in caplog.records] == [
            f"the reader of {ours} has gone: no more is written there"
        ]


def test_a_file_is_written_to_at_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("w") as stream:
        Outlet(stream).write(LINE)
        assert log.read_text() == LINE
