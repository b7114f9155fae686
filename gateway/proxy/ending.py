"""Whether an answer came to its end.

Orthanc, for one, writes a study as it reads it: no length, no chunks, and a close at the end. An archive that dies in the
middle closes too, and half a study would look whole. But a multipart content has an end of its own, the closing delimiter
(RFC 2046 5.1.1), and behind it at most some padding. Nothing else is read, and no byte is changed.
"""

from gateway.core.fields import Fields
from gateway.dicomweb.media import parse_media_type
from gateway.dicomweb.multipart import boundary_of

TAIL = 1024  # of the content, kept to look for the delimiter: more than any delimiter and what servers put behind it


class Ending:
    """Watches content go by. Without a delimiter to wait for, any end is believed."""

    __slots__ = ("_delimiter", "_tail")

    def __init__(self, delimiter: bytes = b"") -> None:
        self._delimiter, self._tail = delimiter, b""

    def watch(self, piece: bytes) -> None:
        if self._delimiter:
            self._tail = piece[-TAIL:] if len(piece) >= TAIL else (self._tail + piece)[-TAIL:]

    @property
    def is_believable(self) -> bool:
        """Whether the content may end here."""
        return not self._delimiter or self._delimiter in self._tail


def expected_ending(method: str, status: int, fields: Fields) -> Ending:
    """What the end of this answer must look like; of a compressed content nobody can tell.

    Also where a length or a last chunk announces the end: an archive that fails to read an object ends its answer in good
    order, in the middle of a part.
    """
    if "Content-Encoding" in fields or method == "HEAD" or status not in (200, 202, 203, 206):
        return Ending()
    media = parse_media_type(fields.get("Content-Type"))
    if media is None or media.type != "multipart":
        return Ending()
    # Read as the label's repair reads it, or a client would be told one boundary and the end awaited with another.
    boundary = boundary_of(fields.get("Content-Type")) or media.parameter("boundary")
    return Ending(f"--{boundary}--".encode("latin-1")) if boundary else Ending()
