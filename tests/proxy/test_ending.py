"""An answer whose end is not announced ends with its closing delimiter, or it was cut."""

import pytest

from gateway.core.fields import Fields
from gateway.proxy.ending import Ending, expected_ending

MULTIPART = ("Content-Type", 'multipart/related; type="application/dicom"; boundary=B0')
WHOLE = b"--B0\r\n\r\nimage\r\n--B0--\r\n"


def ends(ending: Ending, content: bytes, step: int) -> bool:
    for start in range(0, len(content), step):
        ending.watch(content[start : start + step])
    return ending.is_believable


@pytest.mark.parametrize("step", [1, 7, 5000])
@pytest.mark.parametrize(
    ("content", "believable"),
    [
        (WHOLE, True),
        (b"x" * 4000 + WHOLE, True),
        (WHOLE + b"\r\n", True),
        (WHOLE + b"padding" * 20, True),
        (WHOLE.removesuffix(b"--\r\n"), False),
        (WHOLE.removesuffix(b"-\r\n"), False),
        (b"--B0\r\n\r\nima", False),
        (b"", False),
    ],
)
def test_only_a_closing_delimiter_near_the_end_is_an_end(step: int, content: bytes, believable: bool) -> None:
    assert ends(expected_ending("GET", 200, Fields([MULTIPART])), content, step) is believable


@pytest.mark.parametrize(
    ("method", "status", "fields"),
    [
        ("GET", 200, [MULTIPART, ("Content-Encoding", "gzip")]),
        ("GET", 200, [("Content-Type", "multipart/related")]),
        ("GET", 200, [("Content-Type", "application/dicom; boundary=B0")]),
        ("GET", 200, []),
        ("GET", 404, [MULTIPART]),
        ("GET", 304, [MULTIPART]),
        ("HEAD", 200, [MULTIPART]),
    ],
)
def test_where_there_is_nothing_to_wait_for_any_end_is_believed(
    method: str, status: int, fields: list[tuple[str, str]]
) -> None:
    assert ends(expected_ending(method, status, Fields(fields)), b"anything", 3)


@pytest.mark.parametrize("framing", [("Content-Length", "9000"), ("Transfer-Encoding", "chunked")])
def test_a_length_does_not_make_half_a_part_whole(framing: tuple[str, str]) -> None:
    assert not ends(expected_ending("GET", 200, Fields([MULTIPART, framing])), b"--B0\r\n\r\nima", 3)


def test_a_boundary_in_single_quotes_is_awaited_as_it_is_repaired() -> None:
    """The client is told `boundary=b1`, and that is what the archive sends."""
    label = Fields([("Content-Type", "multipart/related; boundary='b1'")])
    assert ends(expected_ending("GET", 200, label), b"--b1\r\n\r\nx\r\n--b1--", 4)
    assert not ends(expected_ending("GET", 200, label), b"--b1\r\n\r\nx", 4)


def test_a_quoted_boundary_is_read_like_a_bare_one() -> None:
    quoted = Fields([("Content-Type", 'multipart/related; boundary="a b"')])
    assert ends(expected_ending("GET", 206, quoted), b"--a b\r\n\r\n\r\n--a b--", 4)
