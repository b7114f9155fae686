"""Single values: what is read, what is refused, and that what is shown can be read again."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config import scalars
from gateway.config.findings import Wrong


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("500ms", 0.5), ("30s", 30), ("1.5s", 1.5), ("2m", 120), ("1h", 3600), ("168h", 604800), ("1ms", 0.001)],
)
def test_durations(written: str, seconds: float) -> None:
    assert scalars.duration(written) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "written", ["", "30", "s", "30 s", "30S", "-1s", "1d", "0s", "169h", "9" * 400 + "h", "1e3s", "٣s"]
)
def test_what_is_no_duration(written: str) -> None:
    with pytest.raises(Wrong):
        scalars.duration(written)


@settings(deadline=None)
@given(st.integers(1, 604_800_000))
def test_a_shown_duration_reads_as_itself(milliseconds: int) -> None:
    seconds = milliseconds / 1000
    assert scalars.duration(scalars.show_duration(seconds)) == pytest.approx(seconds)


@pytest.mark.parametrize(("seconds", "shown"), [(0.0, "0s"), (90, "90s"), (120, "2m"), (0.25, "250ms"), (7200, "2h")])
def test_durations_are_shown_in_the_largest_whole_unit(seconds: float, shown: str) -> None:
    assert scalars.show_duration(seconds) == shown


@pytest.mark.parametrize(
    ("written", "count"), [("512B", 512), ("8KiB", 8192), ("4MiB", 2**22), ("1GiB", 2**30), ("0B", 0)]
)
def test_sizes(written: str, count: int) -> None:
    assert scalars.size(written) == count


@pytest.mark.parametrize("written", ["", "8", "8K", "8KB", "8 KiB", "-1B", "1.5MiB", "9" * 14 + "B", "1025GiB"])
def test_what_is_no_size(written: str) -> None:
    with pytest.raises(Wrong):
        scalars.size(written)


@settings(deadline=None)
@given(st.integers(0, 2**40))
def test_a_shown_size_reads_as_itself(count: int) -> None:
    assert scalars.size(scalars.show_size(count)) == count


@pytest.mark.parametrize(("written", "share"), [("0%", 0), ("20%", 0.2), ("12.5%", 0.125), ("100%", 1)])
def test_shares(written: str, share: float) -> None:
    assert scalars.percent(written) == share
    assert scalars.show_percent(share) == written


@pytest.mark.parametrize("written", ["", "20", "0.2", "101%", "-1%", "100.1%"])
def test_what_is_no_share(written: str) -> None:
    with pytest.raises(Wrong):
        scalars.percent(written)


@pytest.mark.parametrize(
    ("written", "codes"),
    [("502", {502}), ("502-504", {502, 503, 504}), ("502 - 503", {502, 503}), ("999", {999}), ("100", {100})],
)
def test_statuses(written: str, codes: set[int]) -> None:
    assert scalars.statuses(written) == codes


def test_a_class_of_statuses_has_a_hundred() -> None:
    assert scalars.statuses("5xx") == set(range(500, 600))


@pytest.mark.parametrize("written", ["", "5", "5XX", "0xx", "099", "1000", "504-502", "500,502", "5x1"])
def test_what_is_no_status(written: str) -> None:
    with pytest.raises(Wrong):
        scalars.statuses(written)


def test_runs_of_statuses_are_shown_as_such() -> None:
    assert scalars.show_statuses(frozenset({200, 201, 202, 404, 303})) == "200-202, 303, 404"


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("http://pacs:8042", ("http", "pacs", 8042)),
        ("http://pacs:8042/", ("http", "pacs", 8042)),
        ("HTTPS://PACS.Example", ("https", "pacs.example", 443)),
        ("http://[fd00::1]:81", ("http", "fd00::1", 81)),
        ("http://my_pacs", ("http", "my_pacs", 80)),
        ("http://10.0.0.1", ("http", "10.0.0.1", 80)),
    ],
)
def test_addresses_of_archives(written: str, origin: tuple[str, str, int]) -> None:
    found = scalars.origin(written)
    assert (found.scheme, found.host, found.port) == origin
    assert scalars.origin(str(found)) == found


@pytest.mark.parametrize(
    "written",
    [
        "pacs", "pacs:8042", "//pacs", "ftp://pacs", "http://", "http:///studies", "http://pacs/dicom-web",
        "http://pacs?x", "http://pacs#x", "http://pacs:0", "http://pacs:", "http://pacs:65536", "http://pacs:x",
        "http://u@pacs", "http://[::1",
        "http://pa cs", "http://päcs", "http://pacs\\x", "http://-pacs", "http://pacs\n",
    ],
)  # fmt: skip
def test_what_is_no_address_of_an_archive(written: str) -> None:
    with pytest.raises(Wrong):
        scalars.origin(written)


def test_a_password_in_an_address_is_not_repeated() -> None:
    with pytest.raises(Wrong) as caught:
        scalars.origin("http://admin:hunter2@pacs")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "prefix"), [("/", "/"), ("/dicom-web", "/dicom-web"), ("/a/b/", "/a/b"), ("/%41", "/%41")]
)
def test_prefixes(written: str, prefix: str) -> None:
    assert scalars.prefix(written) == prefix


@pytest.mark.parametrize(
    "written", ["", "a", "//a", "/a//b", "/a/../b", "/..", "/.", "/a?b", "/a#b", "/a b", "/ä", "/a\\b", "/a\n"]
)
def test_what_is_no_prefix(written: str) -> None:
    with pytest.raises(Wrong):
        scalars.prefix(written)


@pytest.mark.parametrize("written", ["10.0.0.0/8", "192.0.2.1", "fd00::/8"])
def test_networks(written: str) -> None:
    assert str(scalars.network(written)).startswith(written)


@pytest.mark.parametrize(
    ("read", "written", "message"),
    [
        (scalars.boolean, "on", '"on" is not a truth value; write true'),
        (scalars.boolean, "OFF", '"OFF" is not a truth value; write false'),
        (scalars.boolean, "1", '"1" is not a truth value; write true or false'),
        (scalars.duration, "1.5", '"1.5" is not a duration such as 500ms, 30s, 2m or 1h; 1.5s?'),
        (scalars.network, "10.1.0.0/8", '"10.1.0.0/8" has bits to the right of its prefix; did you mean 10.0.0.0/8?'),
        (scalars.text, "a\x00", "holds a control character"),
        (scalars.text, " ", "is empty"),
        (
            scalars.identifier,
            "x" * 65,
            f'"{"x" * 57}..." is not an id; write lower-case letters, digits and hyphens, at most 64',
        ),
    ],
)
def test_a_refusal_says_what_would_do(read: Callable[[str], object], written: str, message: str) -> None:
    with pytest.raises(Wrong) as caught:
        read(written)
    assert str(caught.value) == message


@pytest.mark.parametrize("written", ["pacs", "pacs.example.org", "127.0.0.1", "::1", "0.0.0.0"])
def test_hosts(written: str) -> None:
    assert scalars.host(written) == written


@pytest.mark.parametrize("written", ["", "a b", "[::1]", "-a", "a/b", "a:80"])
def test_what_is_no_host(written: str) -> None:
    with pytest.raises(Wrong):
        scalars.host(written)
