"""The tour: it shows every stop whatever the servers do, in words and within the width of a terminal."""

import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from gateway.demo.misbehaviours import BY_ID
from gateway.demo.tour import STOPS, WIDTH, tour
from tests.demo.wire import Running

PATIENCE = 0.5  # for the stop without an answer: the only one that has to be waited for
FOLDED = 'pacs-gateway; received-status=502; details="rule=fold"'
FAILED = 'pacs-gateway; error=connection_terminated; details="rule=failure"'


async def walk(gateway_url: str, pacs_url: str) -> list[str]:
    lines: list[str] = []
    assert await tour(gateway_url, pacs_url, lines.append, patience=PATIENCE) == len(STOPS)
    return lines


def stop(lines: list[str], title: str) -> str:
    """The lines of one stop, as one."""
    start = next(number for number, line in enumerate(lines) if line.endswith(f". {title}"))
    return " ".join(" ".join(lines[start : lines.index("", start)]).split())


@pytest.fixture
async def answering() -> AsyncIterator[str]:
    """Something in the gateway's place that says 503 to everything, and why, except to one request."""

    async def answer(request: web.BaseRequest) -> web.Response:
        told = FAILED if "HANG-UP" in request.path_qs else FOLDED
        fields = {"Retry-After": "10"} | ({} if "NOBODY" in request.path_qs else {"Proxy-Status": told})
        return web.Response(status=503, headers=fields)

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


@pytest.fixture
def nobody() -> str:
    """An address at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


async def test_it_shows_every_stop(running: Running) -> None:
    lines = await walk(running.url, running.url)
    titles = [line for line in lines if line[:2].strip().isdigit() and line[2:4] == ". "]
    assert titles == [f"{number:2}. {stop.title}" for number, stop in enumerate(STOPS, 1)]
    for label in ("request", "PACS said", "client got", "why", "decided by"):
        assert sum(line.startswith(f"    {label:<12}") for line in lines) == len(STOPS)
    assert lines[-1] == "14 stops: the gateway changed 0 answers and left 14 as they were."


async def test_it_fits_a_plain_terminal(running: Running) -> None:
    lines = await walk(running.url, running.url)
    assert max(map(len, lines)) <= WIDTH == 100
    assert all(line.isascii() and line.isprintable() for line in lines)


async def test_it_says_in_words_what_the_pacs_did(running: Running) -> None:
    lines = await walk(running.url, running.url)
    assert "PACS said 503 Service Unavailable, text/html, Retry-After: soon, 133 bytes" in stop(
        lines, "A Retry-After that nobody can read"
    )
    assert "PACS said connection closed without an answer client got" in stop(
        lines, "A connection that closes without an answer"
    )
    assert "PACS said no answer within 0.5 s client got" in stop(lines, "No answer at all")
    assert "connection closed after 13731 of 27463 bytes" in stop(lines, "A study that is cut in the middle")
    search = stop(lines, "A good search")
    assert search.count("sha256") == 2
    assert "decided by nobody: it passed as it came" in search


async def test_it_names_the_rule_that_the_gateway_tells(running: Running, answering: str) -> None:
    lines = await walk(answering, running.url)
    proxy_page = stop(lines, "The page of a front proxy")
    assert "client got 503 Service Unavailable, Retry-After: 10, no content" in proxy_page
    assert "decided by rule fold, for the status 502" in proxy_page
    assert "decided by failure connection_terminated" in stop(lines, "A connection that closes without an answer")
    assert "decided by no rule: only fields" in stop(lines, "Nothing found, reported as an error")
    assert lines[-1] == "14 stops: the gateway changed 14 answers and left 0 as they were."


async def test_it_goes_on_where_nobody_listens(running: Running, nobody: str) -> None:
    lines = await walk(nobody, running.url)
    assert "client got no connection: nobody listens there" in stop(lines, "A good search")


async def test_every_other_stop_is_a_row_of_the_table() -> None:
    good, rows = STOPS[:2], STOPS[2:]
    assert all(stop.compare for stop in good)
    assert {stop.request for stop in rows} <= {row.try_it for row in BY_ID.values()}
    assert not any(stop.compare for stop in rows)
