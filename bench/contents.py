"""What the archive of the benchmark holds: the three contents that a viewer asks for, small, middling and large."""

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

_KIB, _MIB = 1024, 1024 * 1024
_STUDY = "/dicom-web/studies/2.25.1001"
_INSTANCE = f"{_STUDY}/series/2.25.1002/instances/2.25.1003"
_BOUNDARY = "frame"


@dataclass(frozen=True, slots=True)
class Content:
    """One answer, and how many clients ask for it at a time."""

    name: str
    target: str
    accept: str
    media_type: str
    body: bytes
    connections: int

    @property
    def digest(self) -> str:
        return sha256(self.body).hexdigest()


def search_answer(size: int = 2 * _KIB) -> bytes:
    """Two studies in DICOM JSON (PS3.18 F), to the byte as long as asked: a description fills it up."""
    filler = size - len(_studies(""))
    return _studies("x" * filler)


def _studies(description: str) -> bytes:
    return json.dumps([_study(1001, "CT thorax"), _study(1002, description)]).encode()


def _study(number: int, description: str) -> dict[str, object]:
    values = {
        "00080020": ("DA", "20260114"),
        "00080030": ("TM", "101500"),
        "00080050": ("SH", f"A{number}"),
        "00080061": ("CS", "CT"),
        "00080090": ("PN", {"Alphabetic": "Referrer^Anna"}),
        "00081030": ("LO", description),
        "00100010": ("PN", {"Alphabetic": "Phantom^Paula"}),
        "00100020": ("LO", f"P{number}"),
        "00100030": ("DA", "19700101"),
        "0020000D": ("UI", f"2.25.{number}"),
        "00201206": ("IS", 3),
        "00201208": ("IS", 412),
    }
    return {tag: {"vr": vr, "Value": [value]} for tag, (vr, value) in values.items()}


def frame(size: int = 256 * _KIB) -> bytes:
    """One frame as multipart/related, noise for pixels."""
    head = f"--{_BOUNDARY}\r\nContent-Type: application/octet-stream\r\n\r\n".encode()
    tail = f"\r\n--{_BOUNDARY}--\r\n".encode()
    return head + noise(size - len(head) - len(tail)) + tail


def instance(size: int = 16 * _MIB) -> bytes:
    """A Part 10 file, as far as one looks: preamble, prefix, and noise."""
    head = bytes(128) + b"DICM"
    return head + noise(size - len(head))


def noise(size: int) -> bytes:
    """Bytes that nothing can compress or cache by chance, the same in each run."""
    return random.Random(size).randbytes(size)  # noqa: S311 - noise, not a secret


def contents() -> tuple[Content, ...]:
    """Largest concurrency for the smallest: some viewers search, few load a whole series at a time."""
    multipart = f'multipart/related; type="application/octet-stream"; boundary={_BOUNDARY}'
    return (
        Content("2 KB search", "/dicom-web/studies?limit=2", "application/dicom+json", "application/dicom+json",
                search_answer(), 32),
        Content("256 KB frame", f"{_INSTANCE}/frames/1", 'multipart/related; type="application/octet-stream"', multipart,
                frame(), 16),
        Content("16 MB instance", _INSTANCE, "application/dicom", "application/dicom", instance(), 4),
    )  # fmt: skip


def locations(held: Iterable[Content], folder: Path) -> str:
    """The same for nginx, whose files are written to `folder`."""
    lines = []
    for number, content in enumerate(held):
        file = folder / f"content-{number}"
        file.write_bytes(content.body)
        lines.append(location(content.target, content.media_type, file))
    return "\n".join(lines)


def location(target: str, media_type: str, file: Path) -> str:
    path = target.partition("?")[0]
    return f"        location = {path} {{ default_type '{media_type}'; alias {file}; }}"
