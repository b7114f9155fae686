"""The trace a request belongs to, as W3C Trace Context tells it: one field says which, and who its parent is (section 3.2).

`tracestate` belongs to the systems that wrote it, and is never read here.
"""

import re
from typing import Final, NamedTuple

from gateway.core.fields import Fields

PARENT: Final = "traceparent"
STATE: Final = "tracestate"

SAMPLED: Final = 0x01
_KNOWN: Final = 0x03  # the flags that have a meaning: sampled, and that the id was drawn by chance
# A later version may have more behind a hyphen; this one has not. No version is called ff.
_FORM: Final = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


class Parent(NamedTuple):
    """Who asked: the span that this request was sent in."""

    trace_id: str
    span_id: str
    flags: int


class Trace(NamedTuple):
    """The span of one exchange. `parent` is None where the trace begins with it."""

    trace_id: str
    span_id: str
    flags: int
    parent: Parent | None = None

    @property
    def is_sampled(self) -> bool:
        """Whether somebody will be told of it."""
        return bool(self.flags & SAMPLED)

    @property
    def line(self) -> bytes:
        """The field with which the archive learns that this span is the parent of its own."""
        return b"traceparent: 00-%b-%b-%02x\r\n" % (self.trace_id.encode(), self.span_id.encode(), self.flags)

    @property
    def unsaid(self) -> frozenset[str]:
        """What of the client's does not cross beside that line. A state without a parent that can be read is nobody's
        (section 4.3)."""
        return _PARENT_ALONE if self.parent else _BOTH


_PARENT_ALONE: Final = frozenset({PARENT})
_BOTH: Final = frozenset({PARENT, STATE})


def parent_in(fields: Fields) -> Parent | None:
    """What the client says; None where it says nothing, or nothing that can be read."""
    said = fields.all(PARENT)
    match = _FORM.fullmatch(said[0].strip(" \t")) if len(said) == 1 else None
    if match is None or (match[1] == "00" and match[5]):
        return None
    return Parent(match[2], match[3], int(match[4], 16) & _KNOWN)
