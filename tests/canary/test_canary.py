"""The gateway as an operator starts it, fed with names and secrets in every place that an exchange has: none of them is on
its standard output, its standard error, its metrics, its journal, any other page for operators, or in a report that it
writes for clients in the place of an answer.

That the canaries were there at all is shown beside it: the archive received them, and the same search finds them there.
"""

import hmac
import json
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest

from tests.canary.process import Gateway, gateway
from tests.canary.script import ANSWERS, CREDENTIALS, QUERY, SOUND, UNSOUND, script, sound
from tests.canary.search import EVERYTHING, KEY, NAME, PEOPLE, STUDY, TOKEN, sightings
from tests.cli.command import called, started
from tests.support.certificates import Authority
from tests.support.client import Connection, Reply, ask, request
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

LINE = b'"transaction"'  # is in each line of the access log, and in no other
STUDY_NAMED = sum(STUDY in target for _, target, _, _ in SOUND)  # by so many of the sound requests
LONG = answer(200, NAME.encode() * 10_000, ("Content-Type", "text/plain"))  # more than may be held


def own_words(replies: list[Reply]) -> bytes:
    """What the gateway itself composed: its reports, and heads for which it had no answer to pass on."""
    heads = [reply.head for reply in replies if "error=" in reply.value("Proxy-Status")]
    return b"".join(heads + [reply.body for reply in replies if b"urn:uuid:" in reply.body])


async def talked(running: Gateway, answers: int = len(ANSWERS)) -> list[Reply]:
    """Everything of the script, one after the other; with fewer answers where that is enough."""
    sound_ones = [asked for number in range(answers) for asked in sound(number)]
    return [await ask(running.port, asked) for asked in (*sound_ones, *UNSOUND)]


@pytest.mark.parametrize("identifiers", ["drop", "hash", "keep"])
async def test_nothing_of_an_exchange_is_written_anywhere(
    tmp_path: Path, identifiers: Literal["drop", "hash", "keep"]
) -> None:
    async with ScriptedUpstream(script) as archive, gateway(tmp_path, archive.url, identifiers) as running:
        replies = await talked(running)
        shown = await running.pages()
        assert await running.stopped() == 0
    exchanges = len(ANSWERS) * len(SOUND) + len(UNSOUND)
    received = b"".join(asked.head + asked.body for asked in archive.requests)
    passed_on = b"".join(reply.head + reply.body for reply in replies)

    assert [secret for secret in EVERYTHING if not sightings(received, (secret,))] == []
    assert [secret for secret in (NAME, TOKEN) if not sightings(passed_on, (secret,))] == []
    assert own_words(replies).count(b"urn:uuid:") > exchanges / 3

    assert all(reply.status is not None and reply.status >= 400 for reply in replies[-len(UNSOUND) :])
    assert len(replies) == running.written.count(LINE) == exchanges
    assert len(running.written.splitlines()) > exchanges
    assert sightings(own_words(replies)) == []
    assert sightings(shown) == []
    assert KEY.encode() not in shown + running.written
    assert sightings(running.written, PEOPLE if identifiers == "keep" else EVERYTHING) == []


NAMES = {"drop": None, "hash": hmac.digest(KEY.encode(), STUDY.encode(), "sha256").hex()[:16], "keep": STUDY}


@pytest.mark.parametrize("identifiers", NAMES)
async def test_a_study_can_be_followed_as_the_operator_said_and_on_no_page(tmp_path: Path, identifiers: str) -> None:
    async with ScriptedUpstream(script) as archive, gateway(tmp_path, archive.url, identifiers) as running:
        for asked in sound(0):
            await ask(running.port, asked)
        shown = await running.pages()
        assert await running.stopped() == 0
    lines = [json.loads(line) for line in running.written.splitlines() if LINE in line]
    name = NAMES[identifiers]
    assert [line.get("study") for line in lines].count(name) == (STUDY_NAMED if name else len(SOUND))
    assert (name or STUDY).encode() not in shown
    assert not re.search(rb'"(study|series|instance)":', shown)


async def test_a_new_key_takes_effect_at_the_next_start(tmp_path: Path) -> None:
    """As all of `logging`; until then one study keeps one name."""
    async with ScriptedUpstream(script) as archive, gateway(tmp_path, archive.url, "hash") as running:
        (tmp_path / "log.key").write_text("another key of the house")
        told = await running.reload()
        await ask(running.port, request("GET", f"/dicom-web/studies/{STUDY}"))
        assert await running.stopped() == 0
    assert json.loads(told.body)["notes"] == ["logging changed and takes effect at the next start"]
    assert f'"study": "{NAMES["hash"]}"'.encode() in running.written


async def test_lines_for_people_are_as_silent_as_lines_for_machines(tmp_path: Path) -> None:
    async with ScriptedUpstream(script) as archive, gateway(tmp_path, archive.url, form="text") as running:
        replies = await talked(running, answers=5)
        assert await running.stopped() == 0
    assert running.written.count(b" transaction=") == len(replies)
    assert sightings(running.written) == []


async def test_what_is_said_to_the_admin_port_is_not_repeated(tmp_path: Path) -> None:
    """A viewer with the wrong port, a scanner, a page of another site."""
    odd = [
        request("GET", f"/dicom-web/studies/{STUDY}?{QUERY}", ("Cookie", TOKEN)),
        request("GET", f"/-/exchanges?limit={NAME}"),
        request("PUT", f"/-/reload?{QUERY}", body=NAME.encode()),
        request("POST", "/-/reload", ("Origin", f"http://{TOKEN}.example"), host="john.example"),
        *UNSOUND,
    ]
    async with ScriptedUpstream(script) as archive, gateway(tmp_path, archive.url) as running:
        replies = [await ask(running.admin_port, asked) for asked in odd]
        assert await running.stopped() == 0
    assert all(reply.status is not None and reply.status >= 400 for reply in replies)
    assert sightings(running.written + b"".join(reply.head + reply.body for reply in replies)) == []


SECRETIVE_MISTAKES = (
    f'upstreams: {{pacs: {{url: "http://admin:{TOKEN}@pacs:8042"}}}}',
    f'upstreams: {{pacs: {{url: "admin:{TOKEN}@pacs:8042"}}}}',
    f'upstreams: {{pacs: {{url: "http://admin:{TOKEN}@pacs:8042}}}}',
    f"upstreams: {{pacs: {{url: http://pacs}}}}\nlogging: {{identifiers: hash, identifier_key_file: {TOKEN}/{TOKEN}}}",
    f'upstreams: {{pacs: {{url: http://pacs}}}}\nlogging: {{identifiers: hash, identifier_key_file: "{TOKEN * 900}"}}',
)


async def test_a_reload_that_is_refused_does_not_repeat_what_is_secret(tmp_path: Path) -> None:
    async with ScriptedUpstream(script) as archive, gateway(tmp_path, archive.url) as running:
        replies = []
        for mistake in SECRETIVE_MISTAKES:
            running.file.write_text(f"version: 1\n{mistake}\n")
            replies.append(await running.reload())
        running.process.send_signal(signal.SIGHUP)
        await running.says(b"reload refused", len(SECRETIVE_MISTAKES) + 1)
        shown = await running.pages()
        assert await running.stopped() == 0
    assert [reply.status for reply in replies] == [422] * len(SECRETIVE_MISTAKES)
    assert sightings(shown + running.written + b"".join(reply.body for reply in replies)) == []


def test_check_and_start_do_not_repeat_what_is_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "gateway.yaml"
    for mistake in SECRETIVE_MISTAKES:
        file.write_text(f"version: 1\n{mistake}\n")
        checked = called(capsys, "check", file)
        assert checked.code in (1, 2)
        assert sightings((checked.out + checked.err).encode()) == []
    start = started("serve", "--config", file)
    assert start.code == 1
    assert sightings((start.out + start.err).encode()) == []


def half_said(received: ReceivedRequest, _number: int) -> Said:
    """Half an answer and then nothing; or nothing at all."""
    return Said(LONG[:40_000] if b"/half" in received.line else b"", "stall", read_body=b"/unread" not in received.line)


@asynccontextmanager
async def under_way(running: Gateway, archive: ScriptedUpstream) -> AsyncIterator[list[Connection]]:
    """Exchanges in every state: half a head, half an upload, no answer yet, half an answer, one that is read by nobody."""
    connections = [await Connection.to(running.port) for _ in range(5)]
    try:
        await _begun(running, archive, *connections)
        yield connections
    finally:
        for connection in connections:
            await connection.close()


async def _begun(
    running: Gateway,
    archive: ScriptedUpstream,
    half_head: Connection,
    half_upload: Connection,
    no_answer: Connection,
    half_answer: Connection,
    idle: Connection,
) -> None:
    fields = (("Authorization", f"Basic {CREDENTIALS}"), ("Cookie", TOKEN))
    await half_head.send(f"GET /dicom-web/studies?{QUERY} HTTP/1.1\r\nHost: h\r\nX-Half: DOE".encode())
    await no_answer.send(request("GET", f"/dicom-web/studies?{QUERY}", *fields))
    await half_answer.send(request("GET", f"/files/half?{QUERY}", *fields))
    upload = request("POST", f"/files/unread?{QUERY}", *fields, body=NAME.encode() * 100)
    await half_upload.send(upload[:-400])
    await idle.send(request("GET", f"/gone/{NAME}"))
    await idle.reply()
    await archive.has_heard(3)
    while b"JOHN" not in half_answer.buffer:
        assert await half_answer.more()


@pytest.mark.parametrize("drain", ["0s", "1s", "5s"])
async def test_a_shutdown_in_the_middle_of_everything_is_silent(tmp_path: Path, drain: str) -> None:
    """Cut off by the drain, or ended by their own clocks within it."""
    async with (
        ScriptedUpstream(half_said) as archive,
        gateway(tmp_path, archive.url, drain=drain) as running,
        under_way(running, archive),
    ):
        assert await running.stopped() == 0
    received = b"".join(asked.head for asked in archive.requests)
    assert sightings(received, (TOKEN,))
    assert b"drained in" in running.written
    assert running.written.count(LINE) >= 4
    assert sightings(running.written) == []


async def test_a_client_that_leaves_in_the_middle_is_not_named(tmp_path: Path) -> None:
    async with ScriptedUpstream(half_said) as archive, gateway(tmp_path, archive.url) as running:
        async with under_way(running, archive) as connections:
            for connection in connections:
                connection.writer.transport.abort()
        await running.says(b'"client_gone"', 3)
        shown = await running.pages()
        assert await running.stopped() == 0
    assert sightings(shown + running.written) == []


async def test_nothing_is_written_of_an_archive_that_is_not_there(tmp_path: Path) -> None:
    async with ScriptedUpstream(script) as gone:
        nobody = gone.url
    async with gateway(tmp_path, nobody) as running:
        replies = [await ask(running.port, asked) for asked in sound(0)]
        shown = await running.pages()
        assert await running.stopped() == 0
    assert own_words(replies).count(b"urn:uuid:") == len(SOUND) - 1  # that of HEAD has no content
    assert sightings(own_words(replies) + shown + running.written) == []


async def test_what_is_no_tls_is_not_repeated_on_a_port_for_tls(tmp_path: Path) -> None:
    certificate = Authority(tmp_path).certificate()
    async with ScriptedUpstream(script) as archive, gateway(tmp_path, archive.url, certificate=certificate) as running:
        replies = [await ask(running.port, asked) for asked in UNSOUND]
        shown = await running.pages()
        assert await running.stopped() == 0
    assert {reply.status for reply in replies} == {None}
    assert sightings(shown + running.written) == []
