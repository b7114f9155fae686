"""The way to the collector, over real sockets: in order, once each, and without a wait for anybody."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.audit.collector import Collector
from gateway.audit.syslog import framed, header
from gateway.config.settings import AuditSettings
from gateway.config.tls import towards_collector
from tests.audit.collecting import BOM, TinyCollector
from tests.support.certificates import Authority

HEAD = header("gw-1", 4711)


def numbered(number: int, length: int = 0) -> bytes:
    return framed(HEAD, "2026-01-01T12:00:00.000Z", f"<n>{number}</n>".encode() + b" " * length)


def numbers(collector: TinyCollector) -> list[int]:
    return [int(message.text or "") for message in collector.messages]


@asynccontextmanager
async def delivering(
    to: TinyCollector, most: int = 100, settings: AuditSettings | None = None
) -> AsyncIterator[tuple[Collector, Counter[str]]]:
    counts: Counter[str] = Counter()
    collector = Collector(most, lambda word: counts.update([word]))
    collector.open("127.0.0.1", to.port, towards_collector(settings) if settings else None)
    yield collector, counts
    if collector.is_open:
        await collector.close(5)


async def test_messages_arrive_in_order_and_once() -> None:
    async with TinyCollector() as there, delivering(there) as (collector, counts):
        for number in range(50):
            collector.put(numbered(number))
        await collector.close(5)
        assert (counts, len(collector)) == ({"sent": 50}, 0)
        await there.has_heard(50)
    assert numbers(there) == list(range(50))


async def test_what_was_told_before_the_connection_stood_is_kept() -> None:
    collector = Collector(10, lambda _: None)
    collector.put(numbered(1))
    async with TinyCollector() as there:
        collector.open("127.0.0.1", there.port, None)
        await there.has_heard(1)
        await collector.close(5)


async def test_both_sides_show_a_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    ours = authority.certificate("gw-1")
    settings = AuditSettings("tls", "127.0.0.1", 1, ca_file=authority.file, cert_file=ours.cert, key_file=ours.key)
    async with (
        TinyCollector(authority.certificate().server(authority)) as there,
        delivering(there, settings=settings) as (collector, _),
    ):
        collector.put(numbered(1))
        await there.has_heard(1)


@pytest.mark.parametrize("names", [(), ("audit.example",)], ids=["foreign-authority", "wrong-name"])
async def test_a_collector_that_cannot_prove_its_name_hears_nothing(
    names: tuple[str, ...], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    authority = Authority(tmp_path)
    shown = (authority if names else Authority(tmp_path, "stranger")).certificate(*names)
    settings = AuditSettings("tls", "127.0.0.1", 1, ca_file=authority.file)
    async with TinyCollector(shown.server()) as there, delivering(there, settings=settings) as (collector, counts):
        collector.put(numbered(1))
        await logged(caplog, "no connection")
        await collector.close(5)
    assert (there.frames, counts) == ([], {"dropped": 1})


async def test_a_collector_that_wants_a_certificate_and_gets_none_is_not_taken_for_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """In TLS 1.3 a client learns of it after the handshake only: what it wrote until then would be lost and called sent."""
    authority = Authority(tmp_path)
    settings = AuditSettings("tls", "127.0.0.1", 1, ca_file=authority.file)
    tls = authority.certificate().server(authority)
    async with TinyCollector(tls) as there, delivering(there, settings=settings) as (collector, counts):
        collector.put(numbered(1))
        await logged(caplog, "no connection")
        await collector.close(5)
    assert (there.frames, counts) == ([], {"dropped": 1})


async def test_a_collector_that_died_gets_the_rest_when_it_returns(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    there = TinyCollector()
    async with there:
        pass  # to know a port
    async with delivering(there) as (collector, counts):
        async with there:
            collector.put(numbered(1))
            await there.has_heard(1)
        await logged(caplog, "closed by the collector")
        collector.put(numbered(2))
        collector.put(numbered(3))
        async with there:
            await there.has_heard(3)
    assert numbers(there) == [1, 2, 3]
    assert counts == {"sent": 3}
    assert [line.levelname for line in caplog.records if "connect" in line.message][-2:] == ["ERROR", "INFO"]


async def test_a_queue_that_is_full_drops_the_newest_and_counts(caplog: pytest.LogCaptureFixture) -> None:
    counts: Counter[str] = Counter()
    collector = Collector(3, lambda word: counts.update([word]))
    for number in range(10):
        collector.put(numbered(number))
    assert (len(collector), counts) == (3, {"dropped": 7})
    assert len([line for line in caplog.records if "dropped" in line.message]) == 1
    async with TinyCollector() as there:
        collector.open("127.0.0.1", there.port, None)
        await there.has_heard(3)
        await collector.close(5)
    assert numbers(there) == [0, 1, 2]
    assert counts == {"dropped": 7, "sent": 3}
    assert "7 messages were dropped meanwhile" in caplog.text


async def test_long_messages_do_not_fill_the_memory() -> None:
    counts: Counter[str] = Counter()
    collector = Collector(1000, lambda word: counts.update([word]))
    for number in range(100):
        collector.put(numbered(number, length=1_000_000))
    assert (len(collector), counts) == (68, {"dropped": 32})


async def test_a_collector_that_does_not_read_holds_nobody_up() -> None:
    async with TinyCollector(reads=False) as there, delivering(there, most=20) as (collector, counts):
        await there.has_met(1)
        began = time.monotonic()
        for number in range(40):
            collector.put(numbered(number, length=1_000_000))
            await asyncio.sleep(0)
        took = time.monotonic() - began
        await collector.close(0.1)
    assert took < 2
    assert counts.total() == 40
    assert counts["dropped"] >= 20


async def test_an_end_without_a_collector_is_short_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    there = TinyCollector()
    async with there:
        pass  # to know a port where nobody listens
    async with delivering(there) as (collector, counts):
        collector.put(numbered(1))
        await logged(caplog, "no connection")
        began = time.monotonic()
        await collector.close(5)
        assert time.monotonic() - began < 2
    collector.put(numbered(2))
    assert counts == {"dropped": 2}
    assert "1 messages were not delivered" in caplog.text


async def test_troubles_are_told_once_and_never_with_a_message(caplog: pytest.LogCaptureFixture) -> None:
    there = TinyCollector()
    async with there:
        pass
    async with delivering(there) as (collector, _):
        collector.put(framed(HEAD, "2026-01-01T12:00:00.000Z", b"<n>DOE^JOHN</n>"))
        await logged(caplog, "no connection")
        async with there:  # a second attempt has been made
            await there.has_heard(1)
    assert there.frames[0].endswith(BOM + b"<n>DOE^JOHN</n>")
    assert len([line for line in caplog.records if line.levelname == "ERROR"]) == 1
    assert "DOE" not in caplog.text


async def logged(caplog: pytest.LogCaptureFixture, words: str) -> None:
    """Until such a line is written."""
    async with asyncio.timeout(5):
        # A turn of the loop and not a wait: a log tells nobody.
        while words not in caplog.text:  # noqa: ASYNC110
            await asyncio.sleep(0)
