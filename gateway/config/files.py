"""The file system: the text of a configuration, and the files it names. With `contents`, all that opens anything here."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.config.contents import Content
from gateway.config.findings import ConfigErrors, Finding, Place, Report, Wrong
from gateway.config.kinds import Kind, One, text_of
from gateway.config.scalars import text
from gateway.config.settings import Secret
from gateway.config.source import Node


def read_text(path: Path) -> str:
    """The text of a configuration file: UTF-8, with or without a byte order mark. It may come through a pipe."""
    return _text(path, Path.read_bytes)


def read_text_again(path: Path) -> str:
    """The same for a gateway that runs, from nothing but a regular file: who opens a pipe may wait for ever."""
    return _text(path, _regular)


def _regular(path: Path) -> bytes:
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("it is no regular file, and nothing else is read while the gateway runs")
        return file.read()


def _text(path: Path, read: Callable[[Path], bytes]) -> str:
    try:
        content = read(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _unreadable(Place(str(path)), f"cannot be read: {reason}", Content(path, "")) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        place = Place(str(path), before.count(b"\n") + 1, len(before) - before.rfind(b"\n"))
        message = f"is not UTF-8: byte 0x{content[error.start]:02X} here"
        raise _unreadable(place, message, Content.read(path, content)) from None


def _unreadable(place: Place, message: str, content: Content) -> ConfigErrors:
    return ConfigErrors([Finding.at(place, message)], unreadable=True, contents={"": content})


def file_name(written: str) -> str:
    return text(written)


@dataclass(frozen=True, slots=True)
class FileName:
    """The name of a file that must exist, relative to the file in which it is written."""

    @property
    def form(self) -> Kind:
        return One(file_name)

    def read(self, node: Node, report: Report) -> Path:
        path = _named(node, report)
        if not _is_file(path):
            raise Wrong(f"there is no file {path}"[:300])
        if not os.access(path, os.R_OK):
            raise Wrong(f"the file {path} may not be read by this user")
        return path

    def show(self, value: Any) -> object:
        return None if value is None else str(value)


FILE = FileName()


def _named(node: Node, report: Report) -> Path:
    """The file that is named here, noted with what it holds: that may change while its name stays."""
    path = Path(node.place.file).parent / file_name(text_of(node))
    report.contents[node.place.path] = Content.of(path)
    return path


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long: a certificate pasted in the place of its file
        return False


@dataclass(frozen=True, slots=True)
class SecretFile:
    """The name of a file whose content is a secret of at least so many bytes; line ends behind it do not count.

    No message repeats the name as it is written: people paste the secret itself where its file belongs.
    """

    least: int

    @property
    def form(self) -> Kind:
        return One(file_name)

    def read(self, node: Node, report: Report) -> Secret:
        path = _named(node, report)
        if not (_is_file(path) and os.access(path, os.R_OK)):
            raise Wrong("names no file that can be read; a relative name begins in the folder of this configuration")
        content = path.read_bytes().rstrip(b"\r\n")
        if len(content) < self.least:
            raise Wrong(f"the file holds {len(content)} bytes; a secret needs at least {self.least}")
        return Secret(path, content)

    def show(self, value: Any) -> object:
        return None if value is None else str(value.file)
