"""What several workers may take together is what the file says, to the last request."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.load import load
from gateway.config.settings import Settings
from gateway.config.sharing import share, share_of, unshareable

FILE = """\
version: 1
server: {workers: 3, limits: {connections: 100, tunnels: 7}}
upstreams:
  pacs:
    url: http://pacs:8042
    limits:
      in_flight: 17
      queue: 10
      by_transaction: {store: {in_flight: 8, queue: 0}}
      adaptive: {floor: 2}
    rate: [{requests: 10, per: 10s}, {requests: 5, key: upstream}]
    retry: {budget: 20%}
    on_status: {503: retry}
audit: {url: 'tcp://127.0.0.1:1514', queue: 1000}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    file = tmp_path / "gateway.yaml"
    file.write_text(FILE)
    return load(file, {})


@given(st.integers(0, 10**6), st.integers(1, 64))
def test_shares_differ_by_one_and_make_up_the_whole(total: int, workers: int) -> None:
    shares = [share(total, worker, workers) for worker in range(workers)]
    assert sum(shares) == total
    assert shares == sorted(shares, reverse=True)
    assert shares[0] - shares[-1] <= 1


def test_every_count_is_divided(settings: Settings) -> None:
    parts = [share_of(settings, worker, 3) for worker in range(3)]
    protections = [part.upstreams["pacs"].protection for part in parts]
    lines = [protection.limits for protection in protections]
    assert [line.in_flight for line in lines if line] == [6, 6, 5]
    assert [line.queue for line in lines if line] == [4, 3, 3]
    assert [protection.families["store"].in_flight for protection in protections] == [3, 3, 2]
    assert [protection.families["store"].queue for protection in protections] == [0, 0, 0]
    assert [[rate.requests for rate in protection.rates] for protection in protections] == [[4, 2], [3, 2], [3, 1]]
    assert [protection.adaptive.floor for protection in protections if protection.adaptive] == [1, 1, 1]
    assert [part.server.limits.connections for part in parts] == [34, 33, 33]
    assert [part.server.limits.tunnels for part in parts] == [3, 2, 2]
    assert [part.audit.queue for part in parts if part.audit] == [334, 333, 333]


def test_patience_sizes_and_percentages_stay(settings: Settings) -> None:
    part = share_of(settings, 2, 3)
    whole, mine = settings.upstreams["pacs"], part.upstreams["pacs"]
    assert (mine.timeouts, mine.protection.retry, mine.protection.costs) == (
        whole.timeouts, whole.protection.retry, whole.protection.costs,
    )  # fmt: skip
    assert [rate.per for rate in mine.protection.rates] == [10.0, 1.0]
    assert (part.policy, part.routes, part.digest) == (settings.policy, settings.routes, settings.digest)
    assert replace(part.server, limits=settings.server.limits) == settings.server


def test_one_worker_has_it_all(settings: Settings) -> None:
    assert share_of(settings, 0, 1) == settings


def test_rates_in_common_are_not_divided(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text(FILE + "shared_state: {url: 'redis://redis:6379/0'}\n")
    part = share_of(load(file, {}), 2, 3)
    assert [rate.requests for rate in part.upstreams["pacs"].protection.rates] == [10, 5]


def test_too_little_for_all_is_told_by_its_key(settings: Settings) -> None:
    """A share below the dearest request would let each worker send it alone: together they would send too many."""
    protections = {"pacs": settings.upstreams["pacs"].protection}
    found = unshareable(settings.server.limits, protections, 6, rates_in_common=False)
    assert [(".".join(map(str, keys)), message.partition(";")[0]) for keys, message in found] == [
        (
            "upstreams.pacs.limits.in_flight",
            "17 cannot be shared by 6 workers, and each needs 4 for the dearest request",
        ),
        (
            "upstreams.pacs.limits.by_transaction.store.in_flight",
            "8 cannot be shared by 6 workers, and each needs 2 for the dearest request",
        ),
        ("upstreams.pacs.rate.1.requests", "5 cannot be shared by 6 workers"),
    ]
