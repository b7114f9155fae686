"""Bytes that come in pieces: whatever the pieces, the same is seen. The first byte says where the rest is cut."""

from gateway.core.fields import Fields
from gateway.dicomweb.multipart import PartCounter, first_part_type, sniff_boundary
from gateway.proxy.ending import expected_ending
from gateway.proxy.head_end import HeadEnd


def _cuts(data: bytes) -> tuple[bytes, tuple[list[bytes], ...]]:
    """The stream, and three ways of delivering it: whole, byte by byte, cut somewhere in two."""
    at, stream = data[:1], data[1:]
    place = (at[0] if at else 0) * len(stream) // 255
    return stream, ([stream], [bytes([byte]) for byte in stream], [stream[:place], stream[place:]])


def check_multipart(data: bytes) -> None:
    """The same number of parts and the same end; after the closing delimiter nothing counts."""
    stream, deliveries = _cuts(data)
    boundary = sniff_boundary(stream) or "b"
    seen = set()
    for pieces in deliveries:
        counter = PartCounter(boundary)
        for piece in pieces:
            counter.feed(piece)
        seen.add((counter.parts, counter.closed))
        if counter.closed:
            counter.feed(b"\r\n--" + boundary.encode() + b"\r\n")
            assert counter.parts == next(iter(seen))[0]
    assert len(seen) == 1
    assert stream.count(b"--" + boundary.encode()) >= next(iter(seen))[0]
    assert first_part_type(stream) != ""


def check_ending(data: bytes) -> None:
    """Whether an end is believed does not depend on the pieces; a closing delimiter at the end is always believed."""
    stream, deliveries = _cuts(data)
    label = Fields([("Content-Type", "multipart/related; boundary=b")])
    seen = set()
    for pieces in deliveries:
        ending = expected_ending("GET", 200, label)
        for piece in pieces:
            ending.watch(piece)
        seen.add(ending.is_believable)
    assert seen == {b"--b--" in stream[-1024:]}


def check_head_end(data: bytes) -> None:
    """A head ends behind its first blank line, and no byte is lost or moved."""
    stream, deliveries = _cuts(data)
    end = stream.find(b"\r\n\r\n") + 4
    expected = (stream[:end], stream[end:]) if end > 3 else (stream, b"")
    for pieces in deliveries:
        assert _parted(pieces) == expected


def _parted(pieces: list[bytes]) -> tuple[bytes, bytes]:
    """The head, and what follows it, as the two protocols ask for them: no more cuts once there is a rest or an end."""
    cutter, head = HeadEnd(), b""
    for index, piece in enumerate(pieces):
        part, rest = cutter.cut(piece)
        head += part
        if rest or head.endswith(b"\r\n\r\n"):
            return head, rest + b"".join(pieces[index + 1 :])
    return head, b""
