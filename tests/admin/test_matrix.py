"""The matrix of codes by transaction, read as text: a line for the archive, a line for clients, and what was changed."""

from collections.abc import Iterable

import pytest

from gateway.admin.matrix import MOST_CODES, MOST_FLOWS, TITLE, matrix
from gateway.telemetry.guard_metrics import GuardCounts
from gateway.telemetry.snapshot import Answered, Snapshot
from tests.admin.page import Page

NO_GUARD = GuardCounts({}, {}, {}, {}, {}, {})
SEARCH, STORE = "studies.search", "studies.store"


def shown(*answered: Answered) -> str:
    return str(matrix(Snapshot(answered, (), (), NO_GUARD)))


def lines(*answered: Answered) -> list[list[str]]:
    """The head and every row."""
    return Page(shown(*answered)).tables[TITLE]


def many(codes: Iterable[int]) -> tuple[Answered, ...]:
    return tuple(Answered(SEARCH, str(code), "503", "fold", code) for code in codes)


def test_each_code_has_a_column_and_each_transaction_two_lines() -> None:
    assert lines(
        Answered(SEARCH, "200", "200", "-", 1190),
        Answered(SEARCH, "500", "404", "unknown-study", 12),
        Answered(STORE, "none", "503", "failure", 1),
    ) == [
        ["Transaction, and what was changed", "Who", "200", "404", "500", "503", "none"],
        ["Store (STOW-RS)studies.store1 exchange", "Archive said", "", "", "", "", "1"],
        ["none → 503 by failure (1)", "Clients got", "", "", "", "1", ""],
        ["Search (QIDO-RS)studies.search1\u2009202 exchanges", "Archive said", "1\u2009190", "", "12", "", ""],
        ["500 → 404 by unknown-study (12)", "Clients got", "1\u2009190", "12", "", "", ""],
    ]


def test_numbers_that_differ_stand_out_by_more_than_colour() -> None:
    text = shown(Answered(SEARCH, "200", "200", "-", 3), Answered(SEARCH, "500", "404", "x", 12))
    assert "<strong>12</strong>" in text
    assert "<strong>3</strong>" not in text


def test_the_most_frequent_change_comes_first_and_the_rest_is_summed_up() -> None:
    told = lines(*many(range(500, 500 + MOST_FLOWS + 3)))[2][0]
    assert told.startswith(f"{502 + MOST_FLOWS} → 503 by fold ({502 + MOST_FLOWS})")
    assert told.endswith("and 3 other changes (1\u2009503)")
    assert lines(*many(range(500, 500 + MOST_FLOWS + 1)))[2][0].endswith("and 1 other change (500)")


def test_a_code_that_stayed_is_said_to_have_been_changed_otherwise() -> None:
    told = lines(Answered(SEARCH, "404", "404", "error-body", 2))[2][0]
    assert told == "404 with other content or header fields by error-body (2)"


def test_what_nobody_changed_is_said_so() -> None:
    assert lines(Answered(SEARCH, "200", "200", "-", 2))[2][0] == "Nothing was changed."
    assert lines(Answered(SEARCH, "200", "none", "-", 2))[2][0] == "200 → none (2)"


@pytest.mark.parametrize(
    ("number", "each", "wraps"), [(3, 1, False), (18, 1, False), (19, 1, True), (12, 10_000, True), (30, 1, True)]
)
def test_few_codes_stand_beside_each_other_and_many_wrap(number: int, each: int, wraps: bool) -> None:
    codes = [Answered(SEARCH, str(code), str(code), "-", each) for code in range(400, 400 + number)]
    assert ('class="matrix many"' in shown(*codes)) is wraps


def test_the_matrix_has_an_end() -> None:
    """Whatever an archive invents: the codes of most exchanges are told."""
    head, *_ = lines(*many(range(100, 600)))
    assert len(head) == MOST_CODES + 2
    assert {"599", "503"} <= set(head)
    assert "100" not in head


def test_what_is_no_code_has_a_word() -> None:
    head = lines(Answered("other", "invalid", "503", "invalid-status", 1))
    assert head[0][2:] == ["503", "invalid"]
    assert head[1][0] == "Not DICOMwebother1 exchange"


def test_an_idle_gateway_has_no_matrix() -> None:
    assert "No exchange yet." in shown()
