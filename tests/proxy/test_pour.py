"""One content from the archive's connection straight to the client's: what passes, what is held back, whose clock strikes.

The two connections are stand-ins here, because the order of events is what matters: with real ones it is the system's to
choose. tests/proxy/test_express.py has the real ones.
"""

import asyncio
from typing import Any

import pytest

from gateway.core.failures import FailureKind
from gateway.proxy.ending import Ending
from gateway.proxy.pace import LEAST
from gateway.proxy.pour import Pour, Poured

K = FailureKind
SOON = 0.1  # seconds: each side's patience
LATE = 0.3
PIECE = bytes(2 * LEAST)


class Side:
    """A connection: what was written to it, whether it is read from, and whether it takes more."""

    def __init__(self) -> None:
        self.transport: Any = self
        self.written = b""
        self.is_read, self.is_full, self.closing = True, False, False

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closing

    def pause_reading(self) -> None:
        self.is_read = False

    def resume_reading(self) -> None:
        self.is_read = True

    def divert(self, pour: Pour) -> None:
        """To `pour`."""


class Scene:
    """A content of `size` bytes under way."""

    def __init__(self, size: int, delimiter: bytes = b"") -> None:
        self.archive, self.client = Side(), Side()
        self.told: list[Poured] = []
        archive: Any = self.archive
        client: Any = self.client
        self.pour = Pour(archive, client, size, Ending(delimiter), SOON, SOON, self.told.append)
        self.pour.begin()


async def test_all_of_it_passes_in_its_order_and_the_end_is_told_once() -> None:
    scene = Scene(6)
    scene.pour.heard(b"abc")
    scene.pour.heard(b"def")
    await asyncio.sleep(LATE)
    assert (scene.client.written, scene.told) == (b"abcdef", [Poured(6)])


async def test_what_comes_behind_the_end_stays_behind() -> None:
    scene = Scene(3)
    scene.pour.heard(b"abcANOTHER PATIENT")
    assert (scene.client.written, scene.told) == (b"abc", [Poured(3, is_clean=False)])


async def test_an_end_that_is_none_is_held_back() -> None:
    scene = Scene(10, b"--b--")
    scene.pour.heard(b"--b\r\n")
    scene.pour.heard(b"image")
    assert scene.client.written == b"--b\r\n"
    assert scene.told == [Poured(5, archive=K.HTTP_RESPONSE_INCOMPLETE, is_clean=False)]


async def test_a_slow_client_makes_the_archive_wait_and_has_a_clock_of_its_own() -> None:
    scene = Scene(len(PIECE) * 2)
    scene.client.is_full = True
    scene.pour.heard(PIECE)
    assert not scene.archive.is_read
    await asyncio.sleep(LATE)
    assert scene.told == [Poured(len(PIECE), client=K.CLIENT_GONE, is_clean=False)]


async def test_a_client_that_reads_on_is_served_on() -> None:
    scene = Scene(len(PIECE) * 2)
    scene.client.is_full = True
    scene.pour.heard(PIECE)
    scene.client.is_full = False
    scene.pour.client_has_read()
    assert scene.archive.is_read
    scene.pour.heard(PIECE)
    assert scene.told == [Poured(len(PIECE) * 2)]


async def test_no_clock_strikes_for_what_is_only_read_late() -> None:
    """The archive has said all of it; the connection may be in use again when the client reads the rest."""
    scene = Scene(len(PIECE))
    scene.pour.heard(PIECE)
    scene.pour.client_has_read()
    await asyncio.sleep(LATE)
    assert scene.told == [Poured(len(PIECE))]


async def test_an_archive_is_read_on_when_its_last_bytes_came_to_a_full_client() -> None:
    scene = Scene(len(PIECE) * 2)
    scene.client.is_full = True
    scene.pour.heard(PIECE)
    scene.pour.heard(PIECE)  # read before it was told to wait
    assert scene.archive.is_read
    assert scene.told == [Poured(len(PIECE) * 2)]


@pytest.mark.parametrize("drips", [0, 3])
async def test_an_archive_that_brings_too_little_is_given_up(drips: int) -> None:
    scene = Scene(len(PIECE))
    for _ in range(drips):
        scene.pour.heard(b"x")
        await asyncio.sleep(SOON / 4)
    await asyncio.sleep(LATE)
    assert scene.told == [Poured(drips, archive=K.CONNECTION_READ_TIMEOUT, is_clean=False)]


async def test_an_archive_that_brings_enough_has_its_time_anew() -> None:
    scene = Scene(len(PIECE) * 8)
    for _ in range(8):
        await asyncio.sleep(SOON / 5)
        scene.pour.heard(PIECE)
    assert scene.told == [Poured(len(PIECE) * 8)]


async def test_whoever_leaves_first_is_blamed() -> None:
    ours, theirs, closing = Scene(3), Scene(3), Scene(3)
    ours.pour.client_is_gone()
    theirs.pour.archive_is_gone()
    closing.client.closing = True
    closing.pour.heard(b"abc")
    assert ours.told == closing.told == [Poured(0, client=K.CLIENT_GONE, is_clean=False)]
    assert theirs.told == [Poured(0, archive=K.HTTP_RESPONSE_INCOMPLETE, is_clean=False)]


async def test_nobody_is_told_of_what_nobody_wants() -> None:
    scene = Scene(3)
    scene.pour.stop()
    await asyncio.sleep(LATE)
    assert scene.told == []
