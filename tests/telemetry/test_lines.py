"""How lines of the access log are written: together where there are many, whole, and none is lost."""

import asyncio
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from select import PIPE_BUF

from gateway.telemetry.lines import Batches
from tests.support.logs import Writes


def in_the_last_turn(step: Callable[[], None]) -> None:
    """Done by a loop that stops before another turn could write what is left."""
    loop = asyncio.new_event_loop()
    loop.call_soon(step)
    loop.call_soon(loop.stop)
    loop.run_forever()
    loop.close()


def test_the_lines_of_one_turn_are_one_write() -> None:
    stream = Writes()
    batches = Batches(stream)

    async def exchanges() -> None:
        for turn in ("a", "b"):
            batches.add(f"{turn}1\n")
            batches.add(f"{turn}2\n")
            await asyncio.sleep(0)

    asyncio.run(exchanges())
    assert stream.pieces == ["a1\na2\n", "b1\nb2\n"]


def test_without_a_loop_each_line_is_written_at_once() -> None:
    stream = Writes()
    batches = Batches(stream)
    batches.add("1\n")
    batches.add("2\n")
    assert stream.pieces == ["1\n", "2\n"]


def test_what_one_loop_has_left_the_next_one_writes() -> None:
    stream = Writes()
    batches = Batches(stream)

    async def exchange() -> None:
        batches.add("left\n")

    in_the_last_turn(partial(batches.add, "left\n"))
    assert stream.pieces == []
    asyncio.run(exchange())
    assert stream.pieces == ["left\nleft\n"]


def test_what_waits_is_written_when_asked() -> None:
    stream = Writes()

    async def exchange() -> None:
        batches = Batches(stream)
        batches.add("1\n")
        batches.flush()
        assert stream.pieces == ["1\n"]

    asyncio.run(exchange())
    assert stream.pieces == ["1\n"]


def test_no_piece_is_longer_than_the_system_keeps_together() -> None:
    stream = Writes()
    lines = [f"{'x' * (number % 400)}\n" for number in range(1000)]

    async def exchanges() -> None:
        batches = Batches(stream)
        for line in lines:
            batches.add(line)

    asyncio.run(exchanges())
    assert "".join(stream.pieces) == "".join(lines)
    assert max(map(len, stream.pieces)) <= PIPE_BUF
    assert all(piece.endswith("\n") for piece in stream.pieces)


def test_a_stream_that_is_closed_stops_nobody() -> None:
    stream = io.StringIO()
    stream.close()
    batches = Batches(stream)
    batches.add("1\n")
    batches.add("2\n")
    assert batches._waiting == []


LOGGING = """
import asyncio, sys
from gateway.config.settings import LoggingSettings
from gateway.telemetry.access_log import AccessLog, setup_logging
from gateway.telemetry.record import ExchangeRecord

setup_logging(LoggingSettings())
log = AccessLog(LoggingSettings())
told = ExchangeRecord("0b1e", 0.0, "pacs", "pacs", "studies.search", "GET", 200, 200, "-", "")
"""
MANY = """
async def exchanges():
    for number in range(2000):
        for _ in range(number % 20):
            log.add(told, "/studies")
        await asyncio.sleep(0)
asyncio.run(exchanges())
"""


def test_lines_of_several_processes_do_not_mix() -> None:
    ours, theirs = os.pipe()
    writers = [subprocess.Popen([sys.executable, "-c", LOGGING + MANY], stdout=theirs) for _ in range(3)]
    os.close(theirs)
    with open(ours) as lines:
        transactions = [json.loads(line)["transaction"] for line in lines]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert transactions == ["studies.search"] * (3 * sum(number % 20 for number in range(2000)))


LAST = """
def last():
    log.add(told, "/studies")
    loop.stop()  # there is no other turn
loop = asyncio.new_event_loop()
loop.call_soon(last)
loop.run_forever()
raise SystemExit(143)
"""


def test_a_process_that_ends_writes_what_waits() -> None:
    done = subprocess.run([sys.executable, "-c", LOGGING + LAST], capture_output=True, text=True)
    assert (done.returncode, len(done.stdout.splitlines()), done.stderr) == (143, 1, "")
