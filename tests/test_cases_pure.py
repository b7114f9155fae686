"""Every situation of tests/cases through classify, normalise and compose: no socket, no clock, no chance."""

import pytest

from gateway.config.cases import run_case
from tests.support.cases import Situation, policy_of, situations

WHOLE = [situation for situation in situations() if situation.whole]


@pytest.mark.parametrize("situation", WHOLE, ids=lambda situation: situation.id)
def test_a_situation_is_judged_as_its_case_says(situation: Situation) -> None:
    assert run_case(situation.case, policy_of(situation.config)) == []


def test_no_two_situations_have_one_name() -> None:
    """A name is how a failure is found again."""
    ids = [situation.id for situation in situations()]
    assert sorted(set(ids)) == sorted(ids)


def test_every_file_of_situations_is_read() -> None:
    assert len(situations()) > 60
