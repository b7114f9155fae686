"""A plain HTTP client that changes nothing: targets as written, content as it came, and whether it came to its end."""

import hashlib
import http.client
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.pacs.samples import MULTIPART, multipart


@dataclass(frozen=True)
class Answer:
    """One answer. `complete` is what its framing says."""

    status: int
    fields: http.client.HTTPMessage
    content: bytes
    complete: bool

    def field(self, name: str) -> str:
        return ", ".join(self.fields.get_all(name, []))

    @property
    def media_type(self) -> str:
        """Content-Type without the boundary, which archives draw anew for each answer."""
        return re.sub(r'; *boundary=("[^"]*"|[^;]*)', "", self.field("Content-Type"))

    def parts(self) -> list[tuple[bytes, bytes]]:
        """Header section and content of each part; the whole content where it is not multipart. Fails where it is cut."""
        boundary = re.search(r'boundary="?([^";]+)"?', self.field("Content-Type"))
        if boundary is None:
            return [(b"", self.content)]
        pieces = (b"\r\n" + self.content).split(b"\r\n--" + boundary[1].encode())
        assert pieces[0] == b"", "nothing stands before the first part"
        assert pieces[-1].strip() == b"--", "the closing delimiter stands at the end"
        return [(head, content) for head, _, content in (piece.partition(b"\r\n\r\n") for piece in pieces[1:-1])]


def opened(
    base: str,
    method: str,
    target: str,
    fields: Mapping[str, str] | None = None,
    content: bytes | Iterable[bytes] | None = None,
) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    """The head of an answer, and the connection to read on from; the caller closes it."""
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=60)
    try:
        connection.request(method, target, content, dict(fields or {}))
        return connection, connection.getresponse()
    except BaseException:
        connection.close()
        raise


def ask(
    base: str,
    method: str,
    target: str,
    fields: Mapping[str, str] | None = None,
    content: bytes | Iterable[bytes] | None = None,
) -> Answer:
    """One request on a connection of its own, and its whole answer, or as much of it as came."""
    connection, response = opened(base, method, target, fields, content)
    try:
        body, complete = rest_of(response)
        return Answer(response.status, response.headers, body, complete)
    finally:
        connection.close()


def store(base: str, *files: bytes) -> None:
    """What an archive must hold before a test begins."""
    stored = ask(base, "POST", "/dicom-web/studies", {"Content-Type": MULTIPART}, multipart(*files))
    assert stored.status == 200


def rest_of(response: http.client.HTTPResponse) -> tuple[bytes, bool]:
    """What is left of the content, and whether that was all of it."""
    pieces: list[bytes] = []
    try:
        while piece := response.read1(2**20):
            pieces.append(piece)
    except (http.client.IncompleteRead, ConnectionError):
        return b"".join(pieces), False
    # read1 takes any close for an end, also where a length was announced.
    return b"".join(pieces), not response.length


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
