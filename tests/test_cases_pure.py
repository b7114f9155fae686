"""Every situation of tests/cases through classify, normalise and compose: no socket, no clock, no chance."""

from dataclasses import replace

import pytest

from gateway.config.cases import NEEDS_SOCKETS, run_case
from gateway.config.lint import placed
from tests.support.cases import Situation, situations

PURE = [situation for situation in situations() if not situation.case.needs_sockets]
ON_A_WIRE = [situation for situation in situations() if situation.case.needs_sockets]


@pytest.mark.parametrize("situation", PURE, ids=lambda situation: situation.id)
def test_a_situation_is_judged_as_its_case_says(situation: Situation) -> None:
    settings = situation.settings()
    request = placed(situation.case.request, settings.routes)
    assert run_case(replace(situation.case, request=request), settings.policy) == []


@pytest.mark.parametrize("situation", ON_A_WIRE, ids=lambda situation: situation.id)
def test_a_situation_on_a_wire_never_passes_without_one(situation: Situation) -> None:
    assert run_case(situation.case, situation.settings().policy) == [NEEDS_SOCKETS]


def test_no_two_situations_have_one_name() -> None:
    """A name is how a failure is found again."""
    ids = [situation.id for situation in situations()]
    assert sorted(set(ids)) == sorted(ids)


def test_every_file_of_situations_is_read() -> None:
    assert len(PURE) > 60
    assert len(ON_A_WIRE) > 5
