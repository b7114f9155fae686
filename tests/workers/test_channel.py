"""Supervisor and worker talk: questions are answered, also when several are under way, and an end is noticed."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.workers.channel import Channel, Gone, Hear


@asynccontextmanager
async def talking(**hears: Hear) -> AsyncIterator[tuple[Channel, Channel]]:
    """Two ends; the second understands these words."""
    ends = [
        Channel(*await asyncio.open_unix_connection(sock=each), words)
        for each, words in zip(socket.socketpair(), ({}, hears), strict=True)
    ]
    async with asyncio.TaskGroup() as group:
        for end in ends:
            group.create_task(end.listen())
        yield ends[0], ends[1]
        for end in ends:
            end.close()


async def test_answers_find_their_questions() -> None:
    turns = [asyncio.Event(), asyncio.Event()]

    async def double(number: int) -> int:
        await turns[number % 2].wait()
        return 2 * number

    async with talking(double=double) as (here, _):
        first, second = (asyncio.ensure_future(here.ask("double", number, patience=5)) for number in (20, 21))
        turns[1].set()
        assert await second == 42
        assert not first.done()
        turns[0].set()
        assert await first == 40


async def test_what_is_told_has_no_answer_and_may_be_long() -> None:
    heard: asyncio.Queue[Any] = asyncio.Queue()
    async with talking(look=heard.put) as (here, _):
        here.tell("look", ["ü" * 100_000, None])
        assert await heard.get() == ["ü" * 100_000, None]


async def test_who_does_not_answer_in_time() -> None:
    async def never(_more: None) -> None:
        await asyncio.Event().wait()

    async with talking(never=never) as (here, _):
        with pytest.raises(TimeoutError):
            await here.ask("never", patience=0.01)


async def test_who_is_gone() -> None:
    async def leave(_more: None) -> None:
        there.close()
        await asyncio.Event().wait()

    async with talking(leave=leave) as (here, there):
        with pytest.raises(Gone):
            await here.ask("leave", patience=5)
        with pytest.raises(Gone):
            await here.ask("leave", patience=5)
