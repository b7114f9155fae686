"""How the counts are kept: whose clock, what is given back, how the store is called."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme
from redis.exceptions import RedisError

from gateway.config import coherence
from gateway.config.findings import ConfigErrors
from gateway.config.load import load_text
from gateway.config.settings import SharedState
from gateway.guard.rate import Rate, RateSettings
from gateway.proxy.shared_counts import SharedCounts, connections
from tests.support.ports import free_port
from tests.support.store import PASSWORD, Redis

MINUTE = 60.0
CONFIGURATION = """\
version: 1
upstreams: {{pacs: {{url: http://pacs, rate: [{{requests: 1}}]}}}}
shared_state: {{url: '{url}'}}
"""


@pytest.fixture
async def counts(redis: Redis) -> AsyncIterator[SharedCounts]:
    counts = SharedCounts(SharedState(redis.url, timeout=1.0))
    yield counts
    await counts.close()


def rate(requests: int, per: float = MINUTE, key: str = "client") -> Rate:
    return Rate(RateSettings(requests, per, "client" if key == "client" else "upstream"))


async def passed(counts: SharedCounts, rates: tuple[Rate, ...], client: str, times: int) -> list[bool]:
    return [await counts.take("pacs", rates, client) is None for _ in range(times)]


async def test_each_client_has_a_budget_and_all_of_them_another(counts: SharedCounts) -> None:
    rates = rate(2), rate(3, key="upstream")
    assert await passed(counts, rates, "10.0.0.1", 3) == [True, True, False]
    assert await passed(counts, rates, "10.0.0.2", 2) == [True, False]


async def test_archives_do_not_share_a_budget(counts: SharedCounts) -> None:
    rates = (rate(1, key="upstream"),)
    assert await counts.take("pacs", rates, "10.0.0.1") is None
    assert await counts.take("vna", rates, "10.0.0.1") is None
    assert await counts.take("pacs", rates, "10.0.0.1") is not None


async def test_the_refusal_names_the_rate_that_is_used_up(counts: SharedCounts) -> None:
    _, total = rates = rate(5), rate(1, key="upstream")
    await passed(counts, rates, "10.0.0.1", 1)
    refusal = await counts.take("pacs", rates, "10.0.0.2")
    assert refusal is not None
    assert refusal.rate is total
    assert MINUTE - 2 < refusal.wait <= MINUTE


async def test_what_the_second_rate_refuses_is_not_taken_from_the_first(counts: SharedCounts) -> None:
    """A client that is turned away for what all of them asked keeps its own budget."""
    own, total = rate(3), rate(1, key="upstream")
    assert await passed(counts, (own, total), "10.0.0.1", 10) == [True] + [False] * 9
    assert await passed(counts, (own,), "10.0.0.1", 3) == [True, True, False]


async def test_what_the_first_rate_refuses_is_not_asked_of_the_second(counts: SharedCounts) -> None:
    own, total = rate(1), rate(3, key="upstream")
    assert await passed(counts, (own, total), "10.0.0.1", 10) == [True] + [False] * 9
    assert await passed(counts, (own, total), "10.0.0.2", 1) == [True]
    assert await passed(counts, (own, total), "10.0.0.3", 1) == [True]


async def test_hosts_whose_clocks_differ_keep_one_budget(counts: SharedCounts, monkeypatch: pytest.MonkeyPatch) -> None:
    rates = (rate(2),)
    now = time.time()
    for hours, is_within in ((0, True), (-3, True), (3, False), (6, False)):
        monkeypatch.setattr(time, "time", lambda hours=hours: now + 3600 * hours)
        assert await passed(counts, rates, "10.0.0.1", 1) == [is_within], hours
    refusal = await counts.take("pacs", rates, "10.0.0.1")
    assert refusal is not None
    assert MINUTE - 5 < refusal.wait <= MINUTE


async def test_who_comes_back_in_time_is_served_and_who_comes_before_is_not(counts: SharedCounts) -> None:
    """After a burst, and then in the even flow behind it."""
    rates = (rate(4, per=2.0),)
    assert await passed(counts, rates, "10.0.0.1", 4) == [True] * 4
    for _ in range(4):
        refusal = await counts.take("pacs", rates, "10.0.0.1")
        assert refusal is not None
        await asyncio.sleep(refusal.wait - 0.15)
        assert await counts.take("pacs", rates, "10.0.0.1") is not None, f"of {refusal.wait:.3f} s"
        await asyncio.sleep(0.16)
        assert await counts.take("pacs", rates, "10.0.0.1") is None, f"after {refusal.wait:.3f} s"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://redis.internal", ("Connection", "redis.internal", 6379, 0, None, None)),
        ("redis://:p%40ss@redis:6380/7", ("Connection", "redis", 6380, 7, None, "p@ss")),
        ("redis://gw:secret@redis:6379/2", ("Connection", "redis", 6379, 2, "gw", "secret")),
        ("rediss://:secret@redis:6380/0", ("SSLConnection", "redis", 6380, 0, None, "secret")),
        ("valkey://:secret@valkey/1", ("Connection", "valkey", 6379, 1, None, "secret")),
        ("valkeys://gw:valkey@valkey:6380", ("SSLConnection", "valkey", 6380, 0, "gw", "valkey")),
    ],
)
async def test_every_kind_of_address_is_understood(url: str, expected: tuple[object, ...]) -> None:
    shared = load_text(CONFIGURATION.format(url=url), "gateway.yaml", {}).shared_state
    assert shared is not None
    connection = connections(shared).make_connection()
    assert (
        type(connection).__name__, connection.host, connection.port, connection.db, connection.username,
        connection.password,
    ) == expected  # fmt: skip


async def test_over_tls_the_store_must_show_who_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    identity = authority.issue_cert("localhost")
    identity.cert_chain_pems[0].write_to_path(str(tmp_path / "redis.crt"))
    identity.private_key_pem.write_to_path(str(tmp_path / "redis.key"))
    for name, ca in (("ca", authority), ("stranger", stranger)):
        ca.cert_pem.write_to_path(str(tmp_path / name))
    port = free_port()
    files = [f"--tls-{what}-file {tmp_path}/redis.{ext}" for what, ext in (("cert", "crt"), ("key", "key"))]
    options = f"--tls-port {port} --tls-auth-clients no --tls-ca-cert-file {tmp_path}/ca {' '.join(files)}"
    with Redis(tmp_path, *options.split()):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca"))
        assert await passes(f"rediss://:{PASSWORD}@localhost:{port}")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "stranger"))
        with pytest.raises(RedisError, match="CERTIFICATE_VERIFY_FAILED"):
            await passes(f"rediss://:{PASSWORD}@localhost:{port}")


async def passes(url: str) -> bool:
    counts = SharedCounts(SharedState(url, timeout=2.0))
    try:
        return await counts.take("pacs", (rate(1),), "10.0.0.1") is None
    finally:
        await counts.close()


@pytest.mark.parametrize("library", ["limits", "redis"])
def test_without_the_libraries_one_sentence_says_what_to_install(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coherence, "find_spec", lambda name: None if name == library else object())
    with pytest.raises(ConfigErrors) as caught:
        load_text(CONFIGURATION.format(url="redis://redis"), "gateway.yaml", {})
    (finding,) = caught.value.findings
    assert str(finding) == (
        "gateway.yaml:3:15: shared_state: needs two more libraries: pip install 'pacs-gateway[redis]'"
    )
