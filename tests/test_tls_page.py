"""docs/tls.md tells of every sentence that TLS can bring forth, and of no other default than the code's."""

import re
from pathlib import Path

import pytest

from gateway.config.held import CONVERT, IN_PEM
from gateway.config.tls import REFUSED
from gateway.proxy.tls_hints import CERTIFICATE, CERTIFICATE_AT_ALL, REASONS

PAGE = (Path(__file__).parents[1] / "docs/tls.md").read_text("utf-8")


@pytest.mark.parametrize("sentence", sorted({*CERTIFICATE.values(), CERTIFICATE_AT_ALL, *REASONS.values()}))
def test_every_hint_of_an_archive_is_told(sentence: str) -> None:
    assert f"| {sentence} |" in PAGE


def test_no_hint_is_told_that_nobody_gives() -> None:
    told = re.findall(r"^\| (.+?\.|.+?\?) \| (?:X\.509|any other|`)", PAGE, re.MULTILINE)
    assert set(told) == {*CERTIFICATE.values(), CERTIFICATE_AT_ALL, *REASONS.values()}


@pytest.mark.parametrize("words", [*IN_PEM.values(), *CONVERT.values(), *REFUSED.values()])
def test_every_fault_of_a_file_has_its_cure(words: str) -> None:
    beginning = re.split(r"[:;,](?! were| not)", words)[0]
    assert f"`{beginning}" in PAGE
