"""The certificates on the status page: an end that is near stands out."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.config.expiry import DAY
from gateway.config.settings import ShownCertificate
from tests.admin.page import NOW, page
from tests.admin.process import Process
from tests.telemetry.records import settings

SHOWN = ShownCertificate("listener", "-", "server.tls.cert_file", Path("/run/tls/tls.crt"), 0.0, NOW + 90 * DAY)


def rows(*shown: ShownCertificate) -> list[list[str]]:
    process = Process(replace(settings(), certificates=shown))
    return page(process).tables.get("Certificates", [])


def test_each_has_a_row_that_says_to_whom_it_is_shown() -> None:
    others = [replace(SHOWN, use="upstream", name="pacs"), replace(SHOWN, use="audit")]
    told = [row[0] for row in rows(SHOWN, *others)]
    assert told == ["Shown to", "clients", "the archive pacs", "the audit collector"]


def test_without_one_there_is_no_table() -> None:
    assert rows() == []


@pytest.mark.parametrize(
    ("left", "said"),
    [(90 * DAY, ""), (20.5 * DAY, "expires on 2026-01-21, in 20 days"), (-DAY, "has expired on 2025-12-31")],
)
def test_an_end_that_is_near_stands_out(left: float, said: str) -> None:
    (_, row) = rows(replace(SHOWN, ends=NOW + left))
    assert row[1] == "/run/tls/tls.crt"
    assert row[2].endswith(said)
    assert ("expire" in row[2]) is bool(said)


def test_a_chain_out_of_order_stands_out() -> None:
    assert rows(replace(SHOWN, is_in_order=False))[1][2].endswith("chain out of order")
