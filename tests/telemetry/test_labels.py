from prometheus_client import Counter

from gateway.telemetry.labels import ClosedSets, Series


def series() -> Series[Counter]:
    return Series(
        Counter("exchanges", "Some.", ("transaction", "code"), registry=None), ("transaction", "code"), ClosedSets()
    )


def test_a_known_series_is_found_again() -> None:
    counted = series()
    assert counted.of("studies.search", "200") is counted.of("studies.search", "200")
    assert counted.of("studies.search", "200") is not counted.of("studies.search", "404")


def test_words_from_outside_share_a_series_and_are_not_remembered() -> None:
    """A client that invents words must not fill the memory with them."""
    counted = series()
    assert counted.of("DOE^JOHN", "1200") is counted.of("1.2.840.113619", "-7")
    assert counted._known == {}
