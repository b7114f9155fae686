"""How a fuzzer's bytes become a message, in a form that people can write seeds in.

    GET /rs/studies?limit=1          the first line
    Accept: application/dicom+json   field lines
                                     a blank line, then whatever follows, byte for byte

Within the head a `\\n`, `\\r` or `\\0` that is written out stands for that byte: the functions under test must hold against
fields that no parser would hand over.
"""

from gateway.core.fields import Fields

_WRITTEN_OUT = ((b"\\n", b"\n"), (b"\\r", b"\r"), (b"\\0", b"\0"))


def message(data: bytes) -> tuple[str, Fields, bytes]:
    """The first line, the fields, and the rest."""
    head, _, rest = data.partition(b"\n\n")
    first, *lines = [latin1(line) for line in head.split(b"\n")]
    pairs = [(name, value.removeprefix(" ")) for name, _, value in (line.partition(":") for line in lines)]
    return first, Fields(pairs), rest


def lines(data: bytes, number: int) -> list[str]:
    """So many lines, empty ones where there are fewer."""
    found = [latin1(line) for line in data.split(b"\n", number - 1)]
    return found + [""] * (number - len(found))


def latin1(line: bytes) -> str:
    for written, meant in _WRITTEN_OUT:
        line = line.replace(written, meant)
    return line.decode("latin-1")


def words(line: str, number: int) -> list[str]:
    """So many words, empty ones where there are fewer; the last takes what is left."""
    found = line.split(" ", number - 1)
    return found + [""] * (number - len(found))


def number(word: str, default: int) -> int:
    """A small number, or the default."""
    return int(word) if word.isascii() and word.isdecimal() and len(word) < 7 else default
