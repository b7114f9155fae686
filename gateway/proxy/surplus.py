"""Whether an archive said more than its answer.

What comes behind an answer in the same read goes through the parser, which keeps half a head to itself until more comes.
With the next request the parser is a new one, the half is forgotten, and the other half could be made to look like an
answer. So the bytes behind a head are counted beside the parser.
"""

from aiohttp.http import RawResponseMessage

_END_OF_CHUNKS = b"\r\n\r\n"  # of the last chunk or of the trailers


class Surplus:
    """Looks at the bytes behind one head."""

    __slots__ = ("_last", "count")

    def __init__(self) -> None:
        self.count, self._last = 0, b""

    def heard(self, data: bytes) -> None:
        self.count += len(data)
        self._last = (self._last + data[-4:])[-4:]

    def is_none(self, message: RawResponseMessage) -> bool:
        """Whether the last byte heard was the last of this answer, which has been read to its end."""
        if message.chunked:
            return self._last == _END_OF_CHUNKS
        length = message.headers.get("Content-Length")
        return length is None or self.count == int(length)
