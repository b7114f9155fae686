"""A browser's HAR file (HTTP Archive 1.2): what its developer tools save of a page's requests, with their contents.

Read entry by entry, so that a large file takes no more memory than its largest entry.
"""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from gateway.core.facts import Response
from gateway.core.fields import Fields
from gateway.recordings.exchanges import Bad, Seen

_ENTRIES = re.compile(r'(?<!\\)"entries"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")
_ADDRESS = re.compile(r"https?://[^/?#]*([^#]*)(?:#.*)?", re.IGNORECASE | re.DOTALL)
_PIECE = 256 * 1024  # characters
_LARGEST = 256 * 1024 * 1024  # characters of one entry
_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))

Advance = Callable[[int], object]  # so many bytes more have been read


class _NotThere(ValueError):  # noqa: N818
    """An entry that lacks what every entry has; the text says what."""


def read_har(file: Path, stream: IO[str], advance: Advance) -> Iterator[Seen | Bad]:
    """Its entries, in their order."""
    for number, found in enumerate(_entries(stream, advance), start=1):
        if isinstance(found, str):
            yield Bad(file, number - 1, found)
            return
        try:
            yield _seen(found)
        except _NotThere as missing:
            yield Bad(file, number, f"this entry {missing}")


def _entries(stream: IO[str], advance: Advance) -> Iterator[dict[str, Any] | str]:
    """Every entry as it stands, and last, if so, what is wrong with the file."""
    decoder, text, at = json.JSONDecoder(strict=False), "", -1
    piece = _PIECE
    while more := stream.read(piece):
        advance(len(more))
        text += more
        if at < 0 and (begin := _ENTRIES.search(text)):
            at = begin.end()
        while at >= 0:
            at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing too
            if text.startswith("]", at):
                return
            try:
                entry, at = decoder.raw_decode(text, at)
            except ValueError:
                break  # it is not there to its end
            except RecursionError:
                yield "what comes next is nested too deeply"
                return
            yield entry
        text, at = (text[at:], 0) if at >= 0 else (text, at)
        if len(text) > _LARGEST:
            break
        piece = max(_PIECE, len(text))  # a large entry is not tried again for each small piece of it
    yield "is no HAR file: it has no list of entries" if at < 0 else "what comes next breaks off, or is damaged"


def _seen(entry: object) -> Seen:
    request, answer = _part(entry, "request", dict), _part(entry, "response", dict)
    address = _ADDRESS.fullmatch(str(_part(request, "url", str)))
    content = answer.get("content") if isinstance(answer.get("content"), dict) else {}
    posted = request.get("postData") if isinstance(request.get("postData"), dict) else {}
    fields = _fields(answer)
    return Seen(
        method=str(_part(request, "method", str)).upper(),
        target=_target(address[1]) if address else "/",
        fields=_fields(request),
        answer=Response(_part(answer, "status", int), fields, reason=_latin1(str(answer.get("statusText") or ""))),
        content=_content(content, answer),
        sent=_text(posted),
        has_content=bool(posted) or _number(request.get("bodySize")) > 0,
        time=str(_part(entry, "startedDateTime", str)) if "startedDateTime" in _dict(entry) else "",
        outside="" if address and not _is_cached(entry) else _why_outside(entry),
    )


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _part(whole: object, name: str, kind: type) -> Any:
    part = _dict(whole).get(name)
    if type(part) is not kind:
        raise _NotThere(f"has no {name}, as HAR files have them")
    return part


def _number(value: object) -> int:
    return value if type(value) is int else 0


def _is_cached(entry: object) -> bool:
    return bool(_dict(entry).get("_fromCache"))


def _why_outside(entry: object) -> str:
    return "it came from the browser's cache" if _is_cached(entry) else "it was no request over HTTP"


def _target(rest: str) -> str:
    target = rest if rest.startswith("/") else f"/{rest}"
    return quote(target, safe=_VISIBLE)


def _fields(message: dict[str, Any]) -> Fields:
    """The field lines; those of HTTP/2 that begin with a colon are none."""
    lines = message.get("headers")
    found = (
        [(line.get("name"), line.get("value")) for line in lines if isinstance(line, dict)]
        if isinstance(lines, list)
        else []
    )
    return Fields(
        (_latin1(name), _latin1(value))
        for name, value in found
        if isinstance(name, str) and isinstance(value, str) and name and not name.startswith(":")
    )


def _latin1(text: str) -> str:
    """One character for each byte, as field lines are held everywhere."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def _content(content: dict[str, Any], answer: dict[str, Any]) -> bytes | None:
    """What the client got, with its compression undone by the browser; None where the browser did not keep it."""
    text = _text(content)
    if text is not None:
        return text
    nothing = content.get("size") == 0 or answer.get("bodySize") == 0
    return b"" if nothing else None


def _text(content: dict[str, Any]) -> bytes | None:
    text = content.get("text")
    if not isinstance(text, str):
        return None
    if content.get("encoding") != "base64":
        return text.encode("utf-8", "surrogatepass")
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise _NotThere("has a content that is not base64, though it says so") from None
