"""Multipart bodies: how many parts pass by, and whether the end was reached.

RFC 2046 5.1 and PS3.18 8.6.1.2, read as archives and modalities write it: bare line feeds, blanks after a delimiter, text
before the first part and after the last. A body streams by in pieces of any size; at most a delimiter is held back.

Never decodes a part, never changes or delays a byte. A boundary that stands by chance at the start of a line in pixel
data counts as a delimiter, as it does for every other reader.
"""

import re

from gateway.dicomweb.media import parse_media_type

# RFC 2046 allows 70 characters. A sender of more still means what it wrote.
_USABLE = re.compile(r"[ -~]{0,199}[!-~]")

_FIRST_DELIMITER = re.compile(rb"(?:\r?\n)*+--([0-9A-Za-z'()+_,./:=? -]{1,70}?)[ \t]*+\r?\n")
_FIELD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++[ \t]*+:")
_CONTENT_TYPE = re.compile(
    rb"(?:[^\r\n]++\r?\n)*?content-type[ \t]*+:([^\r\n]*+(?:\r?\n[ \t]++[^\r\n]++)*+)\r?\n", re.IGNORECASE
)

_CLOSES_OR_BEGINS = re.compile(rb"(--)|[ \t]*+\r?\n")
_UNDECIDED = re.compile(rb"(?:-|[ \t]*+\r?)\Z")


class PartCounter:
    """Counts the parts of one body while it streams.

    A part has begun when the line of its delimiter has ended: `--boundary` as the last bytes of a body is the trace of
    a cut, or of a sender that forgets the two dashes, but no part. After the closing delimiter nothing counts.
    """

    __slots__ = ("_closed", "_delimiter", "_held", "_parts")

    def __init__(self, boundary: str) -> None:
        # With the line feed before it, a single search finds delimiters at the start of lines only.
        self._delimiter = b"\n--" + boundary.encode()
        self._held = b"\n"
        self._parts = 0
        self._closed = False

    @property
    def parts(self) -> int:
        return self._parts

    @property
    def closed(self) -> bool:
        """Whether the closing delimiter was seen. The rest of its line is not looked at."""
        return self._closed

    def feed(self, data: bytes) -> None:
        if self._closed:
            return
        data = self._held + data if self._held else data
        self._held = b""
        rest = 0
        while (start := data.find(self._delimiter, rest)) >= 0:
            rest = start + len(self._delimiter)
            if not self._decide(data, rest):
                return
        self._hold(data, rest)

    def _decide(self, data: bytes, end: int) -> bool:
        """What the delimiter before `end` is; False where nothing is left to search."""
        match = _CLOSES_OR_BEGINS.match(data, end)
        if match is None:
            if _UNDECIDED.match(data, end):
                # Only the last byte matters for what may follow, so a sender of many blanks costs nothing.
                self._held = self._delimiter + data[end:][-1:]
            return not self._held
        self._closed = match[1] is not None
        self._parts += not self._closed
        return not self._closed

    def _hold(self, data: bytes, rest: int) -> None:
        """Keeps the end of the data if a delimiter may begin there; it has one line feed, so there is one place."""
        start = data.rfind(b"\n", max(rest, len(data) - len(self._delimiter) + 1))
        if start >= 0 and self._delimiter.startswith(data[start:]):
            self._held = data[start:]


def boundary_of(content_type: str) -> str | None:
    """The boundary that a Content-Type names, well quoted or not; None where there is none that could be used."""
    media_type = parse_media_type(content_type)
    boundary = (media_type.parameter("boundary") or "").rstrip() if media_type else ""
    if len(boundary) > 2 and boundary[0] == boundary[-1] == "'":
        boundary = boundary[1:-1]
    return boundary if _USABLE.fullmatch(boundary) else None


def sniff_boundary(start: bytes) -> str | None:
    """The boundary by the first line of a body, if a header field or another delimiter follows it."""
    line = _FIRST_DELIMITER.match(start)
    # `---` alone opens a YAML document.
    if line is None or not line[1].strip(b"-'()+_,./:=? "):
        return None
    another = start[line.end() :].lstrip(b"\r\n").startswith(b"--" + line[1])
    return line[1].decode() if another or _FIELD.match(start, line.end()) else None


def first_part_type(start: bytes) -> str | None:
    """The Content-Type of the first part, if the start of the body holds the whole of that field."""
    line = _FIRST_DELIMITER.match(start)
    field = _CONTENT_TYPE.match(start, line.end()) if line else None
    return b" ".join(field[1].split()).decode("latin-1") or None if field else None
