"""Addresses of the archive in the gateway's name, in every spelling that leads there; and no other address."""

import pytest

from gateway.core.addresses import host_of, rebased, rebased_links, rebased_refresh, scheme_of

PUBLIC = "https://gw.example"
ARCHIVE = "http://pacs.internal:8042"


@pytest.mark.parametrize(
    ("origin", "address", "path"),
    [
        (ARCHIVE, "http://pacs.internal:8042/rs/studies/1?x=%2F#f", "/rs/studies/1?x=%2F#f"),
        (ARCHIVE, "HTTP://PACS.Internal:8042/rs", "/rs"),
        (ARCHIVE, "http://pacs.internal.:8042/rs", "/rs"),
        (ARCHIVE, "http://pacs%2einternal:8042/rs", "/rs"),
        (ARCHIVE, "http://pacs.internal:08042/rs", "/rs"),
        (ARCHIVE, "http://pacs.internal:8042", ""),
        (ARCHIVE, "http://pacs.internal:8042?x=1", "?x=1"),
        (ARCHIVE, "http://pacs.internal:8042#f", "#f"),
        (ARCHIVE, "http://user:secret@pacs.internal:8042/x", "/x"),
        (ARCHIVE, "http://evil.example@pacs.internal:8042/x", "/x"),
        (ARCHIVE, "http://a@b@pacs.internal:8042/x", "/x"),
        (ARCHIVE, "//pacs.internal:8042/login", "/login"),
        (ARCHIVE, "http://pacs.internal:8042//evil.example/x", "//evil.example/x"),
        (ARCHIVE, "http://pacs.internal:8042/a\\b?c\\d", "/a\\b?c\\d"),
        ("http://pacs.internal", "http://pacs.internal:80/x", "/x"),
        ("http://pacs.internal", "http://pacs.internal:/x", "/x"),
        ("http://pacs.internal:80", "http://pacs.internal/x", "/x"),
        ("https://pacs.internal", "https://pacs.internal:443/x", "/x"),
        ("https://pacs.internal", "//pacs.internal/x", "/x"),
        ("http://[2001:db8::1]:8042", "http://[2001:DB8:0::1]:8042/x", "/x"),
        ("http://10.0.0.5:8042", "http://10.0.0.5:8042/x", "/x"),
    ],
)
def test_an_address_at_the_archive_is_the_same_path_at_the_gateway(origin: str, address: str, path: str) -> None:
    assert rebased(address, origin, PUBLIC) == PUBLIC + path


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("/\\pacs.internal:8042/x", "/x"),
        ("\\\\pacs.internal:8042\\x", "/x"),
        ("http:\\\\pacs.internal:8042\\x", "/x"),
        ("http:/pacs.internal:8042/x", "/x"),
        ("http:pacs.internal:8042/x", "/x"),
        ("http:///pacs.internal:8042/x", "/x"),
        ("///pacs.internal:8042/x", "/x"),
        ("/\t/pacs.internal:8042/x", "/x"),
        ("ht\ttp://pacs.internal:8042/x", "/x"),
        ("http://pacs.in\tternal:8042/x", "/x"),
        (" \x1fhttp://pacs.internal:8042/x ", "/x"),
        ("http://pacs.internal:8042\\@evil.example/x", "/@evil.example/x"),
        ("http://pacs.internal:8042/\t/evil.example", "//evil.example"),
    ],
)
def test_what_browsers_take_for_an_address_at_the_archive_is_one(address: str, path: str) -> None:
    assert rebased(address, ARCHIVE, PUBLIC) == PUBLIC + path


@pytest.mark.parametrize(
    "address",
    [
        *("/rs/studies/1", "studies/1", "?x=1", "#f", "", "../x", "http:x", "http:", "//", "/\\", "http://"),
        *("/x//pacs.internal:8042/y", "?next=http://pacs.internal:8042/x", "x/http://pacs.internal:8042/y"),
        *("http://pacs.internal/x", "http://pacs.internal:8043/x", "https://pacs.internal:8042x/", "http://:8042/x"),
        *("http://other:8042/x", "//other/x", "http://pacs.internal.evil:8042/", "http://xpacs.internal:8042/"),
        *("http://pacs.internal:8042@evil.example/x", "http://pacs.internal:8042:8042/x", "//pacs.internal@other/x"),
        *("http://pacs.internal%2f:8042/x", "http://pacs.internal:-8042/x", "http://pacs.internal:999999998042/x"),
        *("ftp://pacs.internal:8042/x", "javascript:alert(1)", "urn:oid:2.25.1", "xhttp://pacs.internal:8042/"),
        *(
            "http://[::1/x",
            "http://[pacs.internal]x:8042/",
            "http://pacs.internal:port/x",
            "http://pacs.internal:99999/x",
        ),
    ],
)
def test_all_other_addresses_stay_as_they_are(address: str) -> None:
    assert rebased(address, ARCHIVE, PUBLIC) == address
    assert rebased(address, ARCHIVE, "") == address
    assert rebased(address, "", PUBLIC) == address


def test_https_at_another_port_of_the_same_host_is_another_place() -> None:
    assert rebased("https://pacs.internal/x", "http://pacs.internal", PUBLIC) == "https://pacs.internal/x"


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("http://pacs.internal:8042/x?y", "/x?y"),
        ("http://pacs.internal:8042", "/"),
        ("http://pacs.internal:8042?y", "/?y"),
        ("http://pacs.internal:8042//evil.example/x", "/.//evil.example/x"),
        ("http://pacs.internal:8042/\\evil.example/x", "/./\\evil.example/x"),
    ],
)
def test_a_client_that_named_no_host_gets_the_path_alone(address: str, path: str) -> None:
    """HTTP/1.0. A path that begins with two slashes would be a host again."""
    assert rebased(address, ARCHIVE, "") == path


@pytest.mark.parametrize(
    ("address", "base", "wanted"),
    [
        ("ws://pacs.internal:8042/ws/AE", "https://gw.example", "wss://gw.example/ws/AE"),
        ("ws://pacs.internal:8042/ws/AE", "http://gw.example:80", "ws://gw.example:80/ws/AE"),
        ("wss://pacs.internal:8043/ws/AE", "https://gw.example", "wss://pacs.internal:8043/ws/AE"),
    ],
)
def test_a_channel_of_events_is_at_the_gateway_too(address: str, base: str, wanted: str) -> None:
    assert rebased(address, ARCHIVE, base) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (f"<{ARCHIVE}/x?a=1,2>; rel=next", f"<{PUBLIC}/x?a=1,2>; rel=next"),
        (
            f'<{ARCHIVE}/a>; rel=next, </b>;rel="last", <//other/c>',
            f'<{PUBLIC}/a>; rel=next, </b>;rel="last", <//other/c>',
        ),
        (f"{ARCHIVE}/x; rel=next", f"{ARCHIVE}/x; rel=next"),
        (f"<{ARCHIVE}/x", f"<{ARCHIVE}/x"),
        ("<<>>", "<<>>"),
        ("", ""),
    ],
)
def test_links_are_rebased_one_by_one(value: str, wanted: str) -> None:
    assert rebased_links(value, ARCHIVE, PUBLIC) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (f"0; url={ARCHIVE}/login", f"0; url={PUBLIC}/login"),
        (f"0;URL = '{ARCHIVE}/login' ", f"0;URL = '{PUBLIC}/login' "),
        (f'5, url="{ARCHIVE}/a"', f'5, url="{PUBLIC}/a"'),
        ("5; url=/login", "5; url=/login"),
        ("5; url=http://other/login", "5; url=http://other/login"),
        (f"5; {ARCHIVE}", f"5; {ARCHIVE}"),
        ("5", "5"),
    ],
)
def test_a_refresh_leads_to_the_gateway(value: str, wanted: str) -> None:
    assert rebased_refresh(value, ARCHIVE, PUBLIC) == wanted


@pytest.mark.parametrize(
    ("address", "scheme"),
    [
        ("HTTP://x", "http"),
        (" \x01javascript:x", "javascript"),
        ("java\tscript:x", "javascript"),
        ("/a:b", ""),
        ("", ""),
    ],
)
def test_the_scheme_is_the_one_a_browser_reads(address: str, scheme: str) -> None:
    assert scheme_of(address) == scheme


@pytest.mark.parametrize(
    ("base", "host"),
    [
        ("http://PACS.internal:8042", "pacs.internal"),
        ("https://[2001:DB8::1]", "2001:db8::1"),
        ("https://gw.example.", "gw.example"),
        ("", ""),
    ],
)
def test_a_host_has_one_spelling(base: str, host: str) -> None:
    assert host_of(base) == host
