"""The head of a reply, made of that of an answer by what was done with one of the same shape."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter

from gateway.clock import http_date
from gateway.core.likeness import Alike, Head
from gateway.core.reply import Reply
from gateway.proxy.downstream import status_line
from gateway.telemetry.seen import Kept

_CRLF = b"\r\n"


@dataclass(frozen=True, slots=True)
class Usual:
    """An answer of which others are the like: how they are told, and what becomes of their heads. `kept` picks the lines
    that cross, `added` and `last` are the gateway's own, before and behind its date."""

    alike: Alike
    status_line: bytes
    kept: Callable[[list[bytes]], tuple[bytes, ...]]
    added: bytes
    last: bytes
    is_dated: bool  # by the archive
    left: Kept | None  # of the first of them, as far as it is true of the others too

    def reply_head(self, head: Head, now: float) -> bytes:
        """The head of the reply, as `compose` and the client's side would have it."""
        date = b"" if self.is_dated else b"Date: " + http_date(now).encode() + _CRLF
        kept = _CRLF.join(self.kept(head.lines))
        return b"%b%b%b%b%bContent-Length: %d\r\n\r\n" % (
            self.status_line, kept, self.added, date, self.last, head.length,
        )  # fmt: skip


def usual(alike: Alike, head: Head, reply: Reply, left: Kept | None = None) -> Usual | None:
    """How the reply was made of the answer's lines. None where one that varies did not cross as it came, or where the
    gateway's own lines are not the last ones."""
    kept, ours, is_dated = [], [b"", b""], True
    came = {line: number for number, line in enumerate(head.lines)}
    for name, value in reply.fields:
        line = f"{name}: {value}".encode("latin-1")
        if name.lower() == "content-length":
            continue  # the client's side writes its own
        if line in came:
            if any(ours) or not is_dated:
                return None
            kept.append(came[line])
        elif name == "Date":
            is_dated = False
        else:
            ours[not is_dated] += line + _CRLF
    varying = [number for number, line in enumerate(head.lines) if head.shape[number] != line and number not in kept]
    if any(head.lines[number][:15].lower() != b"content-length:" for number in varying) or not kept:
        return None
    status = status_line(reply).encode("latin-1")
    return Usual(alike, status, _picking(kept), _CRLF + ours[0], ours[1], is_dated, left)


def _picking(kept: list[int]) -> Callable[[list[bytes]], tuple[bytes, ...]]:
    """Takes these lines of a head; `itemgetter` makes no tuple of a single one."""
    return itemgetter(*kept) if len(kept) > 1 else lambda lines: (lines[kept[0]],)
