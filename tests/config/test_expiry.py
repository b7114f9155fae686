"""Until when certificates are valid, and what is said of them: an operator hears of an end before it comes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509 as independent
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.expiry import DAY, remarks, validity
from gateway.config.load import load
from gateway.config.settings import Settings, ShownCertificate
from gateway.config.x509 import certificates, is_in_order
from gateway.telemetry.metrics import Metrics
from tests.cli.command import started
from tests.support.certificates import Authority, Certificate
from tests.telemetry.test_metrics import samples

TEXT = """\
version: 1
server: {tls: {cert_file: ca-1.crt, key_file: ca-1.key}}
upstreams:
  pacs: {url: 'https://pacs', tls: {cert_file: ca-2.crt, key_file: ca-2.key}}
  other: {url: 'https://other'}
routes: [{id: all, prefix: /, upstream: pacs}]
audit: {url: 'tls://audit.internal:6514', cert_file: ca-2.crt, key_file: ca-2.key}
tracing: {endpoint: 'https://traces.internal:4318', cert_file: ca-2.crt, key_file: ca-2.key}
"""
ENDS = datetime(2026, 3, 1, tzinfo=UTC)
SHOWN = ShownCertificate("listener", "-", "server.tls.cert_file", Path("a.crt"), 0.0, ENDS.timestamp())


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def configured(ca: Authority, folder: Path, *, expired: bool = False) -> Settings:
    ca.certificate(expired=expired)
    ca.certificate()
    (folder / "gateway.yaml").write_text(TEXT)
    return load(folder / "gateway.yaml", {})


def read(certificate: Certificate) -> independent.Certificate:
    return independent.load_pem_x509_certificate(certificate.cert.read_bytes())


@pytest.mark.parametrize("expired", [True, False])
def test_what_is_read_is_what_another_reader_reads(expired: bool, ca: Authority) -> None:
    issued = ca.certificate(expired=expired)
    (found,), known = certificates(issued.cert.read_bytes()), read(issued)
    assert (found.begins, found.ends) == (
        known.not_valid_before_utc.timestamp(),
        known.not_valid_after_utc.timestamp(),
    )
    (authority,) = certificates(ca.file.read_bytes())
    assert found.issuer == authority.subject == authority.issuer != found.subject


@given(st.binary() | st.binary().map(lambda some: b"-----BEGIN CERTIFICATE-----\n" + some + b"\n-----END"))
def test_what_is_no_certificate_is_passed_over(content: bytes) -> None:
    assert certificates(content) == ()


def test_a_chain_goes_from_each_certificate_to_its_issuer(ca: Authority, tmp_path: Path) -> None:
    own, authority = ca.certificate().cert.read_bytes(), ca.file.read_bytes()
    other = Authority(tmp_path, "other").file.read_bytes()
    chains = {own + authority: True, authority + own: False, own + other: False, own: True}
    assert {chain: is_in_order(certificates(chain)) for chain in chains} == chains


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(days=21), ""),
        (timedelta(days=20, hours=23), "expires on 2026-03-01, in 20 days"),
        (timedelta(days=1), "expires on 2026-03-01, in 1 day"),
        (timedelta(hours=23), "expires on 2026-03-01, in 0 days"),
        (timedelta(0), "has expired on 2026-03-01"),
        (timedelta(days=365 * 60), "is not valid before 1970-01-01"),
    ],
)
def test_what_is_said_of_a_certificate(left: timedelta, said: str) -> None:
    assert validity(SHOWN, (ENDS - left).timestamp()) == said


def test_each_certificate_that_is_shown_is_known(ca: Authority, tmp_path: Path) -> None:
    settings = configured(ca, tmp_path)
    assert [(one.use, one.name, one.key) for one in settings.certificates] == [
        ("listener", "-", "server.tls.cert_file"),
        ("upstream", "pacs", "upstreams.pacs.tls.cert_file"),
        ("audit", "-", "audit.cert_file"),
        ("tracing", "-", "tracing.cert_file"),
    ]
    ends = settings.certificates[0].ends
    assert remarks(settings, ends - 22 * DAY) == ()
    assert all("expires on" in one for one in remarks(settings, ends - DAY))


def test_the_earliest_end_of_a_chain_counts_and_its_order_is_looked_at(ca: Authority, tmp_path: Path) -> None:
    configured(ca, tmp_path)
    expired = Authority(tmp_path, "other").certificate(expired=True)
    own = tmp_path / "ca-1.crt"
    own.write_bytes(own.read_bytes() + expired.cert.read_bytes())
    settings = load(tmp_path / "gateway.yaml", {})
    assert settings.certificates[0].ends == read(expired).not_valid_after_utc.timestamp()
    assert [one.replace(f"{tmp_path}/", "") for one in remarks(settings, ENDS.timestamp())] == [
        "server.tls.cert_file: the certificate in ca-1.crt has expired on 2001-01-01",
        "server.tls.cert_file: the chain in ca-1.crt is out of order: behind each certificate belongs that of its issuer",
    ]


def test_a_check_says_so_in_a_note_and_is_content(ca: Authority, tmp_path: Path) -> None:
    configured(ca, tmp_path, expired=True)
    ended = started("check", tmp_path / "gateway.yaml")
    assert (ended.code, ended.err) == (0, "")
    note = f"note: server.tls.cert_file: the certificate in {tmp_path}/ca-1.crt has expired on 2001-01-01"
    assert ended.out.splitlines()[1:] == [note]


def test_metrics_say_when(ca: Authority, tmp_path: Path) -> None:
    settings = configured(ca, tmp_path, expired=True)
    metrics = Metrics(settings, 0.0)
    ends = [one.ends for one in settings.certificates]
    assert ends[0] == datetime(2001, 1, 1, tzinfo=UTC).timestamp()
    assert told(metrics) == {
        ("listener", "-"): ends[0],
        ("upstream", "pacs"): ends[1],
        ("audit", "-"): ends[2],
        ("tracing", "-"): ends[3],
    }
    (tmp_path / "gateway.yaml").write_text(TEXT.replace(", tls: {cert_file: ca-2.crt, key_file: ca-2.key}", ""))
    metrics.reload_succeeded(load(tmp_path / "gateway.yaml", {}), 1.0)
    assert told(metrics).keys() == {("listener", "-"), ("audit", "-"), ("tracing", "-")}


def told(metrics: Metrics) -> dict[tuple[str, str], float]:
    found = samples(metrics)["pacs_gateway_certificate_expiry_timestamp_seconds"]
    return {(labels["use"], labels["name"]): value for labels, value in found}
