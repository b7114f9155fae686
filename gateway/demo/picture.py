"""A grayscale PNG of one uncompressed frame, for rendered retrieval. No colours, no windowing by parameters.

Written by hand (W3C PNG 5, 11) so that the demonstration needs no imaging library.
"""

import struct
import zlib

from gateway.demo.dataset import DataSet, number, text

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GRAYSCALE = 0


def pixels(dataset: DataSet) -> bytes | None:
    """The uncompressed pixels, None where the file has none or compressed ones."""
    content = dataset.get("PixelData")
    return content if isinstance(content, bytes) else None


def frame(dataset: DataSet) -> bytes | None:
    """The pixels of an image with one frame."""
    return pixels(dataset) if text(dataset, "NumberOfFrames") in ("", "1") else None


def png(dataset: DataSet) -> bytes | None:
    """The picture, None where this archive cannot draw it: colour, 8 bits, compression."""
    content, rows, columns = frame(dataset), number(dataset, "Rows"), number(dataset, "Columns")
    if content is None or number(dataset, "SamplesPerPixel") != 1 or number(dataset, "BitsAllocated") != 16:
        return None
    if not rows or not columns or len(content) < rows * columns * 2:
        return None
    gray = _scaled(struct.unpack_from(f"<{rows * columns}H", content))
    lines = b"".join(b"\x00" + gray[row * columns : (row + 1) * columns] for row in range(rows))
    header = struct.pack(">IIBBBBB", columns, rows, 8, GRAYSCALE, 0, 0, 0)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(lines)) + _chunk(b"IEND", b"")


def _scaled(values: tuple[int, ...]) -> bytes:
    """The whole range of the image spread over black to white."""
    low, high = min(values), max(values)
    return bytes((value - low) * 255 // max(high - low, 1) for value in values)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
