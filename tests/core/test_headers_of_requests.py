"""The header section of a request as it goes upstream: what stays behind, what is added, whose word counts."""

import pytest

from gateway.core.fields import Fields
from gateway.core.headers import FORWARDING, HOP_BY_HOP, PROTECTED, end_to_end, is_looping, request_lines

Lines = list[tuple[str, str]]


def sent(
    *lines: tuple[str, str],
    peer: str = "192.0.2.7",
    host: str = "gw.example",
    trusted: bool = False,
    version: str = "1.1",
) -> Fields:
    return Fields(
        request_lines(
            Fields(lines),
            host="pacs:8042",
            peer=peer,
            scheme="https",
            public_host=host,
            trusted=trusted,
            version=version,
        )
    )


def test_order_case_and_repetition_are_kept() -> None:
    lines = [("accept", "a/b"), ("X-One", "1"), ("COOKIE", "a=1"), ("cookie", "b=2"), ("X-Empty", "")]
    assert list(sent(*lines))[: 1 + len(lines)] == [("Host", "pacs:8042"), *lines]


def test_the_host_is_the_upstreams() -> None:
    assert sent(("Host", "gw.example"), ("host", "x")).all("Host") == ("pacs:8042",)


@pytest.mark.parametrize("name", sorted(HOP_BY_HOP))
def test_hop_by_hop_fields_stay_behind(name: str) -> None:
    for spelling in (name, name.upper(), name.replace("-", "_")):
        assert spelling not in sent((spelling, "x"))


@pytest.mark.parametrize("name", ["Expect", "Content-Length", "content_length", "Content_Length"])
def test_framing_is_left_to_the_writer(name: str) -> None:
    assert name not in sent((name, "5"))


def test_what_a_connection_list_names_stays_behind() -> None:
    lines = sent(("Connection", "close, X-Secret"), ("connection", " x-other "), ("X-Secret", "1"), ("X-Other", "2"))
    assert not {"Connection", "X-Secret", "X-Other"} & {name for name, _ in lines}


@pytest.mark.parametrize("name", sorted(PROTECTED - HOP_BY_HOP))
def test_a_connection_list_cannot_take_away_what_routes_frames_or_protects(name: str) -> None:
    kept = end_to_end(Fields([("Connection", f"close, {name}"), (name, "x")]))
    assert kept == [(name, "x")]


@pytest.mark.parametrize("value", ["a\x00b", "a\rb", "a\nb", "\x07", "a\x7f", "\x0b"])
def test_a_value_with_control_characters_stays_behind(value: str) -> None:
    assert "X-Odd" not in sent(("X-Odd", value))
    assert sent(("Via", value)).get("Via") == "1.1 pacs-gateway"


@pytest.mark.parametrize("value", ["a\tb", "M\xc3\xbcller.dcm", "M\xfcller.dcm", '"quoted"'])
def test_every_other_byte_of_a_value_goes_on(value: str) -> None:
    assert sent(("X-Name", value)).all("X-Name") == (value,)


@pytest.mark.parametrize("name", ["", "X Y", "X\x85", "X(1)", "Ü"])
def test_a_name_that_is_no_token_stays_behind(name: str) -> None:
    assert end_to_end(Fields([(name, "x")])) == []


def test_via_names_everybody_and_then_us() -> None:
    assert sent(("Via", "1.0 fred"), ("Via", "1.1 p.example")).all("Via") == (
        "1.0 fred, 1.1 p.example, 1.1 pacs-gateway",
    )
    assert sent(version="1.0").all("Via") == ("1.0 pacs-gateway",)


@pytest.mark.parametrize(
    ("via", "looping"),
    [
        (["1.1 pacs-gateway"], True),
        (["1.0 fred, 1.1 pacs-gateway (x)"], True),
        (["1.0 fred", "1.1  pacs-gateway"], True),
        (["1.0 fred, , 1.1 p.example"], False),
        (["pacs-gateway 1.1"], False),
        ([], False),
    ],
)
def test_a_request_that_was_here_before_is_known(via: list[str], looping: bool) -> None:
    assert is_looping(Fields([("Via", value) for value in via])) is looping


@pytest.mark.parametrize("name", sorted(FORWARDING))
def test_what_a_stranger_says_about_forwarding_is_said_anew(name: str) -> None:
    lines = sent((name, "203.0.113.9"), (name.replace("-", "_"), "203.0.113.9"))
    assert "203.0.113.9" not in str(list(lines))
    assert lines.all("Forwarded") == ("for=192.0.2.7;host=gw.example;proto=https",)
    assert lines.all("X-Forwarded-For") == ("192.0.2.7",)
    assert lines.all("X-Forwarded-Host") == ("gw.example",)
    assert lines.all("X-Forwarded-Proto") == ("https",)


def test_what_a_proxy_of_ours_says_is_added_to() -> None:
    lines = sent(
        ("Forwarded", "for=203.0.113.9"), ("X-Forwarded-For", "203.0.113.9"), ("x-forwarded-for", "198.51.100.1"),
        ("X-Forwarded-Host", "pacs.example"), ("X-Forwarded-Proto", "http"), ("X-Real-IP", "203.0.113.9"),
        trusted=True,
    )  # fmt: skip
    assert lines.all("Forwarded") == ("for=203.0.113.9, for=192.0.2.7;host=gw.example;proto=https",)
    assert lines.all("X-Forwarded-For") == ("203.0.113.9, 198.51.100.1, 192.0.2.7",)
    assert lines.all("X-Forwarded-Host") == ("pacs.example",)
    assert lines.all("X-Forwarded-Proto") == ("http",)
    assert lines.all("X-Real-IP") == ("203.0.113.9",)


def test_an_underscore_carries_nothing_even_behind_a_proxy_of_ours() -> None:
    """The proxy writes hyphens; the other spelling is the client's, and some archives cannot tell them apart."""
    lines = sent(("X_Forwarded_For", "203.0.113.9"), ("X-Forwarded-For", "198.51.100.1"), trusted=True)
    assert "203.0.113.9" not in str(list(lines))


def test_an_ordinary_underscore_is_nobodys_business() -> None:
    assert sent(("X_Study", "1")).all("X_Study") == ("1",)


@pytest.mark.parametrize(("peer", "node"), [("2001:db8::1", 'for="[2001:db8::1]"'), ("", "for=unknown")])
def test_addresses_are_written_as_rfc_7239_wants_them(peer: str, node: str) -> None:
    assert sent(peer=peer).get("Forwarded").startswith(node + ";")


@pytest.mark.parametrize(
    ("host", "written"),
    [("gw.example", "gw.example"), ("gw.example:8080", "gw.example:8080"), ("[2001:db8::1]:80", "[2001:db8::1]:80"),
     ("a;proto=http", '"a;proto=http"'), ("a,b", '"a,b"')],
)  # fmt: skip
def test_a_host_cannot_end_its_value(host: str, written: str) -> None:
    assert f"host={written};proto=https" in sent(host=host).get("Forwarded")


def test_the_protected_fields_are_those_by_which_requests_have_been_robbed() -> None:
    assert {
        "host",
        "content-length",
        "authorization",
        "cookie",
        "via",
        "x-forwarded-for",
        "range",
        "expect",
    } <= PROTECTED
    assert {"set-cookie", "www-authenticate", "location", "retry-after", "content-range", "date"} <= PROTECTED
