"""Every situation of tests/cases through real sockets: a client and an archive that see every byte, a gateway between.

After each, the same gateway must give the next request its own answer: nothing of an odd answer may stay behind.
"""

import json
import re
from contextlib import AsyncExitStack

import pytest

from gateway.config.cases import Expected
from gateway.core.decision import BodyPlan
from gateway.server import GatewayProcess
from gateway.telemetry.record import ExchangeRecord
from tests.support.cases import Situation, situations
from tests.support.client import Reply, ask, request
from tests.support.stage import records
from tests.support.upstream import ReceivedRequest, Said, Script, ScriptedUpstream, answer

OURS = {BodyPlan.EMPTY: b"", BodyPlan.EMPTY_LIST: b"[]"}
OWN = b'[{"00080018":{"vr":"UI","Value":["2.25.42"]}}]'


@pytest.mark.parametrize("situation", situations(), ids=lambda situation: situation.id)
async def test_a_situation_comes_out_as_its_case_says(situation: Situation) -> None:
    archive = ScriptedUpstream(_script(situation))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(archive)
        if situation.said is None:
            await archive.__aexit__()  # its port is known now, and closed
        gateway = await stack.enter_async_context(GatewayProcess(situation.settings(archive.url)))
        reply = await ask(gateway.port, situation.request)
        _check_reply(situation, reply)
        _check_record(situation, reply, await records(gateway, 1))
        _check_archive(situation, archive)
        if situation.said is None:
            await archive.__aenter__()
        await _check_that_the_next_request_gets_its_own_answer(gateway)


def _script(situation: Situation) -> Script:
    def script(received: ReceivedRequest, _number: int) -> Said:
        if received.target == b"/probe/studies":
            return Said(answer(200, OWN, ("Content-Type", "application/dicom+json")), "keep")
        assert situation.said is not None
        return situation.said

    return script


def _check_reply(situation: Situation, reply: Reply) -> None:
    expect = situation.case.expect
    assert reply.status in (expect.status, *expect.others)
    if situation.breaks_off and reply.status == 200:
        assert not reply.complete, "what the archive cut off was made whole"
        return
    assert reply.complete
    if reply.status == expect.status:  # what else a case expects belongs to the status that it likes best
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
        assert len(situation.content.strip()) < 8 or situation.content not in reply.body
    else:
        assert reply.body == OURS.get(plan, situation.content)
    if situation.case.expect.content is not None:
        assert reply.body == situation.case.expect.content


def _check_record(situation: Situation, reply: Reply, found: tuple[ExchangeRecord, ...]) -> None:
    """One record, and it says what the client saw."""
    (record,) = found
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
