"""What content looks like by its first bytes, and which content is none of anybody's business."""

import time

import pytest

from gateway.core.inspect import Looks, is_dicom_payload, is_stack_trace, looks_like
from tests.core.making import said

L = Looks


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", L.EMPTY),
        (b" \r\n\t", L.EMPTY),
        (b"\xef\xbb\xbf", L.EMPTY),
        (b" " * 2000 + b"{}", L.JSON),
        (b"{}", L.JSON),
        (b"\xef\xbb\xbf [1]", L.JSON),
        (b"<!DOCTYPE html>", L.HTML),
        (b"  <HTML lang='x'>", L.HTML),
        (b"<?xml version='1.0'?><html xmlns='x'>", L.HTML),
        (b"Error: <h1>oops</h1>", L.HTML),
        (b"<htmlx>", L.XML),
        (b"<NativeDicomModel>", L.XML),
        (b"study not found", L.TEXT),
        (b"M\xc3\xbcller", L.TEXT),
        (b"BMI", L.TEXT),
        (b"--b\r\nContent-Type: x/y\r\n", L.MULTIPART),
        (b"\r\n--b\nContent-Type: x/y\n", L.MULTIPART),
        (b"-- a dash", L.TEXT),
        (b"\xff\xd8\xff\xe0", L.IMAGE),
        (b"\x89PNG\r\n\x1a\n", L.IMAGE),
        (b"GIF89a", L.IMAGE),
        (b"II*\x00", L.IMAGE),
        (b"MM\x00*", L.IMAGE),
        (b"\x00\x00\x00\x0cjP  ", L.IMAGE),
        (b"\x00\x01", L.BINARY),
        (b"\x1b[31mred\x1b[0m", L.TEXT),
        (bytes(128) + b"DICM", L.DICOM),
        (b"<html>".ljust(128, b" ") + b"DICM", L.DICOM),
        (b"<html>".ljust(127, b" ") + b"DICM", L.HTML),
    ],
)
def test_bytes_do_not_lie(content: bytes, kind: Looks) -> None:
    assert looks_like(content) is kind


@pytest.mark.parametrize(
    "content",
    [
        b"x\n\tat org.example.A$B.<init>(A.java:1)",
        b"Traceback (most recent call last):",
        b"java.lang.NullPointerException",
        b"\n  System.Web.HttpException (0x1): x",
        b"x\nwerkzeug.exceptions.InternalServerError: x",
    ],
)
def test_a_stack_trace_is_known(content: bytes) -> None:
    assert is_stack_trace(content)


@pytest.mark.parametrize(
    "content",
    [
        b"The study at the archive was not found",
        b"Error: no such study",
        b"IllegalArgumentException",
        b'{"Error": "org.x"}',
    ],
)
def test_a_sentence_is_no_stack_trace(content: bytes) -> None:
    assert not is_stack_trace(content)


@pytest.mark.parametrize(
    "content",
    [b"x" + b"\n" * 16_000, b"x" + b" " * 16_000, b"\n \t" * 5_000, b"a." * 8_000, b"a" * 16_000, b" at a" * 3_000],
)
def test_no_content_takes_long_to_look_at(content: bytes) -> None:
    """An archive chooses these bytes, and one loop looks at them for everybody."""
    began = time.perf_counter()
    is_stack_trace(content)
    looks_like(content)
    assert time.perf_counter() - began < 0.1


@pytest.mark.parametrize(
    ("media", "body", "is_dicom"),
    [
        ("application/dicom", None, True),
        ("Application/DICOM; transfer-syntax=*", None, True),
        ('multipart/related; type="application/dicom"; boundary=b', None, True),
        ("multipart/related; type=APPLICATION/DICOM", None, True),
        ("application/dicom+json", None, False),
        ("multipart/related", None, False),
        ("text/html", bytes(128) + b"DICM", True),
        ("", bytes(128) + b"DICM", True),
        ("", None, False),
    ],
)
def test_an_object_is_known_by_its_label_or_its_bytes(media: str, body: bytes | None, is_dicom: bool) -> None:
    assert is_dicom_payload(said(200, *([("Content-Type", media)] if media else []), body=body)) is is_dicom
