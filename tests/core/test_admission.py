"""The gate: how many exchanges are under way, and when the gateway takes on no more."""

from gateway.core.failures import Failure, FailureKind
from gateway.guard.admission import Gate, Load


def test_an_exchange_is_under_way_until_it_leaves() -> None:
    gate = Gate()
    assert gate.admit(Load(1), 10) is None
    assert gate.admit(Load(2), 10) is None
    assert gate.under_way == 2
    gate.leave()
    assert gate.under_way == 1


def test_more_clients_than_may_be_served_are_refused_and_not_counted() -> None:
    gate = Gate()
    assert gate.admit(Load(10), 10) is None
    assert gate.admit(Load(11), 10) == Failure(FailureKind.TOO_BUSY)
    assert gate.under_way == 1


def test_a_gateway_on_its_way_out_still_serves_who_is_connected() -> None:
    assert Gate().admit(Load(1, draining=True), 10) is None


def test_notification_channels_have_places_of_their_own() -> None:
    gate = Gate()
    assert gate.admit_channel(Load(1), 1) is None
    assert gate.admit_channel(Load(1), 1) == Failure(FailureKind.TOO_BUSY)
    gate.leave_channel()
    assert gate.admit_channel(Load(1, draining=True), 1) == Failure(FailureKind.DRAINING)
    assert gate.under_way == 0
