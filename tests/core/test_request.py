"""What a gateway must refuse before anything is sent. The parser has judged the syntax; these lines are what it lets pass."""

import time

import pytest

from gateway.core.failures import Failure, FailureKind
from gateway.core.fields import Fields
from gateway.core.request import FORWARDED_METHODS, RequestLine, Sound, examine, is_authority

K = FailureKind
HOST = ("Host", "gw.example")
TARGET = "/dicom-web/studies/2.25.1"


def examined(
    method: str = "GET", target: str = TARGET, *lines: tuple[str, str], version: tuple[int, int] = (1, 1)
) -> Sound | Failure:
    return examine(RequestLine(method, target, version, Fields(lines)), max_target=8192, max_fields=32768)


def sound(*args: object, **more: object) -> Sound:
    found = examined(*args, **more)  # type: ignore[arg-type]
    assert isinstance(found, Sound), found
    return found


def refused(*args: object, **more: object) -> FailureKind:
    found = examined(*args, **more)  # type: ignore[arg-type]
    assert isinstance(found, Failure), found
    return found.kind


@pytest.mark.parametrize("method", FORWARDED_METHODS)
def test_a_well_formed_request_goes_on(method: str) -> None:
    assert sound(method, TARGET, HOST) == Sound(TARGET, "gw.example", None, chunked=False, expects_continue=False)


@pytest.mark.parametrize(
    "target",
    [
        "/", "//evil.example/x", "/a%2Fb", "/a%5eb", "/a%5Eb", "/a+b?c=+%2B", "/a?", "/a?x=1&x=&y&&", "/a;b=1?c;d",
        "/a/../b/./c", "/a%zz%", '/a?b={"x":[1]}|^`', "/http://evil.example/", "/a?b?c=?", "/a\\b", "/studies//metadata",
        "/a?PatientName=*", "/\x7e", "/" + "a" * 8191,
    ],
)  # fmt: skip
def test_a_target_is_kept_byte_for_byte(target: str) -> None:
    assert sound("GET", target, HOST).target == target


@pytest.mark.parametrize(
    "target",
    ["", "*test", "studies", "gw.example:80", "http://", "http:///x", "ftp://gw.example/x", "/a#b", "/a b", "/a\tb", "/a\x00",
     "/a\x7f", "/a\r\nb", "/\xc3\xbc", "/\xfc", "?x=1", "#", "http://gw.example/#x"],
)  # fmt: skip
def test_a_target_that_archives_would_read_differently_is_refused(target: str) -> None:
    assert refused("GET", target, HOST) is K.HTTP_REQUEST_ERROR


@pytest.mark.parametrize(
    ("absolute", "target"),
    [
        ("http://gw.example/a?b", "/a?b"),
        ("HTTPS://GW.Example/a", "/a"),
        ("http://gw.example", "/"),
        ("http://gw.example?a=1", "/?a=1"),
    ],
)
def test_an_absolute_target_of_the_same_authority_is_reduced(absolute: str, target: str) -> None:
    found = sound("GET", absolute, HOST)
    assert (found.target, found.authority) == (target, "gw.example")


@pytest.mark.parametrize(
    "absolute",
    ["http://evil.example/a", "http://gw.example:81/a", "http://user@gw.example/a", "http://169.254.169.254/"],
)
def test_an_absolute_target_of_another_authority_is_refused(absolute: str) -> None:
    assert refused("GET", absolute, HOST) is K.HTTP_REQUEST_ERROR
    assert refused("GET", absolute, version=(1, 0)) is K.HTTP_REQUEST_ERROR


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("CONNECT", K.METHOD_REFUSED),
        ("TRACE", K.METHOD_REFUSED),
        ("PROPFIND", K.METHOD_NOT_SUPPORTED),
        ("FROB", K.METHOD_NOT_SUPPORTED),
        ("get", K.METHOD_NOT_SUPPORTED),
        ("", K.METHOD_NOT_SUPPORTED),
    ],
)
def test_a_method_is_forwarded_or_refused_by_name(method: str, kind: FailureKind) -> None:
    assert refused(method, TARGET, HOST) is kind


@pytest.mark.parametrize(("method", "target"), [("OPTIONS", "*"), ("GET", "*"), ("CONNECT", "evil.example:443")])
def test_what_is_about_the_server_itself_stops_here(method: str, target: str) -> None:
    found = examined(method, target, HOST)
    assert isinstance(found, Failure)
    assert (found.kind, found.allow) == (K.METHOD_REFUSED, FORWARDED_METHODS)


def test_a_request_that_may_not_travel_further_stops_here() -> None:
    assert refused("OPTIONS", "/", HOST, ("Max-Forwards", "0")) is K.METHOD_REFUSED
    assert sound("OPTIONS", "/", HOST, ("Max-Forwards", "1"))
    assert sound("GET", "/", HOST, ("Max-Forwards", "0"))


@pytest.mark.parametrize("version", [(0, 9), (1, 2), (2, 0), (9, 9)])
def test_a_version_that_is_not_spoken_is_refused(version: tuple[int, int]) -> None:
    assert refused("GET", TARGET, HOST, version=version) is K.VERSION_NOT_SUPPORTED


@pytest.mark.parametrize(
    "hosts",
    [[], ["gw.example", "gw.example"], [""], ["gw example"], ["gw.example:99999"], ["gw.example:port"], ["a@b"], ["a/b"],
     ["gw.example\x00"], ["a,b"], ["[::1"], ["a?b"], ["a#b"], ["\xfc"]],
)  # fmt: skip
def test_a_host_is_there_once_and_is_an_authority(hosts: list[str]) -> None:
    assert refused("GET", TARGET, *(("Host", host) for host in hosts)) is K.HTTP_REQUEST_ERROR


@pytest.mark.parametrize(
    "host", ["gw", "GW.example:8080", "192.0.2.1", "[2001:db8::1]:80", "a_b", "p%C3%A4cs", "gw:65535"]
)
def test_an_authority_of_any_kind_goes_on(host: str) -> None:
    assert sound("GET", TARGET, ("Host", host)).authority == host


def test_an_old_client_needs_no_host() -> None:
    assert sound("GET", TARGET, version=(1, 0)).authority == ""
    assert refused("GET", TARGET, ("Host", ""), version=(1, 0)) is K.HTTP_REQUEST_ERROR


def test_a_long_hostile_host_is_read_once() -> None:
    """With a pattern that tries every way to cut it, thirty characters would stop the gateway for minutes."""
    began = time.perf_counter()
    assert not is_authority("a" * 30_000 + "/")
    assert not is_authority("[::1]" * 6_000 + "/")
    assert time.perf_counter() - began < 0.1


def test_sizes_are_bounded() -> None:
    assert refused("GET", "/" + "a" * 8192, HOST) is K.TARGET_TOO_LONG
    assert refused("GET", TARGET, HOST, ("X", "a" * 32768)) is K.HEADER_SECTION_TOO_LARGE
    assert refused("GET", TARGET, HOST, *[("X", "a" * 100)] * 400) is K.HEADER_SECTION_TOO_LARGE


@pytest.mark.parametrize(
    ("value", "length"), [("0", 0), ("5", 5), ("005", 5), ("0" * 6000 + "5", 5), ("9" * 18, int("9" * 18))]
)
def test_a_length_is_digits(value: str, length: int) -> None:
    found = sound("POST", TARGET, HOST, ("Content-Length", value))
    assert (found.length, found.chunked, found.has_content) == (length, False, length > 0)


@pytest.mark.parametrize(
    "values",
    [["5", "5"], ["5, 5"], ["5,6"], ["-5"], ["+5"], ["0x5"], ["five"], ["5 "], ["5x"], ["1_0"], ["5\x00"], ["\x0b5"],
     ["", "5"], [""], ["٥"], ["²"]],
)  # fmt: skip
def test_a_length_that_can_be_read_in_two_ways_is_refused(values: list[str]) -> None:
    lines = [("Content-Length", value) for value in values]
    assert refused("POST", TARGET, HOST, *lines) is K.HTTP_REQUEST_ERROR


@pytest.mark.parametrize("value", ["18446744073709551616", "1" * 19, "0" * 9 + "1" * 40])
def test_a_length_beyond_all_measure_is_refused(value: str) -> None:
    assert refused("POST", TARGET, HOST, ("Content-Length", value)) is K.CONTENT_TOO_LARGE


@pytest.mark.parametrize("value", ["chunked", "Chunked", "chunked\t", " chunked "])
def test_chunks_are_one_coding(value: str) -> None:
    found = sound("POST", TARGET, HOST, ("Transfer-Encoding", value))
    assert (found.length, found.chunked, found.has_content) == (None, True, True)


@pytest.mark.parametrize(
    "lines",
    [
        [("Transfer-Encoding", "chunked"), ("Content-Length", "5")],
        [("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")],
        *(
            [("Transfer-Encoding", value)]
            for value in ("identity", "gzip, chunked", "chunked, identity", "xchunked", "")
        ),
        *(
            [("Transfer-Encoding", value)]
            for value in ('"chunked"', "chunked;q=1", ",chunked", "\xa0chunked", "\x0bchunked")
        ),
    ],
)
def test_any_other_coding_is_refused(lines: list[tuple[str, str]]) -> None:
    assert refused("POST", TARGET, HOST, *lines) is K.HTTP_REQUEST_ERROR


def test_chunks_belong_to_http_1_1() -> None:
    lines = (HOST, ("Transfer-Encoding", "chunked"))
    assert refused("POST", TARGET, *lines, version=(1, 0)) is K.HTTP_REQUEST_ERROR


@pytest.mark.parametrize("value", ["100-continue", "100-Continue"])
def test_the_one_expectation_there_is(value: str) -> None:
    expect = ("Expect", value)
    assert sound("POST", TARGET, HOST, expect).expects_continue
    # RFC 9110 10.1.1: an HTTP/1.0 client does not understand interim answers.
    assert not sound("POST", TARGET, HOST, expect, version=(1, 0)).expects_continue


@pytest.mark.parametrize("values", [["200-ok"], [""], ["100-continue", "100-continue"], ["100-continue, x"]])
def test_any_other_expectation_is_refused(values: list[str]) -> None:
    assert refused("POST", TARGET, HOST, *(("Expect", value) for value in values)) is K.EXPECTATION_FAILED


def test_a_request_of_our_own_that_comes_back_is_refused() -> None:
    assert refused("GET", TARGET, HOST, ("Via", "1.1 pacs-gateway")) is K.PROXY_LOOP_DETECTED


@pytest.mark.parametrize(
    "lines",
    [
        [("Connection", "Host, Authorization, X-Forwarded-For")],
        [("X_Forwarded_For", "1.2.3.4")],
        [("Range", "bytes=9-1,rubbish")],
        [("Cookie", "a"), ("Cookie", "b")],
        [("Content-Encoding", "gzip")],
        [("Upgrade", "h2c"), ("Connection", "Upgrade")],
    ],
)
def test_what_only_the_archive_can_judge_goes_on(lines: list[tuple[str, str]]) -> None:
    assert sound("GET", TARGET, HOST, *lines)
