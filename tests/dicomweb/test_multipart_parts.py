"""Parts are counted as they stream by, whatever the pieces; boundaries are found however they are written."""

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.dicomweb.multipart import PartCounter, boundary_of, first_part_type, sniff_boundary


def count(pieces: Iterable[bytes], boundary: str = "b") -> tuple[int, bool]:
    counter = PartCounter(boundary)
    for piece in pieces:
        counter.feed(piece)
    return counter.parts, counter.closed


def by_lines(body: bytes, boundary: str) -> tuple[int, bool]:
    """The whole body at once, line by line: slow, and plain enough to be believed."""
    parts = 0
    lines = body.split(b"\n")
    for number, line in enumerate(lines, 1):
        if line.startswith(f"--{boundary}".encode()):
            rest = line[2 + len(boundary) :]
            if rest.startswith(b"--"):
                return parts, True
            parts += number < len(lines) and not rest.removesuffix(b"\r").strip(b" \t")
    return parts, False


def pieces(body: bytes, size: int) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


BODIES: list[tuple[str, bytes, int, bool]] = [
    ("nothing", b"", 0, False),
    ("one part", b"--b\r\nContent-Type: application/dicom\r\n\r\nDICM\r\n--b--\r\n", 1, True),
    ("two parts", b"--b\r\n\r\n1\r\n--b\r\n\r\n2\r\n--b--", 2, True),
    ("a line end first", b"\r\n--b\r\n\r\n1\r\n--b--", 1, True),
    ("a preamble", b"This is a multipart message.\r\n--b\r\n\r\n1\r\n--b--", 1, True),
    ("no parts", b"\r\n--b--", 0, True),
    ("no parts, nothing before", b"--b--", 0, True),
    ("parts without content", b"--b\r\n--b\r\n\r\n--b\r\n\r\n\r\n--b--", 3, True),
    ("bare line feeds", b"--b\n\n1\n--b\n\n2\n--b--\n", 2, True),
    ("blanks after delimiters", b"--b \t \r\n\r\n1\r\n--b\t\n\r\n2\r\n--b-- \r\n", 2, True),
    ("an epilogue", b"--b\r\n\r\n1\r\n--b--\r\n--b\r\n--b--", 1, True),
    ("an end without a line end of its own", b"--b\r\n\r\n1\r\n--b--rest", 1, True),
    ("cut in content", b"--b\r\n\r\n1\r\n--b\r\n\r\n2", 2, False),
    ("cut in the last delimiter", b"--b\r\n\r\n1\r\n--b-", 1, False),
    ("cut before its dashes", b"--b\r\n\r\n1\r\n--b", 1, False),
    ("cut in blanks", b"--b\r\n\r\n1\r\n--b \t", 1, False),
    ("cut in a line end", b"--b\r\n\r\n1\r\n--b\r", 1, False),
    ("not at the start of a line", b"--b\r\n\r\n x--b\r\n --b--\r\n-\r--b\r\n", 1, False),
    ("a longer boundary", b"--b\r\n\r\n--bb\r\n--b-b\r\n--b b\r\n--b\t-b\r\n", 1, False),
    ("dashes after blanks", b"--b --\r\n--b\r\n", 1, False),
    ("a carriage return alone", b"--b\rx\r\n--b\r\r\n--b \r\t\n", 0, False),
    ("three dashes", b"---b\r\n---b--\r\n", 0, False),
    ("two line feeds", b"\n\n--b\n\n\n--b--", 1, True),
    ("half a delimiter before one", b"\n-\n--\n--b\n\r\n-\r\n--b--", 1, True),
]


@pytest.mark.parametrize(("body", "parts", "closed"), [pytest.param(*case[1:], id=case[0]) for case in BODIES])
def test_parts_begin_with_a_delimiter_line(body: bytes, parts: int, closed: bool) -> None:
    assert by_lines(body, "b") == (parts, closed)
    for size in range(1, len(body) + 2):
        assert count(pieces(body, size)) == (parts, closed)


FRAGMENTS = st.sampled_from([b"--b", b"--", b"-", b"b", b"\r\n", b"\n", b"\r", b" ", b"\t", b"x", b"--b--", b"\r\n--b"])


@settings(max_examples=1000)
@given(st.lists(FRAGMENTS, max_size=20).map(b"".join), st.data())
def test_pieces_do_not_matter(body: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    split = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    assert count(split) == count([body]) == by_lines(body, "b")


@given(
    st.lists(st.binary(max_size=30), max_size=5),
    st.text("ab-= '()+_,./:?", min_size=1, max_size=9).map(lambda text: text + "z"),
    st.integers(1, 40),
)
def test_any_legal_boundary_is_found_again(contents: list[bytes], boundary: str, size: int) -> None:
    delimiter = b"--" + boundary.encode()
    body = b"".join(delimiter + b"\r\n\r\n" + content + b"\r\n" for content in contents) + delimiter + b"--\r\n"
    if not any(delimiter in content for content in contents):
        assert count(pieces(body, size), boundary) == (len(contents), True)
        assert boundary_of(f'multipart/related; boundary="{boundary}"') == boundary


def test_no_more_than_a_delimiter_is_held_back() -> None:
    """A sender of endless blanks or line ends must not fill the memory."""
    counter = PartCounter("b" * 70)
    line = b"\r\n--" + b"b" * 70
    body = [line, *[b" " * 1000] * 100, line[:-1], *[b"\r\n"] * 100, *[line] * 100, b"\t\r", b"\n"]
    for piece in body:
        counter.feed(piece)
        assert len(counter._held) <= len(line) + 1
    assert (counter.parts, counter.closed) == by_lines(b"".join(body), "b" * 70) == (101, False)


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ('multipart/related; type="application/dicom"; boundary=gwb', "gwb"),
        ('multipart/related; type="application/dicom"; boundary="gwb"', "gwb"),
        ('Multipart/Related;BOUNDARY="g w b"', "g w b"),
        ('multipart/related; boundary="DICOM DATA BOUNDARY"', "DICOM DATA BOUNDARY"),
        ("multipart/related; boundary=DICOM DATA BOUNDARY ", "DICOM DATA BOUNDARY"),
        ('multipart/related; boundary="gwb  "', "gwb"),
        ('multipart/related; boundary="a;b=\\"c\\""', 'a;b="c"'),
        ('multipart/related; boundary="gwb', "gwb"),
        ("multipart/related; boundary='gwb'; type=x", "gwb"),
        ("multipart/related; boundary='gwb", "'gwb"),
        ("multipart/related; boundary=''", "''"),
        ("multipart/related; application/octet-stream; boundary=b1c2", "b1c2"),
        ("multipart/related; type=application/dicom; boundary = b1c2 ; start=x", "b1c2"),
        ("multipart/related; type=application/dicom;boundary=uuid:1-2+id=3/4?", "uuid:1-2+id=3/4?"),
        ('multipart/related; type="x; boundary=no"; boundary=yes', "yes"),
        ("multipart/related; boundary=" + "a" * 200, "a" * 200),
        ("multipart/related; boundary=" + "a" * 201, None),
        ("multipart/related", None),
        ("multipart/related; boundary=", None),
        ('multipart/related; boundary=""', None),
        ('multipart/related; boundary="  "', None),
        ("multipart/related; boundary=M\xfcller", None),
        ('multipart/related; boundary="a\nb"', None),
        ("multipart/related; boundary2=x", None),
        ("boundary=gwb", None),
        ("", None),
    ],
)
def test_the_boundary_is_read_however_it_is_quoted(content_type: str, boundary: str | None) -> None:
    assert boundary_of(content_type) == boundary


FIELD = b"Content-Type: application/dicom\r\n"


@pytest.mark.parametrize(
    ("start", "boundary"),
    [
        (b"--gwb\r\n" + FIELD, "gwb"),
        (b"--gwb\n" + FIELD, "gwb"),
        (b"\r\n\r\n--gwb\r\nX-Y", None),
        (b"\r\n\r\n--gwb\r\nX-Y:", "gwb"),
        (b"--gwb\r\nX-Y :", "gwb"),
        (b"--DICOM DATA BOUNDARY \t\r\n" + FIELD, "DICOM DATA BOUNDARY"),
        (b"--uuid:1-2+id=3/4?\r\n" + FIELD, "uuid:1-2+id=3/4?"),
        (b"--gwb--\r\n" + FIELD, "gwb--"),
        (b"--" + b"a" * 70 + b"\r\n" + FIELD, "a" * 70),
        (b"--" + b"a" * 71 + b"\r\n" + FIELD, None),
        # no field, but another delimiter
        (b"--gwb\r\n--gwb--", "gwb"),
        (b"--gwb\r\n\r\n--gwb--\r\n", "gwb"),
        (b"--gwb\r\n\r\n--gw", None),
        (b"--gwb\r\n\r\nDICM", None),
        (b"--gwb\r\nDICM", None),
        (b"--gwb--", None),
        (b"--gwb\r\n", None),
        (b"--gwb", None),
        (b"--\r\n" + FIELD, None),
        (b"--g{w}b\r\n" + FIELD, None),
        (b"--M\xfcller\r\n" + FIELD, None),
        (b"-- \r\n" + FIELD, None),
        (b"---\nname: a YAML document\n", None),
        (b"preamble\r\n--gwb\r\n" + FIELD, None),
        (b" --gwb\r\n" + FIELD, None),
        (bytes(128) + b"DICM", None),
        (b"\r\n" * 8000, None),
        (b"--" + b" " * 16000, None),
        (b"", None),
    ],
    ids=lambda value: repr(value)[:50],
)
def test_the_boundary_is_found_in_the_body(start: bytes, boundary: str | None) -> None:
    assert sniff_boundary(start) == boundary


@pytest.mark.parametrize(
    ("start", "media_type"),
    [
        (b"--gwb\r\nContent-Type: application/dicom\r\n\r\nDICM", "application/dicom"),
        (b"\r\n--gwb\r\ncontent-type:image/jpeg \r\n", "image/jpeg"),
        (b"--gwb\nContent-ID: <1>\nX-Content-Type: no\nContent-Type : a/b; c=d\n\n", "a/b; c=d"),
        (b"--gwb\r\nContent-Type: a/b;\r\n\ttransfer-syntax=1\r\n\r\n", "a/b; transfer-syntax=1"),
        (b"--gwb\r\nContent-Type: a/b;\r\n\ttransfer-syn", None),
        (b"--gwb\r\nContent-Type: a/b", None),
        (b"--gwb\r\nContent-Type: \r\n\r\n", None),
        (b"--gwb\r\nContent-Type: \xe9/b\r\n", "\xe9/b"),
        (b"--gwb\r\nContent-ID: <1>\r\n\r\nContent-Type: a/b\r\n", None),
        (b"--gwb\r\n\r\nContent-Type: a/b\r\n", None),
        (b"--gwb\r\n--gwb\r\nContent-Type: a/b\r\n", "a/b"),
        (b"Content-Type: a/b\r\n", None),
        (b"", None),
    ],
    ids=lambda value: repr(value)[:50],
)
def test_the_first_part_says_what_it_is(start: bytes, media_type: str | None) -> None:
    assert first_part_type(start) == media_type


@given(st.binary(max_size=100) | st.lists(FRAGMENTS | st.just(b"Content-Type:"), max_size=20).map(b"".join))
def test_any_start_is_judged(start: bytes) -> None:
    boundary = sniff_boundary(start)
    assert boundary is None or count([start], boundary) > (0, False)
    assert first_part_type(start) != ""


@given(st.text(max_size=60))
def test_any_boundary_that_is_read_can_be_searched(value: str) -> None:
    boundary = boundary_of("multipart/related; boundary=" + value)
    assert boundary is None or count([f"--{boundary}--".encode()], boundary) == (0, True)
