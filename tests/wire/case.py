"""The cases of this folder: bytes on a wire, and what must come of them.

Text in `cases/*.yaml` stands for bytes, one character for each (ISO 8859-1). Long bytes are lists of pieces: text,
`{repeat: text, times: n}`, or `{count: text with %d, times: n}`. `@ARCHIVE@` is the authority of the scripted archive.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from tests.support.upstream import After

Split = Literal["", "headers", "bytes"]
FOLDER = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Archive:
    """What the archive must have got. Without `requests`: at most one. `whole` is whether it saw the content end."""

    requests: int | None = None
    target: bytes | None = None
    body: bytes | None = None
    sees: tuple[bytes, ...] = ()
    never: tuple[bytes, ...] = ()
    whole: bool = True


@dataclass(frozen=True)
class Expect:
    """What the client must have got. `cut` among the statuses: an answer it can tell to be incomplete.

    `fields` gives for each name a regular expression per line. `never` holds for all it gets, `never_logged` for all that
    is written anywhere. `closes`: the gateway ends the connection.
    """

    status: tuple[int | str, ...]
    body: bytes | None = None
    fields: Mapping[str, list[str]] = field(default_factory=dict)
    never: tuple[bytes, ...] = ()
    never_logged: tuple[str, ...] = ()
    closes: bool = False
    archive: Archive = Archive()


@dataclass(frozen=True)
class Case:
    """One case. `side` is who sends the odd bytes; `then` is what follows them, on the side that sends them."""

    id: str
    side: Literal["upstream", "client"]
    what: str
    sends: bytes
    expect: Expect
    then: str = "open"
    clause: str = ""
    split: Split = ""
    late: bytes = b""
    method: str = "GET"
    request_fields: tuple[tuple[str, str], ...] = ()

    @property
    def after(self) -> After:
        assert self.then in ("close", "rst", "hold", "keep")
        return self.then  # type: ignore[return-value]

    @property
    def splits(self) -> tuple[Split, ...]:
        """The ways to deliver it: as it is given, and byte by byte where its timing says nothing."""
        return (self.split,) if self.late or self.split else ("", "bytes")


def cases(side: Literal["upstream", "client"]) -> list[Case]:
    return [case for file in sorted(FOLDER.glob(f"{side}-*.yaml")) for case in _read(file, side)]


def _read(file: Path, side: Literal["upstream", "client"]) -> list[Case]:
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    theme = file.stem.removeprefix(f"{side}-")
    return [_case(raw, side, theme) for raw in document["cases"]]


def _case(raw: dict[str, Any], side: Literal["upstream", "client"], theme: str) -> Case:
    request_fields = tuple(raw.pop("request_fields", {}).items())
    return Case(
        id=f"{theme}/{raw.pop('id')}",
        side=side,
        sends=_bytes(raw.pop("sends")),
        late=_bytes(raw.pop("late", "")),
        expect=_expect(raw.pop("expect")),
        request_fields=request_fields,
        **raw,
    )


def _expect(raw: dict[str, Any]) -> Expect:
    status = raw.pop("status")
    body = raw.pop("body", None)
    return Expect(
        status=tuple(status) if isinstance(status, list) else (status,),
        body=None if body is None else _bytes(body),
        never=_all_bytes(raw.pop("never", [])),
        never_logged=tuple(raw.pop("never_logged", [])),
        archive=_archive(raw.pop("archive", {})),
        **raw,
    )


def _archive(raw: dict[str, Any]) -> Archive:
    target, body = raw.pop("target", None), raw.pop("body", None)
    return Archive(
        target=None if target is None else _bytes(target),
        body=None if body is None else _bytes(body),
        sees=_all_bytes(raw.pop("sees", [])),
        never=_all_bytes(raw.pop("never", [])),
        **raw,
    )


def _all_bytes(texts: list[Any]) -> tuple[bytes, ...]:
    return tuple(_bytes(text) for text in texts)


def _bytes(text: Any) -> bytes:
    """The bytes that a text or a list of pieces stands for."""
    if isinstance(text, str):
        return text.encode("latin-1")
    if isinstance(text, list):
        return b"".join(_bytes(piece) for piece in text)
    if "count" in text:
        return b"".join(_bytes(text["count"] % number) for number in range(text["times"]))
    return _bytes(text["repeat"]) * int(text["times"])
