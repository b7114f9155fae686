"""Whose address a chain of proxies tells, and whose not."""

import pytest

from gateway.core.forwarded import first_asker


@pytest.mark.parametrize(
    ("forwarded_for", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7, 10.1.2.3", "192.0.2.7"),
        ("198.51.100.9, 192.0.2.7, 10.1.2.3", "192.0.2.7"),
        ("10.9.9.9, 192.0.2.7,10.1.2.3 ,\t10.1.2.4", "192.0.2.7"),
        ("192.0.2.7:4711, 10.1.2.3:4712", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("2001:1:2:3:4:5:6:7", "2001:1:2:3:4:5:6:7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:4711, 10.1.2.3", "2001:db8::7"),
    ],
)
def test_the_last_that_is_no_proxy_of_ours_asked_first(forwarded_for: str, address: str) -> None:
    assert first_asker(forwarded_for, lambda hop: hop.startswith("10.")) == address


@pytest.mark.parametrize(
    "forwarded_for", ["", ",", "10.1.2.3", "unknown", "DOE^JOHN, 10.1.2.3", "192.0.2.7, unknown", "[]", "192.0.2.7:x"]
)
def test_what_is_no_address_is_nobody(forwarded_for: str) -> None:
    assert first_asker(forwarded_for, lambda hop: hop.startswith("10.")) == ""
