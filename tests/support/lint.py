"""What httplint, a linter of HTTP messages, has against the answers that our tests receive.

`tests.support.client` shows every answer here, with the request it answers. A finding fails the test that received the
answer, unless `EXPLAINED` says why it is meant, or it is about field lines that an archive of this test said so, byte for
byte: what the archive says wrongly is not for the gateway to hide. For a report of the gateway's own there is no archive to
blame.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from httplint import HttpRequestLinter, HttpResponseLinter, Note, levels

Line = tuple[bytes, bytes]

# By the note's name, and the field it is about where that matters.
EXPLAINED: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("STATUS_BAD_REQUEST", ""): "It finds fault with the request, and the gateway just said so.",
        ("STATUS_URI_TOO_LONG", ""): "It finds fault with the request, and the gateway just said so.",
        ("STATUS_VERSION_NOT_SUPPORTED", ""): "It finds fault with the request, and the gateway just said so.",
        ("FIELD_DEPRECATED", "warning"): "PS3.18 8.3.4.4 and 10.5.3 still speak through Warning, and clients read it.",
        (
            "PARTIAL_NOT_REQUESTED",
            "",
        ): "PS3.18 10.4.3: a retrieve that misses a target is 206, with no Range asked for.",
        ("PARTIAL_WITHOUT_RANGE", "content-range"): "PS3.18 10.4.3: what such a 206 misses is no range of bytes.",
        ("FRESHNESS_HEURISTIC", "last-modified"): "Whether a result may be kept for a while is the archive's to say.",
    }
)
# What must fit the code, in every answer whose code the gateway chose, whoever said it first.
ANSWERED_FOR = frozenset(
    {b"allow", b"content-range", b"date", b"location", b"proxy-status", b"retry-after", b"via", b"www-authenticate"}
)
NOT_IN_REPORTS = frozenset({"FRESHNESS_HEURISTIC"})

_REQUEST = re.compile(rb"[A-Z]+ \S+ HTTP/1\.[01]\r\n")
_REPORT = re.compile(rb"\burn:uuid:[0-9a-f-]{36}\b")
_said: set[Line] = set()


@dataclass(frozen=True)
class Seen:
    """An answer as it came, and what the client had sent for it. `sent` may be no request at all."""

    sent: bytes
    head: bytes
    body: bytes
    complete: bool
    method: str

    @property
    def lines(self) -> list[Line]:
        return _lines(self.head)

    @property
    def is_report(self) -> bool:
        """Whether the content is the gateway's own: each of its reports names its exchange."""
        return _REPORT.search(self.body) is not None


def said(raw: bytes) -> None:
    """An archive of this test says these bytes."""
    _said.update((name.lower().strip(), value) for name, value in _lines(re.sub(rb"\r?\n", b"\r\n", raw[:200_000])))


def forget() -> None:
    """Another test begins, and its archives have said nothing yet."""
    _said.clear()


def check(seen: Seen) -> None:
    """Fails where there is something against the answer."""
    if found := list(faults(seen)):
        raise AssertionError("\n".join(["httplint, of this answer:", *found, "", seen.head.decode("latin-1")]))


def faults(seen: Seen) -> Iterator[str]:
    for note in _notes(seen):
        if note.level in (levels.BAD, levels.WARN) and not _is_explained(note, seen):
            yield f"{type(note).__name__} ({note.subject}): {note.summary}"
    if seen.is_report and (b"cache-control", b"no-store") not in [(name.lower(), v) for name, v in seen.lines]:
        yield "a report of the gateway's own that a cache may keep"


def _notes(seen: Seen) -> list[Note]:
    linter = HttpResponseLinter()
    linter.request = _request(seen.sent)
    linter.is_head_response = seen.method == "HEAD"
    version, status, reason = [*seen.head.split(b"\r\n", 1)[0].split(b" ", 2), b""][:3]
    linter.process_response_topline(version.removeprefix(b"HTTP/"), status, reason)
    linter.process_headers(seen.lines)
    linter.feed_content(seen.body)
    linter.finish_content(seen.complete)
    return list(linter.notes)


def _request(sent: bytes) -> HttpRequestLinter | None:
    """The request, as far as the linter can make sense of it."""
    head, whole, _ = sent.partition(b"\r\n\r\n")
    if not whole or not _REQUEST.match(head):
        return None
    linter = HttpRequestLinter()
    method, target, version = head.split(b"\r\n", 1)[0].split(b" ")
    linter.process_request_topline(method, target, version.removeprefix(b"HTTP/"))
    linter.process_headers(_lines(head))
    linter.finish_content(True)
    return linter


def _is_explained(note: Note, seen: Seen) -> bool:
    name = type(note).__name__
    if name in NOT_IN_REPORTS and seen.is_report:
        return False
    if name == "CL_INCORRECT" and not seen.complete:
        return True  # that is how the client can tell that the answer was cut
    about = _about(note, seen)
    field = about[0][0].lower().decode() if about else note.subject.removeprefix("field-")
    if (name, "") in EXPLAINED or (name, field) in EXPLAINED:
        return True
    return bool(about) and not seen.is_report and all(_is_passed_on(line, seen) for line in about)


def _about(note: Note, seen: Seen) -> list[Line]:
    """The field lines that a note is about: it names one by its number, and all of a field by the field's name."""
    found = []
    for subject in note.subject.split():
        kind, _, which = subject.partition("-")
        if kind == "offset":
            found.append(seen.lines[int(which)])
        elif kind == "field":
            found += [line for line in seen.lines if line[0].lower() == which.encode()]
    return found


def _is_passed_on(line: Line, seen: Seen) -> bool:
    name, value = line[0].lower(), line[1]
    changed = any(other.lower() == b"proxy-status" for other, _ in seen.lines)
    return (name, value) in _said and not (changed and name in ANSWERED_FOR)


def _lines(head: bytes) -> list[Line]:
    """The field lines of a head. A name keeps the blanks that it must not have."""
    lines = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    return [(name, value.strip(b" \t")) for name, colon, value in lines if colon]
