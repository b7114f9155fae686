"""The frame around a message, byte for byte."""

import re

import pytest

from gateway.audit.syslog import framed, header


def test_a_message_is_framed_as_syslog_over_tls() -> None:
    frame = framed(header("gw-1.example", 4711), "2026-01-01T12:00:00.000Z", "<a>ü</a>".encode())
    content = "<85>1 2026-01-01T12:00:00.000Z gw-1.example pacs-gateway 4711 DICOM+RFC3881 - \ufeff<a>ü</a>".encode()
    assert frame == str(len(content)).encode() + b" " + content


@pytest.mark.parametrize(
    ("host", "written"), [("gw 1\n<99>", "gw1<99>"), ("", "-"), ("münchen", "mnchen"), ("x" * 300, "x" * 255)]
)
def test_a_host_is_one_word_in_ascii(host: str, written: str) -> None:
    frame = framed(header(host, 1), "2026-01-01T12:00:00.000Z", b"")
    match = re.fullmatch(rb"[0-9]+ <85>1 [^ ]+ ([!-~]{1,255}) pacs-gateway 1 DICOM\+RFC3881 - \xef\xbb\xbf", frame)
    assert match is not None
    assert match[1].decode() == written
