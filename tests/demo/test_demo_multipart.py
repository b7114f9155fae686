"""multipart/related, written and split."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.demo.multipart import DICOM, MalformedError, related, split


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=5))
def test_what_was_joined_is_split_again(parts: list[bytes]) -> None:
    assert split(*related(DICOM, parts)) == parts


def test_equal_content_has_an_equal_boundary_and_other_content_another() -> None:
    assert related(DICOM, [b"a"]) == related(DICOM, [b"a"])
    assert related(DICOM, [b"a"])[0] != related(DICOM, [b"b"])[0]


@pytest.mark.parametrize(
    "content_type",
    ['multipart/related; boundary="b"; type="application/dicom"', 'multipart/related; type="a/b"; Boundary=b'],
)
def test_boundaries_are_found_quoted_or_bare(content_type: str) -> None:
    assert split(content_type, b"preamble\r\n--b\r\nA: b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n") == [b"one", b"two"]


@pytest.mark.parametrize(
    ("content_type", "content", "reason"),
    [
        ("multipart/related", b"--b\r\n\r\none\r\n--b--", "no boundary"),
        ("multipart/related; boundary=b", b"", "no closing delimiter"),
        ("multipart/related; boundary=b", b"--b\r\n\r\none\r\n", "no closing delimiter"),
        ("multipart/related; boundary=b", b"--other\r\n\r\none\r\n--other--", "no closing delimiter"),
        ("multipart/related; boundary=b", b"--b\r\nno empty line\r\n--b--", "without an empty line"),
    ],
)
def test_what_is_not_whole_is_refused(content_type: str, content: bytes, reason: str) -> None:
    with pytest.raises(MalformedError, match=reason):
        split(content_type, content)
