"""Admission over real sockets: the archive never has more to do than it may, and everybody is told something, in time."""

import asyncio
import time
from collections import Counter
from pathlib import Path

from tests.support.client import Connection, Reply, ask, request
from tests.support.guarded import FOUND, Archive, crowd, get, guarded, in_line, metric, opened, reload, search, until
from tests.support.upstream import answer

EIGHT = "limits: {in_flight: 8, queue: 64, queue_timeout: 4s}"
ONE = "limits: {in_flight: 1, queue: 8, queue_timeout: 5s}"
PART = b"--b\r\nContent-Type: application/dicom\r\n\r\nx\r\n--b--\r\n"
STORE = ("Content-Type", 'multipart/related; type="application/dicom"; boundary=b')


def told(reply: Reply) -> tuple[int | None, str]:
    """What a refused client learns."""
    return reply.status, reply.value("Proxy-Status").partition("error=")[2].partition(";")[0]


def wait_of(reply: Reply) -> int:
    return int(reply.value("Retry-After"))


async def test_eight_at_a_time_are_never_nine_and_everybody_is_answered(tmp_path: Path) -> None:
    archive = opened(Archive(takes=lambda _present: 0.05))
    async with guarded(tmp_path, archive, EIGHT) as (gateway, _):
        began = time.monotonic()
        replies = await crowd(gateway, 200)
        seconds = time.monotonic() - began
        assert archive.most == 8
        assert seconds < 4 + 1, "the time in line, and what the archive takes"
        count = Counter(reply.status for reply in replies)
        assert count[200] >= 8 + 64, "those under way and those in line"
        assert count[200] + count[503] == 200
        assert all(wait_of(reply) >= 1 for reply in replies if reply.status == 503)
        assert metric(gateway, "held_back_total", reason="too_busy") == count[503]


async def test_an_archive_that_hangs_keeps_nobody_in_line_beyond_its_time(tmp_path: Path) -> None:
    archive = Archive()
    async with guarded(tmp_path, archive, "limits: {in_flight: 1, queue: 8, queue_timeout: 50ms}") as (gateway, _):
        first = asyncio.create_task(search(gateway))
        await until(lambda: archive.present == 1)
        replies = await asyncio.gather(*(search(gateway) for _ in range(4)))
        assert {told(reply) for reply in replies} == {(503, "connection_limit_reached")}
        archive.open.set()
        assert (await first).status == 200


async def test_who_stands_in_line_is_told_by_the_metrics_and_nobody_else(tmp_path: Path) -> None:
    archive = Archive()
    async with guarded(tmp_path, archive, "limits: {in_flight: 1, queue: 8, queue_timeout: 50ms}") as (gateway, _):
        first = asyncio.create_task(search(gateway))
        await until(lambda: archive.present == 1)
        assert metric(gateway, "queue_seconds_count") == 0
        await asyncio.gather(*(search(gateway) for _ in range(4)))
        archive.open.set()
        assert (await first).status == (await search(gateway)).status == 200
        assert metric(gateway, "queue_seconds_count") == 4
        assert 4 * 0.05 <= metric(gateway, "queue_seconds_sum") < 4 * 1


async def test_a_flood_of_one_viewer_does_not_starve_another(tmp_path: Path) -> None:
    archive = Archive()
    async with guarded(tmp_path, archive, "limits: {in_flight: 1, queue: 30, queue_timeout: 5s}") as (
        gateway,
        upstream,
    ):
        flood = [asyncio.create_task(search(gateway, "10.0.0.1")) for _ in range(40)]
        await until(lambda: in_line(gateway) == 30)
        other = asyncio.create_task(search(gateway, "10.0.0.2"))
        await until(lambda: sum(task.done() for task in flood) == 10)  # nine found the line full, one made room
        archive.open.set()
        assert (await other).status == 200
        order = [received.values("X-Forwarded-For")[0] for received in upstream.requests]
        assert order.index(b"10.0.0.2, 127.0.0.1") <= 2, "after who was under way and one of the flood"
        await asyncio.gather(*flood)


async def test_a_client_over_its_rate_is_told_429_and_served_when_it_comes_back(tmp_path: Path) -> None:
    async with guarded(tmp_path, opened(Archive()), "rate: {requests: 2, per: 1s}") as (gateway, _):
        replies = [await search(gateway, "10.0.0.1") for _ in range(3)]
        assert [reply.status for reply in replies] == [200, 200, 429]
        assert (await search(gateway, "10.0.0.2")).status == 200
        await asyncio.sleep(wait_of(replies[2]))
        assert (await search(gateway, "10.0.0.1")).status == 200


async def test_a_rate_for_all_is_the_archives_affair_and_each_is_given_a_turn(tmp_path: Path) -> None:
    async with guarded(tmp_path, opened(Archive()), "rate: {requests: 1, per: 1s, key: upstream}") as (gateway, _):
        replies = [await search(gateway, f"10.0.0.{number}") for number in range(3)]
        assert [reply.status for reply in replies] == [200, 503, 503]
        first, second = (wait_of(reply) for reply in replies[1:])
        assert first < second
        await asyncio.sleep(first)
        assert [(await search(gateway, client)).status for client in ("10.0.0.9", "10.0.0.1")] == [503, 200]


async def test_who_is_sent_away_from_a_full_line_is_served_when_it_comes_back(tmp_path: Path) -> None:
    archive = Archive()
    async with guarded(tmp_path, archive, "limits: {in_flight: 1, queue: 0}") as (gateway, _):
        first = asyncio.create_task(search(gateway, "10.0.0.1"))
        await until(lambda: archive.present == 1)
        refused = await search(gateway, "10.0.0.2")
        archive.open.set()
        assert (await first).status == 200
        await asyncio.sleep(wait_of(refused))
        assert (refused.status, (await search(gateway, "10.0.0.2")).status) == (503, 200)


async def test_a_client_that_leaves_while_it_waits_leaves_its_place(tmp_path: Path) -> None:
    archive = Archive()
    async with guarded(tmp_path, archive, ONE) as (gateway, upstream):
        first = asyncio.create_task(search(gateway))
        await until(lambda: archive.present == 1)
        leaving = await Connection.to(gateway.port)
        await leaving.send(get())
        await until(lambda: in_line(gateway) == 1)
        await leaving.close()
        await until(lambda: in_line(gateway) == 0)
        archive.open.set()
        assert (await first).status == 200
        assert len(upstream.requests) == 1


async def test_a_client_that_leaves_while_it_is_served_leaves_its_place(tmp_path: Path) -> None:
    archive = Archive()
    async with guarded(tmp_path, archive, ONE) as (gateway, _):
        leaving = await Connection.to(gateway.port)
        await leaving.send(get())
        await until(lambda: archive.present == 1)
        waiting = asyncio.create_task(search(gateway))
        await until(lambda: in_line(gateway) == 1)
        await leaving.close()
        await until(lambda: in_line(gateway) == 0)
        archive.open.set()
        assert (await waiting).status == 200


async def test_who_waits_is_not_asked_for_its_content(tmp_path: Path) -> None:
    archive = Archive(says=lambda received: answer(200, b"{}", ("Content-Type", "application/dicom+json")))
    async with guarded(tmp_path, archive, ONE) as (gateway, _):
        first = asyncio.create_task(search(gateway))
        await until(lambda: archive.present == 1)
        head = request("POST", "/studies", STORE, ("Expect", "100-continue"), body=PART).removesuffix(PART)
        store = await Connection.to(gateway.port)
        await store.send(head)
        await until(lambda: in_line(gateway) == 1)
        assert store.buffer == b""
        archive.open.set()
        assert await store.more()
        assert store.buffer.startswith(b"HTTP/1.1 100 ")
        await store.send(PART)
        reply = await store.reply("POST")
        assert reply.interim == (100,)
        await store.close()
        await first


async def test_who_is_refused_is_never_asked_for_its_content(tmp_path: Path) -> None:
    async with guarded(tmp_path, opened(Archive()), "rate: {requests: 1, per: 1m}") as (gateway, _):
        await search(gateway)
        head = request("POST", "/studies", STORE, ("Expect", "100-continue"), body=PART).removesuffix(PART)
        reply = await ask(gateway.port, head)
        assert (reply.status, reply.interim) == (429, ())


async def test_stores_have_a_limit_of_their_own_and_searches_pass_them(tmp_path: Path) -> None:
    limits = "limits: {in_flight: 8, by_transaction: {store: {in_flight: 2, queue: 8, queue_timeout: 5s}}}"
    archive = Archive()
    async with guarded(tmp_path, archive, limits) as (gateway, _):
        stores = [
            asyncio.create_task(ask(gateway.port, request("POST", "/studies", STORE, body=PART))) for _ in range(3)
        ]
        await until(lambda: in_line(gateway) == 2)  # each costs two places
        await until(lambda: archive.present == 1)
        searches = [asyncio.create_task(search(gateway)) for _ in range(3)]
        await until(lambda: archive.present == 4)
        archive.open.set()
        await asyncio.gather(*stores, *searches)
        assert archive.most == 4


async def test_a_study_takes_more_places_than_a_search(tmp_path: Path) -> None:
    archive = Archive()
    limits = "limits: {in_flight: 5, queue: 8, queue_timeout: 5s, costs: {study: 4}}"
    async with guarded(tmp_path, archive, limits) as (gateway, _):
        tasks = [asyncio.create_task(search(gateway, target="/studies/1.2"))]
        await until(lambda: archive.present == 1)
        tasks += [asyncio.create_task(search(gateway)) for _ in range(2)]
        await until(lambda: in_line(gateway) == 1)
        await until(lambda: archive.present == 2)
        archive.open.set()
        await asyncio.gather(*tasks)


async def test_whose_word_is_not_trusted_cannot_be_somebody_else(tmp_path: Path) -> None:
    async with guarded(tmp_path, opened(Archive()), "rate: {requests: 1, per: 1m}") as (gateway, _):
        statuses = []
        for number in range(3):
            reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port, local_addr=("127.0.0.2", 0))
            client = Connection(reader, writer)
            await client.send(get(f"10.0.0.{number}"))
            statuses.append((await client.reply()).status)
            await client.close()
        assert statuses == [200, 429, 429]


async def test_before_a_trusted_proxy_only_the_last_word_counts(tmp_path: Path) -> None:
    """A client can write whatever it likes in front of what the proxy adds."""
    async with guarded(tmp_path, opened(Archive()), "rate: {requests: 1, per: 1m}") as (gateway, _):
        assert [(await search(gateway, f"10.0.0.{n}, 10.9.9.9")).status for n in range(2)] == [200, 429]


async def test_a_limit_holds_across_a_reload(tmp_path: Path) -> None:
    archive = Archive()
    async with guarded(tmp_path, archive, ONE) as (gateway, _):
        tasks = [asyncio.create_task(search(gateway))]
        await until(lambda: archive.present == 1)
        await reload(gateway, tmp_path, ONE.replace("queue: 8", "queue: 9"))
        tasks += [asyncio.create_task(search(gateway)) for _ in range(3)]
        await until(lambda: in_line(gateway) == 3)
        await reload(gateway, tmp_path, ONE.replace("in_flight: 1", "in_flight: 3"))
        await until(lambda: archive.present == 3)
        assert metric(gateway, "queued") == 1
        archive.open.set()
        assert [reply.status for reply in await asyncio.gather(*tasks)] == [200] * 4
        assert archive.most == 3


async def test_observe_mode_counts_what_would_be_held_back_and_holds_nothing_back(tmp_path: Path) -> None:
    protection = "limits: {in_flight: 1, queue: 1}\n    rate: {requests: 3, per: 1m}"
    archive = Archive()
    async with guarded(tmp_path, archive, protection, "mode: observe\n") as (gateway, _):
        tasks = [asyncio.create_task(search(gateway)) for _ in range(5)]
        await until(lambda: archive.present == 5)
        archive.open.set()
        assert {reply.status for reply in await asyncio.gather(*tasks)} == {200}
        counted = [metric(gateway, "would_hold_back_total", reason=why) for why in ("too_busy", "rate_limited")]
        assert counted == [1, 2]
        assert metric(gateway, "held_back_total", reason="too_busy") == 0


async def test_who_waits_when_the_gateway_leaves_is_served_first(tmp_path: Path) -> None:
    archive = Archive()
    async with guarded(tmp_path, archive, ONE) as (gateway, _):
        tasks = [asyncio.create_task(search(gateway)) for _ in range(4)]
        await until(lambda: in_line(gateway) == 3)
        leaving = asyncio.create_task(gateway.drain())
        await until(lambda: gateway.runtime.draining)
        archive.open.set()
        replies = await asyncio.gather(*tasks)
        assert [(reply.status, reply.value("Connection")) for reply in replies] == [(200, "close")] * 4
        assert await leaving == 0


async def test_who_waits_for_too_long_when_the_gateway_leaves_is_told(tmp_path: Path) -> None:
    archive = Archive()
    async with guarded(tmp_path, archive, ONE.replace("5s", "100ms")) as (gateway, _):
        first = asyncio.create_task(search(gateway))
        await until(lambda: archive.present == 1)
        waiting = [asyncio.create_task(search(gateway)) for _ in range(3)]
        await until(lambda: in_line(gateway) == 3)
        leaving = asyncio.create_task(gateway.drain())
        assert {(await task).status for task in waiting} == {503}
        archive.open.set()
        assert (await first).status == 200
        assert await leaving == 0


async def test_an_open_channel_holds_no_place(tmp_path: Path) -> None:
    agreed = (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
    )
    offer = (
        ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    )  # fmt: skip
    archive = opened(Archive(says=lambda received: agreed if b"/ws/" in received.target else FOUND))
    async with guarded(tmp_path, archive, ONE) as (gateway, _):
        channel = await Connection.to(gateway.port, linted=False)
        await channel.send(request("GET", "/ws/subscribers/AE", *offer))
        await channel.more()
        assert channel.buffer.startswith(b"HTTP/1.1 101 ")
        assert (await search(gateway)).status == 200
        assert metric(gateway, "in_flight") == 0
        await channel.close()


async def test_a_bug_of_ours_keeps_no_place(tmp_path: Path) -> None:
    def broken(_record: object) -> None:
        raise ZeroDivisionError

    async with guarded(tmp_path, opened(Archive()), ONE) as (gateway, _):
        gateway.runtime.metrics.observe = broken  # type: ignore[method-assign,assignment]
        replies = [await search(gateway) for _ in range(3)]
        assert [reply.status for reply in replies] == [200] * 3
