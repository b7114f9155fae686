from gateway.telemetry.journal import Journal
from tests.telemetry.records import record


def ids(records: object) -> list[str]:
    assert isinstance(records, tuple)
    return [kept.id for kept in records]


def test_the_newest_exchange_comes_first_whatever_kind_it_is() -> None:
    journal = Journal()
    for number, status in enumerate((200, 503, 200, 500)):
        journal.add(record(id=str(number), started=float(number), status=status))
    assert ids(journal.recent(10)) == ["3", "2", "1", "0"]
    assert ids(journal.recent(2)) == ["3", "2"]


def test_exchanges_are_ordered_by_their_start_not_by_their_end() -> None:
    """A long retrieve ends after the searches that began while it ran."""
    journal = Journal()
    journal.add(record(id="search", started=5.0))
    journal.add(record(id="long retrieve", started=1.0))
    assert ids(journal.recent(10)) == ["search", "long retrieve"]


def test_failures_outlive_successes() -> None:
    journal = Journal(successes=3, failures=3)
    journal.add(record(id="failed", started=0.0, status=503))
    for number in range(1, 100):
        journal.add(record(id=str(number), started=float(number)))
    assert ids(journal.recent(10)) == ["99", "98", "97", "failed"]
    assert ids(journal.failures(10)) == ["failed"]


def test_memory_is_bounded() -> None:
    journal = Journal()
    for number in range(1000):
        journal.add(record(started=float(number), status=200 if number % 2 else 500))
    assert len(journal.recent(10_000)) == 400
    assert len(journal.failures(10_000)) == 200


def test_what_ended_badly_is_a_failure_whatever_its_status() -> None:
    journal = Journal()
    journal.add(record(id="cut", ended="truncated"))
    journal.add(record(id="left", status=None))
    journal.add(record(id="refused", status=404, failure="destination_not_found"))
    journal.add(record(id="unknown study", status=404))
    assert set(ids(journal.failures(10))) == {"cut", "left", "refused"}


def test_no_limit_below_zero_gives_anything() -> None:
    journal = Journal()
    journal.add(record())
    assert journal.recent(0) == ()
    assert journal.recent(-5) == ()


def test_an_exchange_is_found_by_its_id_until_it_is_forgotten() -> None:
    journal = Journal(successes=2, failures=2)
    for number in range(4):
        journal.add(record(id=str(number), status=200 if number % 2 else 500))
    assert [journal.find(str(number)) is not None for number in range(5)] == [True, True, True, True, False]
    journal.add(record(id="5"))
    assert journal.find("1") is None
    found = journal.find("5")
    assert found is not None
    assert (found[0].id, found[1]) == ("5", None)
