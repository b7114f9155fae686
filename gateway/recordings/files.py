"""The files of a recording: lines appended to the newest, a new one when it is full, the oldest removed. Never more bytes
than allowed, and for the gateway's user alone.

Several processes write into one folder, each its own files: `exchanges-0-000007.jsonl` is the seventh of the first process.
Files of a process that there is no more, since there are fewer now, count as the first one's, and go before its own.
"""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

FILES = 8  # of each process, when all are full
_NAME = re.compile(r"exchanges-([0-9]{1,4})-([0-9]{6,})\.jsonl")


class CannotRecord(Exception):  # noqa: N818
    """The folder cannot be used; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one of several processes may write: `place` is its number, from 0."""

    directory: Path
    bytes: int
    place: int = 0
    places: int = 1

    @property
    def of_a_file(self) -> int:
        return self.bytes // FILES


class Files:
    """Used from one thread at a time. `append` raises `OSError` where the disk does not do as it should."""

    def __init__(self, share: Share) -> None:
        self._share = share
        self._descriptor, self._size = -1, 0

    def append(self, lines: bytes) -> None:
        """Whole lines: all of them or, where it raises, none."""
        if self._descriptor < 0 or os.fstat(self._descriptor).st_nlink == 0:  # somebody has removed it
            self.close()
            self._go_on()
        if self._size and self._size + len(lines) > self._share.of_a_file:
            self._begin(len(lines))
        try:
            self._write(lines)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._descriptor, self._size)  # half a line would spoil the next one too
            self.close()
            raise

    def _write(self, lines: bytes) -> None:
        rest = memoryview(lines)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        self._size += len(lines)

    def close(self) -> None:
        if self._descriptor >= 0:
            with suppress(OSError):
                os.close(self._descriptor)
        self._descriptor, self._size = -1, 0

    def _go_on(self) -> None:
        """With the newest file, if there is room in it."""
        self._share.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        own = self._own()
        if not own or _place_of(own[-1]) != self._share.place or own[-1].stat().st_size >= self._share.of_a_file:
            self._begin(0)
            return
        self._descriptor = os.open(own[-1], os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW)
        self._size = _end_of_last_line(self._descriptor)
        os.ftruncate(self._descriptor, self._size)  # what a gateway that was killed had half written

    def _begin(self, expected: int) -> None:
        """A new file, and so many of the oldest ones away that it may be filled."""
        self.close()
        own = self._own()
        number = max((_number_of(file) for file in own if _place_of(file) == self._share.place), default=0) + 1
        room = self._share.bytes - max(self._share.of_a_file, expected)
        sizes = {file: file.stat().st_size for file in own}
        while own and sum(map(sizes.__getitem__, own)) > room:
            own.pop(0).unlink(missing_ok=True)
        name = self._share.directory / f"exchanges-{self._share.place}-{number:06}.jsonl"
        self._descriptor = os.open(name, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)

    def _own(self) -> list[Path]:
        """The oldest first."""
        place, places = self._share.place, self._share.places
        found = [file for file in self._share.directory.iterdir() if _NAME.fullmatch(file.name)]
        own = [f for f in found if _place_of(f) == place or (place == 0 and _place_of(f) >= places)]
        return sorted(own, key=lambda file: (_place_of(file) == place, _number_of(file)))


def require_writable(directory: Path) -> None:
    """Make the folder, and see whether files can be made in it. Raises `CannotRecord`."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryFile(dir=directory):
            pass
    except OSError as error:
        why = error.strerror or str(error)
        raise CannotRecord(f"recording.directory: recordings cannot be written to {directory}: {why}") from None


def _place_of(file: Path) -> int:
    return int(file.name.split("-")[1])


def _number_of(file: Path) -> int:
    return int(file.stem.split("-")[2])


def _end_of_last_line(descriptor: int) -> int:
    """How many bytes of a file are whole lines."""
    end = os.fstat(descriptor).st_size
    while end:
        start = max(0, end - 64 * 1024)
        found = os.pread(descriptor, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
