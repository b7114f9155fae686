"""Admission: how many exchanges are under way, and when the gateway takes on no more."""

from gateway.core.failures import Failure, FailureKind
from gateway.guard.admission import Gate, Load, Permit


def test_an_exchange_is_under_way_until_its_permit_comes_back() -> None:
    gate = Gate()
    first, second = gate.admit("pacs", Load(1), 10), gate.admit("vna", Load(2), 10)
    assert (first, second) == (Permit("pacs"), Permit("vna"))
    assert gate.under_way == 2
    assert isinstance(first, Permit)
    gate.leave(first)
    assert gate.under_way == 1


def test_more_clients_than_may_be_served_are_refused_without_a_permit() -> None:
    gate = Gate()
    assert gate.admit("pacs", Load(10), 10) == Permit("pacs")
    assert gate.admit("pacs", Load(11), 10) == Failure(FailureKind.TOO_BUSY)
    assert gate.under_way == 1


def test_a_gateway_on_its_way_out_still_serves_who_is_connected() -> None:
    assert Gate().admit("pacs", Load(1, draining=True), 10) == Permit("pacs")
