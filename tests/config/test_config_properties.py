"""Whatever the text: settings come out, or `ConfigErrors` with findings that have places. Nothing else ever does."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.config.findings import ConfigErrors
from gateway.config.lint import lint
from gateway.config.load import load, load_text

ROOT = Path(__file__).parents[2]
# A busy machine is no mistake; and one folder does for many files of the same name.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
COMMENTED = (ROOT / "config/gateway.yaml").read_text("utf-8")
LINES = COMMENTED.splitlines(keepends=True)
BAD = [file.read_text("utf-8") for file in sorted((Path(__file__).parent / "bad").glob("*.yaml"))]

VOCABULARY = """
version 1 upstreams pacs url http://pacs rules id when then status 404 body why examples request expect packs all
documented add fold ${X} ${ null ~ !!x &a *a routes prefix / server tls json 5xx allow_success true
"""
WORDS = st.sampled_from([*VOCABULARY.split(), ""])
GLUE = st.sampled_from(
    [": ", "\n", "\n  ", "\n    ", "- ", *"{}[]'\"#?\t\x00", ", ", "|\n", "\u2028", "\ud800"],
)
TREES = st.recursive(
    WORDS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda items: "[" + ", ".join(items) + "]"),
        st.dictionaries(WORDS, inner, max_size=5).map(
            lambda d: "{" + ", ".join(f"{k}: {v}" for k, v in d.items()) + "}"
        ),
    ),
    max_leaves=12,
)


def answer_to(text: str) -> None:
    try:
        found = lint(load_text(text, "g.yaml", {"X": "a: b"}))
    except ConfigErrors as errors:
        found = errors.findings
        assert found
    assert list(found) == sorted(found)
    assert all(finding.message and finding.file for finding in found)


@UNHURRIED
@given(st.text(max_size=200))
def test_any_text_has_an_answer(text: str) -> None:
    answer_to(text)


@UNHURRIED
@given(st.lists(st.one_of(WORDS, GLUE), max_size=60).map("".join))
def test_any_heap_of_yaml_has_an_answer(text: str) -> None:
    answer_to(text)


@UNHURRIED
@given(TREES)
def test_any_tree_has_an_answer(text: str) -> None:
    answer_to("version: 1\nupstreams: {pacs: {url: 'http://pacs'}}\nrules: " + text + "\n")
    answer_to(text)


@UNHURRIED
@given(st.integers(0, len(LINES) - 1), st.integers(1, 8), st.one_of(WORDS, GLUE, TREES))
def test_a_file_with_some_lines_replaced_has_an_answer(start: int, count: int, text: str) -> None:
    answer_to("".join([*LINES[:start], text, "\n", *LINES[start + count :]]))


@UNHURRIED
@given(st.integers(0, len(COMMENTED)), st.integers(0, 20), st.one_of(GLUE, st.characters()))
def test_a_file_with_a_hole_has_an_answer(start: int, length: int, text: str) -> None:
    answer_to(COMMENTED[:start] + text + COMMENTED[start + length :])


@UNHURRIED
@given(st.sampled_from(BAD), st.sampled_from(BAD))
def test_two_bad_files_in_one_have_an_answer(first: str, second: str) -> None:
    answer_to(first + second)


@UNHURRIED
@given(st.binary(max_size=100))
def test_any_bytes_have_an_answer(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigErrors):  # a hundred bytes of chance are no configuration
        load(file, {})
