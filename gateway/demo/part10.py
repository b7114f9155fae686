"""DICOM Part 10 files (PS3.10 7): a writer for the synthetic studies, a reader for what a client stores.

The writer knows Explicit VR Little Endian and the elements of `dataset`. The reader also knows Implicit VR,
and steps over nested sequences; it keeps the elements of `dataset` and stops at compressed pixels.
What it cannot follow is `UnreadableError`, never a guess.
"""

import re
import struct

from gateway.demo.dataset import BY_TAG, ELEMENTS, FIRST_TAG, DataSet, Element, Value, ordered, text

EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"
UNREADABLE_SYNTAXES = frozenset({"1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"})  # big endian, deflated
IMPLEMENTATION_UID = "2.25.100"

# PS3.5 7.1.2: these have two reserved bytes and a length of four.
LONG_VRS = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"})
# PS3.5 6.2: numbers as text. The exponent has two digits at most, so that every DS is a number in JSON as well.
NUMBERS = {"IS": r"([+-]?[0-9]{1,11})?", "DS": r"(?=.{0,64}$)([+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([Ee][+-]?[0-9]{1,2})?)?"}
UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXEL_DATA = ELEMENTS["PixelData"].tag


class UnreadableError(ValueError):
    """The bytes are not a DICOM file that this reader can follow."""


def part10(dataset: DataSet) -> bytes:
    """The file: preamble, prefix, File Meta Information, data set."""
    meta = _encode(
        {
            "FileMetaInformationVersion": b"\x00\x01",
            "MediaStorageSOPClassUID": text(dataset, "SOPClassUID"),
            "MediaStorageSOPInstanceUID": text(dataset, "SOPInstanceUID"),
            "TransferSyntaxUID": EXPLICIT_LITTLE_ENDIAN,
            "ImplementationClassUID": IMPLEMENTATION_UID,
            "ImplementationVersionName": "LEGACY_PACS_DEMO",
        }
    )
    group_length = _encode({"FileMetaInformationGroupLength": len(meta)})
    return bytes(128) + b"DICM" + group_length + meta + _encode(dataset)


def _encode(dataset: DataSet) -> bytes:
    return b"".join(_element(element, dataset[element.keyword]) for element in ordered(dataset))


def _element(element: Element, value: Value) -> bytes:
    content = _value(element.vr, value)
    head = struct.pack("<HH2s", element.tag >> 16, element.tag & 0xFFFF, element.vr.encode())
    length = struct.pack("<HI", 0, len(content)) if element.vr in LONG_VRS else struct.pack("<H", len(content))
    return head + length + content


def _value(vr: str, value: Value) -> bytes:
    match value:
        case bytes():
            content = value
        case int():
            content = struct.pack("<I" if vr == "UL" else "<H", value)
        case tuple():
            content = "\\".join(str(single) for single in value).encode()
        case str():
            content = value.encode()
    # PS3.5 6.2: every value has an even length; UIDs and bytes are padded with NULL, text with a space.
    padding = b"\x00" if vr in ("UI", "OB", "OW") else b" "
    return content + padding * (len(content) % 2)


def read(content: bytes) -> DataSet:
    """The known elements of a Part 10 file, group 0002 included."""
    if content[128:132] != b"DICM":
        raise UnreadableError("no DICM after the preamble")
    try:
        return _read_elements(content, 132)
    except (struct.error, RecursionError, UnicodeDecodeError) as error:
        raise UnreadableError("the file ends or breaks in the middle of an element") from error


def _read_elements(content: bytes, offset: int) -> DataSet:
    found: dict[str, Value] = {}
    while offset < len(content):
        explicit = _is_explicit(content, offset, text(found, "TransferSyntaxUID"))
        tag, length, offset = _header(content, offset, explicit)
        if length == UNDEFINED and tag == PIXEL_DATA:
            break  # compressed frames: kept in the file as they came, never looked into
        end = _end(content, offset, length, explicit)
        if tag in BY_TAG and length != UNDEFINED and BY_TAG[tag].vr != "SQ":
            found[BY_TAG[tag].keyword] = _decode(BY_TAG[tag].vr, content[offset:end])
        offset = end
    return found


def _is_explicit(content: bytes, offset: int, syntax: str) -> bool:
    if int.from_bytes(content[offset : offset + 2], "little") < FIRST_TAG >> 16:
        return True
    if syntax in UNREADABLE_SYNTAXES:
        raise UnreadableError(f"transfer syntax {syntax} is not supported")
    return syntax != IMPLICIT_LITTLE_ENDIAN


def _header(content: bytes, offset: int, explicit: bool) -> tuple[int, int, int]:
    """Tag, length and the offset of the value. Items and delimiters never have a VR."""
    group, element = struct.unpack_from("<HH", content, offset)
    tag = group << 16 | element
    if not explicit or group == ITEM >> 16:
        return tag, struct.unpack_from("<I", content, offset + 4)[0], offset + 8
    vr = content[offset + 4 : offset + 6].decode("ascii")
    if vr in LONG_VRS:
        return tag, struct.unpack_from("<I", content, offset + 8)[0], offset + 12
    return tag, struct.unpack_from("<H", content, offset + 6)[0], offset + 8


def _end(content: bytes, offset: int, length: int, explicit: bool) -> int:
    end = _skip(content, offset, SEQUENCE_END, explicit) if length == UNDEFINED else offset + length
    if end > len(content):
        raise UnreadableError("an element is longer than the file")
    return end


def _skip(content: bytes, offset: int, delimiter: int, explicit: bool) -> int:
    """The offset behind the delimiter of a sequence or an item of undefined length."""
    while True:
        tag, length, offset = _header(content, offset, explicit)
        if tag == delimiter:
            return offset
        if length == UNDEFINED:
            offset = _skip(content, offset, ITEM_END if tag == ITEM else SEQUENCE_END, explicit)
        else:
            offset += length


def _decode(vr: str, content: bytes) -> Value:
    if vr in ("OB", "OW"):
        return content
    if vr in ("US", "UL"):
        return int.from_bytes(content[: 4 if vr == "UL" else 2], "little")
    # Names in another character set are shown wrong rather than refused: what counts is to find them again.
    words = content.decode("utf-8", "replace").rstrip(" \x00").split("\\")
    if vr in NUMBERS and not all(re.fullmatch(NUMBERS[vr], word.strip(" ")) for word in words):
        raise UnreadableError(f"a value of {vr} is not a number")
    return tuple(words) if len(words) > 1 else words[0]
