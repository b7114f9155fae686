"""Regular expressions: Python's, refused when they are none or when they could take for ever."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config.findings import Wrong
from gateway.config.regex import MAX_LENGTH, regex


@pytest.mark.parametrize(
    "written",
    [
        "login", r"(?:[^/]+/)*", r"\(a+\)+", "(a|b+)+", "[(a+)+]", "(a++)+", "(?>a+)+", "a{2,}", "(ab?)*", "(a?b?)*",
        "(?i)x",
        r"^(?:https?:)?//(?:a|b)[.-]", r"(\d+,)+", "(?<=ab)c", r"(a)(?(1)b|c)",
    ],
)  # fmt: skip
def test_an_ordinary_pattern_is_taken(written: str) -> None:
    assert regex(written).pattern == written


@pytest.mark.parametrize(
    "written",
    [
        "(a+)+", "(a*)*$", "((a+))+x", "(a+b?)+", "([a-z]+)*", "(.*)*", "(a+?)+", "x(?:y(?:z+)*)", "(?=(a+)+)b",
        "(a{2,}){3,}", r"(a)(?(1)(b+)+|c)", "x|(y+)+", "(?>(a+)+b)", "(?:(?:a+))*",
    ],
)  # fmt: skip
def test_a_repeated_repetition_is_refused(written: str) -> None:
    with pytest.raises(Wrong, match="repeats a repetition"):
        regex(written)


@pytest.mark.parametrize(
    "written", ["(", "[a-", "*", "a{99999999999}", "(?P<1>a)", "[[a]", "\\", "(" * 900, "x" * (MAX_LENGTH + 1), ""]
)
def test_what_is_no_pattern_is_refused(written: str) -> None:
    with pytest.raises(Wrong):
        regex(written)


def test_case_matters_unless_the_pattern_says_otherwise() -> None:
    assert regex("login").search("/Login") is None
    assert regex("(?i)login").search("/Login")


@settings(deadline=None)
@given(st.text(alphabet="ab()[]{}*+?|\\.^$-,0123<>=!:P#", max_size=30))
def test_any_text_is_a_pattern_or_is_refused(written: str) -> None:
    try:
        pattern = regex(written)
    except Wrong:
        return
    assert pattern.pattern == written
