"""Findings: what is wrong with a configuration, each with its place. All at once, never the first alone.

A finding is for the person who wrote the line: file, line, column and path say where, the message says what
to do. Nothing here decides whether a value is right; the readers do, and they raise `Wrong` or add to the
`Report`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TypeVar

from gateway.config.contents import Content, Contents

T = TypeVar("T")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something is written. Lines and columns count from 1; line 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0
    path: str = ""

    def below(self, key: str) -> "Place":
        return Place(self.file, self.line, self.column, f"{self.path}.{key}" if self.path else key)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One mistake."""

    file: str
    line: int
    column: int
    path: str
    message: str

    @classmethod
    def at(cls, place: Place, message: str) -> "Finding":
        return cls(place.file, place.line, place.column, place.path, message)

    def __str__(self) -> str:
        where = Place(self.file, self.line, self.column)
        return ": ".join(part for part in (str(where), self.path, self.message) if part)


class ConfigErrors(Exception):  # noqa: N818 - it is many
    """A configuration that cannot be used. `unreadable` says that its text could not be read at all, `contents` what it was
    read from: once that changes, it may be of use."""

    def __init__(
        self, findings: Iterable[Finding], *, unreadable: bool = False, contents: Contents | None = None
    ) -> None:
        self.findings = tuple(sorted(set(findings)))
        self.unreadable = unreadable
        self.contents: Contents = contents or {}
        super().__init__("\n".join(str(finding) for finding in self.findings))


class Wrong(Exception):  # noqa: N818 - read as a sentence: `raise Wrong("is empty")`
    """A value that cannot be read. Whoever asked for it knows the place, unless this names a closer one."""

    def __init__(self, message: str, place: Place | None = None) -> None:
        self.place = place
        super().__init__(message)


class Reported(Wrong):
    """A value that cannot be read, about which a finding exists: no second one."""

    def __init__(self) -> None:
        super().__init__("was reported before")


@dataclass(slots=True)
class Report:
    """Collects findings, so that one mistake does not hide the next; and, by their keys, the files that are named."""

    findings: list[Finding] = field(default_factory=list)
    repeated: int = 0
    contents: dict[str, Content] = field(default_factory=dict)

    @property
    def faults(self) -> int:
        """How much could not be read so far; whoever sees it grow must not trust what it was given."""
        return len(self.findings) + self.repeated

    def add(self, place: Place, message: str) -> None:
        self.findings.append(Finding.at(place, message))

    def attempt(self, place: Place, read: Callable[[], T]) -> T | None:
        """What `read` returns; None, and a finding, where it says that something is wrong."""
        try:
            return read()
        except Reported:
            self.repeated += 1
            return None
        except Wrong as wrong:
            self.add(wrong.place or place, str(wrong))
            return None

    def take(self, other: "Report") -> None:
        """All that another one has collected."""
        self.findings += other.findings
        self.repeated += other.repeated

    def stop_if_any(self) -> None:
        if self.findings:
            raise ConfigErrors(self.findings)


def shown(text: str) -> str:
    """What somebody wrote, quoted and short enough for one line."""
    return f'"{text if len(text) <= 60 else text[:57] + "..."}"'.replace("\n", "\\n").replace("\r", "\\r")


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that was probably meant, or empty."""
    by_lower = {name.lower(): name for name in known}
    found = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else ""


def instead(word: str, known: Iterable[str], listed: Iterable[str] = ()) -> str:
    """The end of a message about an unknown word: the nearest known one, or all of them (or those `listed`)."""
    names = list(known)
    near = nearest(word, names)
    return f'did you mean "{near}"?' if near else f"known here: {', '.join(listed or names) or 'none'}"
