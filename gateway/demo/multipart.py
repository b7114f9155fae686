"""multipart/related (RFC 2046 5.1, RFC 2387) as DICOMweb uses it: written for retrieval, split for store."""

import hashlib
import re
from collections.abc import Sequence

DICOM = "application/dicom"
OCTETS = "application/octet-stream"


class MalformedError(ValueError):
    """The content is not a complete multipart message."""


def related(part_type: str, parts: Sequence[bytes]) -> tuple[str, bytes]:
    """Content-Type and content. Equal content gets an equal boundary, one that is not inside it."""
    boundary = "legacy-" + hashlib.sha256(b"".join(parts)).hexdigest()[:24]
    delimiter = f"--{boundary}\r\nContent-Type: {part_type}\r\n\r\n".encode()
    body = b"".join(delimiter + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
    return f'multipart/related; type="{part_type}"; boundary={boundary}', body


def split(content_type: str, content: bytes) -> list[bytes]:
    """The content of each part, its header section dropped."""
    boundary = re.search(r'boundary="?([^";,]+)"?', content_type, re.IGNORECASE)
    if boundary is None:
        raise MalformedError("no boundary")
    _, *pieces = (b"\r\n" + content).split(b"\r\n--" + boundary[1].strip().encode())
    if not pieces or not pieces[-1].startswith(b"--"):
        raise MalformedError("no closing delimiter")
    return [_part(piece) for piece in pieces[:-1]]


def _part(piece: bytes) -> bytes:
    _, blank_line, content = piece.partition(b"\r\n\r\n")
    if not blank_line:
        raise MalformedError("a part without an empty line after its fields")
    return content
