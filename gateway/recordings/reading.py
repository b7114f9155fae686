"""Recordings and HAR files, read from one end to the other: exchange by exchange, whatever their size.

What cannot be read is told with its place and passed over.
"""

import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from gateway.recordings.exchanges import Bad, Recorded, Seen
from gateway.recordings.form import LONGEST, from_line
from gateway.recordings.har import Advance, read_har
from gateway.recordings.plain import BadEntry

SUFFIXES = (".jsonl", ".jsonl.gz", ".har", ".har.gz")
_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile)


class NothingToRead(Exception):  # noqa: N818
    """There is no file to read; the text says where."""


def files_in(places: Sequence[Path]) -> list[Path]:
    """The files themselves, and of folders all whose name ends as those of recordings do. Raises `NothingToRead`."""
    return [file for place in places for file in _files_in(place)]


def _files_in(place: Path) -> list[Path]:
    if not place.is_dir():
        if not place.exists():
            raise NothingToRead(f"{place}: there is no such file or folder")
        return [place]
    found = sorted(file for file in place.iterdir() if file.name.endswith(SUFFIXES) and file.is_file())
    if not found:
        raise NothingToRead(f"{place}: there is no recording in this folder; looked for {', '.join(SUFFIXES)}")
    return found


def read_files(files: Sequence[Path], advance: Advance) -> Iterator[Recorded | Seen | Bad]:
    """All exchanges of these files, one after the other. `advance` hears of each byte of the files once. Raises `OSError`
    where one cannot be opened."""
    for file in files:
        yield from _read(file, advance)


def _read(file: Path, advance: Advance) -> Iterator[Recorded | Seen | Bad]:
    with ExitStack() as closing:
        raw = closing.enter_context(file.open("rb"))
        packed = file.suffix == ".gz"
        stream: BinaryIO = closing.enter_context(gzip.open(raw)) if packed else raw  # type: ignore[assignment]
        progress = _Progress(raw, advance)
        is_har = (file.with_suffix("") if packed else file).suffix == ".har"
        yield from _har(file, stream, progress) if is_har else _lines(file, stream, progress)
        progress.tell()


class _Progress:
    """How far a file has been read, in bytes on the disk."""

    def __init__(self, raw: BinaryIO, advance: Advance) -> None:
        self._raw, self._advance, self._told = raw, advance, 0

    def tell(self, _read: int = 0) -> None:
        now = self._raw.tell()
        if now > self._told:
            self._advance(now - self._told)
            self._told = now


def _har(file: Path, stream: BinaryIO, progress: _Progress) -> Iterator[Seen | Bad]:
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace")
    number = 0
    try:
        for found in read_har(file, text, progress.tell):
            number += 1
            yield found
    except _DAMAGED:
        yield Bad(file, number, "what comes next cannot be uncompressed")
    finally:
        text.detach()


def _lines(file: Path, stream: BinaryIO, progress: _Progress) -> Iterator[Recorded | Bad]:
    number = 0
    while True:
        number += 1
        try:
            line = _line(stream)
        except _DAMAGED:
            yield Bad(file, number, "the compressed file is damaged here")
            return
        if not line:
            return
        progress.tell()
        if line.strip():
            yield _entry(file, number, line)


def _line(stream: BinaryIO) -> bytes:
    """The next line; of one that is too long, the beginning."""
    line = stream.readline(LONGEST + 1)
    rest = line
    while rest and not rest.endswith(b"\n"):
        rest = stream.readline(LONGEST)
    return line


def _entry(file: Path, number: int, line: bytes) -> Recorded | Bad:
    if len(line) > LONGEST:
        return Bad(file, number, "this line is longer than any of a recording")
    try:
        return Recorded(from_line(line.decode("utf-8", "replace")))
    except BadEntry as bad:
        return Bad(file, number, str(bad))
