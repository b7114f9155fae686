"""Every situation of tests/cases through real sockets: a client and an archive that see every byte, a gateway between.

After each, the same gateway must give the next request its own answer: nothing of an odd answer may stay behind.
"""

import json
import re
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from gateway.config.cases import Expected
from gateway.core.decision import BodyPlan
from gateway.server import GatewayProcess
from tests.support.cases import Situation, situations
from tests.support.client import Reply, ask, request
from tests.support.running import running
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

OWN = b'[{"00080018":{"vr":"UI","Value":["2.25.42"]}}]'


@pytest.mark.parametrize("situation", situations(), ids=lambda situation: situation.id)
async def test_a_situation_comes_out_as_its_case_says(situation: Situation, tmp_path: Path) -> None:
    archive = ScriptedUpstream(_script(situation))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(archive)
        if situation.said is None:
            await archive.__aexit__()  # its port is known now, and closed
        gateway = await stack.enter_async_context(running(tmp_path, archive.url, situation.config))
        reply = await ask(gateway.port, situation.request)
        _check_reply(situation, reply)
        _check_record(situation, reply, gateway)
        _check_archive(situation, archive)
        if situation.said is None:
            await archive.__aenter__()
        await _check_that_the_next_request_gets_its_own_answer(gateway)


def _script(situation: Situation):  # type: ignore[no-untyped-def]
    def script(received: ReceivedRequest, _number: int) -> Said:
        if received.target == b"/probe/studies":
            return Said(answer(200, OWN, ("Content-Type", "application/dicom+json")), "keep")
        assert situation.said is not None
        return situation.said

    return script


def _check_reply(situation: Situation, reply: Reply) -> None:
    expect = situation.case.expect
    assert reply.status in situation.statuses
    if not situation.whole and reply.status == 200:
        assert not reply.complete, "what the archive cut off was made whole"
        return
    assert reply.complete
    if reply.status == expect.status:
        _check_fields(expect, reply)
    _check_content(situation, reply)


def _check_fields(expect: Expected, reply: Reply) -> None:
    for name, wanted in expect.headers:
        values = reply.values(name)
        fits = [wanted.search(v) if isinstance(wanted, re.Pattern) else wanted == v for v in values]
        assert any(fits), f"{name}: {values}"
    for name in expect.headers_absent:
        assert reply.values(name) == []
    for name in ("Content-Length", "Content-Type", "Date", "Retry-After"):
        assert len(reply.values(name)) <= 1, f"{name} more than once"


def _check_content(situation: Situation, reply: Reply) -> None:
    plan = situation.case.expect.body or BodyPlan.PROBLEM
    if plan is BodyPlan.PROBLEM:
        assert reply.value("Content-Type") == "application/problem+json"
        assert json.loads(reply.body)["status"] == reply.status
        assert not situation.content.strip() or situation.content not in reply.body
    else:
        assert reply.body == (situation.content if plan is BodyPlan.KEEP else b"")


def _check_record(situation: Situation, reply: Reply, gateway: GatewayProcess) -> None:
    """One record, and it says what the client saw."""
    (record,) = gateway.runtime.journal.recent(10)
    assert record.status == reply.status
    assert record.ended == ("complete" if reply.complete else "truncated")
    if reply.status == situation.case.expect.status and situation.case.expect.rule is not None:
        assert record.rule == situation.case.expect.rule


def _check_archive(situation: Situation, archive: ScriptedUpstream) -> None:
    """The archive was asked once, for what the client had asked, and nothing was repeated."""
    if situation.said is None:
        assert archive.requests == []
        return
    (received,) = archive.requests
    head, body = situation.request.split(b"\r\n\r\n", 1)
    assert received.line == head.split(b"\r\n")[0]
    assert received.body == body


async def _check_that_the_next_request_gets_its_own_answer(gateway: GatewayProcess) -> None:
    reply = await ask(gateway.port, request("GET", "/probe/studies", ("Accept", "application/dicom+json")))
    assert (reply.status, reply.body, reply.complete) == (200, OWN, True)
